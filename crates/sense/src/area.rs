//! Areas: what is to be seen. Polygons in longitude and latitude on WGS 84.
//!
//! Edges are straight in longitude and latitude (RFC 7946). An edge that spans more than 180 degrees
//! of longitude is read as crossing the antimeridian, except one of exactly 360 degrees, which goes
//! round the Earth; [`Area::polygon`] gives such areas cut at the antimeridian, as RFC 7946 asks.

mod about;
mod read;

use corridor_orbit::earth::{self, Geodetic};
use geo::{
    BooleanOps, Centroid, Coord, LineString, MultiPolygon, Polygon, Rect, Translate, Validation,
};

/// Most vertices of an area: bounds the time of its validity check.
pub const VERTICES_MAX: usize = 10_000;

/// Farthest that an area may reach from its middle, degrees on the ground: beyond it one pass no
/// longer sees an area from one side.
pub const RADIUS_MAX_DEG: f64 = 60.0;

/// Longest piece of an edge after cutting, degrees: the chord is then at most 14 m deep.
const PIECE_MAX_DEG: f64 = 0.25;

/// First eccentricity squared of WGS 84.
const E2: f64 = earth::FLATTENING * (2.0 - earth::FLATTENING);

/// An area that cannot be watched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AreaError {
    /// Not GeoJSON.
    #[error("area is not GeoJSON: {0}")]
    Json(String),
    /// A geometry that has no inside.
    #[error("area is a {0}; should be a Polygon or MultiPolygon, or features of them")]
    Kind(String),
    /// Nothing in it.
    #[error("area is empty; should have a polygon with at least 4 positions")]
    Empty,
    /// A ring with too few positions.
    #[error(
        "ring {ring} has {positions} positions; should have at least 4, the last like the first"
    )]
    Short {
        /// Ring in the order of the text, from 1.
        ring: usize,
        /// Positions it has.
        positions: usize,
    },
    /// A ring whose ends differ.
    #[error("ring {ring} is not closed; its last position should be like its first")]
    Open {
        /// Ring in the order of the text, from 1.
        ring: usize,
    },
    /// A latitude outside -90..=90.
    #[error("latitude {lat_deg} is outside -90 to 90 degrees (positions are longitude, latitude)")]
    Latitude {
        /// What stands there.
        lat_deg: f64,
    },
    /// A longitude outside -180..=180.
    #[error("longitude {lon_deg} is outside -180 to 180 degrees")]
    Longitude {
        /// What stands there.
        lon_deg: f64,
    },
    /// South above north, or a side of no length.
    #[error("box {west},{south},{east},{north} has no inside; should be west,south,east,north")]
    Box {
        /// Western edge, degrees.
        west: f64,
        /// Southern edge, degrees.
        south: f64,
        /// Eastern edge, degrees.
        east: f64,
        /// Northern edge, degrees.
        north: f64,
    },
    /// A ring crosses or touches itself or another.
    #[error("area is not valid: {0}")]
    Crossing(String),
    /// More vertices than [`VERTICES_MAX`].
    #[error("area has {vertices} vertices; at most {VERTICES_MAX}")]
    Vertices {
        /// Vertices it has.
        vertices: usize,
    },
    /// A ring round a pole without edges to it.
    #[error("ring {ring} goes round a pole; lead it along the antimeridian to the pole and back")]
    Pole {
        /// Ring in the order of the text, from 1.
        ring: usize,
    },
    /// Larger than [`RADIUS_MAX_DEG`].
    #[error("area reaches {radius_deg:.1} degrees from its middle; at most {RADIUS_MAX_DEG}")]
    Wide {
        /// How far it reaches, degrees.
        radius_deg: f64,
    },
}

/// An area, checked and prepared for geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    polygon: MultiPolygon<f64>,
    rings: Vec<Vec<[f64; 3]>>,
    flat: MultiPolygon<f64>,
    centre: [f64; 3],
    radius_rad: f64,
    middle: Geodetic,
    area_km2: f64,
}

impl Area {
    /// Reads a GeoJSON `Polygon` or `MultiPolygon`, or a `Feature`, `FeatureCollection` or
    /// `GeometryCollection` of them.
    ///
    /// # Errors
    /// [`AreaError`] says what is wrong.
    pub fn from_geojson(text: &str) -> Result<Self, AreaError> {
        Self::from_rings(read::polygons(text)?)
    }

