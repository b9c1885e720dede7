//! What was promised, what came, how old what is known is, and where the time went.

mod figures;

use super::carry::Bundles;
use super::failure::Failures;
use super::ledger::Bytes;
use super::play::Player;
use super::record::LookRecord;
use super::spread::Spread;
use super::world::{Look, World};
use crate::request::Watch;
use corridor_orbit::window::offset;
use jiff::Timestamp;
use serde::Serialize;

/// A rehearsal, whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Start.
    pub from: Timestamp,
    /// End of the observations; data comes down for some hours more.
    pub to: Timestamp,
    /// The seed of all chance.
    pub seed: u64,
    /// Whether anything failed by chance.
    pub failures: bool,
    /// Satellites with an instrument that suits a watch.
    pub satellites: usize,
    /// By watch.
    pub watches: Vec<WatchReport>,
    /// Bytes by what became of them.
    pub bytes: Bytes,
    /// What was done with the bundles that carried them.
    pub bundles: Bundles,
    /// What was held on the way.
    pub storage: Storage,
    /// What failed, in all.
    pub failed: Failed,
    /// By station and relay that carried something or failed in a contact, the busiest first.
    pub stations: Vec<StationReport>,
    /// Observations in order of time.
    pub observations: Vec<Observation>,
    /// Contacts that carried something, in order of time.
    pub contacts: Vec<ContactReport>,
    /// Satellites that could not be computed, with the reason.
    pub faults: Vec<String>,
}

/// What a watch was promised and got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WatchReport {
    /// Its id.
    pub watch: String,
    /// Its product.
    pub product: String,
    /// Observations that orbits allow.
    pub opportunities: usize,
    /// Answers that the forecast promises.
    pub promised: usize,
    /// Answers that came.
    pub came: usize,
    /// Observations not made, the satellite being out of order.
    pub missed: usize,
    /// Observations lost with their satellite.
    pub lost: usize,
    /// Observations whose data was not home or not computed at the end.
    pub waiting: usize,
    /// By how much answers that were promised and came were late; below 0 where they were early.
    pub late_s: Option<Spread>,
    /// From the observation to the answer, as promised and as it came.
    pub observation_to_answer_s: Pair,
    /// From an event at any instant to the first answer in hands that was observed after it.
    pub time_to_answer_s: Pair,
    /// Age of the newest answer in hands, at any instant after the first answer.
    pub age_s: Pair,
    /// Share of the time whose events no answer tells of.
    pub untold_share: PairOf<f64>,
    /// Where the time to answer goes, on average.
    pub parts_s: Parts,
}

/// Promised and came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PairOf<T> {
    /// As the forecast says.
    pub promised: T,
    /// As it came.
    pub came: T,
}

/// Spreads, promised and came.
pub type Pair = PairOf<Option<Spread>>;

/// Mean parts of the time to answer, s.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Parts {
    /// From the event until a satellite that tells of it sees the area.
    pub waiting_for_a_pass_s: f64,
    /// Observing, and until its data can be sent.
    pub on_board_s: f64,
    /// Until the last of it leaves the satellite.
    pub waiting_for_a_downlink_s: f64,
    /// Until that is on the ground.
    pub downlink_s: f64,
    /// From the station to the node.
    pub on_the_ground_s: f64,
    /// Waiting for a worker, the run, publishing.
    pub processing_s: f64,
}

impl Parts {
    /// All of them with their names, in order.
    pub fn named(&self) -> [(&'static str, f64); 6] {
        [
            ("waiting for a pass", self.waiting_for_a_pass_s),
            ("on board", self.on_board_s),
            ("waiting for a downlink", self.waiting_for_a_downlink_s),
            ("downlink", self.downlink_s),
            ("on the ground", self.on_the_ground_s),
            ("processing", self.processing_s),
        ]
    }
}

/// What was held on the way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Storage {
    /// On average over the time, bytes.
    pub mean_bytes: f64,
    /// The most at once, bytes.
    pub peak_bytes: u64,
    /// The most at once on board of one satellite, bytes.
    pub peak_on_board_bytes: u64,
    /// How long a byte is held on average, s.
    pub mean_stay_s: f64,
    /// Most runs that waited for a worker.
    pub queue_max: usize,
}

/// What failed, in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Failed {
    /// Outages of stations and relays.
    pub outages: u32,
    /// Outages of lines from stations to the node.
    pub line_outages: u32,
    /// Contacts booked that brought nothing.
    pub contacts_lost: u32,
    /// Contacts broken off by rain.
    pub contacts_rained_off: u32,
    /// Safe modes of satellites.
    pub safe_modes: u32,
    /// Satellites lost.
    pub satellites_lost: u32,
    /// Runs that met a slow executor.
    pub slow_runs: u32,
    /// Bundles that came changed, were refused and sent again.
    pub bundles_damaged: u64,
}

/// A station or relay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StationReport {
    /// Its id, or the relay's name.
    pub station: String,
    /// Whether it is a relay.
    pub relay: bool,
    /// Contacts that carried something.
    pub contacts: usize,
    /// What they carried, bytes.
    pub carried_bytes: u64,
    /// Contacts booked that brought nothing.
    pub contacts_lost: u32,
    /// Contacts broken off by rain.
    pub contacts_rained_off: u32,
    /// Times it stopped working.
    pub outages: u32,
    /// Times its line to the node stopped carrying.
    pub line_outages: u32,
}

/// One observation and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// The watch's id.
    pub watch: String,
    /// The satellite.
    pub satellite: String,
    /// First instant at which the area can be observed.
    pub observed_start: Timestamp,
    /// Last instant at which the area can be observed.
    pub observed_end: Timestamp,
    /// `came`, `waiting`, `missed` or `lost`.
    pub state: &'static str,
    /// Station at which the last of it came down.
    pub station: Option<String>,
    /// Last byte on the ground.
    pub down: Option<Timestamp>,
    /// Last byte at the node.
    pub at_node: Option<Timestamp>,
    /// Answer in hands, as promised.
    pub promised: Option<Timestamp>,
    /// Answer in hands, as it came.
    pub in_hands: Option<Timestamp>,
}

