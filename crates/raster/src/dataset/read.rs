//! Windows of pixels out of blocks.

use std::sync::Arc;

use super::Dataset;
use crate::RasterError;
use crate::band::{Band, BandData, Sample, each_type};
use crate::tiff::block;
use crate::tiff::codec::Compression;
use crate::tiff::image::{Image, Photometric};
use crate::tiff::predictor::Predictor;
use crate::window::Window;

/// Most bytes that one read may give back: 2 GiB.
pub(super) const READ_BYTES_MAX: u64 = 1 << 31;

/// Distance between the cache keys of images and those of their masks.
const MASK_LEVELS: usize = 1 << 20;

impl Dataset {
    /// Reads a window of the image at `level` (0 = full), in its own pixels.
    pub(crate) fn read_level(
        &self,
        level: usize,
        bands: &[usize],
        window: Window,
    ) -> Result<Vec<Band>, RasterError> {
        let image = &self.levels[level].image;
        window.check_inside(image.width, image.height)?;
        if let Some(band) = bands.iter().find(|b| **b >= image.samples) {
            return Err(RasterError::argument(
                "band",
                format!(
                    "{band}: {} has {} bands, counted from 0",
                    self.name(),
                    image.samples
                ),
            ));
        }
        let size = image.coding.dtype().size_bytes().max(4);
        let bytes = (window.pixels() as u64)
            .saturating_mul(size as u64)
            .saturating_mul(bands.len() as u64);
        if bytes > READ_BYTES_MAX {
            return Err(RasterError::Limit {
                name: self.name().to_owned(),
                what: "bytes of one read",
                value: bytes,
                limit: READ_BYTES_MAX,
            });
        }
        let data = self.read_samples(level, image, bands, window)?;
        let mask = self.read_mask(level, image, window)?;
        data.into_iter()
            .zip(bands)
            .map(|(data, band)| {
                let own_alpha =
                    image.alpha_sample() == Some(*band) && self.levels[level].mask.is_none();
                let mask = if own_alpha { None } else { mask.clone() };
                Band::new(window.width, window.height, data, self.nodata, mask)
            })
            .collect()
    }

    /// Validity beside nodata: the file's mask, or its alpha band when there is no nodata value.
    fn read_mask(
        &self,
        level: usize,
        image: &Image,
        window: Window,
    ) -> Result<Option<Vec<bool>>, RasterError> {
        if let Some(mask) = &self.levels[level].mask {
            let data = self.read_samples(level + MASK_LEVELS, mask, &[0], window)?;
            // Palette and grey masks alike: 0 is "not valid".
            let inverted = mask.photometric == Photometric::MinIsWhite;
            return Ok(data.first().map(|d| {
                each_type!(d, v => {
                    v.iter().map(|x| (x.to_f64() > 0.0) != inverted).collect()
                })
            }));
        }
        let Some(alpha) = image.alpha_sample().filter(|_| self.nodata.is_none()) else {
            return Ok(None);
        };
        let data = self.read_samples(level, image, &[alpha], window)?;
        Ok(data
            .first()
            .map(|d| each_type!(d, v => v.iter().map(|x| x.to_f64() > 0.0).collect())))
    }

    fn read_samples(
        &self,
        key: usize,
        image: &Image,
        bands: &[usize],
        window: Window,
    ) -> Result<Vec<BandData>, RasterError> {
        let dtype = image.coding.dtype();
        let mut output: Vec<BandData> = bands
            .iter()
            .map(|_| BandData::zeros(dtype, window.pixels()))
            .collect();
        let across =
            window.col / image.block_width..=(window.col + window.width - 1) / image.block_width;
        let down =
            window.row / image.block_height..=(window.row + window.height - 1) / image.block_height;
        let blocks = down
            .clone()
            .flat_map(|r| across.clone().map(move |c| (c, r)));
        self.announce(key, image, bands, blocks)?;
        for block_row in down {
            for block_col in across.clone() {
                let whole = Window::new(
                    block_col * image.block_width,
                    block_row * image.block_height,
                    image.block_width,
                    image.block_rows(block_row),
                );
                let Some(part) = window.intersection(&whole) else {
                    continue;
                };
                let mut last: Option<(usize, Arc<BandData>, usize)> = None;
                for (band, out) in bands.iter().zip(&mut output) {
                    let index = image.block_index(*band, block_col, block_row);
                    if last.as_ref().is_none_or(|(i, _, _)| *i != index) {
                        last = self
                            .block(key, image, index, block_row, part)?
                            .map(|(block, first_row)| (index, block, first_row));
                    }
                    match &last {
                        Some((_, block, first_row)) => {
                            let sample = if image.planar { 0 } else { *band };
                            let origin = (whole.col, whole.row + first_row);
                            copy(block, image, sample, origin, part, out, window);
                        }
                        None => fill(out, self.nodata.unwrap_or(0.0), part, window),
                    }
                }
            }
        }
        Ok(output)
    }

