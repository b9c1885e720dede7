//! A square about a place: what stands for a point where an area is asked for.

use super::{Area, AreaError};
use corridor_orbit::earth::Geodetic;

/// Kilometres in a degree of latitude, at least.
const KM_PER_DEGREE: f64 = 110.57;

impl Area {
    /// The square of `2 half_km` about a place, its sides along meridians and parallels. At the poles
    /// it is the cap as far as the square reaches.
    ///
    /// # Errors
    /// [`AreaError`] where the place or the size cannot be.
    pub fn about(place: &Geodetic, half_km: f64) -> Result<Self, AreaError> {
        let half_deg = half_km / KM_PER_DEGREE;
        let (south, north) = (place.lat_deg - half_deg, place.lat_deg + half_deg);
        let (low, high) = (south.max(-90.0), north.min(90.0));
        let wide_deg = half_deg / low.abs().max(high.abs()).to_radians().cos().max(1e-9);
        if low > south || high < north || wide_deg >= 90.0 {
            return Self::from_bbox(-180.0, low, 180.0, high);
        }
        let wrap = |lon_deg: f64| (lon_deg + 180.0).rem_euclid(360.0) - 180.0;
        let (west, east) = (
            wrap(place.lon_deg - wide_deg),
            wrap(place.lon_deg + wide_deg),
        );
        Self::from_bbox(west, low, east, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_place_has_a_square(
            lon in -180.0..=180.0_f64, lat in -90.0..=90.0_f64, half_km in 0.01..50.0_f64,
        ) {
            let area = Area::about(&Geodetic::on_ground(lon, lat), half_km).unwrap();
            let whole = 4.0 * half_km * half_km;
            // The sides widen by the cosine of the edge that is nearest to a pole.
            // Where the pole is inside, the square is a cap: pi / 4 of it.
            let least = if lat.abs() > 89.0 { 0.75 } else { 0.9 };
            prop_assert!(area.area_km2() > least * whole, "{} of {whole}", area.area_km2());
            prop_assert!(lat.abs() > 80.0 || area.area_km2() < 1.2 * whole);
        }
    }

    #[test]
    fn across_the_antimeridian() {
        let area = Area::about(&Geodetic::on_ground(180.0, 0.0), 5.0).unwrap();
        let [west, _, east, _] = area.bbox();
        assert!(west > 179.9 && east < -179.9);
    }
}
