//! Attenuation by oxygen and water vapour: Recommendation ITU-R P.676-12.

mod line;

use line::{OXYGEN, VAPOUR};

/// Frequency that the vapour column is referred to, GHz (annex 2, section 2.3).
const REFERENCE_GHZ: f64 = 20.6;
/// Dry pressure there, hPa.
const REFERENCE_HPA: f64 = 845.0;

/// The air at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Air {
    /// Pressure without water vapour, hPa.
    pub dry_pressure_hpa: f64,
    /// Temperature, K.
    pub temperature_k: f64,
    /// Density of water vapour, g/m³.
    pub vapour_g_m3: f64,
}

impl Air {
    /// Partial pressure of water vapour, hPa (annex 1, equation 4).
    pub fn vapour_hpa(&self) -> f64 {
        self.vapour_g_m3 * self.temperature_k / 216.7
    }
}

/// Specific attenuation by dry air at `frequency_ghz` (1 to 1000), dB/km (annex 1).
pub fn oxygen_db_km(frequency_ghz: f64, air: &Air) -> f64 {
    let (f, theta) = (frequency_ghz, 300.0 / air.temperature_k);
    let (p, e) = (air.dry_pressure_hpa, air.vapour_hpa());
    let mut refractivity = 0.0;
    for &[f0, a1, a2, a3, a4, a5, a6] in &OXYGEN {
        let strength = a1 * 1e-7 * p * theta.powi(3) * (a2 * (1.0 - theta)).exp();
        let natural = a3 * 1e-4 * (p * theta.powf(0.8 - a4) + 1.1 * e * theta);
        // Zeeman splitting keeps a line from narrowing to nothing.
        let width = (natural * natural + 2.25e-6).sqrt();
        let shift = (a5 + a6 * theta) * 1e-4 * (p + e) * theta.powf(0.8);
        refractivity += strength * shape(f, f0, width, shift);
    }
    let d = 5.6e-4 * (p + e) * theta.powf(0.8);
    let debye = 6.14e-5 / (d * (1.0 + (f / d).powi(2)));
    let pressure_induced = 1.4e-12 * p * theta.powf(1.5) / (1.0 + 1.9e-5 * f.powf(1.5));
    refractivity += f * p * theta * theta * (debye + pressure_induced);
    0.1820 * f * refractivity
}

/// Specific attenuation by water vapour at `frequency_ghz` (1 to 1000), dB/km (annex 1).
pub fn vapour_db_km(frequency_ghz: f64, air: &Air) -> f64 {
    let (f, theta) = (frequency_ghz, 300.0 / air.temperature_k);
    let (p, e) = (air.dry_pressure_hpa, air.vapour_hpa());
    let mut refractivity = 0.0;
    for &[f0, b1, b2, b3, b4, b5, b6] in &VAPOUR {
        let strength = b1 * 0.1 * e * theta.powf(3.5) * (b2 * (1.0 - theta)).exp();
        let natural = b3 * 1e-4 * (p * theta.powf(b4) + b5 * e * theta.powf(b6));
        let doppler = 2.1316e-12 * f0 * f0 / theta;
        let width = 0.535 * natural + (0.217 * natural * natural + doppler).sqrt();
        refractivity += strength * shape(f, f0, width, 0.0);
    }
    0.1820 * f * refractivity
}

/// Shape of a line (annex 1, equation 5).
fn shape(f: f64, f0: f64, width: f64, shift: f64) -> f64 {
    let side = |offset: f64| (width - shift * offset) / (offset * offset + width * width);
    f / f0 * (side(f0 - f) + side(f0 + f))
}

/// Height of a layer of ground air that attenuates like the oxygen above, km (annex 2, section 2.2).
fn oxygen_height_km(frequency_ghz: f64, air: &Air) -> f64 {
    const LINES: [(f64, f64); 7] = [
        (0.1597, 118.750334),
        (0.1066, 368.498246),
        (0.1325, 424.763020),
        (0.1242, 487.249273),
        (0.0938, 715.392902),
        (0.1448, 773.839490),
        (0.1374, 834.145546),
    ];
    let f = frequency_ghz;
    let rp = (air.dry_pressure_hpa + air.vapour_hpa()) / 1013.25;
    let complex = (f - 59.7) / (2.87 + 12.4 * (-7.9 * rp).exp());
    let t1 = 5.1040 / (1.0 + 0.066 * rp.powf(-2.3)) * (-complex * complex).exp();
    let t2: f64 = LINES
        .iter()
        .map(|&(c, line)| c * (2.12 * rp).exp() / ((f - line).powi(2) + 0.025 * (2.2 * rp).exp()))
        .sum();
    let t3 = 0.0114 * f / (1.0 + 0.14 * rp.powf(-2.6)) * (15.02 * f * f - 1353.0 * f + 5.333e4)
        / (f.powi(3) - 151.3 * f * f + 9629.0 * f - 6803.0);
    let warm = 0.7832 + 0.00709 * (air.temperature_k - 273.15);
    let height = 6.1 * warm / (1.0 + 0.17 * rp.powf(-1.1)) * (1.0 + t1 + t2 + t3);
    match f < 70.0 {
        true => height.min(10.7 * rp.powf(0.3)),
        false => height,
    }
}

/// Attenuation straight up by oxygen, dB (annex 2, section 2.2).
pub fn oxygen_zenith_db(frequency_ghz: f64, air: &Air) -> f64 {
    oxygen_db_km(frequency_ghz, air) * oxygen_height_km(frequency_ghz, air)
}

/// Attenuation straight up by a column of `vapour_kg_m2` of water vapour over a place at `height_km` above
/// the sea, dB (annex 2, section 2.3).
pub fn vapour_zenith_db(frequency_ghz: f64, vapour_kg_m2: f64, height_km: f64) -> f64 {
    let f = frequency_ghz;
    let density = vapour_kg_m2 / 2.38;
    let reference = Air {
        dry_pressure_hpa: REFERENCE_HPA,
        temperature_k: 14.0 * (0.22 * density).ln() + 3.0 + 273.15,
        vapour_g_m3: density,
    };
    let column = 0.0176 * vapour_kg_m2 * vapour_db_km(f, &reference)
        / vapour_db_km(REFERENCE_GHZ, &reference);
    if f < 20.0 {
        return column;
    }
    let near = |line: f64, width: f64| (-((f - line) / width).powi(2)).exp();
    let a = 0.2048 * near(22.43, 3.097) + 0.2326 * near(183.5, 4.096) + 0.2073 * near(325.0, 3.651)
        - 0.1113;
    let b = 8.741e4 * (-0.587 * f).exp() + 312.2 * f.powf(-2.38) + 0.723;
    column * (a * height_km.clamp(0.0, 4.0).powf(b) + 1.0)
}
