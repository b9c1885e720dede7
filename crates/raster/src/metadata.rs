//! What a file says about itself beside its pixels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// GDAL metadata and the text tags of TIFF.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metadata {
    /// Items of the whole file, by name (with `TIFFTAG_DATETIME`, `AREA_OR_POINT`, ...).
    pub items: BTreeMap<String, String>,
    /// One entry a band.
    pub bands: Vec<BandMetadata>,
}

/// What the file says about one band.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BandMetadata {
    /// Name of the band, for example `B03`.
    pub description: Option<String>,
    /// Factor: physical = stored x scale + offset.
    pub scale: Option<f64>,
    /// Offset: physical = stored x scale + offset.
    pub offset: Option<f64>,
    /// Unit of the physical value.
    pub unit: Option<String>,
    /// Other items of the band, by name.
    pub items: BTreeMap<String, String>,
}
