//! How values become colours.

mod colormap;

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::{Band, DataType};
use crate::dataset::Dataset;
use crate::expression::Expression;
use crate::stat;
use crate::warp::Resampling;

/// Red, green, blue, opacity; 0 to 255 each.
pub type Rgba = [u8; 4];

/// Parts of the measurements left dark and light when no range is given.
const RANGE_QUANTILES: (f64, f64) = (0.02, 0.98);
/// Pixels on the longer side of the sample that such a range is taken from.
const RANGE_SAMPLE_PX: usize = 512;

/// Choices for drawing; nodata is always transparent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Style {
    /// Bands, counted from 0: one (grey, ramp or classes) or three (red, green, blue). Of several
    /// files the numbers are those of the files, which give their first band each.
    /// Empty: the first three of a dataset with three or more bands, else the first.
    pub bands: Vec<usize>,
    /// Value range that maps to 0..255, one for all bands or one each; empty:
    /// the type's range for 8-bit, else the 2 % to 98 % range of the values.
    pub rescale: Vec<(f64, f64)>,
    /// Colours for one band.
    pub colors: Colors,
    /// How pixels are resampled.
    pub resampling: Resampling,
    /// Arithmetic over bands whose result is drawn, in place of `bands`: see
    /// [`Expression`]. Its range is -1 to 1 when no other is given.
    pub expression: Option<String>,
}

/// How one band is coloured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colors {
    /// Grey from black to white (or the file's own palette where it has one).
    #[default]
    Grey,
    /// Colours between which is interpolated: (position 0..1 in the rescale range, colour).
    Ramp(Vec<(f64, Rgba)>),
    /// A colour for each value; other values are transparent.
    Classes(Vec<(f64, Rgba)>),
}

/// A style with everything settled for the files of one scene.
#[derive(Debug, Clone)]
pub(crate) struct Painter {
    /// Bands of the one file, or files that each give their first band.
    pub(crate) bands: Vec<usize>,
    pub(crate) resampling: Resampling,
    pub(crate) expression: Option<Expression>,
    ranges: Vec<(f64, f64)>,
    colors: Colors,
}

impl Painter {
    /// Checks `style` against one file, or against several that each give their first band, and
    /// fills in what it leaves open.
    pub(crate) fn new<D: Borrow<Dataset>>(files: &[D], style: &Style) -> Result<Self, RasterError> {
        let mut painter = Self::of_values(files, style)?;
        let drawn = match painter.expression {
            // The result is one band, whatever it is made from.
            Some(_) => &painter.bands[..1],
            None => &painter.bands,
        };
        painter.colors = colors(files, style, drawn)?;
        // Classes have no range.
        if !matches!(painter.colors, Colors::Classes(_)) {
            painter.ranges = match (&painter.expression, style.rescale.is_empty()) {
                (Some(_), true) => vec![(-1.0, 1.0)],
                _ => ranges(files, style, drawn)?,
            };
        }
        Ok(painter)
    }

    /// The same for values alone: any number of bands, no colours.
    pub(crate) fn of_values<D: Borrow<Dataset>>(
        files: &[D],
        style: &Style,
    ) -> Result<Self, RasterError> {
        let Some(first) = files.first().map(Borrow::borrow) else {
            return Err(RasterError::argument("files", "there is none"));
        };
        let expression: Option<Expression> =
            style.expression.as_deref().map(str::parse).transpose()?;
        let count = if files.len() > 1 {
            files.len()
        } else {
            first.bands()
        };
        let bands = match (&expression, style.bands.as_slice()) {
            (Some(expression), _) => expression.bands().to_vec(),
            (None, []) => {
                let alpha = files.len() == 1 && first.alpha_band().is_some();
                let colors = count - usize::from(alpha);
                if colors >= 3 { vec![0, 1, 2] } else { vec![0] }
            }
            (None, given) => given.to_vec(),
        };
        if let Some(band) = bands.iter().find(|b| **b >= count) {
            let number = band.saturating_add(1);
            return Err(RasterError::argument(
                "bands",
                format!("there is no band {number} of {count}, counted from 1"),
            ));
        }
        Ok(Self {
            bands,
            resampling: style.resampling,
            expression,
            ranges: Vec::new(),
            colors: Colors::Grey,
        })
    }

    /// Red, green, blue, opacity of every pixel; `None` when all are transparent.
    pub(crate) fn paint(&self, bands: &[Band]) -> Option<Vec<u8>> {
        let first = bands.first()?;
        let mut pixels = vec![0_u8; first.width() * first.height() * 4];
        match (&self.colors, bands) {
            (Colors::Grey, [red, green, blue]) => {
                let channels = [red, green, blue].map(Band::values_f32);
                for (i, pixel) in pixels.chunks_exact_mut(4).enumerate() {
                    let values = [channels[0][i], channels[1][i], channels[2][i]];
                    if values.iter().all(|v| !v.is_nan()) {
                        for ((out, value), range) in pixel.iter_mut().zip(values).zip(&self.ranges)
                        {
                            *out = level(f64::from(value), *range);
                        }
                        pixel[3] = 255;
                    }
                }
            }
            (Colors::Grey, _) => {
                let range = self.ranges.first().copied().unwrap_or((0.0, 255.0));
                self.one(first, &mut pixels, |value| {
                    let grey = level(value, range);
                    Some([grey, grey, grey, 255])
                });
            }
            (Colors::Ramp(stops), _) => {
                let (low, high) = self.ranges.first().copied().unwrap_or((0.0, 1.0));
                self.one(first, &mut pixels, |value| {
                    ramp(stops, (value - low) / (high - low))
                });
            }
            (Colors::Classes(classes), _) => {
                // Values of classes are written by people and stored in any type.
                self.one(first, &mut pixels, |value| {
                    let near = |class: f64| (class - value).abs() <= 1e-6 * class.abs().max(1.0);
                    classes
                        .iter()
                        .find(|(class, _)| near(*class))
                        .map(|(_, color)| *color)
                });
            }
        }
        pixels.chunks_exact(4).any(|p| p[3] > 0).then_some(pixels)
    }

