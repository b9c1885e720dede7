//! One directory as an image: its shape, how its blocks lie, how samples are coded.

use std::sync::Arc;

use bytes::Bytes;

use super::codec::{BlockShape, Compression, Fax, LercWrap};
use super::directory::{ByteOrder, Container, Directory};
use super::predictor::Predictor;
use super::tag;
use crate::RasterError;
use crate::band::DataType;
use crate::jp2::Codestream;

/// Most pixels on a side of an image: what signed 32-bit readers can address.
const SIDE_MAX: u64 = i32::MAX as u64;
/// Most samples a pixel may have (the tag is 16 bits wide).
const SAMPLES_MAX: u64 = 65_535;
/// Most bytes of one decoded block.
const BLOCK_BYTES_MAX: u64 = 1 << 30;

/// What the numbers of one sample are in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Whole bytes of a type.
    Whole(DataType),
    /// Unsigned numbers of 1 to 31 bits that fill no whole bytes, the first in the high bits;
    /// rows start on a byte.
    Bits(u8),
    /// IEEE 754 numbers of 16 bits, widened to 32.
    Half,
}

impl Coding {
    /// Type of the samples in memory.
    pub(crate) const fn dtype(self) -> DataType {
        match self {
            Self::Whole(dtype) => dtype,
            Self::Bits(0..=8) => DataType::U8,
            Self::Bits(9..=16) => DataType::U16,
            Self::Bits(_) => DataType::U32,
            Self::Half => DataType::F32,
        }
    }

    /// Bits of one sample in the file.
    pub(crate) const fn bits(self) -> u64 {
        match self {
            Self::Whole(dtype) => dtype.size_bytes() as u64 * 8,
            Self::Bits(bits) => bits as u64,
            Self::Half => 16,
        }
    }
}

/// What colours mean (tag 262), as far as it matters for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Photometric {
    MinIsWhite,
    MinIsBlack,
    Rgb,
    Palette,
    Mask,
    Cmyk,
    YCbCr,
}

/// An image of the file, checked.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) byte_order: ByteOrder,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: usize,
    pub(crate) coding: Coding,
    pub(crate) compression: Compression,
    pub(crate) predictor: Predictor,
    pub(crate) photometric: Photometric,
    pub(crate) planar: bool,
    pub(crate) tiled: bool,
    pub(crate) block_width: usize,
    pub(crate) block_height: usize,
    pub(crate) blocks_across: usize,
    pub(crate) blocks_down: usize,
    pub(crate) offsets: Vec<u64>,
    pub(crate) lengths: Vec<u64>,
    pub(crate) mask: bool,
    /// Kinds of the samples beyond the colours (tag 338): 1 and 2 are alpha.
    pub(crate) extra_samples: Vec<u64>,
    /// Red, green, blue of each index (tag 320), 16 bits each.
    pub(crate) palette: Option<Vec<[u16; 3]>>,
    pub(crate) directory_offset: u64,
    /// Bits of each byte are stored from the lowest on (tag 266 is 2).
    pub(crate) reversed_bits: bool,
    /// Tables that all JPEG blocks share (tag 347).
    pub(crate) jpeg_tables: Option<Bytes>,
    /// The codestream whose tiles are the blocks, for JPEG 2000 files.
    pub(crate) codestream: Option<Arc<Codestream>>,
    /// Halvings of the codestream's size.
    pub(crate) reduction: u8,
}

