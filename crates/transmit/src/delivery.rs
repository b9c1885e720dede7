//! Deliveries: when a volume of data, ready on board at some instant, is on the ground and at the node.
//!
//! The ways are those of the router ([`crate::route`]) over a contact plan of the satellite: down to stations
//! itself, or across to relays that send on to stations, and from each station over its line to the node.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::plan::{Builder, ContactPlan, NodeIndex};
use crate::route::{OwltMargin, Part, Query, RouteError, Router};
use crate::sky::SkyContact;
use corridor_orbit::window::offset;

/// Smallest fragment, bytes: data flows as a stream.
const PART_MIN_BYTES: f64 = 1.0;

/// Longest time after the last contact in which stations forward to the node, s.
const FORWARDING_MAX_S: f64 = 30.0 * 86_400.0;

const SATELLITE: &str = "satellite";
const NODE: &str = "node";
const STATION: &str = "station ";
const RELAY: &str = "relay ";

/// Link from the station to the node.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroundLink {
    /// Rate, bit/s.
    pub rate_bit_s: f64,
    /// Fixed delay before the first byte arrives (handling at the station, network), s.
    pub fixed_delay_s: f64,
}

/// A relay that a satellite can send to.
#[derive(Debug, Clone, Copy)]
pub struct Relayed<'a> {
    /// Its name.
    pub name: &'a str,
    /// From the satellite to the relay.
    pub crossings: &'a [SkyContact],
    /// From the relay to stations.
    pub feeders: &'a [SkyContact],
}

/// What one way carries of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Station that it comes down at.
    pub station: String,
    /// Relay that it went over.
    pub relay: Option<String>,
    /// First byte leaves the satellite.
    pub start: Timestamp,
    /// Last byte has left the satellite.
    pub end: Timestamp,
    /// Last byte is on the ground.
    pub down: Timestamp,
    /// Last byte is at the node.
    pub at_node: Timestamp,
    /// Bytes carried.
    pub volume_bytes: u64,
}

/// A way of a volume from the satellite to the node, with its times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Station that takes the last byte.
    pub station: String,
    /// Relay that it came over.
    pub relay: Option<String>,
    /// Start of the satellite's contact, with the station or the relay, that takes the last byte.
    pub contact_start: Timestamp,
    /// End of that contact.
    pub contact_end: Timestamp,
    /// The last byte is on the ground.
    pub down: Timestamp,
    /// The last byte is at the node.
    pub at_node: Timestamp,
    /// Bytes delivered.
    pub volume_bytes: u64,
    /// What each way carries, in the order in which they leave the satellite.
    pub shares: Vec<Share>,
}

/// The ways of one satellite's data to the node, ready to be asked.
///
/// The satellite has one transmitter for stations and one terminal for relays, which work beside one another.
/// Of stations in sight at once it sends to the fastest (the earlier in the list where two are equal); a relay
/// once taken is held until it sets, then the one that stays longest is next, after its set-up. A contact
/// carries data from [`Contact::data_start`] to its end, whatever part of it lies after the data is ready. The
/// light time to stations, at most tens of milliseconds from a low orbit, is left out, that over relays is not.
/// Stations forward what came over one way when that is whole, one after the other; they forward beside one
/// another. The contacts are free: what others send over stations, relays and lines is not known here.
///
/// Cost: [`Ways::new`] O(n log n) in contacts and O(m²) in crossings, [`Ways::earliest`] about 80 questions to the router for each
/// contact that is used.
#[derive(Debug)]
pub struct Ways {
    epoch: Timestamp,
    plan: ContactPlan,
    router: Router,
    ends: Option<(NodeIndex, NodeIndex)>,
    relays: Vec<NodeIndex>,
    /// By contact of the plan: the whole window of a contact of the satellite.
    windows: Vec<Option<(Timestamp, Timestamp)>>,
}

