//! What the orbits allow: observations of the watches, and the windows in which satellites can send to
//! stations and relays, and relays to stations.

use super::weather::Weather;
use crate::chain::later;
use crate::error::WatchError;
use crate::forecast::{ChainTimes, Work, suits};
use crate::register::{Register, Relay, Satellite};
use crate::relayed::Relays;
use crate::request::Watch;
use crate::settings::Settings;
use corridor_know::product::Product;
use corridor_sense::access::shared_out;
use corridor_sense::instrument::Instrument;
use corridor_transmit::contact::Contact;
use corridor_transmit::delivery::Ways;
use corridor_transmit::sky::SkyContact;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Longest piece of a link that lasts, s: what fails in it costs no more than this.
const PIECE_S: f64 = 600.0;

/// A satellite that observes for a watch.
#[derive(Debug, Clone)]
pub(super) struct Craft {
    pub(super) name: String,
    pub(super) rate_bit_s: f64,
}

/// Where a satellite's data can go: a ground station, or a relay.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) name: String,
    pub(super) relay: bool,
}

/// A window in which one can send to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// Place of the sending satellite, or of the sending relay among the posts.
    pub(super) from: u32,
    /// Place of the receiving post.
    pub(super) post: u32,
    /// Whether `from` is a relay.
    pub(super) feeder: bool,
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    /// From `start_s` until data flows.
    pub(super) setup_s: f64,
    pub(super) rate_bit_s: f64,
    pub(super) owlt_s: f64,
    /// Share of the time in which the air takes more than the link bears.
    pub(super) rain_share: f64,
}

/// One observation that a satellite can make for a watch.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) watch: usize,
    pub(super) craft: u32,
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    /// When its data can be sent.
    pub(super) ready_s: f64,
    pub(super) size_bytes: u64,
    pub(super) processing_s: f64,
    pub(super) publish_s: f64,
    /// What the forecast says of it; `None` where it promises no answer.
    pub(super) promise: Option<Promise>,
}

/// When the forecast says that an observation is where, s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Promise {
    pub(super) down_s: f64,
    pub(super) at_node_s: f64,
    pub(super) in_hands_s: f64,
}

/// Everything that can happen, in seconds from `from`.
pub(super) struct World {
    pub(super) from: Timestamp,
    /// Length of the time in which observations are made.
    pub(super) length_s: f64,
    /// Until when data is brought down.
    pub(super) end_s: f64,
    pub(super) crafts: Vec<Craft>,
    pub(super) posts: Vec<Post>,
    /// Satellites to posts by start, then relays to stations.
    pub(super) windows: Vec<Window>,
    /// By time of readiness.
    pub(super) looks: Vec<Look>,
    /// Satellites looked at.
    pub(super) satellites: usize,
    pub(super) faults: BTreeSet<String>,
}

/// What to look at.
pub(super) struct Asked<'a> {
    pub(super) register: &'a Register,
    pub(super) settings: &'a Settings,
    pub(super) watches: &'a [(Watch, Product)],
    /// Relays that all satellites can send to, beside their own.
    pub(super) relays: &'a [Relay],
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) threads: usize,
    pub(super) rain: bool,
}

/// What one satellite adds.
#[derive(Default)]
struct Part {
    looks: Vec<Look>,
    contacts: Vec<Contact>,
    crossings: Vec<(String, SkyContact)>,
    rate_bit_s: f64,
    faults: Vec<String>,
    looked: bool,
}

