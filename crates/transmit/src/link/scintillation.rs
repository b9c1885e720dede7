//! Fading by turbulence of the air: Recommendation ITU-R P.618-13, section 2.4.1.

/// Height of the turbulent layer, m.
const LAYER_M: f64 = 1_000.0;

/// The dish that averages the fading over its aperture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dish {
    /// Diameter, m.
    pub diameter_m: f64,
    /// Share of the aperture that counts, 0 to 1; 0.5 is a cautious guess.
    pub efficiency: f64,
}

/// Fade exceeded for `percent` of the time (0.01 to 50), dB; 4 to 20 GHz measured, elevations from 5
/// degrees. `wet_refractivity` is the median wet term of the refractivity at the ground.
pub fn fade_db(
    frequency_ghz: f64,
    elevation_deg: f64,
    percent: f64,
    dish: Dish,
    wet_refractivity: f64,
) -> f64 {
    let sin = elevation_deg.to_radians().sin();
    let reference_db = 3.6e-3 + 1e-4 * wet_refractivity;
    let path_m = 2.0 * LAYER_M / ((sin * sin + 2.35e-4).sqrt() + sin);
    let effective_m2 = dish.efficiency * dish.diameter_m.powi(2);
    let x = 1.22 * effective_m2 * frequency_ghz / path_m;
    let deviation_db = reference_db * frequency_ghz.powf(7.0 / 12.0) * averaging(x) / sin.powf(1.2);
    let log = percent.log10();
    let factor = -0.061 * log.powi(3) + 0.072 * log * log - 1.71 * log + 3.0;
    factor * deviation_db
}

/// What of the fading a dish leaves, 0 to 1 (equation 46).
fn averaging(x: f64) -> f64 {
    if x >= 7.0 {
        return 0.0;
    }
    let left = 3.86 * (x * x + 1.0).powf(11.0 / 12.0) * (11.0 / 6.0 * 1.0f64.atan2(x)).sin()
        - 7.08 * x.powf(5.0 / 6.0);
    left.max(0.0).sqrt()
}