impl Ways {
    /// Makes the ways ready. The contacts and crossings are those of one satellite, in any order; where the
    /// figures of the ground link make no sense (rate not above 0, delay below 0) there is no way.
    ///
    /// # Errors
    /// [`RouteError`] where the router refuses the plan.
    pub fn new(
        direct: &[Contact],
        relayed: &[Relayed<'_>],
        ground: &GroundLink,
    ) -> Result<Self, RouteError> {
        let crossings = relayed.iter().flat_map(|r| r.crossings);
        let starts = direct.iter().map(|c| c.start);
        let epoch = starts.chain(crossings.map(|c| c.start)).min();
        let epoch = epoch.unwrap_or(Timestamp::UNIX_EPOCH);
        let mut legs = Legs::new(epoch);
        legs.add_direct(direct);
        legs.add_relayed(relayed);
        legs.add_lines(ground);
        let Legs {
            builder, windows, ..
        } = legs;
        let plan = builder.finish(Some(epoch)).plan;
        let relays = (0..)
            .zip(&plan.nodes)
            .filter(|(_, name)| name.starts_with(RELAY));
        Ok(Self {
            epoch,
            router: Router::new(&plan, OwltMargin::default())?,
            ends: plan.node(SATELLITE).zip(plan.node(NODE)),
            relays: relays.map(|(node, _)| node).collect(),
            windows: plan
                .contacts
                .iter()
                .map(|c| {
                    let key = (plan.name(c.to).to_string(), c.start_s.to_bits());
                    windows.get(&key).copied()
                })
                .collect(),
            plan,
        })
    }

    /// The earliest delivery of `volume_bytes` that are ready on board at `ready`, never later than without
    /// relays; `None` when the contacts do not carry it.
    ///
    /// # Errors
    /// [`RouteError`] where the router refuses the question.
    pub fn earliest(
        &mut self,
        ready: Timestamp,
        volume_bytes: u64,
    ) -> Result<Option<Delivery>, RouteError> {
        let Some((from, to)) = self.ends else {
            return Ok(None);
        };
        let query = Query {
            from,
            to,
            at_s: self.plan.seconds(ready),
            size_bytes: volume_bytes as f64,
            priority: 0,
            without: &self.relays,
        };
        let direct = self.router.route_in_parts(&query, PART_MIN_BYTES)?;
        let best = match self.relays.is_empty() {
            true => direct,
            false => {
                let over = Query {
                    without: &[],
                    ..query
                };
                let relayed = self.router.route_in_parts(&over, PART_MIN_BYTES)?;
                earlier(direct, relayed)
            }
        };
        Ok(best.and_then(|parts| self.delivery(&parts, volume_bytes)))
    }

    fn delivery(&self, parts: &[Part], volume_bytes: u64) -> Option<Delivery> {
        let at = |t_s: f64| offset(self.epoch, t_s);
        let mut shares = Vec::with_capacity(parts.len());
        let mut last: Option<(Timestamp, Timestamp, (Timestamp, Timestamp))> = None;
        for part in parts {
            let (first, line) = (part.route.hops.first()?, part.route.hops.last()?);
            let landed = part.route.hops.iter().find(|hop| hop.to == line.from)?;
            let share = Share {
                station: self.plan.name(line.from).strip_prefix(STATION)?.into(),
                relay: self.plan.name(first.to).strip_prefix(RELAY).map(Into::into),
                start: at(first.start_s),
                end: at(first.end_s),
                down: at(landed.arrival_s),
                at_node: at(part.route.arrival_s),
                volume_bytes: part.size_bytes as u64,
            };
            let window = (*self.windows.get(first.contact as usize)?)?;
            last = last.max(Some((share.down, share.at_node, window)));
            shares.push(share);
        }
        shares.sort_by_key(|s| (s.start, s.end));
        let (down, _, (contact_start, contact_end)) = last?;
        let share = shares.iter().find(|s| s.down == down)?;
        Some(Delivery {
            station: share.station.clone(),
            relay: share.relay.clone(),
            contact_start,
            contact_end,
            down,
            at_node: shares.iter().map(|s| s.at_node).max()?,
            volume_bytes,
            shares,
        })
    }
}

/// Whichever is whole at the node first; the first where they are equal.
fn earlier(a: Option<Vec<Part>>, b: Option<Vec<Part>>) -> Option<Vec<Part>> {
    let whole_s = |parts: &[Part]| {
        let arrivals = parts.iter().map(|p| p.route.arrival_s);
        arrivals.fold(f64::NEG_INFINITY, f64::max)
    };
    match (a, b) {
        (Some(a), Some(b)) if whole_s(&b) < whole_s(&a) => Some(b),
        (None, b) => b,
        (a, _) => a,
    }
}

/// A stretch of a window, s.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    window: usize,
    start_s: f64,
    end_s: f64,
}

/// The contact plan in the making.
struct Legs {
    epoch: Timestamp,
    builder: Builder,
    windows: HashMap<(String, u64), (Timestamp, Timestamp)>,
    stations: BTreeSet<String>,
    end_s: f64,
}

impl Legs {
    fn new(epoch: Timestamp) -> Self {
        Self {
            epoch,
            builder: Builder::new("ways of a satellite"),
            windows: HashMap::new(),
            stations: BTreeSet::new(),
            end_s: 0.0,
        }
    }

    fn seconds(&self, t: Timestamp) -> f64 {
        t.duration_since(self.epoch).as_secs_f64()
    }

    fn add(&mut self, from: &str, to: &str, (start_s, end_s): (f64, f64), rate: f64, owlt_s: f64) {
        self.builder
            .contact(0, from, to, start_s, end_s, rate, owlt_s);
        self.end_s = self.end_s.max(end_s);
    }

