//! How far round the Earth a satellite can see or be seen: angles at the Earth's centre.

/// No point of the Earth's surface is nearer to its centre, metres.
const EARTH_RADIUS_MIN_M: f64 = 6_350_000.0;

/// More than the geodetic vertical ever leans from the geocentric one, radians (0.1924 degrees).
pub(super) const LEAN_MAX_RAD: f64 = 0.0034;

/// Angle at the Earth's centre within which a satellite no higher than `radius_m` can stand at
/// `elevation_deg` or more, radians.
pub fn reach_of_elevation_rad(radius_m: f64, elevation_deg: f64) -> f64 {
    let elevation = elevation_deg.to_radians() - LEAN_MAX_RAD;
    let ratio = (EARTH_RADIUS_MIN_M / radius_m).min(1.0);
    ((ratio * elevation.cos()).clamp(-1.0, 1.0).acos() - elevation).max(0.0)
}

/// Angle at the Earth's centre within which a satellite no higher than `radius_m` sees the ground at
/// `off_nadir_deg` or less, radians.
pub fn reach_of_off_nadir_rad(radius_m: f64, off_nadir_deg: f64) -> f64 {
    let angle = (off_nadir_deg.to_radians() + LEAN_MAX_RAD).min(std::f64::consts::FRAC_PI_2);
    let ratio = radius_m / EARTH_RADIUS_MIN_M * angle.sin();
    let horizon = (EARTH_RADIUS_MIN_M / radius_m).min(1.0).acos() + LEAN_MAX_RAD;
    if ratio >= 1.0 {
        horizon
    } else {
        (ratio.asin() - angle).min(horizon)
    }
}

/// Angle at the Earth's centre within which a satellite outside the Earth can be `range_m` or less
/// from a place on it, radians: that of the tangent.
pub fn reach_of_range_rad(range_m: f64) -> f64 {
    if range_m < EARTH_RADIUS_MIN_M {
        (range_m / EARTH_RADIUS_MIN_M).asin()
    } else {
        std::f64::consts::PI
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaches_agree_with_plain_geometry() {
        // A satellite at 700 km on the horizon: acos(R / r) is 25.7 degrees for the mean radius.
        let horizon = reach_of_elevation_rad(6_371e3 + 700e3, 0.0).to_degrees();
        assert!(horizon > 25.7 && horizon < 26.5, "{horizon}");
        // 35 degrees off nadir from 700 km: asin(1.1099 sin 35) - 35 is 4.5 degrees.
        let sight = reach_of_off_nadir_rad(6_371e3 + 700e3, 35.0).to_degrees();
        assert!(sight > 4.5 && sight < 4.9, "{sight}");
        assert!((reach_of_off_nadir_rad(7.071e6, 89.0).to_degrees() - horizon).abs() < 0.4);
        assert!((reach_of_range_rad(1e6).to_degrees() - 9.06).abs() < 0.1);
    }
}
