//! What every satellite of a forecast is looked at with: its opportunities, the ways of its data, the times of
//! the chain.

use super::{ForecastEntry, Undeliverable};
use crate::chain::later;
use crate::error::WatchError;
use crate::register::{Register, Satellite};
use crate::relayed::{self, Relays};
use crate::settings::Settings;
use corridor_know::product::Product;
use corridor_orbit::window::offset;
use corridor_sense::access::{self, AccessError, Sensor};
use corridor_sense::ageing::Ageing;
use corridor_sense::area::Area;
use corridor_sense::instrument::{Instrument, InstrumentKind};
use corridor_sense::opportunity::Opportunity;
use corridor_transmit::contact::{self, Contact};
use corridor_transmit::delivery::{Delivery, GroundLink, Ways};
use jiff::Timestamp;

/// What one satellite adds.
#[derive(Default)]
pub(super) struct Part {
    pub(super) entries: Vec<ForecastEntry>,
    pub(super) undeliverable: Vec<Undeliverable>,
    pub(super) faults: Vec<String>,
}

/// The times of the chain that no orbit decides: named settings.
pub(crate) struct ChainTimes {
    pub(crate) onboard_s: f64,
    pub(crate) setup_s: f64,
    pub(crate) downlink_horizon_s: f64,
    pub(crate) default_rate_bit_s: f64,
    default_image_bytes: f64,
    pub(crate) min_coverage: f64,
    pub(crate) ground: GroundLink,
    area_km2: f64,
    pub(crate) max_gsd_m: f64,
    processing_base_s: f64,
    processing_s_per_megapixel: f64,
    pub(crate) publish_s: f64,
    pub(crate) keys: Vec<String>,
}

impl ChainTimes {
    pub(crate) fn read(
        settings: &Settings,
        product: &Product,
        area: &Area,
    ) -> Result<Self, WatchError> {
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
    pub(crate) fn processing_s(&self, gsd_m: f64) -> f64 {
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
pub(crate) struct Work<'a> {
    pub(crate) register: &'a Register,
    pub(crate) chain: &'a ChainTimes,
    pub(crate) relays: &'a Relays,
    pub(crate) area: &'a Area,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Work<'_> {
    /// The answers to expect from one satellite with one instrument.
    pub(super) fn satellite(
        &self,
        satellite: &Satellite,
        instrument: &Instrument,
        part: &mut Part,
    ) {
        let seen = match self.seen(satellite, instrument) {
            Ok(list) => list,
            Err(e) => {
                part.faults.push(format!("{}: {e}", satellite.name));
                return;
            }
        };
        if seen.is_empty() {
            return;
        }
        let mut ways = match self.ways(satellite, &seen) {
            Ok(ways) => ways,
            Err(e) => {
                part.faults.push(format!("{}: {e}", satellite.name));
                return;
            }
        };
        for opportunity in seen {
            match self.deliver(satellite, &opportunity, &mut ways) {
                Ok(Some(delivery)) => {
                    part.entries
                        .push(self.entry(satellite, instrument, &opportunity, &delivery));
                }
                Ok(None) => part.undeliverable.push(Undeliverable {
                    satellite: satellite.name.clone(),
                    planned: satellite.planned,
                    instrument: opportunity.instrument.clone(),
                    observed_start: opportunity.start,
                    reason: if satellite.stations.is_empty() {
                        "the register names no station for this satellite".into()
                    } else {
                        format!(
                            "no contact with its stations{} carries the data within {:.0} h",
                            if satellite.relays.is_empty() {
                                ""
                            } else {
                                " or relays"
                            },
                            self.chain.downlink_horizon_s / 3600.0
                        )
                    },
                }),
                Err(e) => part.faults.push(format!("{}: {e}", satellite.name)),
            }
        }
    }

    /// The opportunities of one instrument that cover enough of the area.
    pub(crate) fn seen(
        &self,
        satellite: &Satellite,
        instrument: &Instrument,
    ) -> Result<Vec<Opportunity>, AccessError> {
        let sensor = Sensor {
            satellite: &satellite.name,
            norad_id: satellite.norad_id,
            planned: satellite.planned,
            trajectory: &satellite.trajectory,
            instrument,
        };
        let mut seen = access::opportunities(&sensor, self.area, self.from, self.to)?;
        seen.retain(|o| o.coverage >= self.chain.min_coverage);
        Ok(seen)
    }

    /// The ways of the satellite's data, from the first observation on.
    fn ways(&self, satellite: &Satellite, seen: &[Opportunity]) -> Result<Ways, String> {
        let first = seen.iter().map(|o| o.start).min();
        let last = seen.iter().map(|o| o.end).max();
        let from = first.unwrap_or(self.from);
        let until = later(last.unwrap_or(from), self.chain.downlink_horizon_s);
        let contacts = self.contacts(satellite, from, until)?;
        let rate_bit_s = self.rate_bit_s(satellite);
        let crossings = self
            .relays
            .crossings(satellite, rate_bit_s, (from, until))
            .map_err(|e| e.to_string())?;
        let relayed = self.relays.relayed(&crossings);
        Ways::new(&contacts, &relayed, &self.chain.ground).map_err(|e| e.to_string())
    }

    /// Rate at which a satellite sends, bit/s.
    pub(crate) fn rate_bit_s(&self, satellite: &Satellite) -> f64 {
        satellite
            .downlink_rate_mbit_s
            .map_or(self.chain.default_rate_bit_s, |r| r * 1e6)
    }

    /// Contacts of the satellite with its operator's stations, by start.
    pub(crate) fn contacts(
        &self,
        satellite: &Satellite,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Contact>, String> {
        let rate_bit_s = self.rate_bit_s(satellite);
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
                    from,
                    until,
                )
                .map_err(|e| e.to_string())?,
            );
        }
        contacts.sort_by(|a, b| (a.start, &a.station).cmp(&(b.start, &b.station)));
        Ok(contacts)
    }

    /// Bytes of one observation.
    pub(crate) fn volume_bytes(&self, satellite: &Satellite) -> u64 {
        let bytes = satellite
            .image_gbit
            .map_or(self.chain.default_image_bytes, |gbit| gbit * 1e9 / 8.0);
        bytes.max(1.0) as u64
    }

    /// The earliest delivery of what is observed; `None` where there is none.
    pub(crate) fn deliver(
        &self,
        satellite: &Satellite,
        opportunity: &Opportunity,
        ways: &mut Ways,
    ) -> Result<Option<Delivery>, String> {
        let ready = later(opportunity.end, self.chain.onboard_s);
        ways.earliest(ready, self.volume_bytes(satellite))
            .map_err(|e| e.to_string())
    }

    pub(crate) fn entry(
        &self,
        satellite: &Satellite,
        instrument: &Instrument,
        opportunity: &Opportunity,
        delivery: &Delivery,
    ) -> ForecastEntry {
        let processed = later(delivery.at_node, self.chain.processing_s(instrument.gsd_m));
        let in_hands = later(processed, self.chain.publish_s);
        let at_contact = Ageing::at(&satellite.trajectory, delivery.down).uncertainty;
        let shifted = |by_s: f64| offset(in_hands, by_s);
        let mut assumptions = self.chain.keys.clone();
        if delivery.relay.is_some() {
            assumptions.extend(relayed::KEYS.map(String::from));
        }
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
            relay: delivery.relay.clone(),
            contact_start: delivery.contact_start,
            contact_end: delivery.contact_end,
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
            volume_bytes: delivery.volume_bytes,
            time_to_answer_s: in_hands.duration_since(self.from).as_secs_f64(),
            assumptions,
        }
    }
}
