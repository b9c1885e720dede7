//! Ground stations in GeoJSON: points with `name`, `provider` and `frequency_bands`.

use super::read::{Records, fault, line_of};
use crate::request::slug;
use corridor_transmit::station::Station;
use geojson::{Feature, GeometryValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// Lowest elevation where a file gives none, degrees.
const MASK_DEG: f64 = 5.0;

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow, default)]
    features: Vec<&'a RawValue>,
}

/// Reads stations; each id is the provider's and the station's name.
pub fn parse(text: &str, file: &str) -> Records<Station> {
    let mut found = Records::new();
    let collection: Collection<'_> = match serde_json::from_str(text) {
        Ok(collection) => collection,
        Err(e) => {
            let reason = format!("should be a GeoJSON FeatureCollection: {e}");
            found.fault(fault(file, e.line(), "file", "", &reason));
            return found;
        }
    };
    if collection.features.is_empty() {
        found.fault(fault(file, 1, "features", "", "should hold a station"));
    }
    let mut seen = HashSet::new();
    for raw in collection.features {
        let line = line_of(text, raw.get());
        match read(raw.get(), file) {
            Ok(station) if seen.insert(station.id.clone()) => found.records.push(station),
            Ok(station) => {
                let reason = "stands twice; the first is kept";
                found.note(fault(file, line, "station", &station.id, reason));
            }
            Err((field, value, reason)) => {
                found.fault(fault(file, line, field, &value, &reason));
            }
        }
    }
    found
}

type Wrong = (&'static str, String, String);

fn read(text: &str, file: &str) -> Result<Station, Wrong> {
    let feature: Feature = serde_json::from_str(text)
        .map_err(|e| ("feature", text.to_string(), format!("is no Feature: {e}")))?;
    let property = |names: &[&str]| {
        names
            .iter()
            .find_map(|n| feature.property(n)?.as_str().map(str::trim))
            .filter(|text| !text.is_empty())
    };
    let figure = |names: &[&str]| names.iter().find_map(|n| feature.property(n)?.as_f64());
    let position: Vec<f64> = match feature.geometry.as_ref().map(|g| &g.value) {
        Some(GeometryValue::Point { coordinates }) => coordinates.as_slice().to_vec(),
        _ => return Err(("geometry", String::new(), "should be a Point".into())),
    };
    let [lon_deg, lat_deg, ..] = position[..] else {
        let value = format!("{position:?}");
        return Err((
            "coordinates",
            value,
            "should be longitude and latitude".into(),
        ));
    };
    let Some(name) = property(&["name"]) else {
        return Err(("name", String::new(), "is missing".into()));
    };
    let network = property(&["provider", "network", "operator"]).unwrap_or("unknown");
    let bands = (["frequency_bands", "bands"].iter())
        .find_map(|n| feature.property(n)?.as_array())
        .map(|bands| bands.iter().filter_map(|b| b.as_str()).map(str::to_string));
    let mask_deg = figure(&["elevation_mask_deg", "min_elevation_deg"]);
    let mut source = format!("{file}; properties of the file");
    if mask_deg.is_none() {
        source.push_str("; assumption: mask of 5 deg, common for satellite data reception");
    }
    let station = Station {
        id: slug(&format!("{network} {name}"))
            .map_err(|e| ("name", name.to_string(), e.to_string()))?,
        name: name.to_string(),
        network: network.to_string(),
        lon_deg,
        lat_deg,
        height_m: figure(&["height_m", "alt_m"])
            .or(position.get(2).copied())
            .unwrap_or(0.0),
        elevation_mask_deg: mask_deg.unwrap_or(MASK_DEG),
        mask: Vec::new(),
        bands: bands.map(Iterator::collect).unwrap_or_default(),
        source,
    };
    station
        .check()
        .map_err(|e| ("station", station.id.clone(), e.to_string()))?;
    Ok(station)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_with_names() {
        let point = |name: &str, at: &str| {
            format!(
                "{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":{at}}},\n\
                 \"properties\":{{\"name\":\"{name}\",\"provider\":\"KSAT\",\"frequency_bands\":[\"S\",\"X\"]}}}}"
            )
        };
        let text = format!(
            "{{\"type\":\"FeatureCollection\",\"features\":[\n{},\n{},\n{},\n{}]}}",
            point("Troll", "[2.53,-72.01,1200]"),
            point("Far", "[2.53,-172.01]"),
            point("", "[1,1]"),
            point("Troll", "[2.53,-72.01]"),
        );
        let found = parse(&text, "f.geojson");
        let [troll] = &found.records[..] else {
            panic!("{found:?}")
        };
        assert_eq!(troll.id, "ksat-troll");
        assert_eq!(troll.bands, ["S", "X"]);
        assert!((troll.height_m - 1200.0).abs() < 1e-9);
        let faults: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
        assert!(
            faults[0].starts_with("f.geojson:4: station reads \"ksat-far\""),
            "{faults:?}"
        );
        assert!(
            faults[1].starts_with("f.geojson:6: name reads \"\": is missing"),
            "{faults:?}"
        );
        assert_eq!(found.notes.len(), 1);
        let empty = parse("{\"type\":\"FeatureCollection\",\"features\":[]}", "f");
        assert!(empty.faults[0].reason.contains("should hold a station"));
        assert!(!parse("{\"type\":\"Feature\"", "f").faults.is_empty());
    }
}
