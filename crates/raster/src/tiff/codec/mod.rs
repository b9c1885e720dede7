//! From the bytes of a block to its samples' bytes, one file a compression.

mod deflate;
mod lzw;
mod packbits;
mod zstandard;

/// How blocks are compressed (tag 259).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Lzw,
    Deflate,
    PackBits,
    Zstd,
}

impl Compression {
    /// Compression of a tag value, or the name of what is not supported.
    pub(crate) fn from_tag(value: u64) -> Result<Self, String> {
        let name = match value {
            1 => return Ok(Self::None),
            5 => return Ok(Self::Lzw),
            8 | 32946 => return Ok(Self::Deflate),
            32773 => return Ok(Self::PackBits),
            50000 => return Ok(Self::Zstd),
            2..=4 | 32771 => "CCITT fax",
            6 => "old-style JPEG",
            7 => "JPEG",
            9 | 10 | 34661 => "JBIG",
            32809 => "ThunderScan",
            33003 | 33005 | 34712 => "JPEG 2000",
            34676 | 34677 => "SGI LogLuv",
            34887 => "LERC",
            34925 => "LZMA",
            50001 | 34927 => "WebP",
            50002 | 52546 => "JPEG XL",
            _ => "unknown",
        };
        Err(format!("compression {value} ({name})"))
    }

    /// Name as messages and summaries spell it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lzw => "lzw",
            Self::Deflate => "deflate",
            Self::PackBits => "packbits",
            Self::Zstd => "zstd",
        }
    }

    /// Whether tag 317 applies.
    pub(crate) const fn takes_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstd)
    }

    /// Whether the codec itself turns YCbCr into red, green and blue.
    pub(crate) const fn decodes_colour(self) -> bool {
        false
    }

    /// Greatest factor by which data can grow when decoded, to bound
    /// allocation by what the file really holds.
    const fn growth_max(self) -> u64 {
        match self {
            Self::None => 1,
            // zlib's documented limit is 1032 : 1.
            Self::Deflate => 1040,
            // One code of at least 9 bits stands for at most 4096 bytes.
            Self::Lzw => 3700,
            // Two bytes stand for at most 128.
            Self::PackBits => 64,
            // A run block of 4 bytes stands for at most 128 KiB.
            Self::Zstd => 44_000,
        }
    }

    /// Whether `decoded_len` bytes can come out of `input_len`.
    pub(crate) const fn can_grow_to(self, input_len: u64, decoded_len: u64) -> bool {
        decoded_len <= input_len.saturating_mul(self.growth_max())
    }

    /// Decodes a block into at most `decoded_len` bytes; a shorter result is
    /// given as it is, for the caller to judge.
    pub(crate) fn decode(self, input: &[u8], decoded_len: usize) -> Result<Vec<u8>, String> {
        match self {
            Self::None => Ok(input[..input.len().min(decoded_len)].to_vec()),
            Self::Lzw => lzw::decode(input, decoded_len),
            Self::Deflate => deflate::decode(input, decoded_len),
            Self::PackBits => packbits::decode(input, decoded_len),
            Self::Zstd => zstandard::decode(input, decoded_len),
        }
    }
}

pub(crate) use deflate::encode as encode_deflate;
pub(crate) use zstandard::encode as encode_zstd;
