//! Contacts over relays: from satellites to them, and from them to the ground.

use crate::error::WatchError;
use crate::register::{Register, Relay, Satellite};
use crate::settings::Settings;
use corridor_transmit::contact::{ContactError, SPAN_MAX_DAYS};
use corridor_transmit::delivery::Relayed;
use corridor_transmit::sky::{self, CrossLink, Downlink, SkyContact};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Settings that deliveries over relays rest on.
pub(crate) const KEYS: [&str; 3] = ["relay.rate_mbit_s", "relay.feeder_mbit_s", "relay.setup_s"];

/// A relay with its contacts with the ground.
#[derive(Debug)]
struct Known {
    relay: Relay,
    feeders: Vec<SkyContact>,
}

/// The relays that take part, and how satellites and they send.
#[derive(Debug)]
pub(crate) struct Relays {
    rate_bit_s: f64,
    setup_s: f64,
    known: BTreeMap<String, Known>,
    /// Relays that every satellite can send to.
    open: Vec<String>,
    /// Relays that cannot be computed.
    pub(crate) faults: Vec<String>,
}

impl Relays {
    /// The relays of these satellites, and those that are open to all of them, with the contacts of both with
    /// the ground from `from` to `until`, at most [`SPAN_MAX_DAYS`].
    pub(crate) fn of<'a>(
        register: &Register,
        settings: &Settings,
        satellites: impl Iterator<Item = &'a Satellite>,
        open: &[Relay],
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Self, WatchError> {
        let [rate_key, feeder_key, setup_key] = KEYS;
        let down = Downlink {
            rate_bit_s: settings.value(feeder_key)? * 1e6,
            back_rate_bit_s: 0.0,
            setup_s: 0.0,
            bands: Vec::new(),
        };
        let longest = SignedDuration::from_hours(24 * SPAN_MAX_DAYS);
        let until = from
            .saturating_add(longest)
            .map_or(until, |end| end.min(until));
        let mut named: BTreeMap<String, Relay> = BTreeMap::new();
        for name in satellites.flat_map(|s| &s.relays) {
            if let Some(relay) = register
                .satellite(name)
                .filter(|_| !named.contains_key(name))
            {
                named.insert(name.clone(), relay.into());
            }
        }
        named.extend(open.iter().map(|r| (r.name.clone(), r.clone())));
        let mut relays = Self {
            rate_bit_s: settings.value(rate_key)? * 1e6,
            setup_s: settings.value(setup_key)?,
            known: BTreeMap::new(),
            open: open.iter().map(|r| r.name.clone()).collect(),
            faults: Vec::new(),
        };
        for (name, relay) in named {
            let mut feeders = Vec::new();
            for station in register.relay_stations(&relay) {
                match sky::down((&name, &relay.trajectory), station, &down, from, until) {
                    Ok(found) => feeders.extend(found),
                    Err(e) => relays.faults.push(e.to_string()),
                }
            }
            relays.known.insert(name, Known { relay, feeders });
        }
        Ok(relays)
    }

    /// By name, with the contacts with the ground.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Relay, &[SkyContact])> {
        let known = self.known.values();
        known.map(|k| (&k.relay, k.feeders.as_slice()))
    }

    /// From a satellite that sends at a rate to each of its relays that reach the ground.
    pub(crate) fn crossings(
        &self,
        satellite: &Satellite,
        rate_bit_s: f64,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<(&str, Vec<SkyContact>)>, ContactError> {
        let link = CrossLink {
            rate_bit_s: self.rate_bit_s.min(rate_bit_s),
            back_rate_bit_s: 0.0,
            setup_s: self.setup_s,
            ..CrossLink::default()
        };
        let own = |name: &String| satellite.relays.contains(name) || self.open.contains(name);
        let of = (satellite.name.as_str(), &satellite.trajectory);
        self.known
            .iter()
            .filter(|(name, known)| {
                own(name) && **name != satellite.name && !known.feeders.is_empty()
            })
            .map(|(name, known)| {
                let to = (name.as_str(), &known.relay.trajectory);
                Ok((name.as_str(), sky::cross(of, to, &link, from, until)?))
            })
            .collect()
    }

    /// Those crossings as the ways of a delivery take them.
    pub(crate) fn relayed<'a>(
        &'a self,
        crossings: &'a [(&'a str, Vec<SkyContact>)],
    ) -> Vec<Relayed<'a>> {
        let known = |name: &str| self.known.get(name).map_or(&[][..], |k| &k.feeders);
        crossings
            .iter()
            .map(|(name, crossings)| Relayed {
                name,
                crossings,
                feeders: known(name),
            })
            .collect()
    }
}
