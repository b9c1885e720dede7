//! Coordinates from one system to another, by proj4rs.

use std::collections::BTreeMap;

use proj4rs::Proj;

use super::Crs;
use crate::RasterError;

/// How a system's datum relates to WGS 84.
#[derive(Debug, Clone, PartialEq)]
enum Datum {
    /// WGS 84 or one of the realisations within a metre or two of it (ETRS89,
    /// SIRGAS 2000, NAD83, GDA94 ...), an unnamed datum on the GRS 80 or
    /// WGS 84 ellipsoid, or a sphere, whose latitudes are taken as they are.
    Wgs84,
    /// Three or seven parameters of a shift to WGS 84.
    Shift,
    /// Only an ellipsoid, or a grid of shifts: no way to another datum.
    Alone(String),
}

/// Largest number of seven-parameter shift words.
const SHIFT_NUMBERS: [usize; 2] = [3, 7];

/// A PROJ string as proj4rs must see it, and its datum.
fn prepared(definition: &str) -> Result<(String, Datum), RasterError> {
    let words: BTreeMap<&str, &str> = definition
        .split_whitespace()
        .filter_map(|w| w.strip_prefix('+'))
        .map(|w| w.split_once('=').unwrap_or((w, "")))
        .collect();
    let bad = |reason: String| RasterError::crs(definition, reason);
    if words.contains_key("axis") || words.contains_key("geoc") {
        return Err(bad(
            "axis order and geocentric latitude words are not handled".into(),
        ));
    }
    let projection = *words
        .get("proj")
        .ok_or_else(|| bad("has no +proj".into()))?;
    let sphere_of_web = words.get("nadgrids") == Some(&"@null")
        && words.get("a").map(|a| a.trim_end_matches(".0")) == Some("6378137")
        && words.get("a") == words.get("b");
    if projection == "webmerc" || projection == "merc" && sphere_of_web {
        // Web Mercator: WGS 84 latitudes on the formulas of a sphere.
        let offset = |name: &str| words.get(name).map_or("0", |v| v);
        let prepared = format!(
            "+proj=webmerc +datum=WGS84 +lon_0={} +x_0={} +y_0={} +units=m",
            offset("lon_0"),
            offset("x_0"),
            offset("y_0")
        );
        return Ok((prepared, Datum::Wgs84));
    }
    let datum = datum(&words).map_err(bad)?;
    let kept = words
        .iter()
        .filter(|(name, _)| {
            !matches!(
                **name,
                "datum" | "towgs84" | "nadgrids" | "type" | "no_defs" | "wktext"
            )
        })
        .map(|(name, value)| {
            if value.is_empty() {
                format!("+{name}")
            } else {
                format!("+{name}={value}")
            }
        });
    let mut text: Vec<String> = kept.collect();
    match (&datum, words.get("datum"), words.get("towgs84")) {
        (Datum::Shift, _, Some(shift)) => text.push(format!("+towgs84={shift}")),
        (Datum::Shift, Some(name), None) => text.push(format!("+datum={name}")),
        (Datum::Wgs84, Some(&"WGS84"), _) => text.push("+datum=WGS84".to_owned()),
        (Datum::Wgs84, Some(&"NAD83"), _) => text.push("+ellps=GRS80".to_owned()),
        _ => {}
    }
    Ok((text.join(" "), datum))
}

fn datum(words: &BTreeMap<&str, &str>) -> Result<Datum, String> {
    let get = |name: &str| words.get(name).copied();
    if let Some(shift) = get("towgs84") {
        let numbers: Result<Vec<f64>, _> =
            shift.split(',').map(|n| n.trim().parse::<f64>()).collect();
        let numbers = numbers
            .ok()
            .filter(|n| SHIFT_NUMBERS.contains(&n.len()) && n.iter().all(|v| v.is_finite()))
            .ok_or_else(|| format!("+towgs84={shift} is not 3 or 7 numbers"))?;
        let zero = numbers.iter().all(|n| n.abs() < f64::MIN_POSITIVE);
        return Ok(if zero && on_modern_ellipsoid(words) {
            Datum::Wgs84
        } else {
            Datum::Shift
        });
    }
    if get("nadgrids").is_some_and(|g| g != "@null") {
        return Ok(alone(words));
    }
    match get("datum") {
        Some("WGS84" | "NAD83") => Ok(Datum::Wgs84),
        Some("NAD27") => Ok(alone(words)),
        // proj4rs knows the shift or refuses the name.
        Some(_) => Ok(Datum::Shift),
        None if on_modern_ellipsoid(words) || is_sphere(words) => Ok(Datum::Wgs84),
        None => Ok(alone(words)),
    }
}

