//! The samples of loads as a program reads them.

use crate::plan::fuse::{lines, run};
use crate::source::assemble::{Layout, PlaneRead, RawPart, Stored};
use corridor_raster::band::BandData;
use corridor_raster::dataset::Window;

/// A load while a program runs.
pub(super) struct Source<'a> {
    pub(super) layout: &'a Layout,
    pub(super) raw: &'a RawPart,
    pub(super) reads: &'a [Vec<usize>],
    pub(super) outside: Option<Vec<bool>>,
}

impl Source<'_> {
    /// Physical values of a run of pixels of a plane, as the load's cube holds them.
    pub(super) fn fill(
        &self,
        plane: usize,
        part: Window,
        from: usize,
        out: &mut [f64],
        row: &mut Vec<f64>,
    ) {
        out.fill(f64::NAN);
        for (index, read) in self.reads[plane].iter().enumerate() {
            let (stored, read) = (&self.raw.planes[*read], &self.layout.reads[*read]);
            for (at, range) in lines(part, from, out.len()) {
                let out = &mut out[range];
                physical(read, stored, self.raw.part, at, out, index == 0, row);
            }
        }
        if !self.layout.wide {
            for value in out.iter_mut() {
                *value = f64::from(*value as f32);
            }
        }
        if let Some(outside) = &self.outside {
            for (value, outside) in out.iter_mut().zip(&outside[from..]) {
                *value = if *outside { f64::NAN } else { *value };
            }
        }
    }
}

/// Writes the values of one read to the pixels of a run that have none yet.
fn physical(
    read: &PlaneRead,
    stored: &Stored,
    fetched: Window,
    at: (usize, usize),
    out: &mut [f64],
    first: bool,
    row: &mut Vec<f64>,
) {
    let Some((band, to, from, len)) = run(stored, fetched, at, out.len()) else {
        return;
    };
    let out = &mut out[to..to + len];
    let nodata = [band.nodata(), read.nodata].map(|nodata| nodata.unwrap_or(f64::NAN));
    // Whole numbers into empty pixels: most of what there is.
    match band.data() {
        BandData::U16(all) if first && band.mask().is_none() => {
            for (out, stored) in out.iter_mut().zip(&all[from..from + len]) {
                *out = scaled(read, f64::from(*stored), nodata);
            }
        }
        BandData::U8(all) if first && band.mask().is_none() => {
            for (out, stored) in out.iter_mut().zip(&all[from..from + len]) {
                *out = scaled(read, f64::from(*stored), nodata);
            }
        }
        BandData::I16(all) if first && band.mask().is_none() => {
            for (out, stored) in out.iter_mut().zip(&all[from..from + len]) {
                *out = scaled(read, f64::from(*stored), nodata);
            }
        }
        _ => {
            read.physical_row(band, from, len, row);
            for (out, value) in out.iter_mut().zip(row.iter()) {
                *out = if out.is_nan() { *value } else { *out };
            }
        }
    }
}

#[allow(clippy::float_cmp, reason = "stored values are compared as they are")]
fn scaled(read: &PlaneRead, stored: f64, nodata: [f64; 2]) -> f64 {
    let missing = stored == nodata[0] || stored == nodata[1];
    let value = stored * read.scale + read.offset;
    if missing { f64::NAN } else { value }
}
