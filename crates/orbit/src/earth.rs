//! The Earth: WGS 84, and how a satellite and a place see each other.

use crate::frame::{Itrf, Position, State};
use serde::{Deserialize, Serialize};

/// Semi-major axis of WGS 84, metres (NGA.STND.0036).
pub const SEMI_MAJOR_M: f64 = 6_378_137.0;

/// Flattening of WGS 84.
pub const FLATTENING: f64 = 1.0 / 298.257_223_563;

/// Semi-minor axis of WGS 84, metres.
pub const SEMI_MINOR_M: f64 = SEMI_MAJOR_M * (1.0 - FLATTENING);

/// First eccentricity squared.
const E2: f64 = FLATTENING * (2.0 - FLATTENING);

/// A place on WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Geodetic {
    /// Geodetic latitude, degrees, north positive.
    pub lat_deg: f64,
    /// Longitude, degrees, east positive.
    pub lon_deg: f64,
    /// Height above the ellipsoid, metres.
    pub height_m: f64,
}

/// Where a target stands in the sky of a site.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LookAngles {
    /// Clockwise from true north, degrees in [0, 360).
    pub azimuth_deg: f64,
    /// Above the WGS 84 horizontal, degrees; no refraction.
    pub elevation_deg: f64,
    /// Distance, metres.
    pub range_m: f64,
}

impl Geodetic {
    /// A place on the ellipsoid from longitude and latitude, degrees.
    pub const fn on_ground(lon_deg: f64, lat_deg: f64) -> Self {
        Self {
            lat_deg,
            lon_deg,
            height_m: 0.0,
        }
    }

