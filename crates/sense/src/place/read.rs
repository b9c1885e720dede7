//! Places out of GeoJSON features, and out of lists of stations in JSON.

use super::{PLACES_MAX, Place, PlaceError, Shape, TEXT_MAX, check_position};
use crate::area::Area;
use corridor_orbit::earth::Geodetic;
use geojson::feature::Id;
use geojson::{Feature, GeoJson, Geometry, GeometryValue, Position};
use serde_json::Value;

/// Every feature of a GeoJSON text, in order; a bare geometry is one feature.
///
/// # Errors
/// [`PlaceError`] names the file, the feature and what is wrong; a text without features is an error.
pub fn features(file: &str, text: &str) -> Result<Vec<Place>, PlaceError> {
    check_length(file, text)?;
    let wrong = |reason: String| PlaceError::Json {
        file: file.into(),
        what: "GeoJSON",
        reason,
    };
    let json: GeoJson = text
        .parse()
        .map_err(|e: geojson::Error| wrong(e.to_string()))?;
    let all = match json {
        GeoJson::FeatureCollection(all) => all.features,
        GeoJson::Feature(feature) => vec![feature],
        GeoJson::Geometry(geometry) => vec![Feature {
            geometry: Some(geometry),
            ..Feature::default()
        }],
    };
    check_count(file, "features", all.len())?;
    all.into_iter()
        .enumerate()
        .map(|(k, feature)| of_feature(file, k + 1, feature))
        .collect()
}

/// Every station of a JSON list of objects with `id`, `lon` and `lat` in degrees and, where
/// known, `name` and `alt_m`; or the points of a GeoJSON text.
///
/// # Errors
/// [`PlaceError`] names the file, the station and what is wrong; a list without stations is an error.
pub fn stations(file: &str, text: &str) -> Result<Vec<Place>, PlaceError> {
    check_length(file, text)?;
    let wrong = |reason: String| PlaceError::Json {
        file: file.into(),
        what: "a JSON list of stations",
        reason,
    };
    let json: Value = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let Some(list) = json.as_array() else {
        return features(file, text);
    };
    check_count(file, "stations", list.len())?;
    list.iter()
        .enumerate()
        .map(|(k, station)| of_station(file, k + 1, station))
        .collect()
}

fn check_length(file: &str, text: &str) -> Result<(), PlaceError> {
    match text.len() > TEXT_MAX {
        true => Err(PlaceError::TooMany {
            file: file.into(),
            what: "bytes",
            count: text.len(),
            most: TEXT_MAX,
        }),
        false => Ok(()),
    }
}

fn check_count(file: &str, what: &'static str, count: usize) -> Result<(), PlaceError> {
    match count {
        0 => Err(PlaceError::Empty {
            file: file.into(),
            what,
        }),
        1..=PLACES_MAX => Ok(()),
        _ => Err(PlaceError::TooMany {
            file: file.into(),
            what,
            count,
            most: PLACES_MAX,
        }),
    }
}

fn of_station(file: &str, number: usize, station: &Value) -> Result<Place, PlaceError> {
    let text = |key: &str| match station.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let name = text("name").unwrap_or_default();
    let id = text("id")
        .or_else(|| Some(name.clone()).filter(|n| !n.is_empty()))
        .unwrap_or_else(|| number.to_string());
    let wrong = |field: &'static str, reason: String| PlaceError::Field {
        file: file.into(),
        place: format!("station {number} ({id})"),
        field,
        reason,
    };
    let degrees = |field: &'static str| match station.get(field) {
        Some(value) => value
            .as_f64()
            .ok_or_else(|| wrong(field, format!("is {value}; should be degrees"))),
        None => Err(wrong(field, "is missing; should be degrees".into())),
    };
    let (lon_deg, lat_deg) = (degrees("lon")?, degrees("lat")?);
    let height_m = match station.get("alt_m") {
        None | Some(Value::Null) => 0.0,
        Some(value) => value
            .as_f64()
            .ok_or_else(|| wrong("alt_m", format!("is {value}; should be metres")))?,
    };
    let position =
        check_position(lon_deg, lat_deg, height_m).map_err(|reason| wrong("position:", reason))?;
    Ok(Place {
        id,
        name,
        position,
        shape: Shape::Point,
    })
}

