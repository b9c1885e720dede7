//! Rain at the stations: how often a link's air takes more than it bears, and when it rains.
//!
//! The share of time comes from the climate of the station (Recommendation ITU-R P.618-13 on the maps of
//! [`corridor_transmit::link::climate`]): the share of an average year in which rain attenuation on the path
//! halfway between the mask and the peak of a pass is above a margin. When it rains is drawn: spells that
//! take 5 percent of the time, the largest share that the recommendation predicts rain for, each with a
//! severity between 0 and 1. A contact is broken off in a spell whose severity is below its share over 5
//! percent, so that contacts fail as often as the climate says, lower paths with every spell that stops
//! higher ones, and all satellites over one station together.

use super::chance::{Chance, Spell};
use crate::error::WatchError;
use crate::settings::Settings;
use corridor_transmit::link::attenuation::{Beam, Sky};
use corridor_transmit::link::scintillation::Dish;
use corridor_transmit::station::Station;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Share of the time that spells of rain take, percent: rain is predicted up to it.
const RAINY_PERCENT: f64 = 5.0;

/// Elevations at which a station's shares are worked out, degrees; between them they are interpolated.
const ELEVATIONS_DEG: [f64; 7] = [5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 90.0];

/// Halvings of the search for a share: 5 percent over 2 to the 24th is below the smallest predicted.
const HALVINGS: u32 = 24;

/// The dish that receives, m; rain does not depend on it.
const DISH_M: f64 = 5.0;

/// Shares of the time by station, band and elevation.
pub(super) struct Weather {
    margin_db: Option<f64>,
    known: RefCell<BTreeMap<(String, &'static str), [f64; 7]>>,
}

/// A spell of rain with its severity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rain {
    pub(super) spell: Spell,
    severity: f64,
}

impl Rain {
    /// Whether it breaks off a link that fails for this share of the time.
    pub(super) fn breaks(&self, share: f64) -> bool {
        self.severity < share * 100.0 / RAINY_PERCENT
    }
}

impl Weather {
    pub(super) fn read(settings: &Settings, rain: bool) -> Result<Self, WatchError> {
        let margin_db = settings.value("rehearsal.rain_margin_db")?;
        Ok(Self {
            margin_db: rain.then_some(margin_db),
            known: RefCell::default(),
        })
    }

    /// Share of the time in which a pass with this peak fails by rain; 0 where a station's climate cannot
    /// be asked for.
    pub(super) fn share(&self, station: &Station, band: Option<&str>, peak_deg: f64) -> f64 {
        let Some(margin_db) = self.margin_db else {
            return 0.0;
        };
        let band = band_of(band);
        let key = (station.id.clone(), band.0);
        let mut known = self.known.borrow_mut();
        let shares = known.entry(key).or_insert_with(|| {
            ELEVATIONS_DEG.map(|e| exceeded(station, band.1, e, margin_db).unwrap_or(0.0))
        });
        let half_deg = 0.5 * (station.elevation_mask_deg + peak_deg).clamp(10.0, 180.0);
        at(shares, half_deg)
    }
}

/// Spells of rain at a station.
pub(super) fn rain(chance: Chance, station: &str, mean_s: f64, duration_s: f64) -> Vec<Rain> {
    let mut stream = chance.of("rain", station);
    let dry_s = mean_s * (100.0 / RAINY_PERCENT - 1.0);
    let spells = stream.spells(dry_s, mean_s, duration_s);
    spells
        .into_iter()
        .map(|spell| Rain {
            spell,
            severity: stream.share(),
        })
        .collect()
}

/// The highest band named, and its payload downlink frequency, GHz: Ka 26.5, X 8.2, S 2.2; X where none is.
fn band_of(band: Option<&str>) -> (&'static str, f64) {
    match band {
        Some(b) if b.contains("Ka") => ("Ka", 26.5),
        Some(b) if b.contains('X') => ("X", 8.2),
        Some(b) if b.contains('S') => ("S", 2.2),
        _ => ("X", 8.2),
    }
}

