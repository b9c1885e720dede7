//! Where the Moon is.
//!
//! A short series in the mean ecliptic and equinox of date, fitted to ERFA `moon98` (Meeus,
//! *Astronomical Algorithms*, chapter 47) from 1990 to 2050 by `tests/reference/frames/fit_moon.py`.
//! Against astropy's Moon, 2004 to 2026: direction within 0.012 degrees, distance within 200 km.

use crate::frame::{EarthOrientation, EarthRotation, Position, Teme, ecliptic_to_teme};
use crate::time::{Days, Utc};
use jiff::Timestamp;

/// Mean radius of the Moon, metres (IAU 2015 B3 report on rotational elements).
pub const RADIUS_M: f64 = 1_737_400.0;

/// Multiples of D, M, M', F, and degrees that their sine adds to the mean longitude.
#[rustfmt::skip]
const LONGITUDE: [([i8; 4], f64); 38] = [
    ([0, 0, 1, 0], 6.288_76),
    ([2, 0, -1, 0], 1.274_05),
    ([2, 0, 0, 0], 0.658_31),
    ([0, 0, 2, 0], 0.213_56),
    ([0, 1, 0, 0], -0.185_03),
    ([0, 0, 0, 2], -0.114_32),
    ([2, 0, -2, 0], 0.058_71),
    ([2, -1, -1, 0], 0.056_98),
    ([2, 0, 1, 0], 0.053_29),
    ([2, -1, 0, 0], 0.045_77),
    ([0, 1, -1, 0], -0.040_92),
    ([1, 0, 0, 0], -0.034_67),
    ([0, 1, 1, 0], -0.030_42),
    ([2, 0, 0, -2], 0.015_35),
    ([0, 0, 1, 2], -0.012_6),
    ([0, 0, 1, -2], 0.011_04),
    ([4, 0, -1, 0], 0.010_68),
    ([0, 0, 3, 0], 0.010_09),
    ([4, 0, -2, 0], 0.008_59),
    ([2, 1, -1, 0], -0.007_79),
    ([2, 1, 0, 0], -0.006_83),
    ([1, 0, -1, 0], -0.005_25),
    ([1, 1, 0, 0], 0.005_01),
    ([2, -1, 1, 0], 0.004_06),
    ([2, 0, 2, 0], 0.003_98),
    ([4, 0, 0, 0], 0.003_84),
    ([2, 0, -3, 0], 0.003_72),
    ([2, 0, -1, 2], -0.002_59),
    ([0, 1, -2, 0], -0.002_59),
    ([2, -1, -2, 0], 0.002_46),
    ([1, 0, 1, 0], -0.002_4),
    ([2, -2, 0, 0], 0.002_17),
    ([0, 2, 0, 0], -0.002_16),
    ([2, -2, -1, 0], 0.002_11),
    ([0, 1, 2, 0], -0.002_07),
    ([2, 0, 1, -2], -0.001_74),
    ([2, 0, 0, 2], -0.001_59),
    ([4, -1, -1, 0], 0.001_25),
];

/// Multiples of D, M, M', F, and degrees of latitude that go with their sine.
#[rustfmt::skip]
const LATITUDE: [([i8; 4], f64); 27] = [
    ([0, 0, 0, 1], 5.128_08),
    ([0, 0, 1, 1], 0.280_6),
    ([0, 0, 1, -1], 0.277_76),
    ([2, 0, 0, -1], 0.173_31),
    ([2, 0, -1, 1], 0.055_39),
    ([2, 0, -1, -1], 0.046_27),
    ([2, 0, 0, 1], 0.032_58),
    ([0, 0, 2, 1], 0.017_22),
    ([2, 0, 1, -1], 0.009_26),
    ([0, 0, 2, -1], 0.008_88),
    ([2, -1, 0, -1], 0.008_26),
    ([2, 0, -2, -1], 0.004_35),
    ([2, 0, 1, 1], 0.004_18),
    ([2, 1, 0, -1], -0.003_37),
    ([2, -1, -1, 1], 0.002_46),
    ([2, -1, 0, 1], 0.002_29),
    ([2, -1, -1, -1], 0.002_06),
    ([0, 1, -1, -1], -0.001_94),
    ([4, 0, -1, -1], 0.001_87),
    ([0, 1, 0, 1], -0.001_82),
    ([0, 0, 0, 3], -0.001_82),
    ([1, 0, 0, 1], -0.001_56),
    ([0, 1, -1, 1], -0.001_52),
    ([0, 1, 1, 1], -0.001_47),
    ([1, 0, 0, -1], -0.001_39),
    ([0, 1, 1, -1], -0.001_37),
    ([0, 1, 0, -1], -0.001_32),
];

