//! From the ecliptic of date to TEME, with the main terms of nutation: within 0.0002 degrees.

use crate::time::{Days, Utc};

/// Unit vector in TEME of a direction given by longitude and latitude in the mean ecliptic and equinox of
/// date, degrees.
pub(crate) fn ecliptic_to_teme(longitude_deg: f64, latitude_deg: f64, utc: Days<Utc>) -> [f64; 3] {
    let c = utc.tt().centuries();
    // The two strongest terms of nutation (IAU 1980): the Moon's node and twice the Sun's longitude.
    let node = (125.044_52 - 1_934.136_261 * c).to_radians();
    let sun = (2.0 * (280.466_5 + 36_000.769_8 * c)).to_radians();
    let nutation_deg = -0.004_778 * node.sin() - 0.000_366 * sun.sin();
    let obliquity_deg =
        23.439_291 - 0.013_004_2 * c + 0.002_558 * node.cos() + 0.000_153 * sun.cos();
    let (sin_e, cos_e) = obliquity_deg.to_radians().sin_cos();
    let (sin_l, cos_l) = (longitude_deg + nutation_deg).to_radians().sin_cos();
    let (sin_b, cos_b) = latitude_deg.to_radians().sin_cos();
    let [x, y, z] = [cos_b * cos_l, cos_b * sin_l, sin_b];
    let [y, z] = [cos_e * y - sin_e * z, sin_e * y + cos_e * z];
    // From the true equinox back to the mean one, along the equator.
    let (sin, cos) = (nutation_deg * cos_e).to_radians().sin_cos();
    [cos * x + sin * y, cos * y - sin * x, z]
}
