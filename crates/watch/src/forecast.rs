//! The forecast: which answers to expect for a watch, and when they are in the user's hands.
//!
//! For each satellite of the register whose instrument suits the product: the opportunities of
//! the span, the ways that bring the data down, over its stations or its relays, to the node, the processing, the
//! publishing. Cost grows with satellites × span; the satellites are shared out over threads.

mod work;

pub(crate) use work::{ChainTimes, Work, suits};

use crate::chain::later;
use crate::error::WatchError;
use crate::register::{Register, Satellite};
use crate::relayed::Relays;
use crate::request::Watch;
use crate::settings::Settings;
use corridor_know::product::Product;
use corridor_sense::instrument::{Instrument, InstrumentKind};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};
use work::Part;

/// How far ahead a forecast looks where nothing is said, hours.
pub const DEFAULT_SPAN_H: i64 = 72;
/// The longest span one forecast may cover, hours: bounds its time and memory.
pub const SPAN_MAX_H: i64 = 24 * 31;

/// One answer to expect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForecastEntry {
    /// The satellite's name.
    pub satellite: String,
    /// Its catalogue number; `None` where it is planned.
    pub norad_id: Option<u32>,
    /// Not in orbit yet.
    pub planned: bool,
    /// Who runs it.
    pub operator: String,
    /// The instrument's id.
    pub instrument: String,
    /// Optical or SAR.
    pub kind: InstrumentKind,
    /// The station the last byte comes down at.
    pub station: String,
    /// First instant at which the area can be observed.
    pub observed_start: Timestamp,
    /// Last instant at which the area can be observed.
    pub observed_end: Timestamp,
    /// The relay that the last byte comes over; `None` where the satellite sends to the station itself.
    #[serde(default)]
    pub relay: Option<String>,
    /// Start of the satellite's contact, with the station or the relay, that takes the last byte.
    pub contact_start: Timestamp,
    /// End of that contact.
    pub contact_end: Timestamp,
    /// Last byte at the station.
    pub down: Timestamp,
    /// Last byte at the node.
    pub at_node: Timestamp,
    /// Product computed.
    pub processed: Timestamp,
    /// Answer in the user's hands.
    pub in_hands: Timestamp,
    /// Earliest and latest `in_hands` as far as the age of the elements goes: in nine of ten cases it is
    /// between them, if the settings hold. A satellite that comes early or late is early or late over
    /// the area and over the station alike, so both are `in_hands` by the timing uncertainty at the
    /// contact. `None` where that is not known.
    #[serde(default)]
    pub in_hands_earliest: Option<Timestamp>,
    /// See `in_hands_earliest`.
    #[serde(default)]
    pub in_hands_latest: Option<Timestamp>,
    /// Least off-nadir angle in the window, degrees.
    pub min_off_nadir_deg: f64,
    /// Part of the area covered, 0 to 1.
    pub coverage: f64,
    /// Sun elevation at the area in the middle of the window, degrees.
    pub sun_elevation_deg: f64,
    /// Age of the elements at the observation, days.
    pub element_age_days: f64,
    /// How early or late the observation may be because the elements age, seconds: in nine of ten cases
    /// less. `None` where it is not known (planned satellites, ephemerides, high orbits).
    #[serde(default)]
    pub timing_uncertainty_s: Option<f64>,
    /// How far to the side the satellite may pass, km; likewise.
    #[serde(default)]
    pub cross_track_uncertainty_km: Option<f64>,
    /// Whether the elements are too old to rely on the window.
    #[serde(default)]
    pub stale: bool,
    /// Data of this observation, bytes.
    pub volume_bytes: u64,
    /// From the start of the forecast to the user's hands, seconds.
    pub time_to_answer_s: f64,
    /// Keys of the settings that these times rest on.
    pub assumptions: Vec<String>,
}

/// An opportunity whose data does not come down in the time looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undeliverable {
    /// The satellite's name.
    pub satellite: String,
    /// Not in orbit yet.
    pub planned: bool,
    /// The instrument's id.
    pub instrument: String,
    /// First instant at which the area can be observed.
    pub observed_start: Timestamp,
    /// Why no answer is promised.
    pub reason: String,
}

