//! Keys of definitions that have no code.

use super::*;

/// Code of a method, its four common parameters, and others.
type Method = (u16, [(u16, f64); 4], Vec<(u16, f64)>);

/// Longest text of a system without keys; such texts have some 600 characters.
pub(super) const TEXT_CHARACTERS_MAX: usize = 2000;

/// Writes systems whose projection has no GeoKeys as a text, as GDAL does; says whether this is one.
pub(super) fn by_text(
    keys: &mut BTreeMap<u16, Value>,
    crs: &Crs,
    proj: &str,
) -> Result<bool, RasterError> {
    if !["+proj=moll ", "+proj=geos "]
        .iter()
        .any(|p| proj.contains(p))
    {
        return Ok(false);
    }
    let text = crs.wkt().map(|wkt| format!("{ESRI_PREFIX}{wkt}"));
    let Some(text) = text.filter(|t| t.len() <= TEXT_CHARACTERS_MAX) else {
        let reason = "cannot be written: it has no WKT here";
        return Err(RasterError::crs(crs.to_string(), reason));
    };
    keys.insert(MODEL_TYPE, Value::Short(USER_DEFINED));
    keys.insert(PROJECTED_CITATION, Value::Text(text));
    Ok(true)
}

/// Keys of a PROJ string.
pub(super) fn user_defined(
    keys: &mut BTreeMap<u16, Value>,
    crs: &Crs,
    proj: &str,
    geographic: bool,
) -> Result<(), RasterError> {
    let words: BTreeMap<&str, &str> = proj
        .split_whitespace()
        .filter_map(|w| w.strip_prefix('+'))
        .map(|w| w.split_once('=').unwrap_or((w, "")))
        .collect();
    let refuse =
        |reason: &str| RasterError::crs(crs.to_string(), format!("cannot be written: {reason}"));
    datum(keys, &words).ok_or_else(|| refuse("its datum has no GeoKeys"))?;
    keys.insert(ANGULAR_UNITS, Value::Short(DEGREE));
    keys.insert(GEOGRAPHIC_CITATION, Value::Text("user-defined".to_owned()));
    if geographic {
        keys.entry(GEOGRAPHIC_TYPE)
            .or_insert(Value::Short(USER_DEFINED));
        return Ok(());
    }
    match words.get("units") {
        None | Some(&"m") if !words.contains_key("to_meter") => {}
        _ => return Err(refuse("only metres are written")),
    }
    keys.insert(LINEAR_UNITS, Value::Short(METRE));
    keys.insert(PROJECTED_TYPE, Value::Short(USER_DEFINED));
    projection(keys, &words).ok_or_else(|| refuse("its projection has no GeoKeys here"))
}

fn datum(keys: &mut BTreeMap<u16, Value>, words: &BTreeMap<&str, &str>) -> Option<()> {
    let mut put = |key, value| keys.insert(key, value);
    if words.get("datum") == Some(&"WGS84") {
        put(GEOGRAPHIC_TYPE, Value::Short(4326));
        return Some(());
    }
    if words.contains_key("datum") || words.contains_key("nadgrids") || words.contains_key("pm") {
        return None;
    }
    put(GEOGRAPHIC_TYPE, Value::Short(USER_DEFINED));
    put(GEODETIC_DATUM, Value::Short(USER_DEFINED));
    let number = |word: &str| words.get(word).and_then(|v| v.parse::<f64>().ok());
    let ellipsoid = match words.get("ellps").copied() {
        Some("GRS80") => 7019,
        Some("WGS84") => 7030,
        Some("bessel") => 7004,
        Some("intl") => 7022,
        Some("clrk66") => 7008,
        Some("krass") => 7024,
        Some("airy") => 7001,
        Some("aust_SA") => 7003,
        Some("WGS72") => 7043,
        Some(_) => return None,
        None => {
            put(ELLIPSOID, Value::Short(USER_DEFINED));
            let a = number("R").or(number("a"))?;
            put(SEMI_MAJOR_AXIS, Value::Doubles(vec![a]));
            if let Some(rf) = number("rf") {
                put(INVERSE_FLATTENING, Value::Doubles(vec![rf]));
            } else {
                put(
                    SEMI_MINOR_AXIS,
                    Value::Doubles(vec![number("b").unwrap_or(a)]),
                );
            }
            0
        }
    };
    if ellipsoid != 0 {
        put(ELLIPSOID, Value::Short(ellipsoid));
    }
    if let Some(shift) = words.get("towgs84") {
        let numbers: Result<Vec<f64>, _> = shift.split(',').map(str::parse).collect();
        put(TO_WGS84, Value::Doubles(numbers.ok()?));
    }
    Some(())
}