/// What a station's dish hears, at a tilt between the two linear polarisations.
fn beam(frequency_ghz: f64) -> Beam {
    Beam {
        frequency_ghz,
        tilt_deg: 45.0,
        dish: Dish {
            diameter_m: DISH_M,
            efficiency: 0.5,
        },
    }
}

/// Share of an average year in which rain takes more than `margin_db`.
fn exceeded(
    station: &Station,
    frequency_ghz: f64,
    elevation_deg: f64,
    margin_db: f64,
) -> Option<f64> {
    let beam = beam(frequency_ghz);
    let more = |percent: f64| {
        let sky = Sky::new(&station.geodetic(), beam, percent).ok()?;
        let air = sky.towards(elevation_deg).ok()?;
        Some(air.rain_db > margin_db)
    };
    let (mut low, mut high) = (1e-3_f64, RAINY_PERCENT);
    if !more(low)? {
        return Some(0.0);
    }
    if more(high)? {
        return Some(high / 100.0);
    }
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        match more(middle)? {
            true => low = middle,
            false => high = middle,
        }
    }
    Some(low / 100.0)
}

fn at(shares: &[f64; 7], elevation_deg: f64) -> f64 {
    let after = ELEVATIONS_DEG.partition_point(|e| *e <= elevation_deg);
    if after == 0 || after == ELEVATIONS_DEG.len() {
        return shares[after.min(ELEVATIONS_DEG.len() - 1)];
    }
    let (low, high) = (ELEVATIONS_DEG[after - 1], ELEVATIONS_DEG[after]);
    let part = (elevation_deg - low) / (high - low);
    shares[after - 1] + part * (shares[after] - shares[after - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn singapore() -> Station {
        serde_json::from_value(serde_json::json!({
            "id": "singapore", "name": "Singapore", "network": "test", "lon_deg": 103.7, "lat_deg": 1.3,
            "height_m": 15.0, "elevation_mask_deg": 5.0
        }))
        .unwrap()
    }

    /// The share found is the one at which the model gives the margin: asked back, to the search's width.
    #[test]
    fn the_share_is_where_the_model_gives_the_margin() {
        let station = singapore();
        for (frequency_ghz, elevation_deg) in [(8.2, 10.0), (26.5, 30.0)] {
            let share = exceeded(&station, frequency_ghz, elevation_deg, 6.0).unwrap();
            let beam = beam(frequency_ghz);
            let sky = Sky::new(&station.geodetic(), beam, share * 100.0).unwrap();
            let rain_db = sky.towards(elevation_deg).unwrap().rain_db;
            assert!((rain_db - 6.0).abs() < 0.01, "{rain_db} dB at {share}");
        }
    }

    #[test]
    fn higher_bands_and_lower_paths_fail_more() {
        let settings =
            Settings::read(&crate::register::shipped_assumptions().unwrap(), None).unwrap();
        let weather = Weather::read(&settings, true).unwrap();
        let station = singapore();
        let ka = weather.share(&station, Some("Ka"), 40.0);
        let x = weather.share(&station, Some("X"), 40.0);
        let x_low = weather.share(&station, Some("X"), 6.0);
        assert!(ka > x && x_low > x && x >= 0.0, "{ka} {x} {x_low}");
        let dry = Weather::read(&settings, false).unwrap();
        assert!(dry.share(&station, Some("Ka"), 40.0) == 0.0);
    }

    /// Links fail for their share of the time: over 20 years of spells within 10 % (some 26,000 spells, of
    /// which one in five is severe enough: 3 standard errors are 6 %).
    #[test]
    fn links_fail_as_often_as_the_climate_says() {
        let duration_s = 20.0 * 365.25 * 86_400.0;
        let spells = rain(Chance { seed: 3 }, "x", 1_200.0, duration_s);
        let share = 0.01;
        let down_s: f64 = spells
            .iter()
            .filter(|r| r.breaks(share))
            .map(|r| r.spell.end_s - r.spell.start_s)
            .sum();
        let found = down_s / duration_s;
        assert!((found / share - 1.0).abs() < 0.1, "{found}");
        assert!(spells.iter().all(|r| !r.breaks(0.0)));
    }
}
