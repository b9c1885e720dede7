//! How values become colours.

use serde::{Deserialize, Serialize};

use crate::warp::Resampling;

/// Red, green, blue, opacity; 0 to 255 each.
pub type Rgba = [u8; 4];

/// Choices for drawing; nodata is always transparent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Style {
    /// Bands, counted from 0: one (grey, ramp or classes) or three (red, green, blue).
    /// Empty: the first three of a dataset with three or more bands, else the first.
    pub bands: Vec<usize>,
    /// Value range that maps to 0..255, one for all bands or one each; empty:
    /// the type's range for 8-bit, else the 2 % to 98 % range of the values.
    pub rescale: Vec<(f64, f64)>,
    /// Colours for one band.
    pub colors: Colors,
    /// How pixels are resampled.
    pub resampling: Resampling,
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