/// Multiples of D, M, M', F, and kilometres of distance that go with their cosine.
#[rustfmt::skip]
const DISTANCE: [([i8; 4], f64); 15] = [
    ([0, 0, 1, 0], -20_904.8),
    ([2, 0, -1, 0], -3_699.7),
    ([2, 0, 0, 0], -2_954.7),
    ([0, 0, 2, 0], -570.8),
    ([2, 0, -2, 0], 246.5),
    ([2, -1, 0, 0], -204.7),
    ([2, 0, 1, 0], -170.0),
    ([2, -1, -1, 0], -152.4),
    ([0, 1, -1, 0], -130.2),
    ([1, 0, 0, 0], 108.4),
    ([0, 1, 1, 0], 104.5),
    ([0, 0, 1, -2], 79.3),
    ([0, 1, 0, 0], 49.4),
    ([4, 0, -1, 0], -35.2),
    ([2, 1, 0, 0], 31.7),
];

/// Mean distance, kilometres: what the cosines are added to.
const MEAN_DISTANCE_KM: f64 = 384_999.8;

/// D, M, M', F and the ascending node (IERS Conventions 2010, eq. 5.43), degrees at J2000 and degrees a
/// century; squares, below 0.003 degrees in this age, are in the last column.
const ARGUMENTS: [[f64; 3]; 5] = [
    [297.850_195_47, 445_267.111_446_9, -0.001_769_6],
    [357.529_109_18, 35_999.050_291_1, -0.000_153_7],
    [134.963_402_51, 477_198.867_560_5, 0.008_855_3],
    [93.272_090_62, 483_202.017_457_7, -0.003_542],
    [125.044_555_01, -1_934.136_261_97, 0.002_075_6],
];

/// Position of the Moon in TEME.
pub fn position_teme(utc: Days<Utc>) -> Position<Teme> {
    let t = utc.tt().centuries();
    let [d, m, mp, f, node] =
        ARGUMENTS.map(|[a, b, c]| (a + (b + c * t) * t).rem_euclid(360.0).to_radians());
    let angle = |n: &[i8; 4]| {
        let [a, b, c, e] = n.map(f64::from);
        a * d + b * m + c * mp + e * f
    };
    let venus = (119.75 + 131.849 * t).to_radians();
    let longitude_deg = (f + node).to_degrees()
        + 0.001_93 * node.sin()
        + 0.003_98 * venus.sin()
        + LONGITUDE
            .iter()
            .map(|(n, a)| a * angle(n).sin())
            .sum::<f64>();
    let latitude_deg = -0.002_3 * (f + node).sin()
        + LATITUDE
            .iter()
            .map(|(n, a)| a * angle(n).sin())
            .sum::<f64>();
    let distance_km = MEAN_DISTANCE_KM
        + DISTANCE
            .iter()
            .map(|(n, a)| a * angle(n).cos())
            .sum::<f64>();
    let direction = ecliptic_to_teme(longitude_deg, latitude_deg, utc);
    Position::new(direction.map(|x| x * distance_km * 1e3))
}

/// Direction of the Moon from the Earth's centre, unit vector in ITRF axes.
pub fn direction(t: Timestamp) -> [f64; 3] {
    let utc = Days::utc(t);
    let rotation = EarthRotation::at(utc, &EarthOrientation::shipped().at(utc));
    crate::earth::unit(rotation.position(&position_teme(utc)).r_m)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meeus, example 47.a: 1992-04-12 00:00 TT, distance 368,409.7 km, declination 13.768 degrees.
    #[test]
    fn published_position() {
        let t: Timestamp = "1992-04-11T23:59:00.816Z".parse().unwrap();
        let moon = position_teme(Days::utc(t));
        assert!((moon.radius_m() / 1e3 - 368_409.7).abs() < 160.0);
        let declination_deg = (moon.r_m[2] / moon.radius_m()).asin().to_degrees();
        assert!((declination_deg - 13.768).abs() < 0.01, "{declination_deg}");
    }
}
