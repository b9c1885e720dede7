//! SAR extension: how a radar scene was taken.

use serde_json::json;

use super::Item;

/// Schema address.
pub const SCHEMA: &str = "https://stac-extensions.github.io/sar/v1.3.0/schema.json";
/// Item property and band member: polarisations.
pub const POLARIZATIONS: &str = "sar:polarizations";

/// Radar description of an Item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sar {
    /// `sar:instrument_mode`, such as `IW`.
    pub instrument_mode: String,
    /// `sar:frequency_band`, such as `C`.
    pub frequency_band: String,
    /// `sar:polarizations`, such as `VV` and `VH`.
    pub polarizations: Vec<String>,
    /// `sar:center_frequency`, gigahertz.
    pub center_frequency_ghz: Option<f64>,
    /// `sar:observation_direction`: `left` or `right`.
    pub observation_direction: Option<String>,
}

impl Sar {
    /// Write into the Item's properties and name the extension.
    pub fn apply(&self, item: &mut Item) {
        let fields = &mut item.properties.fields;
        fields.insert(
            "sar:instrument_mode".to_owned(),
            json!(self.instrument_mode),
        );
        fields.insert("sar:frequency_band".to_owned(), json!(self.frequency_band));
        fields.insert(POLARIZATIONS.to_owned(), json!(self.polarizations));
        if let Some(frequency) = self.center_frequency_ghz {
            fields.insert("sar:center_frequency".to_owned(), json!(frequency));
        }
        if let Some(direction) = &self.observation_direction {
            fields.insert("sar:observation_direction".to_owned(), json!(direction));
        }
        item.extend_with(SCHEMA);
    }
}