impl Image {
    /// Reads and checks a directory.
    pub(crate) fn read(c: &Container<'_>, d: &Directory) -> Result<Self, RasterError> {
        let side = |tag: u16, what: &'static str| -> Result<usize, RasterError> {
            let value = c
                .integer(d, tag)?
                .ok_or_else(|| c.malformed(what, "is missing"))?;
            if value == 0 {
                return Err(c.malformed(what, "is 0"));
            }
            if value > SIDE_MAX {
                return Err(c.limit(what, value, SIDE_MAX));
            }
            Ok(value as usize)
        };
        let width = side(tag::IMAGE_WIDTH, "image width")?;
        let height = side(tag::IMAGE_LENGTH, "image length")?;
        let samples = c.integer(d, tag::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if samples == 0 || samples > SAMPLES_MAX {
            return Err(c.limit("samples per pixel", samples, SAMPLES_MAX));
        }
        let samples = samples as usize;
        refuse_unusual(c, d)?;
        let planar = match c.integer(d, tag::PLANAR_CONFIGURATION)?.unwrap_or(1) {
            1 => false,
            2 => samples > 1,
            other => {
                return Err(c.malformed("planar configuration", format!("{other} is not 1 or 2")));
            }
        };
        let coding = coding(c, d, samples)?;
        let compression = Compression::from_tag(c.integer(d, tag::COMPRESSION)?.unwrap_or(1))
            .map_err(|name| c.unsupported(name))?;
        let compression = settled(c, d, compression, coding, samples)?;
        let predictor = Predictor::from_tag(c.integer(d, tag::PREDICTOR)?.unwrap_or(1), coding)
            .map_err(|name| c.unsupported(name))?;
        let predictor = if compression.takes_predictor() {
            predictor
        } else {
            Predictor::None
        };
        let subfile = c.integer(d, tag::NEW_SUBFILE_TYPE)?.unwrap_or(0);
        let photometric = photometric(c, d, compression)?;
        let layout = Layout::read(c, d, width, height, samples, planar)?;
        let image = Self {
            byte_order: c.byte_order,
            width,
            height,
            samples,
            coding,
            compression,
            predictor,
            photometric,
            planar,
            tiled: layout.tiled,
            block_width: layout.block_width,
            block_height: layout.block_height,
            blocks_across: width.div_ceil(layout.block_width),
            blocks_down: height.div_ceil(layout.block_height),
            offsets: layout.offsets,
            lengths: layout.lengths,
            mask: subfile & 4 != 0,
            extra_samples: c.integers(d, tag::EXTRA_SAMPLES)?.unwrap_or_default(),
            palette: palette(c, d, coding)?,
            directory_offset: d.offset,
            reversed_bits: c.integer(d, tag::FILL_ORDER)?.unwrap_or(1) == 2,
            jpeg_tables: c.raw(d, tag::JPEG_TABLES)?,
            codestream: None,
            reduction: 0,
        };
        let block_bytes = image.row_bytes(image.block_width) as u64 * image.block_height as u64;
        if compression.gives_samples() && block_bytes > BLOCK_BYTES_MAX / 4 {
            return Err(c.limit("bytes of a decoded block", block_bytes, BLOCK_BYTES_MAX / 4));
        }
        if block_bytes > BLOCK_BYTES_MAX && (compression != Compression::None || image.tiled) {
            return Err(c.limit("bytes of a decoded block", block_bytes, BLOCK_BYTES_MAX));
        }
        Ok(image)
    }

    /// Samples that lie together in one block.
    pub(crate) const fn block_samples(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of one decoded row of `width` pixels in a block.
    pub(crate) fn row_bytes(&self, width: usize) -> usize {
        let bits = width as u64 * self.block_samples() as u64 * self.coding.bits();
        bits.div_ceil(8) as usize
    }

    /// Rows of pixels that the block in this block row has (the last strip is short).
    pub(crate) const fn block_rows(&self, block_row: usize) -> usize {
        if self.tiled {
            return self.block_height;
        }
        let left = self.height - block_row * self.block_height;
        if left < self.block_height {
            left
        } else {
            self.block_height
        }
    }

    /// Index into `offsets` of the block at (`across`, `down`) of the plane of `sample`.
    pub(crate) const fn block_index(&self, sample: usize, across: usize, down: usize) -> usize {
        let plane = if self.planar { sample } else { 0 };
        (plane * self.blocks_down + down) * self.blocks_across + across
    }

    /// What a block of so many rows decodes to.
    pub(crate) fn block_shape(&self, width: usize, rows: usize) -> BlockShape<'_> {
        BlockShape {
            width,
            rows,
            samples: self.block_samples(),
            dtype: self.coding.dtype(),
            ycbcr: self.photometric == Photometric::YCbCr,
            alpha: self.alpha_sample().is_some_and(|a| a + 1 == self.samples),
            tables: self.jpeg_tables.as_deref(),
        }
    }

    /// Index of the sample that holds opacity, when there is one: the last, of 8 or 16 bits.
    /// Elsewhere a sample of that kind is a band like others, as for GDAL.
    pub(crate) fn alpha_sample(&self) -> Option<usize> {
        let last_is_alpha = matches!(self.extra_samples.last(), Some(1 | 2));
        let whole = matches!(self.coding.dtype(), DataType::U8 | DataType::U16);
        (last_is_alpha && whole && self.samples > 1).then(|| self.samples - 1)
    }
}

