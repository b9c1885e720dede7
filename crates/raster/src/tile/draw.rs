//! Datasets on a grid: one, or many of which each fills what those before it left open.

use std::borrow::Borrow;

use crate::RasterError;
use crate::band::Band;
use crate::dataset::Dataset;
use crate::grid::Grid;
use crate::picture::{self, Picture};
use crate::style::{Painter, Style};
use crate::warp::{Ground, Placement};
use crate::window::Window;

/// One scene of a mosaic: its files, and how they are drawn.
#[derive(Debug, Clone)]
pub struct Layer<D> {
    /// One file, whose bands the style counts; or several, of which each gives its first band.
    pub files: Vec<D>,
    /// How it is drawn.
    pub style: Style,
}

/// Draws a dataset on any grid; `None` when there is no measurement of it there.
///
/// Reads the coarsest overview that is still at least as fine as the grid.
///
/// # Errors
/// As [`Dataset::read`], or when the style does not fit the dataset.
pub fn draw(
    dataset: &Dataset,
    target: &Grid,
    style: &Style,
) -> Result<Option<Picture>, RasterError> {
    let layer = Layer {
        files: vec![dataset],
        style: style.clone(),
    };
    mosaic(std::iter::once(Ok::<_, RasterError>(layer)), target)
}

/// Draws many scenes on one grid, the first on top: each fills the pixels that those before it
/// left without a measurement, and only those are computed. None is asked for once all have one.
/// The order of the layers makes the mosaic one of the newest, or of the least cloud.
///
/// What a style draws as transparent is a measurement all the same, and hides what is below.
///
/// # Errors
/// As [`draw`], and those of the layers themselves.
pub fn mosaic<D, E>(
    layers: impl IntoIterator<Item = Result<Layer<D>, E>>,
    target: &Grid,
) -> Result<Option<Picture>, E>
where
    D: Borrow<Dataset>,
    E: From<RasterError>,
{
    let mut ground = Ground::new(target)?;
    let mut covered = Covered::none(target);
    let mut rgba = vec![0; 4 * target.width * target.height];
    let mut any = false;
    for layer in layers {
        let Layer { files, style } = layer?;
        let painter = Painter::new(&files, &style)?;
        let Some(patch) = read(&files, &painter, &mut ground, &covered)? else {
            continue;
        };
        let fresh = covered.add(&patch);
        any |= patch.paint(&painter, &fresh, target, &mut rgba);
        if covered.is_whole() {
            break;
        }
    }
    Ok(any.then_some(Picture {
        width: target.width,
        height: target.height,
        rgba,
    }))
}

/// The values of such a mosaic, as stored, or as the expression gives them: as many bands as the
/// styles name, whose masks say where there is a measurement. Layers of different types make
/// 64-bit floats. `None` when there is no measurement at all.
///
/// # Errors
/// As [`mosaic`], and when layers have different numbers of bands.
pub fn mosaic_values<D, E>(
    layers: impl IntoIterator<Item = Result<Layer<D>, E>>,
    target: &Grid,
) -> Result<Option<Vec<Band>>, E>
where
    D: Borrow<Dataset>,
    E: From<RasterError>,
{
    let mut ground = Ground::new(target)?;
    let mut covered = Covered::none(target);
    let mut merged: Option<Vec<Band>> = None;
    for layer in layers {
        let Layer { files, style } = layer?;
        let painter = Painter::of_values(&files, &style)?;
        let Some(patch) = read(&files, &painter, &mut ground, &covered)? else {
            continue;
        };
        let before = covered.missing.clone();
        covered.add(&patch);
        let pixels = before.iter().zip(&covered.missing);
        let fresh: Vec<bool> = pixels.map(|(before, now)| *before && !now).collect();
        let size = (target.width, target.height);
        let bands = patch.bands.into_iter();
        let bands = bands.map(|band| band.within(patch.part, size));
        let bands = bands.collect::<Result<Vec<Band>, RasterError>>()?;
        let above = match merged.take() {
            None => bands.clone(),
            Some(above) if above.len() == bands.len() => above,
            Some(above) => {
                return Err(RasterError::argument(
                    "bands",
                    format!("{} of one scene, {} of another", above.len(), bands.len()),
                )
                .into());
            }
        };
        let valid = || covered.missing.iter().map(|missing| !missing).collect();
        let filled = above
            .into_iter()
            .zip(&bands)
            .map(|(above, own)| above.fill_from(own, &fresh, valid()));
        merged = Some(filled.collect::<Result<_, _>>()?);
        if covered.is_whole() {
            break;
        }
    }
    Ok(merged.filter(|_| covered.missing.contains(&false)))
}

/// Bands of a scene in the part of the target that it may have pixels in.
struct Patch {
    part: Window,
    bands: Vec<Band>,
}

