//! How values become colours.

mod colormap;
mod paint;

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::DataType;
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
