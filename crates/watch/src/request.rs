//! The watch: what a user asks for.

use crate::error::WatchError;
use corridor_sense::area::Area;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Longest watch name, characters. Names stand in tables and addresses.
pub const NAME_MAX_CHARS: usize = 80;
/// Most addresses one watch may notify.
pub const NOTIFY_MAX: usize = 16;

/// Area, product, priority and deadline, and who is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The name as it stands in addresses: `olinda-coast`.
    pub id: String,
    /// The name as the user wrote it.
    pub name: String,
    /// The product's id.
    pub product: String,
    /// The area as a GeoJSON geometry, WGS 84 degrees.
    pub area: serde_json::Value,
    /// West, south, east, north of the area, degrees; west > east crosses the antimeridian.
    pub bbox: [f64; 4],
    /// 1 (first) to 5 (last).
    pub priority: u8,
    /// When the answer stops being of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Webhook addresses that are told of each answer.
    pub notify: Vec<String>,
    /// When the watch was added: the request of the trace.
    pub created: Timestamp,
}

/// A watch as it is asked for, before it is checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWatch {
    /// The name; its letters and digits make the id.
    pub name: String,
    /// The product's id.
    pub product: String,
    /// A GeoJSON geometry, Feature or FeatureCollection of polygons.
    #[serde(default)]
    pub area: Option<serde_json::Value>,
    /// West, south, east, north in degrees, in place of `area`.
    #[serde(default)]
    pub bbox: Option<[f64; 4]>,
    /// 1 (first) to 5 (last); 3 where it is not said.
    #[serde(default)]
    pub priority: Option<u8>,
    /// When the answer stops being of use.
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    /// Webhook addresses.
    #[serde(default)]
    pub notify: Vec<String>,
}

impl NewWatch {
    /// Checks the request and makes the watch of it.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names the field and what would be right.
    pub fn check(self, known_products: &[String], now: Timestamp) -> Result<Watch, WatchError> {
        let id = slug(&self.name)?;
        if !known_products.contains(&self.product) {
            return Err(WatchError::Invalid(format!(
                "product {:?} is not known; known products: {}",
                self.product,
                known_products.join(", ")
            )));
        }
        let area = read_area(self.area.as_ref(), self.bbox)?;
        let priority = self.priority.unwrap_or(3);
        if !(1..=5).contains(&priority) {
            return Err(WatchError::Invalid(format!(
                "priority {priority} is not from 1 (first) to 5 (last)"
            )));
        }
        if self.notify.len() > NOTIFY_MAX {
            return Err(WatchError::Invalid(format!(
                "{} addresses to notify; at most {NOTIFY_MAX}",
                self.notify.len()
            )));
        }
        for address in &self.notify {
            crate::notify::check_address(address)?;
        }
        Ok(Watch {
            id,
            name: self.name.trim().to_string(),
            product: self.product,
            area: area_json(&area)?,
            bbox: area.bbox(),
            priority,
            deadline: self.deadline,
            notify: self.notify,
            created: now,
        })
    }
}

impl Watch {
    /// The area, checked when the watch was added.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the stored area no longer reads.
    pub fn area(&self) -> Result<Area, WatchError> {
        Area::from_geojson(&self.area.to_string())
            .map_err(|e| WatchError::internal(format!("reading the area of watch {}", self.id), e))
    }
}

/// The area as a GeoJSON Polygon or MultiPolygon.
pub(crate) fn area_json(area: &Area) -> Result<serde_json::Value, WatchError> {
    let value = match &area.polygon().0[..] {
        [one] => geojson::GeometryValue::from(one),
        _ => geojson::GeometryValue::from(area.polygon()),
    };
    serde_json::to_value(geojson::Geometry::new(value))
        .map_err(|e| WatchError::internal("writing an area", e))
}

fn read_area(
    geojson: Option<&serde_json::Value>,
    bbox: Option<[f64; 4]>,
) -> Result<Area, WatchError> {
    match (geojson, bbox) {
        (Some(value), None) => Area::from_geojson(&value.to_string())
            .map_err(|e| WatchError::Invalid(format!("area: {e}"))),
        (None, Some([west, south, east, north])) => Area::from_bbox(west, south, east, north)
            .map_err(|e| WatchError::Invalid(format!("area: {e}"))),
        _ => Err(WatchError::Invalid(
            "a watch needs exactly one of \"area\" (GeoJSON) and \"bbox\" [west, south, east, north]"
                .into(),
        )),
    }
}

/// The name as it stands in addresses: lower-case letters and digits, joined by `-`.
///
/// # Errors
/// Where nothing would be left, or the name is too long.
pub fn slug(name: &str) -> Result<String, WatchError> {
    let trimmed = name.trim();
    if trimmed.chars().count() > NAME_MAX_CHARS {
        return Err(WatchError::Invalid(format!(
            "name is {} characters long; at most {NAME_MAX_CHARS}",
            trimmed.chars().count()
        )));
    }
    let mut id = String::new();
    for c in trimmed.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            id.push(c);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-').to_string();
    if id.is_empty() {
        return Err(WatchError::Invalid(format!(
            "name {name:?} has no letter or digit"
        )));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, product: &str, bbox: [f64; 4]) -> NewWatch {
        NewWatch {
            name: name.into(),
            product: product.into(),
            area: None,
            bbox: Some(bbox),
            priority: None,
            deadline: None,
            notify: vec![],
        }
    }

    #[test]
    fn a_name_becomes_an_address() {
        assert_eq!(slug("Olinda coast").unwrap(), "olinda-coast");
        assert_eq!(slug("  São José / 2 ").unwrap(), "são-josé-2");
        assert!(slug(" -- ").is_err());
        assert!(slug(&"x".repeat(81)).is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let products = vec!["water".to_string()];
        let now = Timestamp::UNIX_EPOCH;
        let e = asked("a", "gold", [0.0, 0.0, 1.0, 1.0])
            .check(&products, now)
            .unwrap_err();
        assert!(
            e.to_string().contains("gold") && e.to_string().contains("water"),
            "{e}"
        );
        let e = asked("a", "water", [0.0, -91.0, 1.0, 1.0])
            .check(&products, now)
            .unwrap_err();
        assert!(e.to_string().contains("-91"), "{e}");
        let mut both = asked("a", "water", [0.0, 0.0, 1.0, 1.0]);
        both.area = Some(serde_json::json!({"type":"Polygon","coordinates":[]}));
        assert!(both.check(&products, now).is_err());
        let ok = asked("Olinda coast", "water", [-35.0, -8.1, -34.8, -7.9]).check(&products, now);
        let kept = ok.unwrap().bbox.map(|d| (d * 10.0).round() as i32);
        assert_eq!(kept, [-350, -81, -348, -79]);
    }
}
