//! The forecast: which answers to expect for a watch, and when they are in the user's hands.
//!
//! For each satellite of the register whose instrument suits the product: the opportunities of
//! the span, the contacts that bring the data down, the way to the node, the processing, the
//! publishing. Cost grows with satellites × span; the satellites are shared out over threads.

use crate::chain::later;
use crate::error::WatchError;
use crate::register::{Register, Satellite};
use crate::request::Watch;
use crate::settings::Settings;
use corridor_know::product::Product;
use corridor_orbit::window::offset;
use corridor_sense::access::{self, Sensor};
use corridor_sense::ageing::Ageing;
use corridor_sense::area::Area;
use corridor_sense::instrument::{Instrument, InstrumentKind};
use corridor_sense::opportunity::Opportunity;
use corridor_transmit::contact::{self, Contact};
use corridor_transmit::delivery::{self, Delivery, GroundLink};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// Start of the contact that brings the last byte down.
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
    let work = Work {
        register,
        chain: &chain,
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
    let mut all = Part::default();
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

#[derive(Default)]
struct Part {
    entries: Vec<ForecastEntry>,
    undeliverable: Vec<Undeliverable>,
    faults: Vec<String>,
}

/// The times of the chain that no orbit decides: named settings.
struct ChainTimes {
    onboard_s: f64,
    setup_s: f64,
    downlink_horizon_s: f64,
    default_rate_bit_s: f64,
    default_image_bytes: f64,
    min_coverage: f64,
    ground: GroundLink,
    area_km2: f64,
    max_gsd_m: f64,
    processing_base_s: f64,
    processing_s_per_megapixel: f64,
    publish_s: f64,
    keys: Vec<String>,
}

impl ChainTimes {
    fn read(settings: &Settings, product: &Product, area: &Area) -> Result<Self, WatchError> {
        let mut keys = Vec::new();
        let mut get = |key: &str| {
            keys.push(key.to_string());
            settings.value(key)
        };
        let [base, slope] = settings.processing_keys(&product.id);
        let times = Self {
            onboard_s: get("onboard.preparation_s")?,
            setup_s: get("downlink.setup_s")?,
            downlink_horizon_s: get("downlink.horizon_h")? * 3600.0,
            default_rate_bit_s: get("downlink.default_rate_mbit_s")? * 1e6,
            default_image_bytes: get("onboard.default_image_gbit")? * 1e9 / 8.0,
            min_coverage: get("sense.min_coverage")?,
            ground: GroundLink {
                rate_bit_s: get("station_to_node.rate_mbit_s")? * 1e6,
                fixed_delay_s: get("station_to_node.delay_s")?,
            },
            area_km2: corridor_know::area::geodesic_km2(area.polygon()),
            max_gsd_m: get(&settings.max_gsd_key(&product.id))?,
            processing_base_s: get(&base)?,
            processing_s_per_megapixel: get(&slope)?,
            publish_s: get("publish.delay_s")?,
            keys: Vec::new(),
        };
        Ok(Self { keys, ..times })
    }

    /// How long the product takes on the area's pixels of this size.
    fn processing_s(&self, gsd_m: f64) -> f64 {
        let megapixels = self.area_km2 / gsd_m.max(0.1).powi(2);
        self.processing_base_s + self.processing_s_per_megapixel * megapixels
    }
}

/// Whether one of the product's ways takes what the instrument gives, finely enough.
pub(crate) fn suits(product: &Product, instrument: &Instrument, max_gsd_m: f64) -> bool {
    const POLARISATIONS: [&str; 4] = ["VV", "VH", "HH", "HV"];
    instrument.gsd_m <= max_gsd_m
        && product.alternatives.iter().any(|way| {
            let radar = way
                .bands
                .iter()
                .any(|b| POLARISATIONS.contains(&b.as_str()));
            radar == (instrument.kind == InstrumentKind::Sar)
        })
}

/// What every satellite is looked at with.
struct Work<'a> {
    register: &'a Register,
    chain: &'a ChainTimes,
    area: &'a Area,
    from: Timestamp,
    to: Timestamp,
}

