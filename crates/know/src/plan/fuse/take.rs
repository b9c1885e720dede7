//! The samples of a composite, a run of pixels at a time.

use super::{ANSWERS, Fused, Mask};
use crate::cube::{Cube, Samples};
use crate::error::GraphError;
use crate::plan::kernel::{self, Middle};
use crate::source::assemble::{Layout, PlaneRead, RawPart, Stored};
use corridor_raster::band::{Band, BandData};
use corridor_raster::dataset::Window;
use std::collections::BTreeMap;

impl Fused {
    /// The result of one pixel, without data.
    pub(crate) fn sketch(&self) -> &Cube {
        &self.sketch
    }

    /// The node's value on a part of what was fetched.
    pub(crate) fn value(
        &self,
        loads: &BTreeMap<String, Layout>,
        raw: &BTreeMap<&str, RawPart>,
        part: Window,
    ) -> Result<Cube, GraphError> {
        let layout = &loads[&self.load];
        let fetched = &raw[self.load.as_str()];
        let outside = layout.outside(part);
        let mask = self
            .mask
            .as_ref()
            .map(|mask| (mask, &raw[mask.load.as_str()]));
        let mut samples = Vec::with_capacity(self.bands.len() * part.pixels());
        let mut middle = vec![Middle::default(); part.pixels()];
        for reads in &self.bands {
            let first = &layout.reads[reads[0]];
            kernel::middles(reads.len(), &mut middle, |step, from, stored, valid| {
                let read = &layout.reads[reads[step]];
                for (at, run) in lines(part, from, stored.len()) {
                    let (stored, valid) = (&mut stored[run.clone()], &mut valid[run]);
                    take(
                        read,
                        &fetched.planes[reads[step]],
                        fetched.part,
                        at,
                        stored,
                        valid,
                    );
                    if let Some((mask, classes)) = mask {
                        let plane = &classes.planes[mask.reads[step]];
                        mask.apply(plane, classes.part, at, valid);
                    }
                }
            });
            samples.extend(middle.iter().enumerate().map(|(pixel, middle)| {
                let outside = outside.as_ref().is_some_and(|outside| outside[pixel]);
                match middle.count {
                    0 => f32::NAN,
                    _ if outside => f32::NAN,
                    _ => mean(first, middle),
                }
            }));
        }
        self.on(layout, part, samples)
    }

    fn on(&self, layout: &Layout, part: Window, samples: Vec<f32>) -> Result<Cube, GraphError> {
        let full = layout.dimensions(part);
        let dimensions = self
            .sketch
            .dimensions()
            .iter()
            .map(|own| match own.name.as_str() {
                "y" => full[2].clone(),
                "x" => full[3].clone(),
                _ => own.clone(),
            })
            .collect();
        let crs = self.sketch.crs().cloned();
        Ok(Cube::new(dimensions, Samples::F32(samples), crs)?.on_grid(layout.grid_of(part)))
    }
}

/// The parts of rows that a run of a window's pixels consists of: row and column in the cube, and
/// where in the run.
pub(in crate::plan) fn lines(
    part: Window,
    from: usize,
    len: usize,
) -> impl Iterator<Item = ((usize, usize), std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let pixel = from + done;
        let (row, col) = (pixel / part.width, pixel % part.width);
        let take = (part.width - col).min(len - done);
        let run = done..done + take;
        done += take;
        (take > 0).then_some(((part.row + row, part.col + col), run))
    })
}

/// The mean of two stored samples as the interpreter has it: scaled, kept in 32 bits, averaged in
/// 64, kept in 32.
fn mean(read: &PlaneRead, middle: &Middle) -> f32 {
    let physical = |stored: u16| {
        let single = (f64::from(stored) * read.scale + read.offset) as f32;
        f64::from(single)
    };
    if middle.count % 2 == 1 {
        return physical(middle.low) as f32;
    }
    ((physical(middle.low) + physical(middle.high)) / 2.0) as f32
}

/// Stored samples of a run of pixels and whether each is a measurement.
fn take(
    read: &PlaneRead,
    stored: &Stored,
    fetched: Window,
    at: (usize, usize),
    samples: &mut [u16],
    valid: &mut [u16],
) {
    valid.fill(0);
    let Some((band, to, from, len)) = run(stored, fetched, at, samples.len()) else {
        return;
    };
    let (samples, valid) = (&mut samples[to..to + len], &mut valid[to..to + len]);
    match band.data() {
        BandData::U16(all) => samples.copy_from_slice(&all[from..from + len]),
        BandData::U8(all) => {
            for (sample, stored) in samples.iter_mut().zip(&all[from..from + len]) {
                *sample = u16::from(*stored);
            }
        }
        _ => return,
    }
    valid.fill(1);
    for nodata in [band.nodata(), read.nodata].into_iter().flatten() {
        if let Some(nodata) = whole(nodata) {
            for (valid, sample) in valid.iter_mut().zip(samples.iter()) {
                *valid &= u16::from(*sample != nodata);
            }
        }
    }
    if let Some(mask) = band.mask() {
        for (valid, mask) in valid.iter_mut().zip(&mask[from..from + len]) {
            *valid &= u16::from(*mask);
        }
    }
}

impl Mask {
    /// Takes away the pixels that are masked.
    fn apply(&self, stored: &Stored, fetched: Window, at: (usize, usize), valid: &mut [u16]) {
        let missing = u16::from(!self.masked[ANSWERS - 1]);
        let Some((band, to, from, len)) = run(stored, fetched, at, valid.len()) else {
            valid.iter_mut().for_each(|valid| *valid &= missing);
            return;
        };
        valid[..to].iter_mut().for_each(|valid| *valid &= missing);
        valid[to + len..]
            .iter_mut()
            .for_each(|valid| *valid &= missing);
        if let BandData::U8(classes) = band.data() {
            for (i, class) in classes[from..from + len].iter().enumerate() {
                let seen = band.mask().is_none_or(|mask| mask[from + i]);
                let answer = if seen {
                    usize::from(*class)
                } else {
                    ANSWERS - 1
                };
                valid[to + i] &= u16::from(!self.masked[answer]);
            }
        }
    }
}

/// The part of a run of pixels that a fetched band covers: the band, where in the run it begins,
/// where in the band, and how long it is.
pub(in crate::plan) fn run(
    stored: &Stored,
    fetched: Window,
    (row, col): (usize, usize),
    len: usize,
) -> Option<(&Band, usize, usize, usize)> {
    let (window, band) = stored.placed(fetched)?;
    let both = Window::new(col, row, len, 1).intersection(&window)?;
    let from = (row - window.row) * window.width + both.col - window.col;
    Some((band, both.col - col, from, both.width))
}

/// A nodata value that 16-bit integers can hold.
fn whole(nodata: f64) -> Option<u16> {
    let fits = nodata.fract().abs() <= 0.0 && (0.0..=f64::from(u16::MAX)).contains(&nodata);
    fits.then_some(nodata as u16)
}
