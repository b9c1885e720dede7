//! The levels of a file under way: a row of tiles each, handed on halved to the next.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::SpooledTempFile;

use super::directory::Value;
use super::write::{self, Appearance, Shape};
use super::{CogOptions, reduce};
use crate::RasterError;
use crate::band::{Band, BandData};
use crate::tiff::image::Photometric;

/// Images up to this size need no overviews (what validators expect).
const OVERVIEW_SIDE_PX: usize = 512;

/// The encoded tiles of an image or mask, and its directory.
pub(super) struct Encoded {
    pub(super) entries: Vec<(u16, Value)>,
    pub(super) lengths: Vec<u64>,
    pub(super) offsets: Vec<u64>,
    spool: SpooledTempFile,
}

impl Encoded {
    fn new(entries: Vec<(u16, Value)>, options: &CogOptions) -> Self {
        Self {
            entries,
            lengths: Vec::new(),
            offsets: Vec::new(),
            spool: SpooledTempFile::new(options.waiting_bytes_max),
        }
    }

    /// Encodes a row of tiles.
    fn push(
        &mut self,
        strip: &[Band],
        options: &CogOptions,
        name: &str,
    ) -> Result<(), RasterError> {
        for tile in encode_row(strip, options) {
            let bytes = tile.map_err(|reason| RasterError::malformed(name, "tile", reason))?;
            self.spool
                .write_all(&bytes)
                .map_err(|e| RasterError::io("set tiles aside for", name, e))?;
            self.lengths.push(bytes.len() as u64);
        }
        Ok(())
    }

    /// Copies all tiles, in order.
    pub(super) fn copy_to<W: Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.spool.seek(SeekFrom::Start(0))?;
        let all: u64 = self.lengths.iter().sum();
        let copied = io::copy(&mut (&mut self.spool).take(all), writer)?;
        if copied == all {
            Ok(())
        } else {
            Err(io::Error::other("tiles set aside are gone"))
        }
    }
}

/// The tiles of a row from left to right, encoded on all processors.
fn encode_row(strip: &[Band], options: &CogOptions) -> Vec<Result<Vec<u8>, String>> {
    let columns = strip[0].width().div_ceil(options.block_size);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        loop {
            let col = next.fetch_add(1, Ordering::Relaxed);
            if col >= columns {
                return own;
            }
            own.push((col, write::encode_tile(strip, col, options)));
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let mut encoded = thread::scope(|scope| {
        let others: Vec<_> = (1..processors.min(columns))
            .map(|_| scope.spawn(work))
            .collect();
        let mut encoded = work();
        for other in others {
            match other.join() {
                Ok(own) => encoded.extend(own),
                Err(panic) => resume_unwind(panic),
            }
        }
        encoded
    });
    encoded.sort_by_key(|(col, _)| *col);
    encoded.into_iter().map(|(_, tile)| tile).collect()
}

/// One resolution of the image.
struct Level {
    width: usize,
    height: usize,
    /// Rows of the image that have come.
    done: usize,
    /// The rows of the current row of tiles.
    pending: Vec<Band>,
}

/// All levels, from full to coarse, and their encoded images, each followed by its mask.
pub(super) struct Pyramid<'a> {
    options: &'a CogOptions,
    masked: bool,
    sizes: Vec<Level>,
    pub(super) levels: Vec<Encoded>,
}

impl<'a> Pyramid<'a> {
    pub(super) fn new(
        width: usize,
        height: usize,
        shape: Shape,
        appearance: &Appearance,
        options: &'a CogOptions,
    ) -> Self {
        let mut pyramid = Self {
            options,
            masked: shape.masked,
            sizes: Vec::new(),
            levels: Vec::new(),
        };
        let limit = OVERVIEW_SIDE_PX.min(options.block_size);
        let mask_shape = Shape {
            bands: 1,
            dtype: crate::band::DataType::U8,
            masked: false,
        };
        let mut mask_look = Appearance::plain(1);
        mask_look.photometric = Photometric::Mask;
        let (mut width, mut height, mut subfile) = (width, height, 0);
        loop {
            let size = (width, height);
            let entries = write::entries(size, subfile, shape, appearance, options);
            pyramid.levels.push(Encoded::new(entries, options));
            if shape.masked {
                let entries = write::entries(size, subfile | 4, mask_shape, &mask_look, options);
                pyramid.levels.push(Encoded::new(entries, options));
            }
            pyramid.sizes.push(Level {
                width,
                height,
                done: 0,
                pending: Vec::new(),
            });
            if !options.overviews || width.max(height) <= limit {
                return pyramid;
            }
            (width, height, subfile) = (width.div_ceil(2), height.div_ceil(2), 1);
        }
    }

    pub(super) fn images(&self) -> impl Iterator<Item = &Encoded> {
        self.levels.iter()
    }

    pub(super) fn images_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Encoded> {
        self.levels.iter_mut()
    }

    /// Takes the next rows of the full image, an even number of them but for the last.
    pub(super) fn push(&mut self, bands: Vec<Band>, name: &str) -> Result<(), RasterError> {
        let mut bands = bands;
        for index in 0..self.sizes.len() {
            let level = &mut self.sizes[index];
            let strip = if level.pending.is_empty() {
                bands
            } else {
                let first = std::mem::take(&mut level.pending);
                first
                    .into_iter()
                    .zip(bands)
                    .map(|(a, b)| a.below(b))
                    .collect::<Result<_, _>>()?
            };
            let rows = strip.first().map_or(0, Band::height);
            let last = level.done + rows >= level.height;
            if rows < self.options.block_size && !last {
                level.pending = strip;
                return Ok(());
            }
            level.done += rows;
            let size = (level.width, rows);
            self.encode(index, &strip, size, name)?;
            if index + 1 == self.sizes.len() {
                return Ok(());
            }
            bands = strip
                .iter()
                .map(|b| reduce::halve(b, self.options.resampling))
                .collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    fn encode(
        &mut self,
        index: usize,
        strip: &[Band],
        (width, rows): (usize, usize),
        name: &str,
    ) -> Result<(), RasterError> {
        if !self.masked {
            return self.levels[index].push(strip, self.options, name);
        }
        self.levels[2 * index].push(strip, self.options, name)?;
        let all_valid = || vec![255; width * rows];
        let data = strip[0].mask().map_or_else(all_valid, |mask| {
            mask.iter().map(|ok| if *ok { 255 } else { 0 }).collect()
        });
        let mask = Band::new(width, rows, BandData::U8(data), None, None)?;
        self.levels[2 * index + 1].push(&[mask], self.options, name)
    }
}
