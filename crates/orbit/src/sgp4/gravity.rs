//! WGS 72 as SGP4 takes it (AIAA 2006-6753, appendix B).

/// Equatorial radius, km.
pub(crate) const RADIUS_KM: f64 = 6_378.135;
/// Gravitational parameter, km^3/s^2.
pub(crate) const MU_KM3_S2: f64 = 398_600.8;
/// Square root of the gravitational parameter, Earth radii^1.5 a minute.
pub(super) const KE: f64 = 0.074_366_916_133_173_42;
/// Zonal harmonics.
pub(super) const J2: f64 = 0.001_082_616;
pub(super) const J3: f64 = -0.000_002_538_81;
pub(super) const J4: f64 = -0.000_001_655_97;
pub(super) const J3_BY_J2: f64 = J3 / J2;

/// Earth radii a minute to km a second.
pub(super) const SPEED_KM_S: f64 = RADIUS_KM * KE / 60.0;

/// Below this size `1 + cos i` counts as this, so that retrograde equatorial orbits divide.
pub(super) const ONE_PLUS_COS_MIN: f64 = 1.5e-12;

/// Coefficients of the long-period terms by J3: of the eccentricity vector and of the longitude.
pub(super) fn long_period(sin_i: f64, cos_i: f64) -> (f64, f64) {
    let mut one_plus = 1.0 + cos_i;
    if one_plus.abs() <= ONE_PLUS_COS_MIN {
        one_plus = ONE_PLUS_COS_MIN;
    }
    let aycof = -0.5 * J3_BY_J2 * sin_i;
    (aycof, 0.5 * aycof * (3.0 + 5.0 * cos_i) / one_plus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ke_is_by_radius_and_mu() {
        let by = 60.0 / (RADIUS_KM.powi(3) / MU_KM3_S2).sqrt();
        assert!((KE - by).abs() < 1e-17);
        // Published: 0.0743669161 (Spacetrack Report 3), 7.905370510 km/s by AIAA 2006-6753's code.
        assert!((KE - 0.074_366_916_1).abs() < 1e-10);
        assert!((SPEED_KM_S - 7.905_370_51).abs() < 1e-8);
    }
}