impl World {
    pub(super) fn of(
        asked: &Asked<'_>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, WatchError> {
        let Asked { from, to, .. } = *asked;
        let mut scenes = Vec::new();
        for (watch, product) in asked.watches {
            let area = watch.area()?;
            let times = ChainTimes::read(asked.settings, product, &area)?;
            scenes.push((product, area, times));
        }
        let horizon_s = asked.settings.value("downlink.horizon_h")? * 3600.0;
        let until = later(to, horizon_s);
        let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64();
        let satellites = asked.register.satellites();
        let users = satellites.iter().filter(|s| {
            scenes.iter().any(|(product, _, times)| {
                suited(asked.register, s, product, times.max_gsd_m)
                    .next()
                    .is_some()
            })
        });
        let relays = Relays::of(
            asked.register,
            asked.settings,
            users,
            asked.relays,
            (from, until),
        )?;
        let works: Vec<Work<'_>> = scenes
            .iter()
            .map(|(_, area, chain)| Work {
                register: asked.register,
                chain,
                relays: &relays,
                area,
                from,
                to,
            })
            .collect();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let parts = shared_out(satellites.len(), asked.threads, &|number| {
            let satellite = &satellites[number];
            let part = one(asked, &scenes, &works, satellite, until);
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            progress(done + 1, satellites.len());
            part
        });
        let mut world = Self {
            from,
            length_s: seconds(to),
            end_s: seconds(until),
            crafts: Vec::new(),
            posts: Vec::new(),
            windows: Vec::new(),
            looks: Vec::new(),
            satellites: parts.iter().filter(|p| p.looked).count(),
            faults: relays.faults.iter().cloned().collect(),
        };
        world.add_posts(&relays, &parts);
        let places: BTreeMap<String, u32> = (0..)
            .zip(&world.posts)
            .map(|(i, p)| (p.name.clone(), i))
            .collect();
        let weather = Weather::read(asked.settings, asked.rain)?;
        for (satellite, part) in satellites.iter().zip(parts) {
            world.faults.extend(part.faults);
            if part.looks.is_empty() {
                continue;
            }
            let craft = world.crafts.len() as u32;
            world.crafts.push(Craft {
                name: satellite.name.clone(),
                rate_bit_s: part.rate_bit_s,
            });
            let band = asked
                .register
                .downlink(&satellite.mission)
                .map(|d| d.band.as_str());
            for contact in &part.contacts {
                let Some(&post) = places.get(&contact.station) else {
                    continue;
                };
                let station = asked.register.station(&contact.station);
                world.windows.push(Window {
                    from: craft,
                    post,
                    feeder: false,
                    start_s: seconds(contact.start),
                    end_s: seconds(contact.end),
                    setup_s: contact.setup_s,
                    rate_bit_s: contact.rate_bit_s,
                    // A low satellite's light time, at most tens of milliseconds, is left out as in the forecast.
                    owlt_s: 0.0,
                    rain_share: station
                        .map_or(0.0, |s| weather.share(s, band, contact.max_elevation_deg)),
                });
            }
            for (relay, crossing) in &part.crossings {
                let Some(&post) = places.get(relay) else {
                    continue;
                };
                let whole = Window {
                    from: craft,
                    post,
                    feeder: false,
                    start_s: seconds(crossing.start),
                    end_s: seconds(crossing.end),
                    setup_s: crossing.setup_s,
                    rate_bit_s: crossing.rate_bit_s,
                    owlt_s: crossing.owlt_s,
                    rain_share: 0.0,
                };
                world.windows.extend(pieces(whole));
            }
            let own = part.looks.into_iter().map(|look| Look { craft, ..look });
            world.looks.extend(own);
        }
        world.add_feeders(asked, &relays, &places, &weather);
        world.windows.sort_by(|a, b| {
            (a.feeder, a.from, a.post)
                .cmp(&(b.feeder, b.from, b.post))
                .then(a.start_s.total_cmp(&b.start_s))
        });
        world.looks.sort_by(|a, b| {
            a.ready_s
                .total_cmp(&b.ready_s)
                .then((a.craft, a.watch).cmp(&(b.craft, b.watch)))
        });
        Ok(world)
    }

    /// Stations that are used, by id, then relays that someone sees.
    fn add_posts(&mut self, relays: &Relays, parts: &[Part]) {
        let over: BTreeSet<&str> = parts
            .iter()
            .flat_map(|p| &p.crossings)
            .map(|(relay, _)| relay.as_str())
            .collect();
        let seen = || {
            relays
                .all()
                .filter(|(relay, _)| over.contains(relay.name.as_str()))
        };
        let contacts = parts.iter().flat_map(|p| &p.contacts);
        let mut used: BTreeSet<&str> = contacts.map(|c| c.station.as_str()).collect();
        used.extend(
            seen()
                .flat_map(|(_, feeders)| feeders)
                .map(|c| c.to.as_str()),
        );
        for id in used {
            self.posts.push(Post {
                name: id.into(),
                relay: false,
            });
        }
        for (relay, _) in seen() {
            self.posts.push(Post {
                name: relay.name.clone(),
                relay: true,
            });
        }
    }

