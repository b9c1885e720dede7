//! Systems in WKT 1 as ESRI writes it, which GeoTIFF files hold for projections without GeoKeys.

use std::collections::BTreeMap;

/// Longest text that is read, in bytes; such texts have some 600.
const BYTES_MAX: usize = 4096;

/// Deepest nesting; such texts have four levels.
const DEPTH_MAX: usize = 8;

/// A system in PROJ words.
#[derive(Debug, PartialEq)]
pub(crate) struct System {
    pub(crate) name: String,
    pub(crate) projection: String,
    /// As the text says it: its name where that is WGS 84, else its ellipsoid.
    pub(crate) datum: String,
    pub(crate) unit: String,
}

/// `NAME[...]`, a text or a number.
#[derive(Debug)]
enum Node<'a> {
    Part(&'a str, Vec<Node<'a>>),
    Text(&'a str),
    Number(f64),
}

impl<'a> Node<'a> {
    /// The first part of that name within this one.
    fn part(&self, name: &str) -> Option<&Node<'a>> {
        self.inner()
            .iter()
            .find(|n| matches!(n, Node::Part(own, _) if own.eq_ignore_ascii_case(name)))
    }

    fn inner(&self) -> &[Node<'a>] {
        match self {
            Node::Part(_, inner) => inner,
            _ => &[],
        }
    }

    fn text(&self) -> Option<&'a str> {
        self.inner().iter().find_map(|n| match n {
            Node::Text(text) => Some(*text),
            _ => None,
        })
    }

    fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        self.inner().iter().filter_map(|n| match n {
            Node::Number(value) => Some(*value),
            _ => None,
        })
    }
}

/// Reads a projected system.
///
/// # Errors
/// When the text is no such system, or names what is not read here; says which.
pub(crate) fn read(text: &str) -> Result<System, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("WKT longer than {BYTES_MAX} bytes"));
    }
    let (root, _) = node(text.trim(), 0)?;
    if !matches!(root, Node::Part(name, _) if name.eq_ignore_ascii_case("PROJCS")) {
        return Err("WKT of a system that is not projected".to_owned());
    }
    let missing = |what: &str| format!("WKT without {what}");
    let geographic = root.part("GEOGCS").ok_or_else(|| missing("GEOGCS"))?;
    let meridian = geographic.part("PRIMEM").and_then(|m| m.numbers().next());
    if meridian.is_some_and(|lon| lon.abs() > 0.0) {
        return Err("WKT with a prime meridian other than Greenwich".to_owned());
    }
    let degree = geographic.part("UNIT").and_then(|u| u.numbers().next());
    if degree.is_some_and(|size| (size.to_degrees() - 1.0).abs() > 1e-9) {
        return Err("WKT with angles in other units than degrees".to_owned());
    }
    let datum = geographic.part("DATUM").ok_or_else(|| missing("DATUM"))?;
    let spheroid = datum.part("SPHEROID").ok_or_else(|| missing("SPHEROID"))?;
    let mut size = spheroid.numbers();
    let (Some(a), Some(rf)) = (size.next(), size.next()) else {
        return Err(missing("the size of its SPHEROID"));
    };
    let unit = root.part("UNIT").and_then(|u| u.numbers().next());
    let unit = unit.filter(|u| *u > 0.0).unwrap_or(1.0);
    let method = root.part("PROJECTION").and_then(Node::text);
    let method = method.ok_or_else(|| missing("PROJECTION"))?;
    let mut parameters = BTreeMap::new();
    for part in root.inner() {
        if let (Node::Part(name, _), Some(parameter), Some(value)) =
            (part, part.text(), part.numbers().next())
            && name.eq_ignore_ascii_case("PARAMETER")
        {
            parameters.insert(parameter.to_ascii_lowercase(), value);
        }
    }
    let extension = root.part("EXTENSION").map_or("", |e| match e.inner() {
        [_, Node::Text(words)] => words,
        _ => "",
    });
    if !extension.is_empty() && !extension.starts_with("+proj=geos ") {
        return Err(format!("WKT with an extension ({extension})"));
    }
    Ok(System {
        name: root.text().unwrap_or("unknown").to_owned(),
        projection: projection(method, &parameters, extension, unit)?,
        datum: match datum.text() {
            Some("D_WGS_1984" | "WGS_1984") => "+datum=WGS84".to_owned(),
            _ if rf.abs() > 0.0 => format!("+a={a} +rf={rf}"),
            _ => format!("+R={a}"),
        },
        unit: if (unit - 1.0).abs() > 0.0 {
            format!("+to_meter={unit}")
        } else {
            "+units=m".to_owned()
        },
    })
}