impl Work<'_> {
    fn satellite(&self, satellite: &Satellite, instrument: &Instrument, part: &mut Part) {
        let sensor = Sensor {
            satellite: &satellite.name,
            norad_id: satellite.norad_id,
            planned: satellite.planned,
            trajectory: &satellite.trajectory,
            instrument,
        };
        let opportunities = match access::opportunities(&sensor, self.area, self.from, self.to) {
            Ok(list) => list,
            Err(e) => {
                part.faults.push(format!("{}: {e}", satellite.name));
                return;
            }
        };
        let seen: Vec<Opportunity> = opportunities
            .into_iter()
            .filter(|o| o.coverage >= self.chain.min_coverage)
            .collect();
        if seen.is_empty() {
            return;
        }
        let contacts = match self.contacts(satellite, &seen) {
            Ok(list) => list,
            Err(e) => {
                part.faults.push(format!("{}: {e}", satellite.name));
                return;
            }
        };
        for opportunity in seen {
            match self.deliver(satellite, &opportunity, &contacts) {
                Some((delivery, volume_bytes)) => part.entries.push(self.entry(
                    satellite,
                    instrument,
                    &opportunity,
                    &delivery,
                    volume_bytes,
                )),
                None => part.undeliverable.push(Undeliverable {
                    satellite: satellite.name.clone(),
                    planned: satellite.planned,
                    instrument: opportunity.instrument.clone(),
                    observed_start: opportunity.start,
                    reason: if satellite.stations.is_empty() {
                        "the register names no station for this satellite".into()
                    } else {
                        format!(
                            "no contact with its stations carries the data within {:.0} h",
                            self.chain.downlink_horizon_s / 3600.0
                        )
                    },
                }),
            }
        }
    }

    /// Contacts of the satellite with its operator's stations, from the first observation on.
    fn contacts(
        &self,
        satellite: &Satellite,
        seen: &[Opportunity],
    ) -> Result<Vec<Contact>, String> {
        let (Some(first), Some(last)) = (seen.first(), seen.last()) else {
            return Ok(vec![]);
        };
        let until = later(last.end, self.chain.downlink_horizon_s);
        let rate_bit_s = satellite
            .downlink_rate_mbit_s
            .map_or(self.chain.default_rate_bit_s, |r| r * 1e6);
        let mut contacts = Vec::new();
        for id in &satellite.stations {
            let Some(station) = self.register.station(id) else {
                continue;
            };
            contacts.extend(
                contact::contacts(
                    &satellite.name,
                    &satellite.trajectory,
                    station,
                    rate_bit_s,
                    self.chain.setup_s,
                    first.start,
                    until,
                )
                .map_err(|e| e.to_string())?,
            );
        }
        contacts.sort_by(|a, b| (a.start, &a.station).cmp(&(b.start, &b.station)));
        Ok(contacts)
    }

    fn deliver(
        &self,
        satellite: &Satellite,
        opportunity: &Opportunity,
        contacts: &[Contact],
    ) -> Option<(Delivery, u64)> {
        let bytes = satellite
            .image_gbit
            .map_or(self.chain.default_image_bytes, |gbit| gbit * 1e9 / 8.0)
            .max(1.0);
        let volume_bytes = bytes as u64;
        let ready = later(opportunity.end, self.chain.onboard_s);
        delivery::earliest(ready, volume_bytes, contacts, &self.chain.ground)
            .map(|d| (d, volume_bytes))
    }

    fn entry(
        &self,
        satellite: &Satellite,
        instrument: &Instrument,
        opportunity: &Opportunity,
        delivery: &Delivery,
        volume_bytes: u64,
    ) -> ForecastEntry {
        let processed = later(delivery.at_node, self.chain.processing_s(instrument.gsd_m));
        let in_hands = later(processed, self.chain.publish_s);
        let at_contact = Ageing::at(&satellite.trajectory, delivery.down).uncertainty;
        let shifted = |by_s: f64| offset(in_hands, by_s);
        ForecastEntry {
            satellite: satellite.name.clone(),
            norad_id: satellite.norad_id,
            planned: satellite.planned,
            operator: satellite.operator.clone(),
            instrument: opportunity.instrument.clone(),
            kind: instrument.kind,
            station: delivery.station.clone(),
            observed_start: opportunity.start,
            observed_end: opportunity.end,
            contact_start: delivery.contact_start,
            contact_end: delivery.contacts.last().map_or(delivery.down, |c| c.end),
            down: delivery.down,
            at_node: delivery.at_node,
            processed,
            in_hands,
            in_hands_earliest: at_contact.map(|u| shifted(-u.timing_s)),
            in_hands_latest: at_contact.map(|u| shifted(u.timing_s)),
            min_off_nadir_deg: opportunity.min_off_nadir_deg,
            coverage: opportunity.coverage,
            sun_elevation_deg: opportunity.sun_elevation_deg,
            element_age_days: opportunity.element_age_days,
            timing_uncertainty_s: opportunity.timing_uncertainty_s,
            cross_track_uncertainty_km: opportunity.cross_track_uncertainty_km,
            stale: opportunity.stale,
            volume_bytes,
            time_to_answer_s: in_hands.duration_since(self.from).as_secs_f64(),
            assumptions: self.chain.keys.clone(),
        }
    }
}