    fn add_feeders(
        &mut self,
        asked: &Asked<'_>,
        relays: &Relays,
        places: &BTreeMap<String, u32>,
        weather: &Weather,
    ) {
        let seconds = |t: Timestamp| t.duration_since(asked.from).as_secs_f64();
        for (relay, feeders) in relays.all() {
            let Some(&from) = places.get(&relay.name) else {
                continue;
            };
            for c in feeders {
                let ends = places.get(&c.to).zip(asked.register.station(&c.to));
                let Some((&post, station)) = ends else {
                    continue;
                };
                let peak_deg = c.max_elevation_deg.unwrap_or(90.0);
                let whole = Window {
                    from,
                    post,
                    feeder: true,
                    start_s: seconds(c.start),
                    end_s: seconds(c.end),
                    setup_s: 0.0,
                    rate_bit_s: c.rate_bit_s,
                    owlt_s: c.owlt_s,
                    rain_share: weather.share(station, Some("Ka"), peak_deg),
                };
                self.windows.extend(pieces(whole));
            }
        }
    }
}

/// A window in pieces of at most [`PIECE_S`], each with the set-up: it may be the first that is taken.
fn pieces(whole: Window) -> impl Iterator<Item = Window> {
    let count = ((whole.end_s - whole.start_s) / PIECE_S).ceil().max(1.0) as u32;
    (0..count).map(move |i| Window {
        start_s: whole.start_s + f64::from(i) * PIECE_S,
        end_s: (whole.start_s + f64::from(i + 1) * PIECE_S).min(whole.end_s),
        ..whole
    })
}

/// Looks, contacts and crossings of one satellite.
fn one(
    asked: &Asked<'_>,
    scenes: &[(&Product, corridor_sense::area::Area, ChainTimes)],
    works: &[Work<'_>],
    satellite: &Satellite,
    until: Timestamp,
) -> Part {
    let mut part = Part::default();
    let mut seen = Vec::new();
    for (place, work) in works.iter().enumerate() {
        let (product, _, times) = &scenes[place];
        for instrument in suited(asked.register, satellite, product, times.max_gsd_m) {
            part.looked = true;
            match work.seen(satellite, instrument) {
                Ok(found) => seen.extend(found.into_iter().map(|o| (place, instrument, o))),
                Err(e) => part.faults.push(format!("{}: {e}", satellite.name)),
            }
        }
    }
    let Some(first) = seen.iter().map(|(_, _, o)| o.start).min() else {
        return part;
    };
    let Some(work) = works.first() else {
        return part;
    };
    part.rate_bit_s = work.rate_bit_s(satellite);
    let mut fault = |e: String| part.faults.push(format!("{}: {e}", satellite.name));
    let contacts = work.contacts(satellite, first, until);
    let contacts = contacts.unwrap_or_else(|e| {
        fault(e);
        Vec::new()
    });
    let span = (first, until);
    let crossings = work.relays.crossings(satellite, part.rate_bit_s, span);
    let crossings = crossings.unwrap_or_else(|e| {
        fault(e.to_string());
        Vec::new()
    });
    let relayed = work.relays.relayed(&crossings);
    let mut ways = match Ways::new(&contacts, &relayed, &work.chain.ground) {
        Ok(ways) => ways,
        Err(e) => {
            fault(e.to_string());
            return part;
        }
    };
    let seconds = |t: Timestamp| t.duration_since(asked.from).as_secs_f64();
    for (place, instrument, opportunity) in seen {
        let work = &works[place];
        let delivery = match work.deliver(satellite, &opportunity, &mut ways) {
            Ok(delivery) => delivery,
            Err(e) => {
                part.faults.push(format!("{}: {e}", satellite.name));
                None
            }
        };
        let promise = delivery
            .map(|delivery| work.entry(satellite, instrument, &opportunity, &delivery))
            .map(|entry| Promise {
                down_s: seconds(entry.down),
                at_node_s: seconds(entry.at_node),
                in_hands_s: seconds(entry.in_hands),
            });
        let times = work.chain;
        part.looks.push(Look {
            watch: place,
            craft: 0,
            start_s: seconds(opportunity.start),
            end_s: seconds(opportunity.end),
            ready_s: seconds(later(opportunity.end, times.onboard_s)),
            size_bytes: work.volume_bytes(satellite),
            processing_s: times.processing_s(instrument.gsd_m),
            publish_s: times.publish_s,
            promise,
        });
    }
    for (relay, found) in crossings {
        let own = found.into_iter().map(|c| (relay.to_string(), c));
        part.crossings.extend(own);
    }
    part.contacts = contacts;
    part
}

fn suited<'a>(
    register: &'a Register,
    satellite: &'a Satellite,
    product: &'a Product,
    max_gsd_m: f64,
) -> impl Iterator<Item = &'a Instrument> {
    let instruments = satellite
        .instruments
        .iter()
        .filter_map(|id| register.instrument(id));
    instruments.filter(move |i| suits(product, i, max_gsd_m))
}
