//! WKT 1 (as GDAL writes it) of systems.

use std::collections::BTreeMap;

use super::{Crs, epsg};

/// Semi-major axis in metres and inverse flattening of named ellipsoids (EPSG registry).
const ELLIPSOIDS: [(&str, &str, f64, f64); 12] = [
    ("WGS84", "WGS 84", 6_378_137.0, 298.257_223_563),
    ("GRS80", "GRS 1980", 6_378_137.0, 298.257_222_101),
    ("bessel", "Bessel 1841", 6_377_397.155, 299.152_812_8),
    ("intl", "International 1924", 6_378_388.0, 297.0),
    ("clrk66", "Clarke 1866", 6_378_206.4, 294.978_698_213_9),
    ("clrk80", "Clarke 1880 (RGS)", 6_378_249.145, 293.465),
    (
        "clrk80ign",
        "Clarke 1880 (IGN)",
        6_378_249.2,
        293.466_021_293_6,
    ),
    ("airy", "Airy 1830", 6_377_563.396, 299.324_964_6),
    ("krass", "Krassowsky 1940", 6_378_245.0, 298.3),
    (
        "aust_SA",
        "Australian National Spheroid",
        6_378_160.0,
        298.25,
    ),
    ("WGS72", "WGS 72", 6_378_135.0, 298.26),
    ("GRS67", "GRS 1967", 6_378_160.0, 298.247_167_427),
];

/// Geographic systems whose datum has another name than they.
const DATUMS: [(&str, &str); 8] = [
    ("ETRS89", "European_Terrestrial_Reference_System_1989"),
    (
        "SIRGAS 2000",
        "Sistema_de_Referencia_Geocentrico_para_las_AmericaS_2000",
    ),
    ("GDA94", "Geocentric_Datum_of_Australia_1994"),
    ("GDA2020", "Geocentric_Datum_of_Australia_2020"),
    ("NZGD2000", "New_Zealand_Geodetic_Datum_2000"),
    ("JGD2011", "Japanese_Geodetic_Datum_2011"),
    ("NAD27", "North_American_Datum_1927"),
    ("OSGB36", "Ordnance_Survey_of_Great_Britain_1936"),
];

/// WKT 1 of `crs`; `None` when it is unknown or has a part that is not written here.
pub(super) fn write(crs: &Crs) -> Option<String> {
    let proj = crs.proj_string()?;
    let words: BTreeMap<&str, &str> = proj
        .split_whitespace()
        .filter_map(|w| w.strip_prefix('+'))
        .map(|w| w.split_once('=').unwrap_or((w, "")))
        .collect();
    let code = crs.epsg_code();
    let geographic_code = code.and_then(epsg::geographic);
    let geographic_name = geographic_code.and_then(epsg::name);
    let geographic = geographic(&words, geographic_code, geographic_name.as_deref())?;
    if crs.is_geographic() {
        return Some(geographic);
    }
    let name = quoted(crs.name().unwrap_or("unknown"));
    let (method, parameters) = projection(&words)?;
    let parameters: String = parameters
        .iter()
        .map(|(n, v)| format!(",PARAMETER[\"{n}\",{v}]"))
        .collect();
    let unit = match (words.get("units").copied(), words.get("to_meter")) {
        (_, Some(size)) => format!("UNIT[\"unknown\",{size}]"),
        (None | Some("m"), None) => "UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]]".to_owned(),
        (Some("us-ft"), None) => {
            "UNIT[\"US survey foot\",0.304800609601219,AUTHORITY[\"EPSG\",\"9003\"]]".to_owned()
        }
        (Some("ft"), None) => "UNIT[\"foot\",0.3048,AUTHORITY[\"EPSG\",\"9002\"]]".to_owned(),
        _ => return None,
    };
    // Web Mercator has no method of its own in WKT 1.
    let by_x = format!(",EXTENSION[\"PROJ4\",\"{proj}\"]");
    let extension = if words.get("proj") == Some(&"geos") && words.get("sweep") == Some(&"x") {
        // Nor has the axis of an imager's sweep a parameter; `y` goes without saying.
        &by_x
    } else if words.get("proj") == Some(&"webmerc") {
        ",EXTENSION[\"PROJ4\",\"+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs\"]"
    } else {
        ""
    };
    let axes = match code {
        // All axes lead away from a pole; where easting comes first they are left to the code.
        Some(code) if words.get("proj") == Some(&"stere") => {
            match (epsg::north_first(code), proj.contains("lat_0=-90")) {
                (false, _) => "",
                (true, false) => ",AXIS[\"Northing\",SOUTH],AXIS[\"Easting\",SOUTH]",
                (true, true) => ",AXIS[\"Northing\",NORTH],AXIS[\"Easting\",NORTH]",
            }
        }
        Some(code) if epsg::north_first(code) => ",AXIS[\"Northing\",NORTH],AXIS[\"Easting\",EAST]",
        _ => ",AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH]",
    };
    Some(format!(
        "PROJCS[{name},{geographic},PROJECTION[\"{method}\"]{parameters},{unit}{axes}{extension}{}]",
        authority(code)
    ))
}