/// A compression with what other tags say about it; refuses what it cannot hold.
fn settled(
    c: &Container<'_>,
    d: &Directory,
    compression: Compression,
    coding: Coding,
    samples: usize,
) -> Result<Compression, RasterError> {
    let byte = coding == Coding::Whole(DataType::U8);
    match compression {
        Compression::Fax(code) => {
            if coding != Coding::Bits(1) || samples != 1 {
                return Err(c.unsupported(format!("fax of {} bits a sample", coding.bits())));
            }
            let options = c.integer(d, tag::T4_OPTIONS)?.unwrap_or(0);
            if code == Fax::Group3 && options & 1 == 1 {
                return Err(c.unsupported("CCITT Group 3 fax in two dimensions"));
            }
            if code == Fax::Group4 && c.integer(d, tag::T6_OPTIONS)?.unwrap_or(0) & 2 == 2 {
                return Err(c.unsupported("CCITT Group 4 fax with uncompressed parts"));
            }
        }
        Compression::Jpeg | Compression::WebP if !byte => {
            let name = compression.name();
            return Err(c.unsupported(format!("{name} of {} bits a sample", coding.bits())));
        }
        Compression::Jpeg2000 if !matches!(coding, Coding::Whole(t) if t.size_bytes() <= 2) => {
            return Err(c.unsupported(format!("JPEG 2000 of {} bits a sample", coding.bits())));
        }
        Compression::Lerc(_) => {
            let long = matches!(coding, Coding::Whole(DataType::U64 | DataType::I64));
            if long || !matches!(coding, Coding::Whole(_)) {
                return Err(c.unsupported(format!("LERC of {} bits a sample", coding.bits())));
            }
            let parameters = c.integers(d, tag::LERC_PARAMETERS)?.unwrap_or_default();
            let wrap = match parameters.get(1) {
                None | Some(0) => LercWrap::None,
                Some(1) => LercWrap::Deflate,
                Some(2) => LercWrap::Zstd,
                Some(other) => {
                    return Err(c.unsupported(format!("LERC within compression {other}")));
                }
            };
            return Ok(Compression::Lerc(wrap));
        }
        _ => {}
    }
    Ok(compression)
}

/// Refuses what would change the meaning of pixels and is not handled.
fn refuse_unusual(c: &Container<'_>, d: &Directory) -> Result<(), RasterError> {
    let orientation = c.integer(d, tag::ORIENTATION)?.unwrap_or(1);
    if orientation != 1 {
        return Err(c.unsupported(format!("orientation {orientation} (only 1, top left)")));
    }
    let fill_order = c.integer(d, tag::FILL_ORDER)?.unwrap_or(1);
    if !matches!(fill_order, 1 | 2) {
        return Err(c.malformed("fill order", format!("{fill_order} is not 1 or 2")));
    }
    Ok(())
}

/// How samples are coded; all must be alike.
fn coding(c: &Container<'_>, d: &Directory, samples: usize) -> Result<Coding, RasterError> {
    let alike = |tag: u16, what: &str, default: u64| -> Result<u64, RasterError> {
        let values = c.integers(d, tag)?.unwrap_or_default();
        let first = values.first().copied().unwrap_or(default);
        if values.len() > 1 && values.len() < samples {
            return Err(c.malformed(
                what,
                format!("{} values for {samples} samples", values.len()),
            ));
        }
        if values.iter().take(samples).any(|v| *v != first) {
            return Err(c.unsupported(format!("{what} that differs between samples: {values:?}")));
        }
        Ok(first)
    };
    let bits = alike(tag::BITS_PER_SAMPLE, "bits per sample", 1)?;
    let format = alike(tag::SAMPLE_FORMAT, "sample format", 1)?;
    // 4 is "undefined": libtiff and GDAL read it as unsigned.
    let dtype = match (format, bits) {
        (1 | 4, 8) => DataType::U8,
        (1 | 4, 16) => DataType::U16,
        (1 | 4, 32) => DataType::U32,
        (1 | 4, 64) => DataType::U64,
        (2, 8) => DataType::I8,
        (2, 16) => DataType::I16,
        (2, 32) => DataType::I32,
        (2, 64) => DataType::I64,
        (3, 32) => DataType::F32,
        (3, 64) => DataType::F64,
        (3, 16) => return Ok(Coding::Half),
        // GDAL packs three bytes from the high one on in little-endian files; of big-endian ones
        // there is no agreed reading.
        (1 | 4, 24) if c.byte_order == ByteOrder::Big => {
            return Err(c.unsupported("samples of 24 bits in a big-endian file"));
        }
        (1 | 4, 1..=31) => return Ok(Coding::Bits(bits as u8)),
        (5 | 6, _) => return Err(c.unsupported(format!("complex samples of {bits} bits"))),
        (1..=4, _) => {
            return Err(c.unsupported(format!("samples of {bits} bits in sample format {format}")));
        }
        _ => return Err(c.malformed("sample format", format!("{format} is not 1 to 6"))),
    };
    Ok(Coding::Whole(dtype))
}