/// A contact that carried something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactReport {
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// First byte.
    pub start: Timestamp,
    /// Last byte.
    pub end: Timestamp,
    /// Bytes carried.
    pub carried_bytes: u64,
}

impl Report {
    pub(super) fn of(
        world: &World,
        player: &mut Player<'_>,
        watches: &[&Watch],
        seed: u64,
        failures: &Failures,
    ) -> Self {
        let at = |t_s: f64| offset(world.from, (t_s * 1e3).round() / 1e3);
        let records = &player.record.looks;
        let pairs = || world.looks.iter().zip(records);
        let mut observations: Vec<Observation> = pairs()
            .map(|(look, record)| Observation {
                watch: watches[look.watch].id.clone(),
                satellite: world.crafts[look.craft as usize].name.clone(),
                observed_start: at(look.start_s),
                observed_end: at(look.end_s),
                state: state(record),
                station: record.post.map(|p| world.posts[p as usize].name.clone()),
                down: record.down_s.map(at),
                at_node: record.home_s.map(at),
                promised: look.promise.map(|p| at(p.in_hands_s)),
                in_hands: record.processed_s.map(|t_s| at(t_s + look.publish_s)),
            })
            .collect();
        observations.sort_by(|a, b| {
            (a.observed_start, &a.satellite, &a.watch, a.observed_end).cmp(&(
                b.observed_start,
                &b.satellite,
                &b.watch,
                b.observed_end,
            ))
        });
        let by_watch = watches.iter().enumerate().map(|(number, watch)| {
            let own: Vec<(&Look, &LookRecord)> =
                pairs().filter(|(look, _)| look.watch == number).collect();
            figures::watch_report(watch, &own, world.length_s)
        });
        let watches = by_watch.collect();
        let (held_s, _) = player.ledger.little(world.end_s);
        let bytes = player.ledger.bytes;
        Self {
            from: world.from,
            to: at(world.length_s),
            seed,
            failures: failures.any(),
            satellites: world.satellites,
            watches,
            bytes,
            bundles: player.carriers.bundles,
            storage: Storage {
                mean_bytes: held_s / world.end_s.max(1.0),
                peak_bytes: player.ledger.peak_bytes,
                peak_on_board_bytes: player
                    .ledger
                    .on_board_peak
                    .iter()
                    .copied()
                    .max()
                    .unwrap_or(0),
                mean_stay_s: held_s / (bytes.observed as f64).max(1.0),
                queue_max: player.node.queue_max,
            },
            failed: Failed {
                outages: player.record.posts.iter().map(|p| p.outages).sum(),
                line_outages: player.record.posts.iter().map(|p| p.line_outages).sum(),
                contacts_lost: player.record.posts.iter().map(|p| p.contacts_lost).sum(),
                contacts_rained_off: player
                    .record
                    .posts
                    .iter()
                    .map(|p| p.contacts_rained_off)
                    .sum(),
                safe_modes: player.record.safe_modes,
                satellites_lost: player.record.satellites_lost,
                slow_runs: records.iter().filter(|r| r.slow).count() as u32,
                bundles_damaged: player.carriers.bundles.refused,
            },
            stations: stations(world, player),
            observations,
            contacts: contacts(world, player, &at),
            faults: world.faults.iter().cloned().collect(),
        }
    }
}

fn state(record: &LookRecord) -> &'static str {
    match record {
        LookRecord { missed: true, .. } => "missed",
        LookRecord { lost: true, .. } => "lost",
        LookRecord {
            processed_s: Some(_),
            ..
        } => "came",
        _ => "waiting",
    }
}

fn stations(world: &World, player: &Player<'_>) -> Vec<StationReport> {
    let mut found: Vec<StationReport> = world
        .posts
        .iter()
        .zip(&player.record.posts)
        .map(|(post, record)| StationReport {
            station: post.name.clone(),
            relay: post.relay,
            contacts: 0,
            carried_bytes: 0,
            contacts_lost: record.contacts_lost,
            contacts_rained_off: record.contacts_rained_off,
            outages: record.outages,
            line_outages: record.line_outages,
        })
        .collect();
    for (window, carried) in &player.record.contacts {
        let station = &mut found[world.windows[*window as usize].post as usize];
        station.contacts += 1;
        station.carried_bytes += carried.bytes;
    }
    found.retain(|s| s.contacts > 0 || s.contacts_lost > 0 || s.contacts_rained_off > 0);
    found.sort_by(|a, b| {
        b.carried_bytes
            .cmp(&a.carried_bytes)
            .then(a.station.cmp(&b.station))
    });
    found
}

fn contacts(
    world: &World,
    player: &Player<'_>,
    at: &dyn Fn(f64) -> Timestamp,
) -> Vec<ContactReport> {
    let mut found: Vec<ContactReport> = player
        .record
        .contacts
        .iter()
        .map(|(number, carried)| {
            let window = &world.windows[*number as usize];
            let from = match window.feeder {
                true => &world.posts[window.from as usize].name,
                false => &world.crafts[window.from as usize].name,
            };
            ContactReport {
                from: from.clone(),
                to: world.posts[window.post as usize].name.clone(),
                start: at(carried.start_s),
                end: at(carried.end_s),
                carried_bytes: carried.bytes,
            }
        })
        .collect();
    found.sort_by(|a, b| (a.start, &a.from, &a.to).cmp(&(b.start, &b.from, &b.to)));
    found
}