    /// Unit vector of the geodetic vertical, up, in ITRF axes.
    pub fn up(&self) -> [f64; 3] {
        let (sin_lat, cos_lat) = self.lat_deg.to_radians().sin_cos();
        let (sin_lon, cos_lon) = self.lon_deg.to_radians().sin_cos();
        [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
    }
}

/// The ITRF position of a place.
pub fn from_geodetic(place: &Geodetic) -> Position<Itrf> {
    let up = place.up();
    let n = SEMI_MAJOR_M / (1.0 - E2 * up[2] * up[2]).sqrt();
    let h = place.height_m;
    Position::new([
        (n + h) * up[0],
        (n + h) * up[1],
        (n * (1.0 - E2) + h) * up[2],
    ])
}

/// The place of an ITRF position: latitude, longitude in (-180, 180], height.
///
/// Bowring's start and two Newton-like turns (Fukushima 1999): below 1e-9 degrees and 0.1 mm from the
/// Earth's surface to 10 Earth radii (checked there and back). At the Earth's centre, where no
/// latitude is defined, the equator is given.
pub fn to_geodetic(position: &Position<Itrf>) -> Geodetic {
    let (lat, height_m) = latitude_and_height(position.r_m);
    let [x, y, _] = position.r_m;
    Geodetic {
        lat_deg: lat.to_degrees(),
        lon_deg: y.atan2(x).to_degrees(),
        height_m,
    }
}

/// Geodetic latitude, radians, and height, metres.
fn latitude_and_height([x, y, z]: [f64; 3]) -> (f64, f64) {
    let p = x.hypot(y);
    // Tangent of the reduced latitude, as sine and cosine so that the poles are ordinary.
    let (mut s, mut c) = (z * SEMI_MAJOR_M, p * SEMI_MINOR_M);
    for _ in 0..3 {
        let length = s.hypot(c);
        if length == 0.0 {
            return (0.0, -SEMI_MAJOR_M);
        }
        let (sb, cb) = (s / length, c / length);
        let up = z + E2 / (1.0 - E2) * SEMI_MINOR_M * sb * sb * sb;
        let out = p - E2 * SEMI_MAJOR_M * cb * cb * cb;
        (s, c) = ((1.0 - FLATTENING) * up, out);
    }
    let lat = (s / (1.0 - FLATTENING)).atan2(c);
    let (sin, cos) = lat.sin_cos();
    let height = p * cos + z * sin - SEMI_MAJOR_M * (1.0 - E2 * sin * sin).sqrt();
    (lat, height)
}

/// Unit vector of the geodetic nadir, down, of a position above the ground.
pub fn nadir(position: &Position<Itrf>) -> [f64; 3] {
    let [x, y, z] = position.r_m;
    let p = (x * x + y * y).sqrt();
    let (sin, cos) = vertical(p, z);
    if p == 0.0 {
        return [0.0, 0.0, -sin];
    }
    [-cos * x / p, -cos * y / p, -sin]
}

/// [`nadir`], and how fast it turns as the position moves, per second.
pub fn nadir_with_rate(state: &State<Itrf>) -> ([f64; 3], [f64; 3]) {
    let [x, y, z] = state.r_m;
    let p = (x * x + y * y).sqrt();
    let (sin, cos) = vertical(p, z);
    // Over a pole east is any direction.
    let (cos_lon, sin_lon) = if p > 0.0 { (x / p, y / p) } else { (1.0, 0.0) };
    let w2 = 1.0 - E2 * sin * sin;
    // Radii of curvature across and along the meridian, and the height.
    let across = SEMI_MAJOR_M / w2.sqrt();
    let along = across * (1.0 - E2) / w2;
    let height = p * cos + z * sin - across * w2;
    let [vx, vy, vz] = state.v_m_s;
    let outward = cos_lon * vx + sin_lon * vy;
    let north_rate = (cos * vz - sin * outward) / (along + height);
    let east_rate = (cos_lon * vy - sin_lon * vx) / (across + height);
    let down = [-cos * cos_lon, -cos * sin_lon, -sin];
    let rate = [
        sin * cos_lon * north_rate + sin_lon * east_rate,
        sin * sin_lon * north_rate - cos_lon * east_rate,
        -cos * north_rate,
    ];
    (down, rate)
}

/// Sine and cosine of the geodetic latitude of a point at `p` from the axis and `z` above the equator,
/// metres: Bowring's rule (1976) once, which leaves at most 1e-8 rad above the ground.
fn vertical(p: f64, z: f64) -> (f64, f64) {
    const AXES: f64 = 1.0 - FLATTENING;
    let (s, c) = (z, p * AXES);
    let length2 = s * s + c * c;
    if length2 == 0.0 {
        return (0.0, 1.0);
    }
    let scale = 1.0 / (length2 * length2.sqrt());
    let up = z + E2 / (1.0 - E2) * SEMI_MINOR_M * (s * s * s * scale);
    let out = p - E2 * SEMI_MAJOR_M * (c * c * c * scale);
    let scale = 1.0 / (up * up + out * out).sqrt();
    (up * scale, out * scale)
}

/// Azimuth, elevation and range of `target` from `site`.
pub fn look_angles(site: &Geodetic, target: &Position<Itrf>) -> LookAngles {
    let (sin_lat, cos_lat) = site.lat_deg.to_radians().sin_cos();
    let (sin_lon, cos_lon) = site.lon_deg.to_radians().sin_cos();
    let [x, y, z] = sub(target.r_m, from_geodetic(site).r_m);
    let east = -sin_lon * x + cos_lon * y;
    let outward = cos_lon * x + sin_lon * y;
    let north = cos_lat * z - sin_lat * outward;
    let up = cos_lat * outward + sin_lat * z;
    LookAngles {
        azimuth_deg: east.atan2(north).to_degrees().rem_euclid(360.0),
        elevation_deg: up.atan2(east.hypot(north)).to_degrees(),
        range_m: (x * x + y * y + z * z).sqrt(),
    }
}

/// Angle at the satellite between the geodetic nadir and `target`, degrees; `None` where the
/// target is on the far side, that is where the satellite is below the target's horizon.
pub fn off_nadir_deg(satellite: &Position<Itrf>, target: &Geodetic) -> Option<f64> {
    let down = nadir(satellite);
    let sight = sub(from_geodetic(target).r_m, satellite.r_m);
    if dot(sight, target.up()) > 0.0 {
        return None;
    }
    Some(angle_between(down, sight).to_degrees())
}

/// Angle between two vectors, radians: exact near 0 and near pi.
pub fn angle_between(a: [f64; 3], b: [f64; 3]) -> f64 {
    let c = cross(a, b);
    dot(c, c).sqrt().atan2(dot(a, b))
}

/// a - b.
pub fn sub(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// Scalar product.
pub fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
pub fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// `a` at length one; unchanged where it has no direction.
pub fn unit(a: [f64; 3]) -> [f64; 3] {
    let length = dot(a, a).sqrt();
    if length > 0.0 {
        a.map(|x| x / length)
    } else {
        a
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn geodetic_there_and_back(
            lat_deg in -90.0_f64..=90.0,
            lon_deg in -179.999_f64..180.0,
            height_m in -10_000.0_f64..6e7,
        ) {
            let place = Geodetic { lat_deg, lon_deg, height_m };
            let p = from_geodetic(&place);
            let back = to_geodetic(&p);
            prop_assert!((back.lat_deg - lat_deg).abs() < 1e-9);
            prop_assert!((back.height_m - height_m).abs() < 1e-4);
            let again = from_geodetic(&back);
            for k in 0..3 {
                prop_assert!((again.r_m[k] - p.r_m[k]).abs() < 1e-4);
            }
        }
    }

    proptest! {
        #[test]
        fn nadir_is_down(
            lat_deg in -90.0_f64..=90.0,
            lon_deg in -180.0_f64..180.0,
            height_m in 0.0_f64..6e7,
        ) {
            let place = Geodetic { lat_deg, lon_deg, height_m };
            let down = nadir(&from_geodetic(&place));
            for (d, u) in down.iter().zip(place.up()) {
                prop_assert!((d + u).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn poles_and_centre() {
        let pole = from_geodetic(&Geodetic {
            lat_deg: 90.0,
            lon_deg: 0.0,
            height_m: 0.0,
        });
        assert!((pole.r_m[2] - 6_356_752.314_245).abs() < 1e-6);
        assert!((to_geodetic(&pole).lat_deg - 90.0).abs() < 1e-9);
        let centre = to_geodetic(&Position::new([0.0; 3]));
        assert!(centre.lat_deg.abs() < 1e-9 && centre.height_m < -6e6);
    }

    #[test]
    fn straight_up_and_far_side() {
        let site = Geodetic {
            lat_deg: 45.0,
            lon_deg: 10.0,
            height_m: 0.0,
        };
        let above = from_geodetic(&Geodetic {
            height_m: 700_000.0,
            ..site
        });
        let look = look_angles(&site, &above);
        assert!((look.elevation_deg - 90.0).abs() < 1e-6 && (look.range_m - 7e5).abs() < 1e-3);
        assert!(off_nadir_deg(&above, &site).unwrap() < 1e-6);
        let antipode = Geodetic {
            lat_deg: -45.0,
            lon_deg: -170.0,
            height_m: 0.0,
        };
        assert_eq!(off_nadir_deg(&above, &antipode), None);
    }

    #[test]
    fn azimuth_runs_clockwise_from_north() {
        let site = Geodetic {
            lat_deg: 10.0,
            lon_deg: 20.0,
            height_m: 0.0,
        };
        let east = from_geodetic(&Geodetic {
            lat_deg: 10.0,
            lon_deg: 21.0,
            height_m: 1e5,
        });
        assert!((look_angles(&site, &east).azimuth_deg - 90.0).abs() < 0.2);
        let south = from_geodetic(&Geodetic {
            lat_deg: 9.0,
            lon_deg: 20.0,
            height_m: 1e5,
        });
        assert!((look_angles(&site, &south).azimuth_deg - 180.0).abs() < 1e-9);
    }
}