    fn one(&self, band: &Band, pixels: &mut [u8], color: impl Fn(f64) -> Option<Rgba>) {
        for (pixel, value) in pixels.chunks_exact_mut(4).zip(band.values_f64()) {
            if !value.is_nan()
                && let Some(color) = color(value)
            {
                pixel.copy_from_slice(&color);
            }
        }
    }
}

/// Colours of the bands that are drawn; refuses what is not one band or three.
fn colors<D: Borrow<Dataset>>(
    files: &[D],
    style: &Style,
    bands: &[usize],
) -> Result<Colors, RasterError> {
    if !matches!(bands.len(), 1 | 3) {
        return Err(RasterError::argument(
            "bands",
            format!("{} bands; a picture needs one or three", bands.len()),
        ));
    }
    if bands.len() == 3 {
        return match style.colors {
            Colors::Grey => Ok(Colors::Grey),
            _ => Err(RasterError::argument(
                "colors",
                "a ramp or classes need one band, not three",
            )),
        };
    }
    // The palette of a file is none of what is computed from it.
    let palette = match files {
        [only] if style.expression.is_none() => only.borrow().palette(),
        _ => None,
    };
    match &style.colors {
        Colors::Grey => Ok(match palette {
            Some(palette) => Colors::Classes(
                palette
                    .iter()
                    .enumerate()
                    .map(|(i, c)| (i as f64, [c[0], c[1], c[2], 255]))
                    .collect(),
            ),
            None => Colors::Grey,
        }),
        Colors::Ramp(stops) => {
            let rising = stops.windows(2).all(|w| w[0].0 < w[1].0);
            if stops.is_empty() || !rising {
                return Err(RasterError::argument(
                    "colors",
                    "a ramp needs stops at rising positions",
                ));
            }
            Ok(style.colors.clone())
        }
        Colors::Classes(_) => Ok(style.colors.clone()),
    }
}

fn ranges<D: Borrow<Dataset>>(
    files: &[D],
    style: &Style,
    bands: &[usize],
) -> Result<Vec<(f64, f64)>, RasterError> {
    if !style.rescale.is_empty() {
        if style.rescale.len() != 1 && style.rescale.len() != bands.len() {
            return Err(RasterError::argument(
                "rescale",
                format!("{} ranges for {} bands", style.rescale.len(), bands.len()),
            ));
        }
        if let Some(range) = style
            .rescale
            .iter()
            .find(|r| !(r.0 < r.1 && (r.1 - r.0).is_finite()))
        {
            return Err(RasterError::argument(
                "rescale",
                format!("{} to {} is no range", range.0, range.1),
            ));
        }
        return Ok((0..bands.len())
            .map(|i| style.rescale[i.min(style.rescale.len() - 1)])
            .collect());
    }
    bands
        .iter()
        .map(|band| match files {
            [only] => range_of(only.borrow(), *band),
            _ => range_of(files[*band].borrow(), 0),
        })
        .collect()
}

/// The range of a band when none is given, found once for a dataset.
fn range_of(dataset: &Dataset, band: usize) -> Result<(f64, f64), RasterError> {
    if dataset.dtype() == DataType::U8 {
        return Ok((0.0, 255.0));
    }
    dataset.range_of(band, || {
        let sample =
            crate::picture::sample(dataset, &[band], RANGE_SAMPLE_PX, Resampling::Nearest)?;
        let quantile = |share| sample.first().and_then(|s| stat::quantile(s, share));
        Ok(
            match (quantile(RANGE_QUANTILES.0), quantile(RANGE_QUANTILES.1)) {
                (Some(low), Some(high)) if low < high => (low, high),
                (Some(low), _) => (low, low + 1.0),
                _ => (0.0, 1.0),
            },
        )
    })
}

/// 0 to 255 along a range, rounded down in the middle as `u8` casts do after adding a half.
fn level(value: f64, (low, high): (f64, f64)) -> u8 {
    // `as` holds the value in 0..=255.
    ((value - low) / (high - low) * 255.0 + 0.5) as u8
}

fn ramp(stops: &[(f64, Rgba)], position: f64) -> Option<Rgba> {
    let (first, last) = (stops.first()?, stops.last()?);
    if position <= first.0 {
        return Some(first.1);
    }
    if position >= last.0 {
        return Some(last.1);
    }
    let after = stops.partition_point(|s| s.0 <= position);
    let (a, b) = (stops.get(after.checked_sub(1)?)?, stops.get(after)?);
    let f = (position - a.0) / (b.0 - a.0);
    let mut color = [0; 4];
    for (out, (from, to)) in color.iter_mut().zip(a.1.iter().zip(&b.1)) {
        *out = (f64::from(*from) + f * (f64::from(*to) - f64::from(*from)) + 0.5) as u8;
    }
    Some(color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_ramps() {
        assert_eq!(level(0.0, (0.0, 10.0)), 0);
        assert_eq!(level(10.0, (0.0, 10.0)), 255);
        assert_eq!(level(-5.0, (0.0, 10.0)), 0);
        assert_eq!(level(99.0, (0.0, 10.0)), 255);
        let stops = [(0.0, [0, 0, 0, 255]), (1.0, [200, 100, 0, 255])];
        assert_eq!(ramp(&stops, 0.5), Some([100, 50, 0, 255]));
        assert_eq!(ramp(&stops, 2.0), Some([200, 100, 0, 255]));
    }
}
