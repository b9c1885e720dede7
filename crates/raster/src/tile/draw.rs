//! Datasets on a grid: one, or many of which each fills what those before it left open.

use std::borrow::Borrow;

use crate::RasterError;
use crate::band::Band;
use crate::dataset::Dataset;
use crate::grid::Grid;
use crate::picture::{self, Picture};
use crate::style::{Painter, Style};
use crate::warp::{Ground, Placement};

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
        let Some(bands) = read(&files, &painter, &mut ground, covered.missing())? else {
            continue;
        };
        let fresh = covered.add(&bands);
        any |= painter.paint_into(&bands, &fresh, &mut rgba);
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
        let Some(bands) = read(&files, &painter, &mut ground, covered.missing())? else {
            continue;
        };
        let fresh = covered.add(&bands);
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
        let valid = || covered.valid.clone();
        let filled = above
            .into_iter()
            .zip(&bands)
            .map(|(above, own)| above.fill_from(own, &fresh, valid()));
        merged = Some(filled.collect::<Result<_, _>>()?);
        if covered.is_whole() {
            break;
        }
    }
    Ok(merged.filter(|_| covered.valid.contains(&true)))
}

/// Which pixels of a mosaic have a measurement.
struct Covered {
    valid: Vec<bool>,
    /// The opposite, once some have one.
    missing: Option<Vec<bool>>,
    missing_px: usize,
}

impl Covered {
    fn none(target: &Grid) -> Self {
        let pixels = target.width * target.height;
        Self {
            valid: vec![false; pixels],
            missing: None,
            missing_px: pixels,
        }
    }

    /// Pixels that the next layer is asked for; `None` for all.
    fn missing(&self) -> Option<&[bool]> {
        self.missing.as_deref()
    }

    fn is_whole(&self) -> bool {
        self.missing_px == 0
    }

    /// Adds the pixels at which all bands have a measurement; gives those that are new.
    fn add(&mut self, bands: &[Band]) -> Vec<bool> {
        let mut fresh = match self.missing.take() {
            None => vec![true; self.valid.len()],
            Some(missing) => missing,
        };
        for gaps in bands.iter().filter_map(Band::gaps) {
            for (fresh, ok) in fresh.iter_mut().zip(gaps) {
                *fresh &= ok;
            }
        }
        for (valid, fresh) in self.valid.iter_mut().zip(&fresh) {
            *valid |= *fresh;
        }
        self.missing_px -= fresh.iter().filter(|fresh| **fresh).count();
        self.missing = Some(self.valid.iter().map(|ok| !ok).collect());
        fresh
    }
}

/// The bands of a scene on the target, or what the expression makes of them; `None` when the
/// scene is elsewhere.
fn read<D: Borrow<Dataset>>(
    files: &[D],
    painter: &Painter,
    ground: &mut Ground,
    wanted: Option<&[bool]>,
) -> Result<Option<Vec<Band>>, RasterError> {
    let warp = |file: &Dataset, placement: &Placement, bands: &[usize]| {
        let level = picture::coarsest_level(file, placement.reduction());
        placement.warp(file, level, bands, painter.resampling, wanted)
    };
    let bands = if let [only] = files {
        let only = only.borrow();
        let Some(placement) = Placement::new(only.grid(), ground)? else {
            return Ok(None);
        };
        warp(only, &placement, &painter.bands)?
    } else {
        let mut bands = Vec::with_capacity(painter.bands.len());
        // Bands in files of their own mostly lie on one grid.
        let mut last: Option<(&Grid, Placement)> = None;
        for index in &painter.bands {
            let file: &Dataset = files[*index].borrow();
            let placement = match last.take() {
                Some((grid, placement)) if grid == file.grid() => placement,
                _ => match Placement::new(file.grid(), ground)? {
                    Some(placement) => placement,
                    // A pixel that lacks a band has no value.
                    None => return Ok(None),
                },
            };
            bands.extend(warp(file, &placement, &[0])?);
            last = Some((file.grid(), placement));
        }
        bands
    };
    match &painter.expression {
        Some(expression) => Ok(Some(vec![expression.evaluate(&bands)?])),
        None => Ok(Some(bands)),
    }
}