fn on_modern_ellipsoid(words: &BTreeMap<&str, &str>) -> bool {
    let get = |name: &str| words.get(name).copied();
    let number = |name: &str| get(name).and_then(|v| v.parse::<f64>().ok());
    match get("ellps") {
        Some(name) => matches!(name, "WGS84" | "GRS80"),
        None => match (number("a"), number("rf"), number("b")) {
            (Some(a), Some(rf), _) => {
                (a - 6_378_137.0).abs() < 0.01 && (rf - 298.2572).abs() < 1e-3
            }
            (Some(a), None, Some(b)) => {
                (a - 6_378_137.0).abs() < 0.01 && (b - 6_356_752.314).abs() < 0.01
            }
            (Some(_), None, None) => false,
            (None, _, _) => get("R").is_none() && get("datum").is_none(),
        },
    }
}

fn is_sphere(words: &BTreeMap<&str, &str>) -> bool {
    words.contains_key("R") || words.contains_key("a") && words.get("a") == words.get("b")
}

/// All words of the datum: two systems with the same words share it.
fn alone(words: &BTreeMap<&str, &str>) -> Datum {
    let names = ["a", "b", "datum", "ellps", "f", "nadgrids", "R", "rf"];
    let named = names
        .iter()
        .filter_map(|n| words.get(n).map(|v| format!("{n}={v}")));
    Datum::Alone(named.collect::<Vec<_>>().join(" "))
}

/// Checks that a PROJ string can be computed with.
pub(super) fn check(definition: &str) -> Result<(), RasterError> {
    parse(definition).map(|_| ())
}

fn parse(definition: &str) -> Result<(Proj, Datum), RasterError> {
    let (text, datum) = prepared(definition)?;
    let proj = Proj::from_proj_string(&text)
        .map_err(|e| RasterError::crs(definition, format!("not understood: {e}")))?;
    if proj.is_geocent() {
        return Err(RasterError::crs(
            definition,
            "geocentric coordinates are not handled",
        ));
    }
    if !proj.has_inverse() || !proj.has_forward() {
        return Err(RasterError::crs(
            definition,
            "the projection works one way only",
        ));
    }
    Ok((proj, datum))
}

/// Moves coordinates from one system to another; geographic ones are degrees, longitude first.
///
/// # Datum shifts
/// Covered: systems on WGS 84 and those taken as equal to it (ETRS89, SIRGAS
/// 2000, NAD83, GDA94, JGD2000 and other realisations of the terrestrial
/// reference system; unnamed datums on GRS 80 or WGS 84; spheres), which
/// differ by up to about 2 m; and three- or seven-parameter shifts
/// (`+towgs84`), good to the few metres that such shifts are. Everything else,
/// grids of shifts above all (NAD27), is refused.
#[derive(Debug, Clone)]
pub struct Transformer {
    from: Proj,
    to: Proj,
    from_degrees: bool,
    to_degrees: bool,
    identity: bool,
}

impl Transformer {
    /// Prepares the way `from` -> `to`.
    ///
    /// # Errors
    /// When either system cannot be computed with, or the datum shift between
    /// them is not covered.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self, RasterError> {
        let proj = |crs: &Crs| {
            crs.proj_string()
                .ok_or_else(|| {
                    RasterError::crs(
                        crs.to_string(),
                        if crs.is_unknown() {
                            "the raster has no place, no coordinates can be computed"
                        } else {
                            "not in the table of supported codes, no coordinates can be computed"
                        },
                    )
                })
                .and_then(parse)
        };
        let (from_proj, from_datum) = proj(from)?;
        let (to_proj, to_datum) = proj(to)?;
        let one_alone = [&from_datum, &to_datum]
            .iter()
            .any(|d| matches!(d, Datum::Alone(_)));
        if one_alone && from_datum != to_datum {
            return Err(RasterError::crs(
                from.to_string(),
                format!("the datum shift to {to} is not covered"),
            ));
        }
        Ok(Self {
            from_degrees: from_proj.is_latlong(),
            to_degrees: to_proj.is_latlong(),
            identity: from.proj_string() == to.proj_string(),
            from: from_proj,
            to: to_proj,
        })
    }

    /// Transforms one point (metres, or degrees with longitude first).
    ///
    /// # Errors
    /// When the point is outside the domain of either projection.
    pub fn transform(&self, x: f64, y: f64) -> Result<(f64, f64), RasterError> {
        let refuse = |reason: String| {
            RasterError::argument(
                "coordinate",
                format!("{x}, {y} cannot be transformed: {reason}"),
            )
        };
        if !x.is_finite() || !y.is_finite() {
            return Err(refuse("not finite".into()));
        }
        if self.identity {
            return Ok((x, y));
        }
        let mut point = if self.from_degrees {
            (x.to_radians(), y.to_radians(), 0.0)
        } else {
            (x, y, 0.0)
        };
        proj4rs::transform::transform(&self.from, &self.to, &mut point)
            .map_err(|e| refuse(e.to_string()))?;
        if !point.0.is_finite() || !point.1.is_finite() {
            return Err(refuse("outside the projection's domain".into()));
        }
        Ok(if self.to_degrees {
            (point.0.to_degrees(), point.1.to_degrees())
        } else {
            (point.0, point.1)
        })
    }
}
