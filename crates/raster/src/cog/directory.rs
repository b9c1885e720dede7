//! Image file directories, written: entries, then their values, at a known place.

/// One entry: tag and value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    /// File offsets or lengths: 4 bytes in TIFF, 8 in BigTIFF.
    Offsets(Vec<u64>),
    Doubles(Vec<f64>),
}

impl Value {
    const fn kind(&self, big: bool) -> u16 {
        match self {
            Self::Text(_) => 2,
            Self::Shorts(_) => 3,
            Self::Longs(_) => 4,
            Self::Offsets(_) if big => 16,
            Self::Offsets(_) => 4,
            Self::Doubles(_) => 12,
        }
    }

    fn count(&self) -> usize {
        match self {
            // With its NUL.
            Self::Text(v) => v.len() + 1,
            Self::Shorts(v) => v.len(),
            Self::Longs(v) => v.len(),
            Self::Offsets(v) => v.len(),
            Self::Doubles(v) => v.len(),
        }
    }

    fn bytes(&self, big: bool) -> Vec<u8> {
        match self {
            Self::Text(v) => v.bytes().chain([0]).collect(),
            Self::Shorts(v) => v.iter().flat_map(|n| n.to_le_bytes()).collect(),
            Self::Longs(v) => v.iter().flat_map(|n| n.to_le_bytes()).collect(),
            Self::Offsets(v) if big => v.iter().flat_map(|n| n.to_le_bytes()).collect(),
            Self::Offsets(v) => v.iter().flat_map(|n| (*n as u32).to_le_bytes()).collect(),
            Self::Doubles(v) => v.iter().flat_map(|n| n.to_le_bytes()).collect(),
        }
    }
}

/// Bytes of the file header, little-endian, pointing at a directory right after it.
pub(super) fn header(big: bool) -> Vec<u8> {
    if big {
        let mut bytes = b"II\x2b\0\x08\0\0\0".to_vec();
        bytes.extend_from_slice(&16u64.to_le_bytes());
        bytes
    } else {
        b"II\x2a\0\x08\0\0\0".to_vec()
    }
}

/// A directory at `at`, with its values after it; `last` ends the chain, else
/// the next directory follows directly. Entries must be sorted by tag.
pub(super) fn encode(entries: &[(u16, Value)], at: u64, last: bool, big: bool) -> Vec<u8> {
    let (count_len, entry_len, inline) = if big { (8, 20, 8) } else { (2, 12, 4) };
    let values_at = at + (count_len + entry_len * entries.len() + inline) as u64;
    let mut head = Vec::new();
    let mut values = Vec::new();
    let put = |head: &mut Vec<u8>, number: u64| {
        if big {
            head.extend_from_slice(&number.to_le_bytes());
        } else {
            head.extend_from_slice(&(number as u32).to_le_bytes());
        }
    };
    if big {
        head.extend_from_slice(&(entries.len() as u64).to_le_bytes());
    } else {
        head.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    }
    for (tag, value) in entries {
        head.extend_from_slice(&tag.to_le_bytes());
        head.extend_from_slice(&value.kind(big).to_le_bytes());
        put(&mut head, value.count() as u64);
        let mut bytes = value.bytes(big);
        if bytes.len() <= inline {
            bytes.resize(inline, 0);
            head.extend_from_slice(&bytes);
        } else {
            put(&mut head, values_at + values.len() as u64);
            values.extend_from_slice(&bytes);
            // Values start on even offsets.
            if values.len() % 2 == 1 {
                values.push(0);
            }
        }
    }
    let next = values_at + values.len() as u64;
    put(&mut head, if last { 0 } else { next });
    head.extend_from_slice(&values);
    head
}
