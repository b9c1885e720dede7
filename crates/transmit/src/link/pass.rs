//! A link over a pass: which rate it bears when, and how much it carries.

use super::attenuation::Sky;
use super::budget::Link;
use super::coding::{ModCod, best};
use super::{LinkError, within};
use serde::{Deserialize, Serialize};

/// Most instants of one pass: bounds the work of one call.
pub const SAMPLES_MAX: usize = 1_000_000;

/// Where the satellite stands at an instant of a pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Seconds from the start of the pass.
    pub t_s: f64,
    /// Elevation at the station, degrees.
    pub elevation_deg: f64,
    /// Distance, km.
    pub range_km: f64,
}

/// How modulation and code follow the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// One for the whole pass: the one that carries most, sent only while the link bears it.
    Constant,
    /// The best at each instant.
    Adaptive,
}

/// The carrier and the choice of modulations and codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carrier<'a> {
    /// Symbols a second.
    pub rate_baud: f64,
    /// What can be chosen from.
    pub from: &'a [ModCod],
    /// Kept in hand above what theory asks for, dB.
    pub margin_db: f64,
    /// How the choice is made.
    pub mode: Mode,
}

/// A stretch of a pass at one rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Seconds from the start of the pass.
    pub start_s: f64,
    /// First instant after.
    pub end_s: f64,
    /// Modulation and code; `None` while the link bears none.
    pub modcod: Option<&'static str>,
    /// Information rate, bit/s.
    pub rate_bit_s: f64,
}

/// What a pass carries, with the share of time that the air allows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Volume {
    /// The stretches in order of time, without gaps.
    pub steps: Vec<Step>,
    /// Information bits, rounded down to bytes.
    pub volume_bytes: u64,
    /// Least margin over what is sent, dB; `None` where nothing is.
    pub least_margin_db: Option<f64>,
}

/// What `link` carries over a pass under `sky`. Between samples the lower of the two rates is taken, so
/// that the figure is never above what the link bears. Below 5 degrees, where no model holds, nothing is
/// sent.
///
/// # Errors
/// [`LinkError`] names a figure that cannot be.
pub fn over(
    samples: &[Sample],
    link: &Link,
    sky: &Sky,
    carrier: &Carrier<'_>,
) -> Result<Volume, LinkError> {
    let right = "should be more than 0 and at most 1e12 symbols a second";
    within("rate_baud", carrier.rate_baud, 1e-3, 1e12, right)?;
    let right = "should be from -50 to 50 dB";
    within("margin_db", carrier.margin_db, -50.0, 50.0, right)?;
    let right = "should be at most a million";
    within(
        "samples",
        samples.len() as f64,
        0.0,
        SAMPLES_MAX as f64,
        right,
    )?;
    for pair in samples.windows(2) {
        let right = "should rise from sample to sample";
        within("t_s", pair[1].t_s, pair[0].t_s, f64::MAX, right)?;
    }
    let heard: Vec<Option<f64>> = samples
        .iter()
        .map(|sample| heard_db(sample, link, sky, carrier))
        .collect::<Result<_, _>>()?;
    let constant = [most_carried(samples, &heard, carrier)];
    let from: &[ModCod] = match (carrier.mode, &constant) {
        (Mode::Adaptive, _) => carrier.from,
        (Mode::Constant, [Some(one)]) => std::slice::from_ref(one),
        (Mode::Constant, [None]) => &[],
    };
    Ok(volume(samples, &heard, from, carrier.rate_baud))
}

/// Energy of a symbol over noise density less the margin at a sample, dB; `None` below the models.
fn heard_db(
    sample: &Sample,
    link: &Link,
    sky: &Sky,
    carrier: &Carrier<'_>,
) -> Result<Option<f64>, LinkError> {
    if sample.elevation_deg < super::attenuation::ELEVATION_DEG.0 {
        return Ok(None);
    }
    let air = sky.towards(sample.elevation_deg.min(90.0))?;
    let budget = link.budget(sample.range_km, air.total_db, air.gas_db)?;
    Ok(Some(
        budget.es_over_n0_db(carrier.rate_baud) - carrier.margin_db,
    ))
}

/// What a stretch between two samples hears: the worse of its ends.
fn worse(pair: &[Option<f64>]) -> Option<f64> {
    pair[0].zip(pair[1]).map(|(a, b)| a.min(b))
}

fn most_carried(
    samples: &[Sample],
    heard: &[Option<f64>],
    carrier: &Carrier<'_>,
) -> Option<ModCod> {
    let carried = |one: &ModCod| {
        let stretches = samples.windows(2).zip(heard.windows(2));
        let borne = stretches.filter(|(_, h)| worse(h).is_some_and(|h| h >= one.es_over_n0_db));
        one.bit_symbol * borne.map(|(s, _)| s[1].t_s - s[0].t_s).sum::<f64>()
    };
    let all = carrier.from.iter().map(|one| (carried(one), *one));
    let carrying = all.filter(|(bits, _)| *bits > 0.0);
    carrying
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, one)| one)
}

fn volume(samples: &[Sample], heard: &[Option<f64>], from: &[ModCod], rate_baud: f64) -> Volume {
    let mut steps: Vec<Step> = Vec::new();
    let (mut bits, mut least): (f64, Option<f64>) = (0.0, None);
    for (pair, heard) in samples.windows(2).zip(heard.windows(2)) {
        let heard_db = worse(heard);
        let chosen = heard_db.and_then(|db| best(from, db));
        if let Some((one, db)) = chosen.zip(heard_db) {
            let margin_db = db - one.es_over_n0_db;
            least = Some(least.map_or(margin_db, |l| l.min(margin_db)));
        }
        let rate_bit_s = chosen.map_or(0.0, |one| one.bit_symbol * rate_baud);
        bits += rate_bit_s * (pair[1].t_s - pair[0].t_s);
        let modcod = chosen.map(|one| one.name);
        match steps.last_mut() {
            Some(last) if last.modcod == modcod => last.end_s = pair[1].t_s,
            _ => steps.push(Step {
                start_s: pair[0].t_s,
                end_s: pair[1].t_s,
                modcod,
                rate_bit_s,
            }),
        }
    }
    Volume {
        steps,
        volume_bytes: (bits / 8.0) as u64,
        least_margin_db: least,
    }
}