fn photometric(
    c: &Container<'_>,
    d: &Directory,
    compression: Compression,
) -> Result<Photometric, RasterError> {
    // The tag is required, but libtiff and GDAL take its absence as grey.
    Ok(match c.integer(d, tag::PHOTOMETRIC)?.unwrap_or(1) {
        0 => Photometric::MinIsWhite,
        1 | 32803 => Photometric::MinIsBlack,
        2 => Photometric::Rgb,
        3 => Photometric::Palette,
        4 => Photometric::Mask,
        5 => Photometric::Cmyk,
        6 if compression.decodes_colour() => Photometric::YCbCr,
        6 => return Err(c.unsupported("YCbCr colours outside JPEG compression")),
        other => return Err(c.unsupported(format!("photometric interpretation {other}"))),
    })
}

fn palette(
    c: &Container<'_>,
    d: &Directory,
    coding: Coding,
) -> Result<Option<Vec<[u16; 3]>>, RasterError> {
    let Some(values) = c.integers(d, tag::COLOR_MAP)? else {
        return Ok(None);
    };
    let bits = coding.bits();
    if bits > 16 || values.len() as u64 != 3 << bits {
        return Err(c.malformed(
            "colour map",
            format!("{} values do not fit samples of {bits} bits", values.len()),
        ));
    }
    let n = values.len() / 3;
    let colors = (0..n).map(|i| [values[i], values[n + i], values[2 * n + i]].map(|v| v as u16));
    Ok(Some(colors.collect()))
}

/// Where the blocks are.
struct Layout {
    tiled: bool,
    block_width: usize,
    block_height: usize,
    offsets: Vec<u64>,
    lengths: Vec<u64>,
}

impl Layout {
    fn read(
        c: &Container<'_>,
        d: &Directory,
        width: usize,
        height: usize,
        samples: usize,
        planar: bool,
    ) -> Result<Self, RasterError> {
        let tile_width = c.integer(d, tag::TILE_WIDTH)?;
        let tile_length = c.integer(d, tag::TILE_LENGTH)?;
        let tiled = tile_width.is_some() || tile_length.is_some();
        let (block_width, block_height) = if tiled {
            let (Some(w), Some(h)) = (tile_width, tile_length) else {
                return Err(c.malformed("tile size", "only one of width and length is given"));
            };
            if w == 0 || h == 0 || w > SIDE_MAX || h > SIDE_MAX {
                return Err(c.malformed("tile size", format!("{w} x {h} is impossible")));
            }
            (w as usize, h as usize)
        } else {
            let rows = c.integer(d, tag::ROWS_PER_STRIP)?.unwrap_or(height as u64);
            if rows == 0 {
                return Err(c.malformed("rows per strip", "is 0"));
            }
            (width, rows.min(height as u64) as usize)
        };
        let planes = if planar { samples as u64 } else { 1 };
        let expected = (width.div_ceil(block_width) as u64)
            .checked_mul(height.div_ceil(block_height) as u64)
            .and_then(|n| n.checked_mul(planes));
        // Some writers store tile offsets under the strip tags.
        let pair = |a: u16, b: u16| -> Result<Option<Vec<u64>>, RasterError> {
            match c.integers(d, a)? {
                None => c.integers(d, b),
                some => Ok(some),
            }
        };
        let (offsets, lengths) = if tiled {
            (
                pair(tag::TILE_OFFSETS, tag::STRIP_OFFSETS)?,
                pair(tag::TILE_BYTE_COUNTS, tag::STRIP_BYTE_COUNTS)?,
            )
        } else {
            (
                c.integers(d, tag::STRIP_OFFSETS)?,
                c.integers(d, tag::STRIP_BYTE_COUNTS)?,
            )
        };
        let checked = |values: Option<Vec<u64>>, what: &str| -> Result<Vec<u64>, RasterError> {
            let values = values.ok_or_else(|| c.malformed(what, "is missing"))?;
            match expected {
                Some(n) if n == values.len() as u64 => Ok(values),
                _ => Err(c.malformed(
                    what,
                    format!(
                        "{} values for {} blocks",
                        values.len(),
                        expected.map_or("too many".to_owned(), |n| n.to_string())
                    ),
                )),
            }
        };
        Ok(Self {
            tiled,
            block_width,
            block_height,
            offsets: checked(offsets, "block offsets")?,
            lengths: checked(lengths, "block byte counts")?,
        })
    }
}
