//! Antenna schedules: which passes each station takes.
//!
//! A station has antennas, each with one satellite at a time and a turnaround between two; a satellite
//! sends to one station at a time; each pass gives up the time of acquisition. The value of a schedule is,
//! over the satellites, priority × the smaller of demand and what its passes bring, in Gbit.
//!
//! # How
//! A mixed-integer model: one variable a candidate (a pass, or a part of one), one row a largest set of
//! candidates that would hold one antenna or one satellite at once ([`solve()`]). Times on one station are
//! intervals, so these rows describe its schedules exactly, and the relaxation is nearly whole: branch and
//! bound ends early and proves its bound. It is solved by `microlp` (pure Rust), which a test shows to
//! prove four instances of 336 to 1,988 passes; HiGHS proves them too, but is a C++ library that wants cmake
//! on every machine that builds Corridor. Where the time ends first, the best of the search and of a greedy
//! schedule with exchanges ([`greedy`]) is given, with the bound proven so far.

mod candidate;
pub mod check;
mod explain;
mod greedy;
pub mod instance;
mod repair;
mod solve;

pub use candidate::{Candidate, candidates};
pub use explain::{Reason, explain};
pub use greedy::greedy;
pub use repair::{Repair, repair};
pub use solve::{Budget, Schedule, solve};

use serde::Serialize;

/// Most passes of one problem.
pub const PASSES_MAX: usize = 50_000;

/// A satellite, as scheduling sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Satellite {
    /// Its name.
    pub name: String,
    /// Downlink rate, bit/s.
    pub rate_bit_s: f64,
    /// Worth of a bit, relative to others.
    pub priority: f64,
    /// What is wanted of it, bits; `None` for all it can send.
    pub demand_bit: Option<f64>,
}

/// A station, as scheduling sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// Antennas that work at once.
    pub antennas: u32,
}

/// A satellite above a station's mask.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pass {
    /// Its number.
    pub id: u64,
    /// Place of the satellite.
    pub satellite: usize,
    /// Place of the station.
    pub station: usize,
    /// Rise, s.
    pub start_s: f64,
    /// Set, s.
    pub end_s: f64,
}

/// A time in which a station does not work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outage {
    /// Place of the station.
    pub station: usize,
    /// From, s.
    pub start_s: f64,
    /// To, s.
    pub end_s: f64,
}

/// Rules of all stations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rules {
    /// From the end of one pass to the start of the next on one antenna, s.
    pub turnaround_s: f64,
    /// From the start of a pass until data flows, s.
    pub acquisition_s: f64,
    /// Shortest part of a pass that may be taken alone, s; `None`: whole passes only, and none that
    /// meets an outage.
    pub part_min_s: Option<f64>,
}

/// What to schedule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    /// Satellites.
    pub satellites: Vec<Satellite>,
    /// Stations.
    pub stations: Vec<Station>,
    /// Passes.
    pub passes: Vec<Pass>,
    /// Outages.
    pub outages: Vec<Outage>,
    /// Rules.
    pub rules: Rules,
}

/// A problem that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProblemError {
    /// A figure that is not finite or has the wrong sign.
    #[error("{what}: {field} is {value}, expected {expected}")]
    Figure {
        /// Whose figure.
        what: String,
        /// Which.
        field: &'static str,
        /// The value found.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// A pass or outage of a satellite or station that is not there.
    #[error("{what}: {field} {place} is not among the {count} given")]
    Place {
        /// Whose.
        what: String,
        /// `satellite` or `station`.
        field: &'static str,
        /// The place.
        place: usize,
        /// How many there are.
        count: usize,
    },
    /// A number given to two passes.
    #[error("pass {0} is given twice")]
    Twice(u64),
    /// More passes than one search takes.
    #[error("{0} passes, at most {PASSES_MAX}")]
    Size(usize),
    /// The solver stopped for a reason of its own.
    #[error("solver: {0}")]
    Solver(String),
}

impl Problem {
    /// Checks every figure; [`solve()`] takes only what passes.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self) -> Result<(), ProblemError> {
        if self.passes.len() > PASSES_MAX {
            return Err(ProblemError::Size(self.passes.len()));
        }
        let rules = self.rules;
        let part_min_s = rules.part_min_s.unwrap_or(0.0);
        for (field, value) in [
            ("turnaround", rules.turnaround_s),
            ("acquisition", rules.acquisition_s),
            ("shortest part", part_min_s),
        ] {
            figure("rules", field, value, (0.0, 86_400.0), "0 to 86400 s")?;
        }
        for s in &self.satellites {
            figure(
                &s.name,
                "rate",
                s.rate_bit_s,
                (0.0, 1e13),
                "0 to 1e13 bit/s",
            )?;
            figure(&s.name, "priority", s.priority, (0.0, 1e6), "0 to 1e6")?;
            let demand_bit = s.demand_bit.unwrap_or(0.0);
            figure(&s.name, "demand", demand_bit, (0.0, 1e18), "0 to 1e18 bit")?;
        }
        let mut ids: Vec<u64> = self.passes.iter().map(|p| p.id).collect();
        ids.sort_unstable();
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ProblemError::Twice(twice[0]));
        }
        for p in &self.passes {
            let what = format!("pass {}", p.id);
            span(&what, p.start_s, p.end_s)?;
            place(&what, "satellite", p.satellite, self.satellites.len())?;
            place(&what, "station", p.station, self.stations.len())?;
        }
        for o in &self.outages {
            span("outage", o.start_s, o.end_s)?;
            place("outage", "station", o.station, self.stations.len())?;
        }
        Ok(())
    }

    /// Value of what each satellite sends, Gbit weighed by priority.
    pub fn value(&self, sent_bit: &[f64]) -> f64 {
        let worth = |(s, sent): (&Satellite, &f64)| {
            s.priority * s.demand_bit.map_or(*sent, |demand| demand.min(*sent)) / 1e9
        };
        self.satellites.iter().zip(sent_bit).map(worth).sum()
    }

    /// Bits a satellite sends in a span of a pass.
    pub fn volume_bit(&self, satellite: usize, start_s: f64, end_s: f64) -> f64 {
        let data_s = (end_s - start_s - self.rules.acquisition_s).max(0.0);
        self.satellites
            .get(satellite)
            .map_or(0.0, |s| data_s * s.rate_bit_s)
    }
}

fn figure(
    what: &str,
    field: &'static str,
    value: f64,
    (low, high): (f64, f64),
    expected: &'static str,
) -> Result<(), ProblemError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(ProblemError::Figure {
        what: what.into(),
        field,
        value,
        expected,
    })
}

fn span(what: &str, start_s: f64, end_s: f64) -> Result<(), ProblemError> {
    figure(
        what,
        "start",
        start_s,
        (-1e12, 1e12),
        "seconds within ±1e12",
    )?;
    figure(
        what,
        "end",
        end_s,
        (start_s, 1e12),
        "no earlier than its start",
    )
}

fn place(what: &str, field: &'static str, place: usize, count: usize) -> Result<(), ProblemError> {
    if place < count {
        return Ok(());
    }
    Err(ProblemError::Place {
        what: what.into(),
        field,
        place,
        count,
    })
}