fn authority(code: Option<u32>) -> String {
    code.map_or(String::new(), |c| format!(",AUTHORITY[\"EPSG\",\"{c}\"]"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}

fn geographic(
    words: &BTreeMap<&str, &str>,
    code: Option<u32>,
    name: Option<&str>,
) -> Option<String> {
    let (ellipsoid, a, rf) = ellipsoid(words)?;
    let shift = match words.get("towgs84") {
        // With a code a shift of nothing goes without saying.
        Some(numbers) if code.is_some() && numbers.split(',').all(|n| n == "0") => String::new(),
        Some(numbers) => {
            let n = numbers.split(',').count();
            format!(
                ",TOWGS84[{numbers}{}]",
                if n == 3 { ",0,0,0,0" } else { "" }
            )
        }
        None => String::new(),
    };
    let datum = match (words.get("datum").copied(), name) {
        (Some("WGS84"), _) => "WGS_1984".to_owned(),
        (Some("NAD83"), _) => "North_American_Datum_1983".to_owned(),
        (Some(_), _) => return None,
        (None, Some(name)) => match DATUMS.iter().find(|d| d.0 == name) {
            Some((_, datum)) => (*datum).to_owned(),
            None => name.replace(' ', "_"),
        },
        (None, None) => "unknown".to_owned(),
    };
    let name = match (name, words.get("datum")) {
        (Some(name), _) => name,
        (None, Some(&"WGS84")) => "WGS 84",
        _ => "unknown",
    };
    Some(format!(
        "GEOGCS[{},DATUM[{},SPHEROID[{},{a},{rf}]{shift}],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]]{}]",
        quoted(name),
        quoted(&datum),
        quoted(&ellipsoid),
        authority(code)
    ))
}

/// Name, semi-major axis and inverse flattening (0 for a sphere).
fn ellipsoid(words: &BTreeMap<&str, &str>) -> Option<(String, f64, f64)> {
    let number = |name: &str| words.get(name).and_then(|v| v.parse::<f64>().ok());
    let named = match (words.get("ellps").copied(), words.get("datum").copied()) {
        (Some(name), _) => Some(name),
        (None, Some("WGS84")) => Some("WGS84"),
        (None, Some("NAD83")) => Some("GRS80"),
        _ => None,
    };
    if let Some(name) = named {
        let (_, long, a, rf) = ELLIPSOIDS.iter().find(|e| e.0 == name)?;
        return Some(((*long).to_owned(), *a, *rf));
    }
    let a = number("R").or(number("a"))?;
    let rf = match (number("rf"), number("b")) {
        (Some(rf), _) => rf,
        (None, Some(b)) if (a - b).abs() > 1e-9 => a / (a - b),
        _ => 0.0,
    };
    Some(("unknown".to_owned(), a, rf))
}

/// Method and parameters, in the unit of the system.
fn projection(words: &BTreeMap<&str, &str>) -> Option<(&'static str, Vec<(&'static str, f64)>)> {
    let number = |name: &str| words.get(name).map_or(Some(0.0), |v| v.parse::<f64>().ok());
    let unit = match (words.get("units").copied(), words.get("to_meter")) {
        (_, Some(size)) => size.parse().ok()?,
        (Some("us-ft"), None) => 1200.0 / 3937.0,
        (Some("ft"), None) => 0.3048,
        _ => 1.0,
    };
    let k = match (words.get("k"), words.get("k_0")) {
        (Some(k), _) | (None, Some(k)) => k.parse().ok()?,
        (None, None) => 1.0,
    };
    let (lat, lon) = (number("lat_0")?, number("lon_0")?);
    let (x, y) = (number("x_0")? / unit, number("y_0")? / unit);
    let (p1, p2) = (number("lat_1")?, number("lat_2")?);
    let shift = [("false_easting", x), ("false_northing", y)];
    let with = |first: &[(&'static str, f64)]| [first, &shift].concat();
    let origin = [("latitude_of_origin", lat), ("central_meridian", lon)];
    let center = [("latitude_of_center", lat), ("longitude_of_center", lon)];
    let parallels = [("standard_parallel_1", p1), ("standard_parallel_2", p2)];
    Some(match *words.get("proj")? {
        "utm" => {
            let zone: f64 = words.get("zone")?.parse().ok()?;
            let south = words.contains_key("south");
            let parameters = vec![
                ("latitude_of_origin", 0.0),
                ("central_meridian", zone * 6.0 - 183.0),
                ("scale_factor", 0.9996),
                ("false_easting", 500_000.0),
                ("false_northing", if south { 10_000_000.0 } else { 0.0 }),
            ];
            ("Transverse_Mercator", parameters)
        }
        "tmerc" => (
            "Transverse_Mercator",
            with(&[origin[0], origin[1], ("scale_factor", k)]),
        ),
        "stere" if lat.abs() < 90.0 => (
            "Stereographic",
            with(&[origin[0], origin[1], ("scale_factor", k)]),
        ),
        "laea" => ("Lambert_Azimuthal_Equal_Area", with(&center)),
        "lcc" if words.contains_key("lat_2") => (
            "Lambert_Conformal_Conic_2SP",
            with(&[origin[0], origin[1], parallels[0], parallels[1]]),
        ),
        "lcc" => (
            "Lambert_Conformal_Conic_1SP",
            with(&[origin[0], origin[1], ("scale_factor", k)]),
        ),
        "aea" => (
            "Albers_Conic_Equal_Area",
            with(&[center[0], center[1], parallels[0], parallels[1]]),
        ),
        "sterea" => (
            "Oblique_Stereographic",
            with(&[origin[0], origin[1], ("scale_factor", k)]),
        ),
        "stere" if lat.abs() >= 90.0 => {
            let true_scale = words.get("lat_ts").map_or(Some(lat), |v| v.parse().ok())?;
            let first = [
                ("latitude_of_origin", true_scale),
                ("central_meridian", lon),
                ("scale_factor", k),
            ];
            ("Polar_Stereographic", with(&first))
        }
        "merc" | "webmerc" if !words.contains_key("lat_ts") => (
            "Mercator_1SP",
            with(&[("central_meridian", lon), ("scale_factor", k)]),
        ),
        "merc" => {
            let first = [
                ("standard_parallel_1", number("lat_ts")?),
                ("central_meridian", lon),
            ];
            ("Mercator_2SP", with(&first))
        }
        "poly" => ("Polyconic", with(&origin)),
        "aeqd" => ("Azimuthal_Equidistant", with(&center)),
        "cass" => ("Cassini_Soldner", with(&origin)),
        "moll" => ("Mollweide", with(&[origin[1]])),
        "robin" => ("Robinson", with(&[center[1]])),
        "eqdc" => (
            "Equidistant_Conic",
            with(&[center[0], center[1], parallels[0], parallels[1]]),
        ),
        "eqc" => {
            let true_scale = ("standard_parallel_1", number("lat_ts")?);
            ("Equirectangular", with(&[origin[0], origin[1], true_scale]))
        }
        "geos" => {
            let height = ("satellite_height", number("h")?);
            ("Geostationary_Satellite", with(&[origin[1], height]))
        }
        "omerc" => {
            let azimuth = number("alpha")?;
            let grid = words
                .get("gamma")
                .map_or(Some(azimuth), |v| v.parse().ok())?;
            let first = [
                center[0],
                ("longitude_of_center", number("lonc")?),
                ("azimuth", azimuth),
                ("rectified_grid_angle", grid),
                ("scale_factor", k),
            ];
            let method = if words.contains_key("no_uoff") || words.contains_key("no_off") {
                "Hotine_Oblique_Mercator"
            } else {
                "Hotine_Oblique_Mercator_Azimuth_Center"
            };
            (method, with(&first))
        }
        "krovak" => {
            let first = [
                center[0],
                center[1],
                ("azimuth", number("alpha")?),
                ("pseudo_standard_parallel_1", 78.5),
                ("scale_factor", k),
            ];
            ("Krovak", with(&first))
        }
        "sinu" => ("Sinusoidal", with(&[("longitude_of_center", lon)])),
        "cea" => {
            let first = [
                ("standard_parallel_1", number("lat_ts")?),
                ("central_meridian", lon),
            ];
            ("Cylindrical_Equal_Area", with(&first))
        }
        "somerc" => {
            let first = [
                center[0],
                center[1],
                ("azimuth", 90.0),
                ("rectified_grid_angle", 90.0),
                ("scale_factor", k),
            ];
            ("Hotine_Oblique_Mercator_Azimuth_Center", with(&first))
        }
        _ => return None,
    })
}
