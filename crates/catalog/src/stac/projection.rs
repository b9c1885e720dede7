//! Projection extension v2: the pixel grid of an asset or of all assets of an Item.

use serde_json::{Map, Value, json};

use super::{Asset, Item};

/// Schema address.
pub const SCHEMA: &str = "https://stac-extensions.github.io/projection/v2.0.0/schema.json";

/// The pixel grid; every member is optional as the source may not state it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projection {
    /// `proj:code`, such as `EPSG:32725`; `None` is written as null (user-defined CRS).
    pub code: Option<String>,
    /// `proj:wkt2`, for a CRS without code.
    pub wkt2: Option<String>,
    /// `proj:shape`: rows, columns.
    pub shape: Option<[u64; 2]>,
    /// Affine transform in GDAL order (x of corner, pixel width, row rotation, y of corner,
    /// column rotation, pixel height); written as `proj:transform` in its row-major order.
    pub gdal_transform: Option<[f64; 6]>,
    /// `proj:bbox` in the CRS: min x, min y, max x, max y.
    pub bbox: Option<[f64; 4]>,
}

impl Projection {
    /// The members as they are written.
    pub fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("proj:code".to_owned(), json!(self.code));
        if let Some(wkt2) = &self.wkt2 {
            members.insert("proj:wkt2".to_owned(), json!(wkt2));
        }
        if let Some(shape) = self.shape {
            members.insert("proj:shape".to_owned(), json!(shape));
        }
        if let Some([x0, dx, rx, y0, ry, dy]) = self.gdal_transform {
            members.insert("proj:transform".to_owned(), json!([dx, rx, x0, ry, dy, y0]));
        }
        if let Some(bbox) = self.bbox {
            members.insert("proj:bbox".to_owned(), json!(bbox));
        }
        members
    }

    /// Write the grid into the Item's properties and name the extension.
    pub fn apply(&self, item: &mut Item) {
        item.properties.fields.extend(self.members());
        item.extend_with(SCHEMA);
    }

    /// Write the grid into one asset; name the extension in its Item with
    /// [`Item::extend_with`] and [`SCHEMA`].
    pub fn apply_to_asset(&self, asset: &mut Asset) {
        asset.additional.extend(self.members());
    }
}
