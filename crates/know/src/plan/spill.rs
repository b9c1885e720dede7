//! Results larger than the memory: in a temporary file, plane by plane.

use super::job::Cut;
use super::piece::Piece;
use crate::cube::Dimension;
use crate::error::GraphError;
use corridor_raster::grid::Grid;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A result of a run kept in a temporary file, which goes with it.
#[derive(Debug)]
pub struct Spilled {
    /// Dimensions other than `y` and `x`, slowest first.
    pub dimensions: Vec<Dimension>,
    /// Pixels of each plane.
    pub grid: Grid,
    planes: usize,
    wide: bool,
    file: Mutex<File>,
    filled: u64,
}

fn failed(error: &std::io::Error) -> GraphError {
    GraphError::new(
        "Internal",
        format!("keeping the result in a temporary file: {error}"),
    )
}

impl Spilled {
    pub(crate) fn new(
        dimensions: Vec<Dimension>,
        grid: Grid,
        cut: &Cut,
        folder: Option<&Path>,
    ) -> Result<Self, GraphError> {
        let file = match folder {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        };
        let spilled = Self {
            dimensions,
            grid,
            planes: cut.planes,
            wide: cut.wide,
            file: Mutex::new(file.map_err(|e| failed(&e))?),
            filled: 0,
        };
        let bytes = spilled.samples() * spilled.size() as u64;
        let file = spilled.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.set_len(bytes).map_err(|e| failed(&e))?;
        drop(file);
        Ok(spilled)
    }

    /// Number of planes: the product of the lengths of the dimensions.
    pub fn planes(&self) -> usize {
        self.planes
    }

    /// Whether samples have 64 bits.
    pub fn is_wide(&self) -> bool {
        self.wide
    }

    /// Number of samples.
    pub fn samples(&self) -> u64 {
        self.planes as u64 * self.grid.width as u64 * self.grid.height as u64
    }

    /// Samples that came in so far.
    pub fn filled(&self) -> u64 {
        self.filled
    }

    fn size(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    /// Whole rows of a plane, from the north; NaN is no data. Rows beyond the plane are refused.
    ///
    /// # Errors
    /// `Internal` where there are no such rows or the file cannot be read.
    pub fn rows(&self, plane: usize, from: usize, count: usize) -> Result<Vec<f64>, GraphError> {
        if plane >= self.planes || from + count > self.grid.height {
            let reason = format!("rows {from} + {count} of plane {plane} are not in the result");
            return Err(GraphError::new("Internal", reason));
        }
        let (width, size) = (self.grid.width, self.size());
        let first = (plane * self.grid.height + from) * width;
        let mut bytes = vec![0; count * width * size];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start((first * size) as u64))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|e| failed(&e))?;
        let wide = |b: &[u8]| f64::from_le_bytes(of(b));
        let narrow = |b: &[u8]| f64::from(f32::from_le_bytes(of(b)));
        let samples = bytes.chunks_exact(size);
        Ok(match self.wide {
            true => samples.map(wide).collect(),
            false => samples.map(narrow).collect(),
        })
    }

    /// Writes a piece; `None` where it does not fit.
    pub(crate) fn place(&mut self, piece: &Piece<'_>) -> Option<Result<(), GraphError>> {
        let (window, size) = (piece.window, self.size());
        let inside = window.col + window.width <= self.grid.width
            && window.row + window.height <= self.grid.height
            && piece.plane + piece.planes <= self.planes;
        if !inside || piece.bytes.len() != piece.planes * window.pixels() * size {
            return None;
        }
        let (width, height) = (self.grid.width, self.grid.height);
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut lines = piece.bytes.chunks_exact(window.width * size);
        for plane in piece.plane..piece.plane + piece.planes {
            for row in window.row..window.row + window.height {
                let at = (plane * height + row) * width + window.col;
                let written = file
                    .seek(SeekFrom::Start((at * size) as u64))
                    .and_then(|_| file.write_all(lines.next().unwrap_or_default()));
                if let Err(error) = written {
                    return Some(Err(failed(&error)));
                }
            }
        }
        self.filled += (piece.planes * window.pixels()) as u64;
        Some(Ok(()))
    }
}

/// Bytes of one sample; the callers cut them to length.
fn of<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut sample = [0; N];
    sample.copy_from_slice(bytes);
    sample
}
