//! Attenuation by the water of clouds: Recommendation ITU-R P.840-8.

/// Attenuation coefficient of cloud water at 0 °C, dB/km per g/m³ (Rayleigh scattering, up to 200 GHz;
/// equations 2 to 10).
pub fn coefficient(frequency_ghz: f64) -> f64 {
    let (f, theta): (f64, f64) = (frequency_ghz, 300.0 / 273.15);
    let static_permittivity = 77.66 + 103.3 * (theta - 1.0);
    let (e0, e1, e2) = (static_permittivity, 0.0671 * static_permittivity, 3.52);
    let principal_ghz = 20.20 - 146.0 * (theta - 1.0) + 316.0 * (theta - 1.0).powi(2);
    let secondary_ghz = 39.8 * principal_ghz;
    let damp = |relaxation: f64| 1.0 + (f / relaxation).powi(2);
    let real = (e0 - e1) / damp(principal_ghz) + (e1 - e2) / damp(secondary_ghz) + e2;
    let imaginary = f * (e0 - e1) / (principal_ghz * damp(principal_ghz))
        + f * (e1 - e2) / (secondary_ghz * damp(secondary_ghz));
    let eta = (2.0 + real) / imaginary;
    0.819 * f / (imaginary * (1.0 + eta * eta))
}

/// Attenuation along a path through a column of `liquid_kg_m2` of reduced liquid water, dB; elevations
/// from 5 to 90 degrees (equation 12).
pub fn attenuation_db(frequency_ghz: f64, elevation_deg: f64, liquid_kg_m2: f64) -> f64 {
    liquid_kg_m2 * coefficient(frequency_ghz) / elevation_deg.to_radians().sin()
}
