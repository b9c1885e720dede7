//! Where the Sun is.
//!
//! Low-precision solar coordinates of the Astronomical Almanac (section C), as in Meeus,
//! *Astronomical Algorithms*, chapter 25, with the five strongest perturbations and the two strongest
//! terms of nutation. Against astropy, 2004 to 2026: direction within 0.004 degrees, distance within
//! 0.01 %.

use crate::earth::{Geodetic, dot, unit};
use crate::event::{Bounded, Search, find_windows};
use crate::frame::{EarthOrientation, Position, Teme, ecliptic_to_teme, gmst82_rad};
use crate::time::{Days, Utc};
use crate::window::WindowSet;
use jiff::Timestamp;
use std::convert::Infallible;

/// An astronomical unit, metres (IAU 2012 B2).
pub const ASTRONOMICAL_UNIT_M: f64 = 149_597_870_700.0;

/// How far the Earth's motion moves the Sun back, degrees.
const ABERRATION_DEG: f64 = 0.005_69;

/// Radius of the Sun, metres (IAU 2015 B3).
pub const RADIUS_M: f64 = 695_700_000.0;

/// Fastest that the Sun's elevation changes anywhere, degrees per second: the Earth's rotation
/// and a little more.
pub const ELEVATION_RATE_MAX_DEG_S: f64 = 0.0043;

/// Apparent direction of the Sun from the Earth's centre, unit vector in ITRF axes. Polar motion
/// (below 0.0002 degrees) is left out.
pub fn direction(t: Timestamp) -> [f64; 3] {
    let utc = Days::utc(t);
    direction_at(utc)
}

/// [`direction`], with the instant as days.
pub fn direction_at(utc: Days<Utc>) -> [f64; 3] {
    let ([x, y, z], _) = apparent(utc);
    let ut1_minus_utc_s = EarthOrientation::shipped().at(utc).ut1_minus_utc_s;
    let (sin, cos) = gmst82_rad(utc.ut1(ut1_minus_utc_s)).sin_cos();
    unit([cos * x + sin * y, cos * y - sin * x, z])
}

/// Apparent position of the Sun in TEME; its distance is within 0.01 %.
pub fn position_teme(utc: Days<Utc>) -> Position<Teme> {
    let (direction, distance_m) = apparent(utc);
    Position::new(direction.map(|x| x * distance_m))
}

/// Strongest perturbations by Venus (twice), Jupiter, the Moon, and a slow one: degrees, and phase at
/// J2000 and rate a century of the cosine, degrees.
const PERTURBATIONS: [[f64; 3]; 5] = [
    [0.001_34, 351.98, 22_518.754_1],
    [0.001_54, 254.08, 45_037.508_2],
    [0.002_00, 157.05, 32_964.357_7],
    [0.001_79, 207.85, 445_267.114_2],
    [0.001_78, 161.39, 20.20],
];

/// Apparent direction in TEME, and distance in metres.
fn apparent(utc: Days<Utc>) -> ([f64; 3], f64) {
    let c = utc.tt().centuries();
    let mean_anomaly = (357.529_11 + 35_999.050_29 * c).to_radians();
    let centre_deg = (1.914_602 - 0.004_817 * c) * mean_anomaly.sin()
        + (0.019_993 - 0.000_101 * c) * (2.0 * mean_anomaly).sin()
        + 0.000_289 * (3.0 * mean_anomaly).sin();
    let perturbation_deg: f64 = (PERTURBATIONS.iter())
        .map(|[deg, phase, rate]| deg * (phase + rate * c).to_radians().cos())
        .sum();
    let mean_longitude_deg = 280.466_46 + (36_000.769_83 + 0.000_303_2 * c) * c;
    let longitude_deg = mean_longitude_deg + centre_deg + perturbation_deg - ABERRATION_DEG;
    let distance_au =
        1.000_14 - 0.016_71 * mean_anomaly.cos() - 0.000_14 * (2.0 * mean_anomaly).cos();
    (
        ecliptic_to_teme(longitude_deg, 0.0, utc),
        distance_au * ASTRONOMICAL_UNIT_M,
    )
}

/// Elevation of the Sun's centre above the horizontal of a place, degrees; no refraction, no
/// parallax (below 0.0025 degrees).
pub fn elevation_deg(place: &Geodetic, t: Timestamp) -> f64 {
    dot(place.up(), direction(t))
        .clamp(-1.0, 1.0)
        .asin()
        .to_degrees()
}

/// Every window in `[from, to)` in which the Sun stands at `min_elevation_deg` or more. Edges to 1 ms.
pub fn daylight(
    place: &Geodetic,
    min_elevation_deg: f64,
    from: Timestamp,
    to: Timestamp,
) -> WindowSet {
    let up = place.up();
    let start = Days::utc(from).get();
    let mut condition = Bounded {
        value: |t_s: f64| -> Result<f64, Infallible> {
            let sun = direction_at(Days::since_j2000(start + t_s / 86_400.0));
            let elevation = dot(up, sun).clamp(-1.0, 1.0).asin();
            Ok(elevation.to_degrees() - min_elevation_deg)
        },
        rate_max: ELEVATION_RATE_MAX_DEG_S,
    };
    let search = Search {
        min_window_s: 10.0,
        tolerance_s: 1e-3,
    };
    match find_windows(&mut condition, from, to, search) {
        Ok(windows) => windows,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meeus, example 25.a: 1992-10-13 00:00 TT, apparent declination -7.78507 degrees.
    #[test]
    fn published_declination() {
        let t: Timestamp = "1992-10-12T23:59:00.816Z".parse().unwrap();
        let declination_deg = direction(t)[2].asin().to_degrees();
        assert!(
            (declination_deg + 7.785_07).abs() < 0.003,
            "{declination_deg}"
        );
    }
}
