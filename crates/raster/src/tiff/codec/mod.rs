//! From the bytes of a block to its samples' bytes, one file a compression.

mod deflate;
mod fax;
mod jpeg;
pub(crate) mod jpeg2000;
mod lerc;
mod lzw;
mod packbits;
mod webp;
mod zstandard;

use crate::band::{BandData, DataType};
pub(crate) use fax::Fax;
pub(crate) use lerc::LercWrap;

/// What a block must decode to, for codecs that say it themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockShape<'a> {
    pub(crate) width: usize,
    pub(crate) rows: usize,
    /// Samples a pixel.
    pub(crate) samples: usize,
    pub(crate) dtype: DataType,
    /// Whether colours are YCbCr, to be turned into red, green and blue.
    pub(crate) ycbcr: bool,
    /// Whether the last sample is opacity.
    pub(crate) alpha: bool,
    /// JPEG tables that all blocks share.
    pub(crate) tables: Option<&'a [u8]>,
}

impl BlockShape<'_> {
    /// Number of samples.
    pub(crate) const fn len(&self) -> usize {
        self.width * self.rows * self.samples
    }
}

/// How blocks are compressed (tag 259).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Lzw,
    Deflate,
    PackBits,
    Zstd,
    Fax(Fax),
    Jpeg,
    WebP,
    Lerc(LercWrap),
    Jpeg2000,
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
            2 => return Ok(Self::Fax(Fax::Huffman)),
            3 => return Ok(Self::Fax(Fax::Group3)),
            4 => return Ok(Self::Fax(Fax::Group4)),
            7 => return Ok(Self::Jpeg),
            // What is around the blob stands in another tag.
            34887 => return Ok(Self::Lerc(LercWrap::None)),
            33005 | 34712 => return Ok(Self::Jpeg2000),
            50001 | 34927 => return Ok(Self::WebP),
            32771 => "CCITT fax by words",
            6 => "old-style JPEG",
            9 | 10 | 34661 => "JBIG",
            32809 => "ThunderScan",
            33003 => "JPEG 2000 in YCbCr",
            34676 | 34677 => "SGI LogLuv",
            34925 => "LZMA",
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
            Self::Fax(_) => "fax",
            Self::Jpeg => "jpeg",
            Self::WebP => "webp",
            Self::Lerc(LercWrap::None) => "lerc",
            Self::Lerc(LercWrap::Deflate) => "lerc_deflate",
            Self::Lerc(LercWrap::Zstd) => "lerc_zstd",
            Self::Jpeg2000 => "jpeg2000",
        }
    }

    /// Whether tag 317 applies.
    pub(crate) const fn takes_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstd)
    }

    /// Whether the codec itself turns YCbCr into red, green and blue.
    pub(crate) const fn decodes_colour(self) -> bool {
        matches!(self, Self::Jpeg)
    }

    /// Whether the codec gives whole blocks of samples (else bytes as they stood in the file).
    pub(crate) const fn gives_samples(self) -> bool {
        matches!(
            self,
            Self::Jpeg | Self::WebP | Self::Lerc(_) | Self::Jpeg2000
        )
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
            // A row like the one above is one bit; rows are checked to be there.
            Self::Fax(_) => 1 << 20,
            // Constant blocks have no bound: the size they state is checked.
            Self::WebP | Self::Lerc(_) | Self::Jpeg2000 => u64::MAX,
            // At least a bit for 64 samples.
            Self::Jpeg => 2048,
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
            Self::Fax(_) | Self::Jpeg | Self::WebP | Self::Lerc(_) | Self::Jpeg2000 => {
                Err(format!("{} gives no bytes", self.name()))
            }
        }
    }

    /// Decodes a block of bits, a row of them from a byte on, by fax codes.
    pub(crate) fn decode_fax(
        self,
        input: &[u8],
        width: usize,
        rows: usize,
    ) -> Option<Result<Vec<u8>, String>> {
        match self {
            Self::Fax(code) => Some(contained(self.name(), || {
                fax::decode(input, width, rows, code)
            })),
            _ => None,
        }
    }

    /// Decodes a block to exactly the samples of `shape`.
    pub(crate) fn decode_samples(
        self,
        input: &[u8],
        shape: &BlockShape<'_>,
    ) -> Result<BandData, String> {
        let bytes = |decoded: Result<Vec<u8>, String>| match shape.dtype {
            DataType::U8 => decoded.map(BandData::U8),
            other => Err(format!("{} of {} samples", self.name(), other.name())),
        };
        contained(self.name(), || match self {
            Self::Jpeg => bytes(jpeg::decode(input, shape)),
            Self::WebP => bytes(webp::decode(input, shape)),
            Self::Lerc(wrap) => lerc::decode(input, shape, wrap),
            Self::Jpeg2000 => {
                let signed = matches!(shape.dtype, DataType::I8 | DataType::I16);
                jpeg2000::decode(input, shape, (shape.width, shape.rows), 0, signed)
            }
            _ => Err(format!("{} gives bytes", self.name())),
        })
    }
}

/// Runs a decoder of somebody else's; where hostile input makes it panic that is an error too.
fn contained<T>(name: &str, decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(format!("{name}: the decoder gave up")))
}

pub(crate) use deflate::encode as encode_deflate;
pub(crate) use zstandard::encode as encode_zstd;