    fn add_direct(&mut self, direct: &[Contact]) {
        let usable = |c: &&Contact| c.rate_bit_s > 0.0 && c.rate_bit_s.is_finite();
        let usable: Vec<&Contact> = direct.iter().filter(usable).collect();
        let spans: Vec<(f64, f64, f64)> = usable
            .iter()
            .map(|c| {
                (
                    self.seconds(c.data_start()),
                    self.seconds(c.end),
                    c.rate_bit_s,
                )
            })
            .collect();
        for stretch in fastest(&spans) {
            let contact = usable[stretch.window];
            let station = format!("{STATION}{}", contact.station);
            let key = (station.clone(), stretch.start_s.to_bits());
            self.windows.insert(key, (contact.start, contact.end));
            let span = (stretch.start_s, stretch.end_s);
            self.add(SATELLITE, &station, span, contact.rate_bit_s, 0.0);
            self.stations.insert(station);
        }
    }

    fn add_relayed(&mut self, relayed: &[Relayed<'_>]) {
        // A relay that reaches no station leads nowhere.
        let useful = || relayed.iter().filter(|r| !r.feeders.is_empty());
        let mut crossings: Vec<(&str, &SkyContact)> = useful()
            .flat_map(|r| r.crossings.iter().map(|c| (r.name, c)))
            .collect();
        crossings.sort_by(|a, b| (a.1.start, a.0).cmp(&(b.1.start, b.0)));
        let spans: Vec<(f64, f64)> = crossings
            .iter()
            .map(|(_, c)| (self.seconds(c.start), self.seconds(c.end)))
            .collect();
        for stretch in held(&spans) {
            let (name, crossing) = crossings[stretch.window];
            let span = (stretch.start_s + crossing.setup_s, stretch.end_s);
            if span.1 <= span.0 {
                continue;
            }
            let relay = format!("{RELAY}{name}");
            let key = (relay.clone(), span.0.to_bits());
            self.windows.insert(key, (crossing.start, crossing.end));
            let (rate, owlt_s) = (crossing.rate_bit_s, crossing.owlt_s);
            self.add(SATELLITE, &relay, span, rate, owlt_s);
        }
        for relay in useful() {
            let from = format!("{RELAY}{}", relay.name);
            for feeder in relay.feeders {
                let station = format!("{STATION}{}", feeder.to);
                let start_s = self.seconds(feeder.start) + feeder.setup_s;
                let span = (start_s, self.seconds(feeder.end));
                self.add(&from, &station, span, feeder.rate_bit_s, feeder.owlt_s);
                self.stations.insert(station);
            }
        }
    }

    fn add_lines(&mut self, ground: &GroundLink) {
        let span = (0.0, self.end_s + FORWARDING_MAX_S);
        for station in std::mem::take(&mut self.stations) {
            let (rate, delay_s) = (ground.rate_bit_s, ground.fixed_delay_s);
            self.add(&station, NODE, span, rate, delay_s);
        }
    }
}

/// Of windows with rates, at each instant the fastest; of equal ones the earlier in the list.
fn fastest(windows: &[(f64, f64, f64)]) -> Vec<Stretch> {
    let mut edges: Vec<(f64, bool, usize)> = Vec::with_capacity(2 * windows.len());
    for (window, &(start_s, end_s, _)) in windows.iter().enumerate() {
        if start_s < end_s {
            edges.push((start_s, true, window));
            edges.push((end_s, false, window));
        }
    }
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    // Rates are above 0, so their bits are in their order.
    let rank = |window: usize| (std::cmp::Reverse(windows[window].2.to_bits()), window);
    let mut on = BTreeSet::new();
    let mut found: Vec<Stretch> = Vec::new();
    for pair in 0..edges.len() {
        let (at_s, opens, window) = edges[pair];
        match opens {
            true => on.insert(rank(window)),
            false => on.remove(&rank(window)),
        };
        let Some(&(next_s, _, _)) = edges.get(pair + 1) else {
            break;
        };
        let Some(&(_, best)) = on.first().filter(|_| next_s > at_s) else {
            continue;
        };
        match found.last_mut() {
            Some(last) if last.window == best && last.end_s.total_cmp(&at_s).is_eq() => {
                last.end_s = next_s;
            }
            _ => found.push(Stretch {
                window: best,
                start_s: at_s,
                end_s: next_s,
            }),
        }
    }
    found
}

/// Windows one after the other: each held to its end, then that which ends last of those on; where none is, the
/// next to come.
fn held(windows: &[(f64, f64)]) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut free_s = f64::NEG_INFINITY;
    loop {
        let ahead = || windows.iter().enumerate().filter(|(_, w)| w.1 > free_s);
        let starts = ahead().map(|(_, w)| w.0.max(free_s));
        let Some(start_s) = starts.min_by(f64::total_cmp) else {
            return found;
        };
        let on = ahead().filter(|(_, w)| w.0 <= start_s);
        let Some((window, &(_, end_s))) = on.max_by(|a, b| a.1.1.total_cmp(&b.1.1)) else {
            return found;
        };
        found.push(Stretch {
            window,
            start_s,
            end_s,
        });
        free_s = end_s;
    }
}
