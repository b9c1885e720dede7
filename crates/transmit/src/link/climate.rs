//! The radio climate of a place, from compact maps (`data/climate`, whose README names the sources).
//!
//! Maps are interpolated as their Recommendations say: bilinear in latitude and longitude, and between
//! shares of the year linear in the logarithm of the share.

use corridor_orbit::earth::Geodetic;
use serde::Deserialize;
use std::io::Read;
use std::sync::OnceLock;

static FILE: &[u8] = include_bytes!("../../data/climate/climate.bin");

/// Rain falls from this far above the 0 °C isotherm, km (P.839-4).
const RAIN_ABOVE_ISOTHERM_KM: f64 = 0.36;

/// Shares of the year that vapour columns and cloud water are mapped for, percent.
const LEVELS: [f64; 7] = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0];
/// The same for vapour density and for the scale height.
const DENSITY_LEVELS: [f64; 3] = [1.0, 10.0, 50.0];
const SCALE_LEVELS: [f64; 2] = [1.0, 50.0];

/// The maps, decoded.
#[derive(Debug)]
pub struct Climate {
    rain_rate_mm_h: Map,
    zero_isotherm_km: Map,
    temperature_k: Map,
    wet_refractivity: Map,
    vapour_kg_m2: Vec<Map>,
    vapour_g_m3: Vec<Map>,
    vapour_scale_km: Vec<Map>,
    ground_km: Map,
    cloud_kg_m2: Vec<Map>,
}

/// The climate of one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiteClimate {
    /// Rain rate exceeded for 0.01 % of an average year, mm/h.
    pub rain_rate_mm_h: f64,
    /// Mean height that rain falls from, km above the sea.
    pub rain_height_km: f64,
    /// Mean temperature at the ground, K.
    pub temperature_k: f64,
    /// Median wet term of the refractivity at the ground.
    pub wet_refractivity: f64,
    /// Water vapour above the antenna, kg/m², for the share of the year asked for.
    pub vapour_kg_m2: f64,
    /// Water vapour at the antenna, g/m³, likewise.
    pub vapour_g_m3: f64,
    /// Liquid water of clouds, reduced to 0 °C, kg/m², likewise.
    pub cloud_kg_m2: f64,
}

impl Climate {
    /// The maps that ship with the program; decoded at the first call, in about 20 ms.
    pub fn shipped() -> &'static Self {
        static CLIMATE: OnceLock<Climate> = OnceLock::new();
        CLIMATE
            .get_or_init(|| Self::decode(FILE).expect("the shipped maps decode, as a test shows"))
    }

    fn decode(file: &[u8]) -> Option<Self> {
        let end = file.windows(2).position(|pair| pair == b"\n\n")?;
        let head = std::str::from_utf8(&file[..end]).ok()?;
        let mut rest = &file[end + 2..];
        let mut maps = Vec::new();
        for line in head.lines().skip(1) {
            let head: Head = serde_json::from_str(line).ok()?;
            let (body, after) = rest.split_at_checked(head.bytes)?;
            maps.push((head.name.clone(), Map::decode(&head, body)?));
            rest = after;
        }
        let mut take = |name: String| {
            let at = maps.iter().position(|(n, _)| *n == name)?;
            Some(maps.swap_remove(at).1)
        };
        let mut levels = |name: &str, levels: &[f64]| -> Option<Vec<Map>> {
            levels.iter().map(|p| take(format!("{name}_{p}"))).collect()
        };
        Some(Self {
            vapour_kg_m2: levels("vapour_kg_m2", &LEVELS)?,
            vapour_g_m3: levels("vapour_g_m3", &DENSITY_LEVELS)?,
            vapour_scale_km: levels("vapour_scale_km", &SCALE_LEVELS)?,
            cloud_kg_m2: levels("cloud_kg_m2", &LEVELS)?,
            rain_rate_mm_h: take("rain_rate_mm_h".into())?,
            zero_isotherm_km: take("zero_isotherm_km".into())?,
            temperature_k: take("temperature_k".into())?,
            wet_refractivity: take("wet_refractivity".into())?,
            ground_km: take("ground_km".into())?,
        })
    }

    /// The climate at a place; what changes over the year is that exceeded for `percent` of it, held
    /// within 1 and 50.
    pub fn at(&self, place: &Geodetic, percent: f64) -> SiteClimate {
        let percent = percent.clamp(1.0, 50.0);
        SiteClimate {
            rain_rate_mm_h: self.rain_rate_mm_h.at(place),
            rain_height_km: self.zero_isotherm_km.at(place) + RAIN_ABOVE_ISOTHERM_KM,
            temperature_k: self.temperature_k.at(place),
            wet_refractivity: self.wet_refractivity.at(place),
            vapour_kg_m2: self.vapour(&self.vapour_kg_m2, &LEVELS, place, percent),
            vapour_g_m3: self.vapour(&self.vapour_g_m3, &DENSITY_LEVELS, place, percent),
            cloud_kg_m2: between(&LEVELS, percent, |k| self.cloud_kg_m2[k].at(place)),
        }
    }

    /// Water vapour thins with height from the ground that the maps refer to (P.836-6, annex 1).
    fn vapour(&self, maps: &[Map], levels: &[f64], place: &Geodetic, percent: f64) -> f64 {
        let height_km = place.height_m / 1e3;
        between(levels, percent, |k| {
            maps[k]
                .corners(place)
                .into_iter()
                .fold(0.0, |sum, (at, weight)| {
                    let scale_km = between(&SCALE_LEVELS, levels[k], |s| {
                        self.vapour_scale_km[s].value(at)
                    });
                    let above_km = height_km - self.ground_km.value(at);
                    sum + weight * maps[k].value(at) * (-above_km / scale_km).exp()
                })
        })
    }
}