/// PROJ words of a method with its parameters; GDAL adds what it has no parameters for as an extension.
fn projection(
    method: &str,
    parameters: &BTreeMap<String, f64>,
    extension: &str,
    unit: f64,
) -> Result<String, String> {
    let get = |names: &[&str], default: f64| {
        let mut found = names.iter().filter_map(|n| parameters.get(*n));
        found.next().copied().unwrap_or(default)
    };
    let lon = get(&["central_meridian", "longitude_of_center"], 0.0);
    let lat = get(&["latitude_of_origin", "latitude_of_center"], 0.0);
    let (p1, p2) = (
        get(&["standard_parallel_1"], 0.0),
        get(&["standard_parallel_2"], 0.0),
    );
    let k = get(&["scale_factor"], 1.0);
    let shift = format!(
        "+x_0={} +y_0={}",
        get(&["false_easting"], 0.0) * unit,
        get(&["false_northing"], 0.0) * unit
    );
    let origin = format!("+lat_0={lat} +lon_0={lon} {shift}");
    let is = |name: &str, value: f64| (get(&[name], value) - value).abs() < 1e-12;
    Ok(match method.to_ascii_lowercase().as_str() {
        "mollweide" => format!("+proj=moll +lon_0={lon} {shift}"),
        "robinson" => format!("+proj=robin +lon_0={lon} {shift}"),
        "equal_earth" => format!("+proj=eqearth +lon_0={lon} {shift}"),
        "sinusoidal" => format!("+proj=sinu +lon_0={lon} {shift}"),
        "geostationary_satellite" => {
            let height = ["height", "satellite_height"].map(|name| parameters.get(name));
            let ([Some(height), _] | [None, Some(height)]) = height else {
                return Err("geostationary view without a height".to_owned());
            };
            let by_x = !is("option", 0.0) || extension.contains("+sweep=x");
            let sweep = if by_x { "x" } else { "y" };
            format!("+proj=geos +h={height} +lon_0={lon} +sweep={sweep} {shift}")
        }
        "transverse_mercator" | "gauss_kruger" => format!("+proj=tmerc +k={k} {origin}"),
        "albers" => format!("+proj=aea +lat_1={p1} +lat_2={p2} {origin}"),
        "lambert_azimuthal_equal_area" => format!("+proj=laea {origin}"),
        "azimuthal_equidistant" => format!("+proj=aeqd {origin}"),
        "lambert_conformal_conic" if parameters.contains_key("standard_parallel_2") => {
            format!("+proj=lcc +lat_1={p1} +lat_2={p2} {origin}")
        }
        "stereographic_north_pole" => {
            format!("+proj=stere +lat_0=90 +lat_ts={p1} +lon_0={lon} {shift}")
        }
        "stereographic_south_pole" => {
            format!("+proj=stere +lat_0=-90 +lat_ts={p1} +lon_0={lon} {shift}")
        }
        "double_stereographic" => format!("+proj=sterea +k={k} {origin}"),
        "cylindrical_equal_area" => format!("+proj=cea +lat_ts={p1} +lon_0={lon} {shift}"),
        "mercator" => format!("+proj=merc +lat_ts={p1} +lon_0={lon} {shift}"),
        "polyconic" => format!("+proj=poly {origin}"),
        _ => return Err(format!("projection {method} (WKT of ESRI)")),
    })
}