    /// The polygons of one GeoJSON geometry.
    ///
    /// # Errors
    /// [`AreaError`] says what is wrong.
    pub fn from_geometry(geometry: geojson::Geometry) -> Result<Self, AreaError> {
        Self::from_rings(read::of_geometry(geometry)?)
    }

    /// The box between two meridians and two parallels, degrees; `west > east` crosses the
    /// antimeridian.
    ///
    /// # Errors
    /// [`AreaError`] says what is wrong.
    pub fn from_bbox(west: f64, south: f64, east: f64, north: f64) -> Result<Self, AreaError> {
        for lon_deg in [west, east] {
            check_longitude(lon_deg)?;
        }
        for lat_deg in [south, north] {
            check_latitude(lat_deg)?;
        }
        let right = if west > east { east + 360.0 } else { east };
        if west >= right || south >= north {
            return Err(AreaError::Box {
                west,
                south,
                east,
                north,
            });
        }
        let corners = [
            (west, south),
            (right, south),
            (right, north),
            (west, north),
            (west, south),
        ];
        Self::new(vec![Polygon::new(
            LineString::from(corners.to_vec()),
            vec![],
        )])
    }

    /// From polygons whose rings are lists of longitude and latitude, outer ring first.
    fn from_rings(polygons: Vec<Vec<Vec<[f64; 2]>>>) -> Result<Self, AreaError> {
        let vertices: usize = polygons.iter().flatten().map(Vec::len).sum();
        if vertices > VERTICES_MAX {
            return Err(AreaError::Vertices { vertices });
        }
        let mut ring_number = 0;
        let mut unrolled = Vec::with_capacity(polygons.len());
        for rings in polygons {
            let mut lines: Vec<LineString<f64>> = Vec::with_capacity(rings.len());
            for ring in rings {
                ring_number += 1;
                let mut line = unroll(ring_number, &ring)?;
                if let Some(outer) = lines.first() {
                    // A hole stands beside its outer ring, not a turn of the Earth away.
                    let shift = ((outer.0[0].x - line.0[0].x) / 360.0).round() * 360.0;
                    line.translate_mut(shift, 0.0);
                }
                lines.push(line);
            }
            let mut lines = lines.into_iter();
            if let Some(outer) = lines.next() {
                unrolled.push(Polygon::new(outer, lines.collect()));
            }
        }
        Self::new(unrolled)
    }

    /// From polygons whose longitudes run on past 180 degrees where they cross the antimeridian.
    fn new(unrolled: Vec<Polygon<f64>>) -> Result<Self, AreaError> {
        if unrolled.is_empty() {
            return Err(AreaError::Empty);
        }
        for polygon in &unrolled {
            polygon
                .check_validation()
                .map_err(|e| AreaError::Crossing(e.to_string()))?;
        }
        let flat = MultiPolygon::new(unrolled);
        let polygon = cut_at_antimeridian(&flat);
        polygon
            .check_validation()
            .map_err(|e| AreaError::Crossing(e.to_string()))?;
        let area_km2 = flat.iter().map(polygon_km2).sum::<f64>();
        let rings: Vec<Vec<[f64; 3]>> = flat.iter().flat_map(rings_of).map(on_ground).collect();
        let sum = rings.iter().map(|r| vector_area(r)).fold([0.0; 3], add);
        let [x, y, z] = earth::unit(sum);
        let middle = Geodetic::on_ground(y.atan2(x).to_degrees(), z.asin().to_degrees());
        let centre = earth::unit(earth::from_geodetic(&middle).r_m);
        let radius_rad = rings
            .iter()
            .flatten()
            .map(|p| earth::angle_between(*p, centre))
            .fold(0.0, f64::max);
        if area_km2 <= 0.0 || earth::dot(sum, sum) == 0.0 {
            return Err(AreaError::Empty);
        }
        if radius_rad.to_degrees() > RADIUS_MAX_DEG {
            return Err(AreaError::Wide {
                radius_deg: radius_rad.to_degrees(),
            });
        }
        Ok(Self {
            polygon,
            rings,
            flat,
            centre,
            radius_rad,
            middle,
            area_km2,
        })
    }

    /// The polygons, longitude and latitude in degrees, cut at the antimeridian.
    pub fn polygon(&self) -> &MultiPolygon<f64> {
        &self.polygon
    }

