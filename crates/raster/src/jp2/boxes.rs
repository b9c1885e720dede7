//! Boxes of a JP2 file: where the codestream is, colours, what says the place.

use bytes::Bytes;

use super::bytes_of;
use crate::RasterError;
use crate::source::ByteSource;

/// First bytes of a JP2 file: the signature box.
pub(super) const SIGNATURE: [u8; 12] =
    [0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0d, 0x0a, 0x87, 0x0a];
/// Identifier of a GeoJP2 box.
const GEOJP2: [u8; 16] = [
    0xb1, 0x4b, 0xf8, 0xbd, 0x08, 0x3d, 0x4b, 0x43, 0xa5, 0xae, 0x8c, 0xd7, 0xd5, 0xa6, 0xce, 0x03,
];
/// Enumerated colour spaces.
pub(super) const SRGB: u32 = 16;
pub(super) const SYCC: u32 = 18;

/// Most boxes of a file, and how deep they may be nested.
const BOXES_MAX: usize = 4096;
const DEPTH_MAX: usize = 8;
/// Most bytes of a box that is read whole.
const BOX_BYTES_MAX: u64 = 16 << 20;

/// What was found in the boxes.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Offset and length.
    pub(super) codestream: (u64, u64),
    pub(super) colors: Option<u32>,
    pub(super) palette: Option<Vec<[u16; 3]>>,
    /// Components that are opacity.
    alpha: Vec<usize>,
    pub(super) geotiff: Option<Bytes>,
    pub(super) gml: Option<String>,
    boxes: usize,
}

impl Found {
    /// A codestream without a file around it.
    pub(super) fn bare(len: u64) -> Self {
        Self {
            codestream: (0, len),
            ..Self::default()
        }
    }

    /// Kinds of the samples beyond the colours, when the last is opacity.
    pub(super) fn alpha_of(&self, samples: usize) -> Vec<u64> {
        if samples > 1 && self.alpha == [samples - 1] {
            vec![2]
        } else {
            Vec::new()
        }
    }
}

/// Walks the boxes of a file.
pub(super) fn read(source: &dyn ByteSource) -> Result<Found, RasterError> {
    let mut found = Found::default();
    walk(source, 0, source.len_bytes(), 0, &mut found)?;
    if found.codestream.1 == 0 {
        return Err(RasterError::malformed(
            source.name(),
            "boxes",
            "there is no codestream",
        ));
    }
    Ok(found)
}

fn walk(
    source: &dyn ByteSource,
    start: u64,
    end: u64,
    depth: usize,
    found: &mut Found,
) -> Result<(), RasterError> {
    let bad = |at: u64, reason: String| {
        RasterError::malformed(source.name(), format!("box at {at}"), reason)
    };
    if depth > DEPTH_MAX {
        return Err(bad(start, format!("is nested deeper than {DEPTH_MAX}")));
    }
    let mut at = start;
    while at < end {
        found.boxes += 1;
        if found.boxes > BOXES_MAX {
            return Err(bad(at, format!("there are more than {BOXES_MAX}")));
        }
        if end - at < 8 {
            return Err(bad(at, "is cut off".into()));
        }
        let head = source.read_at(at, 8)?;
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let (head_len, len) = match short {
            0 => (8, end - at),
            1 if end - at >= 16 => {
                let long = source.read_at(at + 8, 8)?;
                let long = long.iter().fold(0, |n: u64, b| (n << 8) | u64::from(*b));
                (16, long)
            }
            other => (8, other),
        };
        if len < head_len || len > end - at {
            return Err(bad(
                at,
                format!("{len} bytes do not fit in what is around it"),
            ));
        }
        let body = (at + head_len, len - head_len);
        let all = || bytes_of(source, "box", body.0, body.1, BOX_BYTES_MAX);
        match &head[4..8] {
            b"jp2c" if found.codestream.1 == 0 => found.codestream = body,
            b"jp2h" | b"asoc" => walk(source, body.0, body.0 + body.1, depth + 1, found)?,
            b"colr" => {
                let color = all()?;
                // Method 1 is an enumerated space; a profile says nothing about the place.
                if color.len() >= 7 && color[0] == 1 && found.colors.is_none() {
                    found.colors =
                        Some(u32::from_be_bytes([color[3], color[4], color[5], color[6]]));
                }
            }
            b"pclr" => found.palette = palette(&all()?),
            b"cdef" => {
                let entries = all()?;
                for entry in entries.get(2..).unwrap_or_default().chunks_exact(6) {
                    let kind = u16::from_be_bytes([entry[2], entry[3]]);
                    if matches!(kind, 1 | 2) {
                        found
                            .alpha
                            .push(usize::from(u16::from_be_bytes([entry[0], entry[1]])));
                    }
                }
            }
            b"uuid"
                if body.1 > 16
                    && found.geotiff.is_none()
                    && source.read_at(body.0, 16)?[..] == GEOJP2 =>
            {
                found.geotiff = Some(all()?.slice(16..));
            }
            b"xml " if found.gml.is_none() => {
                let text = String::from_utf8_lossy(&all()?).into_owned();
                if text.contains("RectifiedGrid") {
                    found.gml = Some(text);
                }
            }
            _ => {}
        }
        at += len;
    }
    Ok(())
}

/// Colours of a palette box of three or more columns of 8 bits.
fn palette(body: &[u8]) -> Option<Vec<[u16; 3]>> {
    let entries = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    let columns = usize::from(*body.get(2)?);
    let depths = body.get(3..3 + columns)?;
    if columns < 3 || depths.iter().any(|d| *d != 7) {
        return None;
    }
    let values = body.get(3 + columns..3 + columns + entries * columns)?;
    // As 16 bits, like a TIFF's colour map.
    let wide = |v: u8| u16::from(v) * 257;
    Some(
        values
            .chunks_exact(columns)
            .map(|c| [wide(c[0]), wide(c[1]), wide(c[2])])
            .collect(),
    )
}
