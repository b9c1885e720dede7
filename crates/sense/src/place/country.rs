//! Countries: outlines read from TopoJSON, where neighbours share their borders.

use super::PlaceError;
use crate::area::cut_at_antimeridian;
use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::Deserialize;

/// A country, and what is drawn of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    /// ISO 3166-1 numeric code; its name where it has none.
    pub id: String,
    /// Its name in the file, in English and sometimes short.
    pub name: String,
    /// Its land, longitude and latitude in degrees, cut at the antimeridian.
    pub land: MultiPolygon<f64>,
}

/// Countries and their lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Countries {
    /// The countries, by name.
    pub all: Vec<Country>,
    /// Lines that bound one country: coasts. Longitude and latitude, degrees; they run on past 180.
    pub coasts: Vec<Vec<[f64; 2]>>,
    /// Lines that two countries share: borders.
    pub borders: Vec<Vec<[f64; 2]>>,
}

/// TopoJSON 1, quantized, with an object `countries`.
#[derive(Deserialize)]
struct Topology {
    transform: Transform,
    arcs: Vec<Vec<[f64; 2]>>,
    objects: Objects,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Objects {
    countries: Collection,
}

#[derive(Deserialize)]
struct Collection {
    geometries: Vec<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    id: Option<String>,
    properties: Properties,
    #[serde(flatten)]
    outline: Outline,
}

#[derive(Deserialize)]
struct Properties {
    name: String,
}

/// Polygons as rings of numbers of arcs; a negative one is read backwards.
#[derive(Deserialize)]
#[serde(tag = "type", content = "arcs")]
enum Outline {
    Polygon(Vec<Vec<i64>>),
    MultiPolygon(Vec<Vec<Vec<i64>>>),
}

/// Reads countries from TopoJSON as the `world-atlas` package has them.
///
/// # Errors
/// [`PlaceError::Json`] where the text is something else.
pub fn countries(file: &str, text: &str) -> Result<Countries, PlaceError> {
    let wrong = |reason: String| PlaceError::Json {
        file: file.into(),
        what: "TopoJSON with countries",
        reason,
    };
    let topology: Topology = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let arcs: Vec<Vec<[f64; 2]>> = topology
        .arcs
        .iter()
        .map(|arc| unpack(arc, &topology.transform))
        .collect();
    let mut uses = vec![0_u32; arcs.len()];
    let mut ring = |numbers: &[i64]| -> Result<LineString<f64>, PlaceError> {
        let mut line: Vec<Coord<f64>> = Vec::new();
        for number in numbers {
            let place = if *number < 0 { !*number } else { *number } as usize;
            let arc = arcs
                .get(place)
                .ok_or_else(|| wrong(format!("there is no arc {number}")))?;
            uses[place] += 1;
            let mut points: Vec<Coord<f64>> =
                arc.iter().map(|p| Coord { x: p[0], y: p[1] }).collect();
            if *number < 0 {
                points.reverse();
            }
            // An arc begins where the last one ended.
            let known = usize::from(!line.is_empty());
            line.extend(points.into_iter().skip(known));
        }
        Ok(LineString::new(line))
    };
    let mut all = Vec::with_capacity(topology.objects.countries.geometries.len());
    for geometry in topology.objects.countries.geometries {
        let polygons = match geometry.outline {
            Outline::Polygon(rings) => vec![rings],
            Outline::MultiPolygon(polygons) => polygons,
        };
        let mut whole = Vec::with_capacity(polygons.len());
        for rings in polygons {
            let lines: Result<Vec<_>, _> = rings.iter().map(|numbers| ring(numbers)).collect();
            let mut lines = lines?.iter().map(unroll).collect::<Vec<_>>().into_iter();
            if let Some(outer) = lines.next() {
                whole.push(Polygon::new(outer, lines.collect()));
            }
        }
        let name = geometry.properties.name;
        all.push(Country {
            id: geometry.id.unwrap_or_else(|| name.clone()),
            name,
            land: cut_at_antimeridian(&MultiPolygon::new(whole)),
        });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let (mut coasts, mut borders) = (Vec::new(), Vec::new());
    for (mut arc, uses) in arcs.into_iter().zip(uses) {
        run_on(&mut arc);
        if uses < 2 {
            coasts.push(arc);
        } else {
            borders.push(arc);
        }
    }
    Ok(Countries {
        all,
        coasts,
        borders,
    })
}

/// Longitudes that run on past 180 degrees where a line crosses the antimeridian.
fn run_on(line: &mut [[f64; 2]]) {
    let mut turn = 0.0;
    for k in 1..line.len() {
        let step = line[k][0] + turn - line[k - 1][0];
        turn -= 360.0 * (step / 360.0).round();
        line[k][0] += turn;
    }
}

/// A ring with longitudes that run on past 180 degrees where it crosses the antimeridian; one round a pole
/// is led there and back.
fn unroll(ring: &LineString<f64>) -> LineString<f64> {
    let mut points: Vec<[f64; 2]> = ring.coords().map(|c| [c.x, c.y]).collect();
    run_on(&mut points);
    let mut line: Vec<Coord<f64>> = points.iter().map(|p| Coord { x: p[0], y: p[1] }).collect();
    if let (Some(first), Some(last)) = (line.first().copied(), line.last().copied())
        && (last.x - first.x).abs() > 180.0
    {
        let pole = if first.y < 0.0 { -90.0 } else { 90.0 };
        line.push(Coord { x: last.x, y: pole });
        line.push(Coord {
            x: first.x,
            y: pole,
        });
        line.push(first);
    }
    LineString::new(line)
}

/// An arc in degrees: its first point, then steps.
fn unpack(arc: &[[f64; 2]], transform: &Transform) -> Vec<[f64; 2]> {
    let mut at = [0.0; 2];
    let degrees = |k: usize, at: [f64; 2]| at[k] * transform.scale[k] + transform.translate[k];
    arc.iter()
        .map(|step| {
            at = [at[0] + step[0], at[1] + step[1]];
            [
                degrees(0, at).clamp(-180.0, 180.0),
                degrees(1, at).clamp(-90.0, 90.0),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"{"type":"Topology","transform":{"scale":[2,1],"translate":[-10,-5]},
        "arcs":[[[0,0],[0,4]],[[0,4],[-2,0],[0,-4],[2,0]],[[0,0],[3,0],[0,4],[-3,0]]],
        "objects":{"countries":{"type":"GeometryCollection","geometries":[
            {"type":"Polygon","id":"002","properties":{"name":"West"},"arcs":[[0,1]]},
            {"type":"MultiPolygon","properties":{"name":"East"},"arcs":[[[2,-1]]]}]}}}"#;

    #[test]
    fn neighbours_share_a_border() {
        let read = countries("two.json", TWO).unwrap();
        let named: Vec<(&str, &str)> = read.all.iter().map(|c| (&*c.id, &*c.name)).collect();
        assert_eq!(named, [("East", "East"), ("002", "West")]);
        assert_eq!((read.coasts.len(), read.borders.len()), (2, 1));
        let ring = read.all[0].land.0[0].exterior();
        assert_eq!(ring.0.len(), 5);
        assert!(ring.is_closed());
        assert_eq!(ring.0[1], Coord { x: -4.0, y: -5.0 });
    }

    #[test]
    fn rings_cross_the_antimeridian_and_go_round_the_pole() {
        let ring = |points: &[(f64, f64)]| LineString::from(points.to_vec());
        let seam = unroll(&ring(&[
            (179.0, 0.0),
            (-179.0, 0.0),
            (-179.0, 1.0),
            (179.0, 0.0),
        ]));
        let lons: Vec<f64> = seam.coords().map(|c| c.x).collect();
        assert_eq!(lons, [179.0, 181.0, 181.0, 179.0]);
        let round = unroll(&ring(&[
            (-170.0, -80.0),
            (0.0, -75.0),
            (170.0, -80.0),
            (-170.0, -80.0),
        ]));
        assert_eq!(round.0.len(), 7);
        assert!(round.is_closed());
        let cut = cut_at_antimeridian(&MultiPolygon::new(vec![Polygon::new(round, vec![])]));
        assert!(
            cut.iter()
                .flat_map(|p| p.exterior().coords())
                .all(|c| c.x.abs() <= 180.0)
        );
    }

    #[test]
    fn what_is_not_countries_is_said() {
        let said = |text: &str| countries("f.json", text).unwrap_err().to_string();
        assert!(said("{}").starts_with("f.json: is not TopoJSON with countries: missing field"));
        assert!(said(&TWO.replace("[[0,1]]", "[[0,9]]")).contains("there is no arc 9"));
    }
}