    /// West, south, east, north, degrees; west above east where the area crosses the antimeridian.
    pub fn bbox(&self) -> [f64; 4] {
        let points = || self.flat.iter().flat_map(|p| p.exterior().coords());
        let least = |f: fn(&Coord<f64>) -> f64| points().map(f).fold(f64::INFINITY, f64::min);
        let most = |f: fn(&Coord<f64>) -> f64| points().map(f).fold(f64::NEG_INFINITY, f64::max);
        let (west, east) = (least(|c| c.x), most(|c| c.x));
        let wrap = |x: f64| if x > 180.0 { x - 360.0 } else { x };
        if east - west >= 360.0 {
            return [-180.0, least(|c| c.y), 180.0, most(|c| c.y)];
        }
        [wrap(west), least(|c| c.y), wrap(east), most(|c| c.y)]
    }

    /// A place in the middle: where the mean vertical of the area stands, on the ground.
    pub fn middle(&self) -> Geodetic {
        self.middle
    }

    /// The planar centroid in longitude and latitude, on the ground; [`Area::middle`] where the area goes
    /// round the Earth, since a plane has no such centroid.
    pub fn centroid(&self) -> Geodetic {
        let round = |p: &Polygon<f64>| {
            let xs = || p.exterior().coords().map(|c| c.x);
            xs().fold(f64::MIN, f64::max) - xs().fold(f64::MAX, f64::min) >= 360.0
        };
        match self.flat.centroid() {
            Some(point) if !self.flat.iter().any(round) => {
                let lon_deg = (point.x() + 180.0).rem_euclid(360.0) - 180.0;
                Geodetic::on_ground(lon_deg, point.y())
            }
            _ => self.middle,
        }
    }

    /// Area on the ellipsoid, square kilometres (exact for edges straight in longitude and latitude,
    /// up to the 0.25 degree pieces they are cut in: below one part in a million).
    pub fn area_km2(&self) -> f64 {
        self.area_km2
    }

    /// How far the area reaches from its middle, degrees on the ground.
    pub fn radius_deg(&self) -> f64 {
        self.radius_rad.to_degrees()
    }

    /// The polygons with longitudes that run on past 180 degrees where they cross the antimeridian.
    pub(crate) fn flat(&self) -> &MultiPolygon<f64> {
        &self.flat
    }

    /// Unit vector from the Earth's centre to the middle, ITRF axes.
    pub(crate) fn centre(&self) -> [f64; 3] {
        self.centre
    }

    /// How far the outline reaches from [`Area::centre`], radians at the Earth's centre.
    pub(crate) fn radius_rad(&self) -> f64 {
        self.radius_rad
    }

    /// Closed rings of points on the ellipsoid, metres in ITRF axes, edges cut in pieces; outer rings
    /// anticlockwise and holes clockwise as seen from above.
    pub(crate) fn rings(&self) -> &[Vec<[f64; 3]>] {
        &self.rings
    }
}

fn check_longitude(lon_deg: f64) -> Result<(), AreaError> {
    let good = (-180.0..=180.0).contains(&lon_deg);
    if good {
        Ok(())
    } else {
        Err(AreaError::Longitude { lon_deg })
    }
}

fn check_latitude(lat_deg: f64) -> Result<(), AreaError> {
    let good = (-90.0..=90.0).contains(&lat_deg);
    if good {
        Ok(())
    } else {
        Err(AreaError::Latitude { lat_deg })
    }
}

/// A ring with longitudes that run on past 180 degrees where it crosses the antimeridian.
fn unroll(ring: usize, positions: &[[f64; 2]]) -> Result<LineString<f64>, AreaError> {
    for [lon_deg, lat_deg] in positions {
        check_latitude(*lat_deg)?;
        check_longitude(*lon_deg)?;
    }
    if positions.len() < 4 {
        return Err(AreaError::Short {
            ring,
            positions: positions.len(),
        });
    }
    if positions.first() != positions.last() {
        return Err(AreaError::Open { ring });
    }
    let mut turns = 0.0;
    let mut line = Vec::with_capacity(positions.len());
    let mut previous = positions[0][0];
    for [lon, lat] in positions {
        let step = lon - previous;
        if step.abs() > 180.0 && step.abs() < 360.0 {
            turns -= step.signum();
        }
        previous = *lon;
        line.push(Coord {
            x: lon + 360.0 * turns,
            y: *lat,
        });
    }
    if turns != 0.0 {
        return Err(AreaError::Pole { ring });
    }
    Ok(LineString::new(line))
}