/// What a watch can expect, the earliest answer first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The watch's id.
    pub watch: String,
    /// When it was computed, wall-clock UTC.
    pub computed_at: Timestamp,
    /// Start of the span.
    pub from: Timestamp,
    /// End of the span.
    pub to: Timestamp,
    /// Newest epoch among the element sets used.
    pub element_epoch: Timestamp,
    /// Satellites with a suitable instrument that were looked at.
    pub satellites: usize,
    /// The answers to expect.
    pub entries: Vec<ForecastEntry>,
    /// The opportunities without one.
    pub undeliverable: Vec<Undeliverable>,
    /// Satellites that could not be computed, with the reason.
    pub faults: Vec<String>,
}

/// Checks a span and fills in what is not said.
///
/// # Errors
/// [`WatchError::Invalid`] where it ends before it starts or is too long.
pub fn span(
    register: &Register,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<(Timestamp, Timestamp), WatchError> {
    let from = from.unwrap_or_else(|| register.epoch_day());
    let to = match to {
        Some(to) => to,
        None => from
            .checked_add(SignedDuration::from_hours(DEFAULT_SPAN_H))
            .map_err(|e| WatchError::Invalid(format!("from {from}: {e}")))?,
    };
    if to <= from {
        return Err(WatchError::Invalid(format!(
            "the span ends at {to}, not after {from}"
        )));
    }
    if to.duration_since(from) > SignedDuration::from_hours(SPAN_MAX_H) {
        return Err(WatchError::Invalid(format!(
            "the span from {from} to {to} is longer than {SPAN_MAX_H} hours"
        )));
    }
    Ok((from, to))
}

/// Computes the forecast of a watch over `[from, to)`. `progress` hears satellites done and all.
///
/// # Errors
/// [`WatchError`] where the area does not read or a setting is missing. A satellite that cannot
/// be computed is listed in `faults` and stops nothing.
pub fn compute(
    register: &Register,
    settings: &Settings,
    watch: &Watch,
    product: &Product,
    (from, to): (Timestamp, Timestamp),
    computed_at: Timestamp,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Forecast, WatchError> {
    let area = watch.area()?;
    let chain = ChainTimes::read(settings, product, &area)?;
    let pairs: Vec<(&Satellite, &Instrument)> = register
        .satellites()
        .iter()
        .flat_map(|s| s.instruments.iter().map(move |i| (s, i)))
        .filter_map(|(s, id)| register.instrument(id).map(|i| (s, i)))
        .filter(|(_, i)| suits(product, i, chain.max_gsd_m))
        .collect();
    let until = later(to, chain.downlink_horizon_s);
    let users = pairs.iter().map(|(s, _)| *s);
    let relays = Relays::of(register, settings, users, &[], (from, until))?;
    let work = Work {
        register,
        chain: &chain,
        relays: &relays,
        area: &area,
        from,
        to,
    };
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<Part> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut part = Part::default();
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some((satellite, instrument)) = pairs.get(i) else {
                            break part;
                        };
                        work.satellite(satellite, instrument, &mut part);
                        progress(i + 1, pairs.len());
                    }
                })
            })
            .collect();
        handles.into_iter().filter_map(|h| h.join().ok()).collect()
    });
    let mut all = Part {
        faults: relays.faults.clone(),
        ..Part::default()
    };
    for part in parts {
        all.entries.extend(part.entries);
        all.undeliverable.extend(part.undeliverable);
        all.faults.extend(part.faults);
    }
    all.entries.sort_by(|a, b| {
        (a.in_hands, &a.satellite, &a.instrument, a.observed_start).cmp(&(
            b.in_hands,
            &b.satellite,
            &b.instrument,
            b.observed_start,
        ))
    });
    all.undeliverable.sort_by(|a, b| {
        (a.observed_start, &a.satellite, &a.instrument).cmp(&(
            b.observed_start,
            &b.satellite,
            &b.instrument,
        ))
    });
    all.faults.sort();
    Ok(Forecast {
        watch: watch.id.clone(),
        computed_at,
        from,
        to,
        element_epoch: register.element_epoch(),
        satellites: pairs.len(),
        entries: all.entries,
        undeliverable: all.undeliverable,
        faults: all.faults,
    })
}