impl Patch {
    /// Colours the fresh pixels of the target; gives whether one of them can be seen.
    fn paint(&self, painter: &Painter, fresh: &[bool], target: &Grid, rgba: &mut [u8]) -> bool {
        if self.part == Window::whole(target.width, target.height) {
            return painter.paint_into(&self.bands, fresh, rgba);
        }
        let mut own = vec![0; 4 * self.part.pixels()];
        let any = painter.paint_into(&self.bands, fresh, &mut own);
        let lines = own
            .chunks_exact(4 * self.part.width)
            .zip(fresh.chunks_exact(self.part.width));
        for ((own, fresh), row) in lines.zip(self.part.row..) {
            let start = 4 * (row * target.width + self.part.col);
            let pixels = rgba[start..start + own.len()].chunks_exact_mut(4);
            for ((pixel, own), fresh) in pixels.zip(own.chunks_exact(4)).zip(fresh) {
                if *fresh {
                    pixel.copy_from_slice(own);
                }
            }
        }
        any
    }
}

/// Which pixels of a mosaic have no measurement yet.
struct Covered {
    width: usize,
    missing: Vec<bool>,
    missing_px: usize,
    /// The rectangle around them; `None` when there are none.
    missing_part: Option<Window>,
}

impl Covered {
    fn none(target: &Grid) -> Self {
        let whole = Window::whole(target.width, target.height);
        Self {
            width: target.width,
            missing: vec![true; whole.pixels()],
            missing_px: whole.pixels(),
            missing_part: Some(whole),
        }
    }

    /// Pixels that the next layer is asked for; `None` for all.
    fn wanted(&self) -> Option<&[bool]> {
        (self.missing_px < self.missing.len()).then_some(&*self.missing)
    }

    fn is_whole(&self) -> bool {
        self.missing_px == 0
    }

    /// Adds the pixels at which all bands have a measurement; gives, of the patch, those that are
    /// new.
    fn add(&mut self, Patch { part, bands }: &Patch) -> Vec<bool> {
        let line = |row: usize| {
            let start = row * self.width + part.col;
            start..start + part.width
        };
        let mut fresh = Vec::with_capacity(part.pixels());
        for row in part.row..part.row + part.height {
            fresh.extend_from_slice(&self.missing[line(row)]);
        }
        for gaps in bands.iter().filter_map(Band::gaps) {
            for (fresh, ok) in fresh.iter_mut().zip(gaps) {
                *fresh &= ok;
            }
        }
        for (own, row) in fresh.chunks_exact(part.width).zip(part.row..) {
            for (missing, fresh) in self.missing[line(row)].iter_mut().zip(own) {
                *missing &= !fresh;
            }
        }
        let added = fresh.iter().filter(|fresh| **fresh).count();
        if added > 0 {
            self.missing_px -= added;
            self.missing_part = around(&self.missing, self.width);
        }
        fresh
    }
}

/// The rectangle around all that is marked.
fn around(marks: &[bool], width: usize) -> Option<Window> {
    let (mut left, mut right) = (width, 0);
    let (mut top, mut bottom) = (usize::MAX, 0);
    for (row, line) in marks.chunks_exact(width).enumerate() {
        if let Some(first) = line.iter().position(|mark| *mark) {
            let last = line.iter().rposition(|mark| *mark).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.min(row), row + 1);
        }
    }
    (left < right).then(|| Window::new(left, top, right - left, bottom - top))
}

/// The bands of a scene where it may fill what is missing, or what the expression makes of them;
/// `None` when the scene is elsewhere.
fn read<D: Borrow<Dataset>>(
    files: &[D],
    painter: &Painter,
    ground: &mut Ground,
    covered: &Covered,
) -> Result<Option<Patch>, RasterError> {
    // One file gives all bands; of several each gives its first.
    let of_file = |index: usize| -> &Dataset {
        match files {
            [only] => only.borrow(),
            many => many[index].borrow(),
        }
    };
    // Bands in files of their own mostly lie on one grid.
    let mut placements: Vec<(&Grid, Placement)> = Vec::new();
    let mut part = covered.missing_part;
    for index in &painter.bands {
        let grid = of_file(*index).grid();
        if placements.iter().any(|(known, _)| *known == grid) {
            continue;
        }
        // A pixel that lacks a band has no value.
        let Some(placement) = Placement::new(grid, ground)? else {
            return Ok(None);
        };
        part = part.and_then(|part| part.intersection(&placement.part()?));
        placements.push((grid, placement));
    }
    let Some(part) = part else {
        return Ok(None);
    };
    let warp = |file: &Dataset, bands: &[usize]| {
        let grid = file.grid();
        let Some((_, placement)) = placements.iter().find(|(known, _)| *known == grid) else {
            return Ok(Vec::new());
        };
        let level = picture::coarsest_level(file, placement.reduction());
        let wanted = covered.wanted();
        placement.warp(file, (level, bands), painter.resampling, part, wanted)
    };
    let bands = match files {
        [only] => warp(only.borrow(), &painter.bands)?,
        _ => {
            let mut bands = Vec::with_capacity(painter.bands.len());
            for index in &painter.bands {
                bands.extend(warp(of_file(*index), &[0])?);
            }
            bands
        }
    };
    let bands = match &painter.expression {
        Some(expression) => vec![expression.evaluate(&bands)?],
        None => bands,
    };
    Ok(Some(Patch { part, bands }))
}
