//! Attenuation by rain: Recommendations ITU-R P.838-3 and P.618-13, section 2.2.1.1, and what rain does
//! to polarisation, section 4.1.

use std::f64::consts::LN_10;

/// Radius that rays bend around, km: 4/3 of the Earth's.
const EFFECTIVE_RADIUS_KM: f64 = 8_500.0;

/// Rain where a link meets the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rain {
    /// Rate exceeded for 0.01 % of an average year, mm/h.
    pub rate_mm_h: f64,
    /// Mean height that rain falls from, km above the sea.
    pub height_km: f64,
    /// Height of the antenna, km above the sea.
    pub antenna_km: f64,
    /// Latitude of the antenna, degrees.
    pub lat_deg: f64,
}

/// One term of a fit: a exp(-((log f - b) / c)²).
type Term = [f64; 3];

const K_H: [Term; 4] = [
    [-5.33980, -0.10008, 1.13098],
    [-0.35351, 1.26970, 0.45400],
    [-0.23789, 0.86036, 0.15354],
    [-0.94158, 0.64552, 0.16817],
];
const K_V: [Term; 4] = [
    [-3.80595, 0.56934, 0.81061],
    [-3.44965, -0.22911, 0.51059],
    [-0.39902, 0.73042, 0.11899],
    [0.50167, 1.07319, 0.27195],
];
const ALPHA_H: [Term; 5] = [
    [-0.14318, 1.82442, -0.55187],
    [0.29591, 0.77564, 0.19822],
    [0.32177, 0.63773, 0.13164],
    [-5.37610, -0.96230, 1.47828],
    [16.1721, -3.29980, 3.43990],
];
const ALPHA_V: [Term; 5] = [
    [-0.07771, 2.33840, -0.76284],
    [0.56727, 0.95545, 0.54039],
    [-0.20238, 1.14520, 0.26809],
    [-48.2991, 0.791669, 0.116226],
    [48.5833, 0.791459, 0.116479],
];

/// The coefficients k and alpha of `k R^alpha` (P.838-3), 1 to 1000 GHz; `tilt_deg` is the polarisation
/// against the horizontal, 45 for a circular one.
pub fn coefficients(frequency_ghz: f64, elevation_deg: f64, tilt_deg: f64) -> (f64, f64) {
    let log = frequency_ghz.log10();
    let fit = |terms: &[Term], slope: f64, level: f64| -> f64 {
        let bells = terms
            .iter()
            .map(|[a, b, c]| a * (-((log - b) / c).powi(2)).exp());
        bells.sum::<f64>() + slope * log + level
    };
    let k_h = (fit(&K_H, -0.18961, 0.71147) * LN_10).exp();
    let k_v = (fit(&K_V, -0.16398, 0.63297) * LN_10).exp();
    let alpha_h = fit(&ALPHA_H, 0.67849, -1.95537);
    let alpha_v = fit(&ALPHA_V, -0.053739, 0.83433);
    let share = elevation_deg.to_radians().cos().powi(2) * (2.0 * tilt_deg).to_radians().cos();
    let k = (k_h + k_v + (k_h - k_v) * share) / 2.0;
    let (h, v) = (k_h * alpha_h, k_v * alpha_v);
    (k, (h + v + (h - v) * share) / (2.0 * k))
}

/// Attenuation exceeded for `percent` of an average year (0.001 to 5), dB; up to 55 GHz. Nothing where no
/// rain falls or the antenna stands above it.
pub fn attenuation_db(
    frequency_ghz: f64,
    elevation_deg: f64,
    tilt_deg: f64,
    percent: f64,
    rain: &Rain,
) -> f64 {
    let (sin, cos) = elevation_deg.to_radians().sin_cos();
    let depth_km = rain.height_km - rain.antenna_km;
    if depth_km <= 0.0 || rain.rate_mm_h <= 0.0 {
        return 0.0;
    }
    let slant_km = match elevation_deg >= 5.0 {
        true => depth_km / sin,
        false => 2.0 * depth_km / ((sin * sin + 2.0 * depth_km / EFFECTIVE_RADIUS_KM).sqrt() + sin),
    };
    let ground_km = slant_km * cos;
    let (k, alpha) = coefficients(frequency_ghz, elevation_deg, tilt_deg);
    let specific_db_km = k * rain.rate_mm_h.powf(alpha);
    let horizontal = 1.0
        / (1.0 + 0.78 * (ground_km * specific_db_km / frequency_ghz).sqrt()
            - 0.38 * (1.0 - (-2.0 * ground_km).exp()));
    let reduced_km = ground_km * horizontal;
    let path_km = match depth_km.atan2(reduced_km).to_degrees() > elevation_deg {
        true => reduced_km / cos,
        false => depth_km / sin,
    };
    let lat_deg = rain.lat_deg.abs();
    let chi_deg = (36.0 - lat_deg).max(0.0);
    let vertical = 1.0
        / (1.0
            + sin.sqrt()
                * (31.0
                    * (1.0 - (-elevation_deg / (1.0 + chi_deg)).exp())
                    * (path_km * specific_db_km).sqrt()
                    / frequency_ghz.powi(2)
                    - 0.45));
    let at_hundredth_db = specific_db_km * path_km * vertical;
    let beta = if percent >= 1.0 || lat_deg >= 36.0 {
        0.0
    } else if elevation_deg >= 25.0 {
        -0.005 * (lat_deg - 36.0)
    } else {
        -0.005 * (lat_deg - 36.0) + 1.8 - 4.25 * sin
    };
    let exponent =
        0.655 + 0.033 * percent.ln() - 0.045 * at_hundredth_db.ln() - beta * (1.0 - percent) * sin;
    at_hundredth_db * (percent / 0.01).powf(-exponent)
}

/// Cross-polarisation discrimination not exceeded for `percent` of the time, dB, where rain takes
/// `attenuation_db` for that share; 4 to 55 GHz, elevations up to 60 degrees (section 4.1). With no
/// attenuation there is none to state.
pub fn discrimination_db(
    frequency_ghz: f64,
    elevation_deg: f64,
    tilt_deg: f64,
    percent: f64,
    attenuation_db: f64,
) -> Option<f64> {
    if attenuation_db <= 0.0 {
        return None;
    }
    // Below 6 GHz the figure at 6 GHz is scaled (section 4.3).
    let f = frequency_ghz.max(6.0);
    let log = f.log10();
    let by_frequency = match f {
        ..9.0 => 60.0 * log - 28.3,
        ..36.0 => 26.0 * log + 4.1,
        _ => 35.9 * log - 11.3,
    };
    let slope = match f {
        ..9.0 => 30.8 * f.powf(-0.21),
        ..20.0 => 12.8 * f.powf(0.19),
        ..40.0 => 22.6,
        _ => 13.0 * f.powf(0.15),
    };
    let tilt = -10.0 * (1.0 - 0.484 * (1.0 + (4.0 * tilt_deg).to_radians().cos())).log10();
    let by_elevation = -40.0 * elevation_deg.to_radians().cos().log10();
    let canting_deg: f64 = match percent {
        ..=0.001 => 15.0,
        ..=0.01 => 10.0,
        ..=0.1 => 5.0,
        _ => 0.0,
    };
    let canting = 0.0053 * canting_deg.powi(2);
    let rain = by_frequency - slope * attenuation_db.log10() + tilt + by_elevation + canting;
    let ice = rain * (0.3 + 0.1 * percent.log10()) / 2.0;
    let scaled = 20.0 * (frequency_ghz / f).log10();
    Some(rain - ice - scaled)
}
