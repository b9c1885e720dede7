//! The problem: satellites with their limits, targets with their profits, timed candidates.

/// Most candidates of one problem: transitions between them must fit in memory.
pub const CANDIDATES_MAX: usize = 2_000_000;

/// Longest time from the problem's epoch, seconds: 400 days.
pub const TIME_MAX_S: f64 = 400.0 * 86_400.0;

/// What one satellite can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Spacecraft {
    /// Name, for people.
    pub name: String,
    /// Time to come to rest after a slew, seconds; counts between any two observations.
    pub settle_s: f64,
    /// Rate of slewing, degrees a second.
    pub slew_rate_deg_s: f64,
    /// Most observations over the whole problem.
    pub max_images: Option<u32>,
    /// How much of the time it may observe.
    pub duty_cycle: Option<DutyCycle>,
    /// Its recorder and when that is emptied.
    pub memory: Option<Memory>,
}

/// In the `window_s` from the start of any observation, those that start (it included) last at most
/// `max_observing_s` together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DutyCycle {
    /// Length of the window, seconds.
    pub window_s: f64,
    /// Longest time of observing in it, seconds.
    pub max_observing_s: f64,
}

/// A recorder. The room for an observation is taken when it starts; downlinks empty it at their rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// What it holds, Mbit.
    pub capacity_mbit: f64,
    /// What is in it at the start, Mbit.
    pub initial_mbit: f64,
    /// What an observation adds, Mbit for each second it lasts.
    pub record_mbit_s: f64,
    /// When it is emptied, in order and without overlap.
    pub downlinks: Vec<Downlink>,
}

/// A contact that empties the recorder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Downlink {
    /// Start, seconds from the problem's epoch.
    pub start_s: f64,
    /// End, seconds from the problem's epoch.
    pub end_s: f64,
    /// Rate, Mbit/s.
    pub rate_mbit_s: f64,
}

/// One way to observe a target: by which satellite, when, looking where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Which satellite, by its place in the problem.
    pub satellite: u32,
    /// Which target, by its place in the problem.
    pub target: u32,
    /// Start, seconds from the problem's epoch.
    pub start_s: f64,
    /// How long it lasts, seconds.
    pub duration_s: f64,
    /// Line of sight in the satellite's local axes (along track, across track, to the nadir); of any
    /// length but zero. Held while the observation lasts.
    pub line_of_sight: [f64; 3],
}

/// What is to be scheduled: of each target at most one candidate, of each satellite a sequence that
/// its limits allow, for the greatest total profit.
///
/// Between the end of one observation and the start of the next of the same satellite lie at least
/// `settle_s` and the angle between their lines of sight over `slew_rate_deg_s`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Problem {
    /// The satellites.
    pub satellites: Vec<Spacecraft>,
    /// Profit of each target, once observed.
    pub profits: Vec<f64>,
    /// Every way to observe one of them.
    pub candidates: Vec<Candidate>,
}

/// A problem with a figure that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProblemError {
    /// A figure is out of its range.
    #[error("{place}: {field} is {value}; should be {right}")]
    Field {
        /// Where: `satellite 3`, `candidate 17`.
        place: String,
        /// Which figure.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
    /// A candidate names a satellite or a target that is not there.
    #[error("candidate {candidate}: {field} is {value}; there are {count}, counted from 0")]
    Index {
        /// Which candidate, from 0.
        candidate: usize,
        /// `satellite` or `target`.
        field: &'static str,
        /// What it names.
        value: u32,
        /// How many there are.
        count: usize,
    },
    /// The downlinks of a satellite are not in order or overlap.
    #[error("satellite {satellite}: downlink {downlink} starts before the one before it ends")]
    Downlinks {
        /// Which satellite, from 0.
        satellite: usize,
        /// Which downlink, from 0.
        downlink: usize,
    },
    /// More candidates than [`CANDIDATES_MAX`].
    #[error("{0} candidates; at most {CANDIDATES_MAX} are taken")]
    Many(usize),
}