/// One node and what follows it.
fn node(text: &str, depth: usize) -> Result<(Node<'_>, &str), String> {
    let bad = |at: &str| {
        format!(
            "WKT broken at {:?}",
            at.chars().take(20).collect::<String>()
        )
    };
    if depth > DEPTH_MAX {
        return Err(format!("WKT nested deeper than {DEPTH_MAX} levels"));
    }
    if let Some(rest) = text.strip_prefix('"') {
        let (inner, rest) = rest.split_once('"').ok_or_else(|| bad(text))?;
        return Ok((Node::Text(inner), rest));
    }
    let end = text.find(['[', ',', ']']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let word = word.trim();
    let Some(mut rest) = rest.strip_prefix('[') else {
        let number = word.parse().ok().filter(|v: &f64| v.is_finite());
        // A bare word, as the direction of an axis.
        return Ok((number.map_or(Node::Text(word), Node::Number), rest));
    };
    let mut inner = Vec::new();
    loop {
        let (found, after) = node(rest.trim_start(), depth + 1)?;
        inner.push(found);
        let after = after.trim_start();
        match after.split_at_checked(1) {
            Some((",", next)) => rest = next,
            Some(("]", next)) => return Ok((Node::Part(word, inner), next)),
            _ => return Err(bad(after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, read};

    const GEOGCS: &str = r#"GEOGCS["g",DATUM["D_WGS_1984",SPHEROID["s",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

    #[test]
    fn a_view_from_geostationary_orbit_is_read() {
        let text = format!(
            r#"PROJCS["msg",{GEOGCS},PROJECTION["Geostationary_Satellite"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Longitude_Of_Center",9.5],PARAMETER["Height",35785831.0],PARAMETER["Option",0.0],UNIT["Meter",1.0]]"#
        );
        let system = read(&text).unwrap();
        assert_eq!(system.name, "msg");
        assert_eq!(system.datum, "+datum=WGS84");
        assert_eq!(system.unit, "+units=m");
        assert_eq!(
            system.projection,
            "+proj=geos +h=35785831 +lon_0=9.5 +sweep=y +x_0=0 +y_0=0"
        );
    }

    #[test]
    fn the_sweep_of_an_imager_is_not_lost() {
        let text = format!(
            r#"PROJCS["abi",{GEOGCS},PROJECTION["Geostationary_Satellite"],PARAMETER["central_meridian",-75],PARAMETER["satellite_height",35786023],UNIT["metre",1],AXIS["Easting",EAST],EXTENSION["PROJ4","+proj=geos +sweep=x +lon_0=-75"]]"#
        );
        assert_eq!(
            read(&text).unwrap().projection,
            "+proj=geos +h=35786023 +lon_0=-75 +sweep=x +x_0=0 +y_0=0"
        );
    }

    #[test]
    fn what_is_not_read_is_refused_by_name() {
        let of = |method: &str, unit: &str| {
            format!(r#"PROJCS["x",{GEOGCS},PROJECTION["{method}"],{unit}]"#)
        };
        let metre = r#"UNIT["Meter",1.0]"#;
        for (text, part) in [
            (of("Eckert_IV", metre), "Eckert_IV"),
            (
                of("Mollweide", metre).replace("Greenwich\",0.0", "Paris\",2.3"),
                "meridian",
            ),
            (
                of("Mollweide", metre).replace("0.01745", "0.01570"),
                "degrees",
            ),
            (
                of("Mollweide", metre).replace("6378137.0,298.257223563", ""),
                "SPHEROID",
            ),
            (of("Mollweide", metre).replace("]]", ""), "broken"),
            (GEOGCS.to_owned(), "not projected"),
            ("[".repeat(100), "nested"),
            ("x".repeat(BYTES_MAX + 1), "longer"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