/// Linear in the logarithm of the share between the levels around it.
fn between(levels: &[f64], percent: f64, value: impl Fn(usize) -> f64) -> f64 {
    let above = levels.iter().position(|&level| level >= percent);
    let above = above.unwrap_or(levels.len() - 1);
    let share = match above {
        0 => 1.0,
        _ => (percent / levels[above - 1]).ln() / (levels[above] / levels[above - 1]).ln(),
    };
    let high = value(above);
    match share >= 1.0 {
        true => high,
        false => high * share + value(above - 1) * (1.0 - share),
    }
}

/// What the file says of a map.
#[derive(Debug, Clone, Deserialize)]
struct Head {
    name: String,
    rows: usize,
    columns: usize,
    south_deg: f64,
    west_deg: f64,
    step_deg: f64,
    quantum: f64,
    root: bool,
    bytes: usize,
}

/// Values on a grid of latitude (rows, northward) and longitude (columns, eastward).
#[derive(Debug)]
struct Map {
    rows: usize,
    columns: usize,
    south_deg: f64,
    west_deg: f64,
    step_deg: f64,
    quantum: f64,
    /// Whether the square roots of the values are kept.
    root: bool,
    /// In steps of `quantum`.
    values: Vec<i32>,
}

impl Map {
    fn decode(head: &Head, body: &[u8]) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut body = flate2::read::ZlibDecoder::new(body);
        body.read_to_end(&mut bytes).ok()?;
        let mut bytes = bytes.into_iter();
        let columns = head.columns;
        let mut values = vec![0; head.rows * columns];
        for at in 0..values.len() {
            let (row, column) = (at / columns, at % columns);
            let west = if column > 0 { values[at - 1] } else { 0 };
            let south = if row > 0 { values[at - columns] } else { 0 };
            let both = column > 0 && row > 0;
            let corner = if both { values[at - columns - 1] } else { 0 };
            values[at] = west + south - corner + difference(&mut bytes)?;
        }
        Some(Self {
            rows: head.rows,
            columns,
            south_deg: head.south_deg,
            west_deg: head.west_deg,
            step_deg: head.step_deg,
            quantum: head.quantum,
            root: head.root,
            values,
        })
    }

    fn value(&self, at: usize) -> f64 {
        let value = f64::from(self.values[at]) * self.quantum;
        if self.root { value * value } else { value }
    }

    /// The four points around a place with their weights.
    fn corners(&self, place: &Geodetic) -> [(usize, f64); 4] {
        let east_deg = (place.lon_deg - self.west_deg).rem_euclid(360.0);
        let (row, up) = cell((place.lat_deg - self.south_deg) / self.step_deg, self.rows);
        let (column, right) = cell(east_deg / self.step_deg, self.columns);
        let at = row * self.columns + column;
        [
            (at, (1.0 - up) * (1.0 - right)),
            (at + 1, (1.0 - up) * right),
            (at + self.columns, up * (1.0 - right)),
            (at + self.columns + 1, up * right),
        ]
    }

    fn at(&self, place: &Geodetic) -> f64 {
        let corners = self.corners(place);
        corners.iter().map(|&(at, w)| w * self.value(at)).sum()
    }
}

/// The cell that a position along an axis of `points` falls in, and how far into it.
fn cell(position: f64, points: usize) -> (usize, f64) {
    let last = points.saturating_sub(2);
    let index = (position.max(0.0) as usize).min(last);
    (index, (position - index as f64).clamp(0.0, 1.0))
}

/// The next zigzag varint.
fn difference(bytes: &mut impl Iterator<Item = u8>) -> Option<i32> {
    let mut value = 0u32;
    for shift in (0..28).step_by(7) {
        let byte = bytes.next()?;
        value |= u32::from(byte & 127) << shift;
        if byte < 128 {
            return Some((value >> 1) as i32 ^ -((value & 1) as i32));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_maps_decode_and_meet_at_the_antimeridian() {
        let climate = Climate::shipped();
        let at = |lon_deg: f64| climate.at(&Geodetic::on_ground(lon_deg, -17.3), 5.0);
        let (west, east) = (at(-180.0), at(180.0));
        assert!((west.temperature_k - east.temperature_k).abs() < 1e-9);
        assert!((at(179.9).rain_rate_mm_h - at(-179.9).rain_rate_mm_h).abs() < 5.0);
        for lat_deg in [-90.0, 90.0] {
            let pole = climate.at(&Geodetic::on_ground(0.0, lat_deg), 1.0);
            assert!(pole.vapour_kg_m2 > 0.0 && pole.temperature_k > 200.0);
        }
    }

    #[test]
    fn a_cut_file_does_not_decode() {
        assert!(Climate::decode(&FILE[..FILE.len() / 2]).is_none());
        assert!(Climate::decode(b"").is_none());
    }
}
