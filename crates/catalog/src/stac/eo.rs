//! Electro-optical extension v2.

use super::{Band, Item};

/// Schema address.
pub const SCHEMA: &str = "https://stac-extensions.github.io/eo/v2.0.0/schema.json";
/// Band member: well-known colour name.
pub const COMMON_NAME: &str = "eo:common_name";
/// Band member: centre wavelength, micrometres.
pub const CENTER_WAVELENGTH: &str = "eo:center_wavelength";
/// Band member: full width at half maximum, micrometres.
pub const FULL_WIDTH_HALF_MAX: &str = "eo:full_width_half_max";
/// Item property: share of the scene under cloud, percent.
pub const CLOUD_COVER: &str = "eo:cloud_cover";

/// The band with its optical description; wavelengths in micrometres.
#[must_use]
pub fn band(
    mut band: Band,
    common_name: Option<&str>,
    center_wavelength_um: Option<f64>,
    full_width_half_max_um: Option<f64>,
) -> Band {
    if let Some(name) = common_name {
        band = band.with(COMMON_NAME, name);
    }
    if let Some(wavelength) = center_wavelength_um {
        band = band.with(CENTER_WAVELENGTH, wavelength);
    }
    if let Some(width) = full_width_half_max_um {
        band = band.with(FULL_WIDTH_HALF_MAX, width);
    }
    band
}

/// State the cloud cover of the whole Item (percent, 0 to 100) and name the extension.
pub fn set_cloud_cover(item: &mut Item, percent: f64) {
    item.properties
        .fields
        .insert(CLOUD_COVER.to_owned(), percent.into());
    item.extend_with(SCHEMA);
}