fn projection(keys: &mut BTreeMap<u16, Value>, words: &BTreeMap<&str, &str>) -> Option<()> {
    let number = |word: &str, default: f64| match words.get(word) {
        Some(text) => text.parse::<f64>().ok(),
        None => Some(default),
    };
    let name = words.get("proj").copied()?;
    keys.insert(PROJECTION, Value::Short(USER_DEFINED));
    if name == "utm" {
        let zone: u16 = words
            .get("zone")?
            .parse()
            .ok()
            .filter(|z| (1..=60).contains(z))?;
        let south = words.contains_key("south");
        keys.insert(
            PROJECTION,
            Value::Short(if south { 16100 } else { 16000 } + zone),
        );
        return Some(());
    }
    let k = match (words.get("k"), words.get("k_0")) {
        (Some(k), _) | (None, Some(k)) => k.parse().ok()?,
        (None, None) => 1.0,
    };
    let (x, y) = (number("x_0", 0.0)?, number("y_0", 0.0)?);
    let (lat, lon) = (number("lat_0", 0.0)?, number("lon_0", 0.0)?);
    let (p1, p2) = (number("lat_1", 0.0)?, number("lat_2", 0.0)?);
    let natural = [
        (ORIGIN_LAT, lat),
        (ORIGIN_LON, lon),
        (FALSE_EASTING, x),
        (FALSE_NORTHING, y),
    ];
    let center = [
        (CENTER_LAT, lat),
        (CENTER_LON, lon),
        (FALSE_EASTING, x),
        (FALSE_NORTHING, y),
    ];
    let false_origin = [
        (FALSE_ORIGIN_LAT, lat),
        (FALSE_ORIGIN_LON, lon),
        (FALSE_ORIGIN_EASTING, x),
        (FALSE_ORIGIN_NORTHING, y),
    ];
    let parallels = [(STANDARD_PARALLEL_1, p1), (STANDARD_PARALLEL_2, p2)];
    let (method, four, more): Method = match name {
        "tmerc" => (1, natural, vec![(SCALE_AT_ORIGIN, k)]),
        "lcc" if words.contains_key("lat_2") => (8, false_origin, parallels.to_vec()),
        "laea" => (10, center, Vec::new()),
        "aea" => (11, natural, parallels.to_vec()),
        "aeqd" => (12, center, Vec::new()),
        "sinu" => (24, center, Vec::new()),
        "sterea" => (16, natural, vec![(SCALE_AT_ORIGIN, k)]),
        "stere" if lat.abs() < 90.0 => (14, natural, vec![(SCALE_AT_ORIGIN, k)]),
        "somerc" => {
            let angles = [(AZIMUTH, 90.0), (RECTIFIED_ANGLE, 90.0)];
            (
                9815,
                center,
                [&[(SCALE_AT_CENTER, k)][..], &angles].concat(),
            )
        }
        "omerc" => {
            let azimuth = number("alpha", 0.0)?;
            let grid = number("gamma", azimuth)?;
            let fixed = words.contains_key("no_uoff") || words.contains_key("no_off");
            let mut four = center;
            four[1].1 = number("lonc", 0.0)?;
            let more = vec![
                (AZIMUTH, azimuth),
                (RECTIFIED_ANGLE, grid),
                (SCALE_AT_CENTER, k),
            ];
            (if fixed { 3 } else { 9815 }, four, more)
        }
        "poly" => (22, natural, vec![(SCALE_AT_ORIGIN, k)]),
        "merc" if !words.contains_key("lat_ts") => (7, natural, vec![(SCALE_AT_ORIGIN, k)]),
        _ => return None,
    };
    keys.insert(METHOD, Value::Short(method));
    for (key, value) in four.into_iter().chain(more) {
        keys.insert(key, Value::Doubles(vec![value]));
    }
    Some(())
}
