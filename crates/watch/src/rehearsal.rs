//! The rehearsal: days of the chain on simulated time, from one seed.
//!
//! Orbits say which satellites can observe the watches and when they meet stations and relays; the forecast
//! says what a watch is promised. Then it is played: stations are booked by the antenna scheduler, at each place
//! bundles wait in the gate's queue, which finds their way over what was booked and hands them out while
//! a contact is on, contacts break off, stations and satellites fail, what lost its way is planned again, the node
//! computes one answer after the other. The report holds what was promised beside what came. Opportunities,
//! contacts, forecast, scheduler, contact plans, router, the gate's queue, hardy's agents and all that a node does with
//! a bundle are those of the chain itself. Bundles are real ones, each standing for more bytes than it has (`carry`); how
//! agents run on simulated time, and what of a node does not, says [`corridor_transmit::bundle::unplugged`].
//!
//! | file | what |
//! |---|---|
//! | `world` | what the orbits allow |
//! | `chance`, `failure`, `weather` | what fails when, from the seed |
//! | `booking` | which passes the stations take |
//! | `play`, `event`, `ledger`, `node` | the play: events, who holds which bytes, the node's workers |
//! | `carry` | the bundles themselves: made, carried, put together, opened, kept |
//! | `record`, `report`, `spread` | what happened, and the figures of it |
//! | [`change`] | one station, satellite or relay more or less |
//!
//! The same script gives the same report, byte for byte, on any number of threads: threads share out the
//! search of windows alone, whose answers stand in the order of the questions; chance is drawn by name
//! (`chance`); the scheduler is given nodes, not time. Cost: search of windows grows with satellites ×
//! days × (stations + areas); the play with observations × log of the contacts ahead. Memory: windows and
//! observations of the whole time (about 60 and 150 bytes each), bundles only while they are under way (about 2 kB), and up to
//! a megabyte for the agent of each satellite, station and relay that had one.
//!
//! Left out: clouds over the area (each observation is taken to give an answer), other users of stations
//! and satellites, and limits of what a recorder holds.

mod booking;
mod carry;
mod chance;
pub mod change;
mod event;
mod failure;
mod ledger;
mod node;
mod play;
mod record;
mod report;
mod spread;
#[cfg(test)]
mod tests;
mod weather;
mod world;

pub use carry::Bundles;
pub use change::Change;
pub use ledger::Bytes;
pub use report::{
    ContactReport, Failed, Observation, Pair, PairOf, Parts, Report, StationReport, Storage,
    WatchReport,
};
pub use spread::Spread;

use crate::error::WatchError;
use crate::register::{Register, Relay};
use crate::request::Watch;
use crate::settings::Settings;
use corridor_know::product::Product;
use corridor_transmit::bundle::secure::Keyring;
use failure::Failures;
use jiff::{SignedDuration, Timestamp};
use play::Player;
use std::sync::Arc;
use world::{Asked, World};

/// Longest rehearsal, days: contacts are looked for over 31, the last of them for what is still on board.
pub const DAYS_MAX: f64 = 30.0;

/// What to rehearse.
#[derive(Debug, Clone)]
pub struct Script<'a> {
    /// Satellites, instruments, stations.
    pub register: &'a Register,
    /// The node's settings.
    pub settings: &'a Settings,
    /// The watches with their products.
    pub watches: &'a [(Watch, Product)],
    /// Relays that all satellites can send to, beside those of their missions.
    pub relays: &'a [Relay],
    /// Start.
    pub from: Timestamp,
    /// How long observations are made.
    pub days: f64,
    /// Of all chance.
    pub seed: u64,
    /// Whether anything fails by chance.
    pub failures: bool,
    /// Satellites that are lost, and when.
    pub lost: &'a [(String, Timestamp)],
    /// Threads that search for windows.
    pub threads: usize,
    /// Keys to sign, encrypt and check bundles with; a key that names a node is of no use to the satellites, whose
    /// nodes are numbered by the rehearsal.
    pub keys: Option<&'a Arc<Keyring>>,
}

/// How far a rehearsal is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// Satellites looked at, and all.
    Windows(usize, usize),
    /// Hours played, and all.
    Played(u64, u64),
}

/// Plays a script.
///
/// # Errors
/// [`WatchError::Invalid`] where the script cannot be; [`WatchError::Internal`] where a setting is missing.
pub fn rehearse(
    script: &Script<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, WatchError> {
    let (world, failures) = script.prepare(progress)?;
    let worth: Vec<u8> = script
        .watches
        .iter()
        .map(|(w, _)| 6 - w.priority.clamp(1, 5))
        .collect();
    let keys = script.keys.cloned();
    let mut player = Player::new(&world, &failures, script.settings, &worth, keys)?;
    let all = (world.end_s / 3_600.0).ceil() as u64;
    player.play(&mut |at_s| progress(Progress::Played((at_s / 3_600.0) as u64, all)))?;
    let watches: Vec<&Watch> = script.watches.iter().map(|(w, _)| w).collect();
    Ok(Report::of(
        &world,
        &mut player,
        &watches,
        script.seed,
        &failures,
    ))
}

impl Script<'_> {
    fn prepare(
        &self,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(World, Failures), WatchError> {
        let wrong = |what: String| Err(WatchError::Invalid(what));
        if !(self.days > 0.0 && self.days <= DAYS_MAX) {
            return wrong(format!(
                "{} days are not more than 0 and at most {DAYS_MAX}",
                self.days
            ));
        }
        if self.watches.is_empty() {
            return wrong("no watch to rehearse".into());
        }
        let to = SignedDuration::try_from_secs_f64(self.days * 86_400.0)
            .ok()
            .and_then(|length| self.from.checked_add(length).ok());
        let Some(to) = to else {
            return wrong(format!(
                "{} days from {} end beyond the calendar",
                self.days, self.from
            ));
        };
        let asked = Asked {
            register: self.register,
            settings: self.settings,
            watches: self.watches,
            relays: self.relays,
            from: self.from,
            to,
            threads: self.threads,
            rain: self.failures,
        };
        let world = World::of(&asked, &|done, all| progress(Progress::Windows(done, all)))?;
        let mut lost = Vec::new();
        for (name, at) in self.lost {
            if !self.register.satellites().iter().any(|s| s.name == *name) {
                return wrong(format!("the register has no satellite {name:?} to lose"));
            }
            lost.push((name.clone(), at.duration_since(self.from).as_secs_f64()));
        }
        let failures = match self.failures {
            true => Failures::drawn(&world, self.settings, self.seed, &lost)?,
            false => Failures::none(&world, &lost),
        };
        Ok((world, failures))
    }
}