fn of_feature(file: &str, number: usize, feature: Feature) -> Result<Place, PlaceError> {
    let property = |key: &str| match feature.property(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let name = property("name").unwrap_or_default();
    let id = match &feature.id {
        Some(Id::String(text)) => text.clone(),
        Some(Id::Number(number)) => number.to_string(),
        None => property("id")
            .or_else(|| Some(name.clone()).filter(|n| !n.is_empty()))
            .unwrap_or_else(|| number.to_string()),
    };
    let place = format!("feature {number} ({id})");
    let Some(geometry) = feature.geometry else {
        return Err(PlaceError::Field {
            file: file.into(),
            place,
            field: "geometry",
            reason: "is missing; should be a point, lines or polygons".into(),
        });
    };
    let (position, shape) = of_geometry(file, &place, geometry)?;
    Ok(Place {
        id,
        name,
        position,
        shape,
    })
}

fn of_geometry(
    file: &str,
    place: &str,
    geometry: Geometry,
) -> Result<(Geodetic, Shape), PlaceError> {
    let wrong = |reason: String| PlaceError::Field {
        file: file.into(),
        place: place.into(),
        field: "geometry:",
        reason,
    };
    let position = |p: &Position| match p.as_slice() {
        [lon, lat] => check_position(*lon, *lat, 0.0).map_err(wrong),
        [lon, lat, height, ..] => check_position(*lon, *lat, *height).map_err(wrong),
        _ => Err(wrong("a position has fewer than two numbers".into())),
    };
    match geometry.value {
        GeometryValue::Point { coordinates } => Ok((position(&coordinates)?, Shape::Point)),
        GeometryValue::LineString { coordinates } => {
            of_lines(vec![coordinates], position).ok_or_else(no_length(file, place))?
        }
        GeometryValue::MultiLineString { coordinates } => {
            of_lines(coordinates, position).ok_or_else(no_length(file, place))?
        }
        _ => {
            let area = Area::from_geometry(geometry).map_err(|reason| PlaceError::Area {
                file: file.into(),
                place: place.into(),
                reason,
            })?;
            Ok((area.centroid(), Shape::Area(Box::new(area))))
        }
    }
}

fn no_length<'a>(file: &'a str, place: &'a str) -> impl Fn() -> PlaceError + 'a {
    move || PlaceError::Field {
        file: file.into(),
        place: place.into(),
        field: "geometry:",
        reason: "has no length; should be a line through at least two positions".into(),
    }
}

/// Lines with the point half way along them; `None` where they have no length.
fn of_lines(
    lines: Vec<Vec<Position>>,
    position: impl Fn(&Position) -> Result<Geodetic, PlaceError>,
) -> Option<Result<(Geodetic, Shape), PlaceError>> {
    let read: Result<Vec<Vec<Geodetic>>, PlaceError> = lines
        .iter()
        .map(|line| line.iter().map(&position).collect())
        .collect();
    let read = match read {
        Ok(read) => read,
        Err(error) => return Some(Err(error)),
    };
    // Longitudes run on past 180 degrees where a line crosses the antimeridian.
    let flat: Vec<Vec<[f64; 2]>> = read.iter().map(|line| unroll(line)).collect();
    let pieces = || flat.iter().flat_map(|line| line.windows(2));
    let length = |w: &[[f64; 2]]| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1]);
    let mut left = 0.5 * pieces().map(length).sum::<f64>();
    for piece in pieces().filter(|p| length(p) > 0.0) {
        let part = left / length(piece);
        if part <= 1.0 {
            let mix = |k: usize| piece[0][k] + (piece[1][k] - piece[0][k]) * part;
            let lon_deg = (mix(0) + 180.0).rem_euclid(360.0) - 180.0;
            let middle = Geodetic::on_ground(lon_deg, mix(1));
            return Some(Ok((middle, Shape::Lines(flat))));
        }
        left -= length(piece);
    }
    None
}

fn unroll(line: &[Geodetic]) -> Vec<[f64; 2]> {
    let mut turned = 0.0;
    let mut previous: Option<f64> = None;
    line.iter()
        .map(|p| {
            let step = previous.map_or(0.0, |last| p.lon_deg - last);
            if step.abs() > 180.0 {
                turned -= 360.0 * step.signum();
            }
            previous = Some(p.lon_deg);
            [p.lon_deg + turned, p.lat_deg]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_and_their_ids() {
        let text = r#"[{"id":"gs1","lon":15.4,"lat":78.2,"alt_m":400.0},{"name":"B","lon":1,"lat":2},
            {"lon":3,"lat":4}]"#;
        let read = stations("s.json", text).unwrap();
        let ids: Vec<&str> = read.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(ids, ["gs1", "B", "3"]);
        assert!((read[0].position.height_m - 400.0).abs() < 1e-9);
        let said = |text: &str| stations("s.json", text).unwrap_err().to_string();
        assert_eq!(said("[]"), "s.json: holds no stations");
        assert_eq!(
            said(r#"[{"id":"x","lon":"east","lat":1}]"#),
            "s.json: station 1 (x): lon is \"east\"; should be degrees"
        );
        assert!(said(r#"[{"id":"x","lon":5,"lat":95}]"#).contains("latitude 95 is outside"));
        assert!(said("[1,").contains("not a JSON list of stations"));
        assert!(said("{}").contains("not GeoJSON"));
    }

    #[test]
    fn features_of_every_kind() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","id":7,"properties":null,"geometry":{"type":"Point","coordinates":[1,2,30]}},
            {"type":"Feature","properties":{"name":"road"},
             "geometry":{"type":"LineString","coordinates":[[179,0],[-179,0],[-179,2]]}},
            {"type":"Feature","properties":{},"geometry":{"type":"Polygon",
             "coordinates":[[[178,-2],[-178,-2],[-178,2],[178,2],[178,-2]]]}}]}"#;
        let read = features("f.geojson", text).unwrap();
        let ids: Vec<&str> = read.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(ids, ["7", "road", "3"]);
        assert!((read[0].position.height_m - 30.0).abs() < 1e-9);
        let line = read[1].position;
        assert!(
            (line.lon_deg + 179.0).abs() < 1e-9 && line.lat_deg.abs() < 1e-9,
            "{line:?}"
        );
        let box_ = read[2].position;
        assert!(
            (box_.lon_deg.abs() - 180.0).abs() < 1e-9 && box_.lat_deg.abs() < 1e-9,
            "{box_:?}"
        );
        assert!(read[2].area().is_some() && read[0].area().is_none());
    }

    #[test]
    fn empty_and_wrong_features_are_named() {
        let said = |text: &str| features("f.geojson", text).unwrap_err().to_string();
        assert_eq!(
            said(r#"{"type":"FeatureCollection","features":[]}"#),
            "f.geojson: holds no features"
        );
        assert!(
            said(r#"{"type":"Feature","properties":null,"geometry":null}"#)
                .contains("feature 1 (1): geometry is missing")
        );
        assert!(said(r#"{"type":"LineString","coordinates":[[1,1]]}"#).contains("no length"));
        assert!(said(r#"{"type":"MultiPoint","coordinates":[[1,1]]}"#).contains("MultiPoint"));
        assert!(
            said(r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}"#)
                .contains("not valid")
        );
    }
}