    /// Tells the source which compressed blocks will be read, when there are several.
    fn announce(
        &self,
        key: usize,
        image: &Image,
        bands: &[usize],
        blocks: impl Iterator<Item = (usize, usize)>,
    ) -> Result<(), RasterError> {
        if image.codestream.is_some() || image.compression == Compression::None {
            return Ok(());
        }
        let mut ranges = Vec::new();
        for (col, row) in blocks {
            for band in bands {
                let index = image.block_index(*band, col, row);
                let (offset, length) = (image.offsets[index], image.lengths[index]);
                let end = offset.saturating_add(length);
                if offset > 0 && length > 0 && !self.cache.holds((key, index)) {
                    ranges.push(offset..end);
                }
                if !image.planar {
                    break;
                }
            }
        }
        if ranges.len() > 1 {
            self.source.will_read(&ranges)?;
        }
        Ok(())
    }

    /// A decoded block and the row of it that comes first; `None` when sparse.
    fn block(
        &self,
        key: usize,
        image: &Image,
        index: usize,
        block_row: usize,
        part: Window,
    ) -> Result<Option<(Arc<BandData>, usize)>, RasterError> {
        let rows = image.block_rows(block_row);
        let plain = image.compression == Compression::None && image.predictor == Predictor::None;
        if plain && part.height < rows {
            // Uncompressed rows can be read by themselves, however long the strip.
            let first = part.row - block_row * image.block_height;
            let block = block::read_rows(self.source.as_ref(), image, index, first, part.height)?;
            return Ok(block.map(|b| (Arc::new(b), first)));
        }
        if let Some(block) = self.cache.get((key, index)) {
            return Ok(Some((block, 0)));
        }
        let Some(block) = block::read(self.source.as_ref(), image, index, block_row)? else {
            return Ok(None);
        };
        let block = Arc::new(block);
        self.cache.put((key, index), &block);
        Ok(Some((block, 0)))
    }
}

/// Copies `part` (in image pixels) of one sample of a block, whose first pixel
/// is `origin`, into `out`, which holds `window`.
fn copy(
    block: &BandData,
    image: &Image,
    sample: usize,
    origin: (usize, usize),
    part: Window,
    out: &mut BandData,
    window: Window,
) {
    let stride = image.block_samples();
    macro_rules! rows {
        ($from:expr, $to:expr) => {
            for row in part.row..part.row + part.height {
                let from = ((row - origin.1) * image.block_width + part.col - origin.0) * stride;
                let to = (row - window.row) * window.width + part.col - window.col;
                let target = &mut $to[to..to + part.width];
                let source = &$from[from..from + part.width * stride];
                pick(source, stride, sample, target);
            }
        };
    }
    match (block, out) {
        (BandData::U8(from), BandData::U8(to)) => rows!(from, to),
        (BandData::I8(from), BandData::I8(to)) => rows!(from, to),
        (BandData::U16(from), BandData::U16(to)) => rows!(from, to),
        (BandData::I16(from), BandData::I16(to)) => rows!(from, to),
        (BandData::U32(from), BandData::U32(to)) => rows!(from, to),
        (BandData::I32(from), BandData::I32(to)) => rows!(from, to),
        (BandData::U64(from), BandData::U64(to)) => rows!(from, to),
        (BandData::I64(from), BandData::I64(to)) => rows!(from, to),
        (BandData::F32(from), BandData::F32(to)) => rows!(from, to),
        (BandData::F64(from), BandData::F64(to)) => rows!(from, to),
        // Blocks of an image are decoded to the image's type, as is `out`.
        _ => {}
    }
}

/// One sample of each pixel of a row.
fn pick<T: Copy>(pixels: &[T], stride: usize, sample: usize, out: &mut [T]) {
    match stride {
        1 => out.copy_from_slice(pixels),
        3 => pick_of::<T, 3>(pixels, sample, out),
        4 => pick_of::<T, 4>(pixels, sample, out),
        _ => {
            for (out, pixel) in out.iter_mut().zip(pixels.chunks_exact(stride)) {
                *out = pixel[sample];
            }
        }
    }
}

/// The same where the number of samples is known when compiling.
fn pick_of<T: Copy, const N: usize>(pixels: &[T], sample: usize, out: &mut [T]) {
    if sample < N {
        for (out, pixel) in out.iter_mut().zip(pixels.as_chunks::<N>().0) {
            *out = pixel[sample];
        }
    }
}

/// Sets `part` of `out`, which holds `window`, to `value`.
fn fill(out: &mut BandData, value: f64, part: Window, window: Window) {
    each_type!(out, v => {
        let value = Sample::from_f64(value);
        for row in part.row..part.row + part.height {
            let start = (row - window.row) * window.width + part.col - window.col;
            v[start..start + part.width].fill(value);
        }
    });
}