fn rings_of(polygon: &Polygon<f64>) -> impl Iterator<Item = Vec<Coord<f64>>> + '_ {
    let turned = |line: &LineString<f64>, positive: bool| {
        let mut ring = line.0.clone();
        let doubled: f64 = ring
            .windows(2)
            .map(|w| w[0].x * w[1].y - w[1].x * w[0].y)
            .sum();
        if (doubled > 0.0) != positive {
            ring.reverse();
        }
        ring
    };
    std::iter::once(turned(polygon.exterior(), true)).chain(
        polygon
            .interiors()
            .iter()
            .map(move |hole| turned(hole, false)),
    )
}

/// The ring with its edges cut in pieces of at most [`PIECE_MAX_DEG`].
fn pieces(ring: &[Coord<f64>]) -> Vec<Coord<f64>> {
    let mut points = Vec::with_capacity(ring.len());
    for edge in ring.windows(2) {
        let (a, b) = (edge[0], edge[1]);
        let long = (b.x - a.x).abs().max((b.y - a.y).abs());
        let n = (long / PIECE_MAX_DEG).ceil().max(1.0);
        for k in 0..n as usize {
            let part = k as f64 / n;
            points.push(Coord {
                x: a.x + (b.x - a.x) * part,
                y: a.y + (b.y - a.y) * part,
            });
        }
    }
    points.extend(ring.last());
    points
}

fn on_ground(ring: Vec<Coord<f64>>) -> Vec<[f64; 3]> {
    let place = |c: &Coord<f64>| earth::from_geodetic(&Geodetic::on_ground(c.x, c.y)).r_m;
    pieces(&ring).iter().map(place).collect()
}

/// Area between a parallel and the equator for one radian of longitude, square metres (Snyder 1987,
/// eq. 3-12).
pub(crate) fn zone_m2(lat_deg: f64) -> f64 {
    let e = E2.sqrt();
    let sin = lat_deg.to_radians().sin();
    let b = earth::SEMI_MINOR_M;
    0.5 * b * b * (sin / (1.0 - E2 * sin * sin) + (e * sin).atanh() / e)
}

/// Area of a polygon on the ellipsoid, square kilometres.
pub(crate) fn polygon_km2(polygon: &Polygon<f64>) -> f64 {
    let ring_m2 = |ring: Vec<Coord<f64>>| {
        pieces(&ring)
            .windows(2)
            .map(|w| (w[0].x - w[1].x).to_radians() * 0.5 * (zone_m2(w[0].y) + zone_m2(w[1].y)))
            .sum::<f64>()
    };
    rings_of(polygon).map(ring_m2).sum::<f64>() * 1e-6
}

/// Longitudes brought back into -180..=180; what crosses is cut in two.
pub(crate) fn cut_at_antimeridian(flat: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let mut cut = Vec::with_capacity(flat.0.len());
    for polygon in flat {
        let xs = || polygon.exterior().coords().map(|c| c.x);
        let (west, east) = (xs().fold(f64::MAX, f64::min), xs().fold(f64::MIN, f64::max));
        if west >= -180.0 && east <= 180.0 {
            cut.push(polygon.clone());
            continue;
        }
        for turn in [-360.0, 0.0, 360.0] {
            let frame = Rect::new((turn - 180.0, -90.0), (turn + 180.0, 90.0)).to_polygon();
            let inside = frame.intersection(polygon).translate(-turn, 0.0);
            cut.extend(inside.0);
        }
    }
    MultiPolygon::new(cut)
}

/// The integral of the outward normal over the inside of a closed ring: no matter how finely the ring
/// is cut, and edges there and back count for nothing.
fn vector_area(ring: &[[f64; 3]]) -> [f64; 3] {
    let Some(origin) = ring.first() else {
        return [0.0; 3];
    };
    ring.windows(2)
        .map(|w| earth::cross(earth::sub(w[0], *origin), earth::sub(w[1], *origin)))
        .fold([0.0; 3], add)
}

fn add(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[cfg(test)]
mod tests;