impl Problem {
    /// Checks every figure.
    ///
    /// # Errors
    /// [`ProblemError`] names the first that is wrong.
    pub fn check(&self) -> Result<(), ProblemError> {
        if self.candidates.len() > CANDIDATES_MAX {
            return Err(ProblemError::Many(self.candidates.len()));
        }
        for (index, satellite) in self.satellites.iter().enumerate() {
            satellite.check(index)?;
        }
        for (index, &profit) in self.profits.iter().enumerate() {
            let place = || format!("target {index}");
            within(place, "profit", profit, 0.0, 1e9, "from 0 to 1e9")?;
        }
        for (index, candidate) in self.candidates.iter().enumerate() {
            self.check_candidate(index, candidate)?;
        }
        Ok(())
    }

    fn check_candidate(&self, index: usize, candidate: &Candidate) -> Result<(), ProblemError> {
        for (field, value, count) in [
            ("satellite", candidate.satellite, self.satellites.len()),
            ("target", candidate.target, self.profits.len()),
        ] {
            if value as usize >= count {
                return Err(ProblemError::Index {
                    candidate: index,
                    field,
                    value,
                    count,
                });
            }
        }
        let place = || format!("candidate {index}");
        let [x, y, z] = candidate.line_of_sight;
        let length = (x * x + y * y + z * z).sqrt();
        let (start_s, duration_s) = (candidate.start_s, candidate.duration_s);
        within(place, "start_s", start_s, 0.0, TIME_MAX_S, TIME)?;
        within(place, "duration_s", duration_s, 0.0, TIME_MAX_S, TIME)?;
        within(
            place,
            "length of the line of sight",
            length,
            1e-9,
            1e9,
            "more than 0",
        )
    }
}

/// What a time should be.
const TIME: &str = "from 0 to 400 days in seconds";

impl Spacecraft {
    fn check(&self, index: usize) -> Result<(), ProblemError> {
        let place = || format!("satellite {index}");
        within(
            place,
            "settle_s",
            self.settle_s,
            0.0,
            1e6,
            "from 0 to 1e6 s",
        )?;
        let rate = "more than 0 and at most 1e6 degrees a second";
        within(
            place,
            "slew_rate_deg_s",
            self.slew_rate_deg_s,
            1e-6,
            1e6,
            rate,
        )?;
        if let Some(duty) = self.duty_cycle {
            within(
                place,
                "duty cycle window_s",
                duty.window_s,
                1e-3,
                TIME_MAX_S,
                TIME,
            )?;
            let most = duty.max_observing_s;
            within(
                place,
                "duty cycle max_observing_s",
                most,
                0.0,
                TIME_MAX_S,
                TIME,
            )?;
        }
        let Some(memory) = &self.memory else {
            return Ok(());
        };
        let volume = "from 0 to 1e12";
        for (field, value) in [
            ("memory capacity_mbit", memory.capacity_mbit),
            ("memory initial_mbit", memory.initial_mbit),
            ("memory record_mbit_s", memory.record_mbit_s),
        ] {
            within(place, field, value, 0.0, 1e12, volume)?;
        }
        let (initial, full) = (memory.initial_mbit, memory.capacity_mbit);
        let field = "memory initial_mbit";
        within(place, field, initial, 0.0, full, "at most capacity_mbit")?;
        let mut free_s = 0.0;
        for (number, downlink) in memory.downlinks.iter().enumerate() {
            within(
                place,
                "downlink start_s",
                downlink.start_s,
                0.0,
                TIME_MAX_S,
                TIME,
            )?;
            let (start_s, end_s) = (downlink.start_s, downlink.end_s);
            within(
                place,
                "downlink end_s",
                end_s,
                start_s,
                TIME_MAX_S,
                "after its start",
            )?;
            within(
                place,
                "downlink rate_mbit_s",
                downlink.rate_mbit_s,
                0.0,
                1e12,
                volume,
            )?;
            if start_s < free_s {
                return Err(ProblemError::Downlinks {
                    satellite: index,
                    downlink: number,
                });
            }
            free_s = end_s;
        }
        Ok(())
    }
}

fn within(
    place: impl Fn() -> String,
    field: &'static str,
    value: f64,
    low: f64,
    high: f64,
    right: &'static str,
) -> Result<(), ProblemError> {
    if value >= low && value <= high {
        return Ok(());
    }
    Err(ProblemError::Field {
        place: place(),
        field,
        value,
        right,
    })
}
