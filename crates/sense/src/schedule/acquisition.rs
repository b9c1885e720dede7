//! From opportunities to a problem, and from its schedule to acquisitions.

use super::problem::{Candidate, Problem, ProblemError, Spacecraft};
use super::solve::{Schedule, solve};
use crate::access::Sensor;
use crate::footprint;
use crate::instrument::Look;
use crate::opportunity::Opportunity;
use corridor_orbit::earth::{self, Geodetic, cross, dot, from_geodetic, sub, unit};
use corridor_orbit::propagate::PropagateError;
use corridor_orbit::window::offset;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most instants at which one opportunity may be taken.
pub const INSTANTS_MAX: usize = 200;

/// A satellite with an instrument that takes requests.
#[derive(Debug, Clone)]
pub struct Platform<'a> {
    /// The satellite and the instrument.
    pub sensor: Sensor<'a>,
    /// What it can do; instruments of one satellite share it by its `name`, and only the first one's
    /// limits count.
    pub craft: Spacecraft,
    /// How long one observation of an agile instrument lasts, seconds. Others observe for the whole of
    /// an opportunity.
    pub observation_s: f64,
}

/// Something to be observed once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// Where agile instruments aim.
    pub aim: Geodetic,
    /// 1 (first) to 5 (last).
    pub priority: u8,
}

/// An opportunity of a platform to meet a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer<'a> {
    /// Which platform, by its place.
    pub platform: usize,
    /// Which request, by its place.
    pub request: usize,
    /// When and how.
    pub opportunity: &'a Opportunity,
}

/// One observation of the schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acquisition {
    /// Name of the satellite.
    pub satellite: String,
    /// Catalogue number; `None` where the satellite is planned.
    pub norad_id: Option<u32>,
    /// Whether the satellite does not fly yet.
    pub planned: bool,
    /// Id of the instrument.
    pub instrument: String,
    /// Which request, by its place.
    pub request: usize,
    /// Start of the observation.
    pub start: Timestamp,
    /// End of the observation.
    pub end: Timestamp,
    /// Line of sight ahead of the geodetic nadir, degrees; behind it negative.
    pub along_track_deg: f64,
    /// Line of sight to the right of the track, degrees; to the left negative.
    pub across_track_deg: f64,
}

/// What every satellite is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The observations, by satellite and time.
    pub acquisitions: Vec<Acquisition>,
    /// The schedule they come from, with its profit and bound.
    pub schedule: Schedule,
    /// The problem it solves.
    pub problem: Problem,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A priority is not one.
    #[error("request {request}: priority is {priority}; should be 1 (first) to 5 (last)")]
    Priority {
        /// Which request, from 0.
        request: usize,
        /// What it is.
        priority: u8,
    },
    /// An offer names a platform or a request that is not there.
    #[error("offer {offer}: {field} is {value}; there are {count}, counted from 0")]
    Index {
        /// Which offer, from 0.
        offer: usize,
        /// `platform` or `request`.
        field: &'static str,
        /// What it names.
        value: usize,
        /// How many there are.
        count: usize,
    },
    /// An offer starts before the span.
    #[error("offer {offer} starts at {start}, before the span does at {from}")]
    Early {
        /// Which offer, from 0.
        offer: usize,
        /// Its start.
        start: Timestamp,
        /// Start of the span.
        from: Timestamp,
    },
    /// The step is no time.
    #[error("step is {0} s; should be from 0.1 to 3600 s")]
    Step(f64),
    /// A figure of the problem cannot be.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// A satellite has no state at some instant.
    #[error(transparent)]
    Propagate(#[from] PropagateError),
}

/// How many requests of the next priority one is worth.
const PRIORITY_RATIO: f64 = 4.0;

/// What a request of a priority is worth: one of the last priority 1, each step four times more.
pub fn profit_of_priority(priority: u8) -> f64 {
    PRIORITY_RATIO.powi(5 - i32::from(priority.clamp(1, 5)))
}

/// Who can meet which requests.
#[derive(Debug, Clone, Copy)]
pub struct Tasking<'a> {
    /// The satellites with their instruments.
    pub platforms: &'a [Platform<'a>],
    /// What is wanted.
    pub requests: &'a [Request],
    /// Every way to meet a request.
    pub offers: &'a [Offer<'a>],
    /// Start of the span; no offer is before.
    pub from: Timestamp,
    /// How far apart the instants are at which an agile instrument may start, seconds.
    pub step_s: f64,
}

/// Schedules requests on platforms: each request at most once, each satellite within its limits, for
/// the greatest sum of what the requests' priorities are worth.
///
/// Agile instruments may start every [`Tasking::step_s`] within an opportunity and aim at the request, no further
/// from nadir than they can; others take the whole of it. Seed, threads and `progress` as in
/// [`solve`].
///
/// # Errors
/// [`PlanError`] says what is wrong.
pub fn plan(
    tasking: &Tasking<'_>,
    seed: u64,
    threads: usize,
    progress: impl FnMut(u32) -> f64,
) -> Result<Plan, PlanError> {
    let Tasking {
        platforms,
        requests,
        offers,
        from,
        step_s,
    } = *tasking;
    if !(0.1..=3600.0).contains(&step_s) {
        return Err(PlanError::Step(step_s));
    }
    let mut satellites: Vec<Spacecraft> = Vec::new();
    let mut satellite_of = Vec::with_capacity(platforms.len());
    for platform in platforms {
        let same = |s: &Spacecraft| s.name == platform.craft.name;
        let place = satellites.iter().position(same).unwrap_or_else(|| {
            satellites.push(platform.craft.clone());
            satellites.len() - 1
        });
        satellite_of.push(place as u32);
    }
    let mut problem = Problem {
        satellites,
        profits: Vec::with_capacity(requests.len()),
        candidates: Vec::new(),
    };
    for (request, &Request { priority, .. }) in requests.iter().enumerate() {
        if !(1..=5).contains(&priority) {
            return Err(PlanError::Priority { request, priority });
        }
        problem.profits.push(profit_of_priority(priority));
    }
    let mut offer_of = Vec::new();
    for (number, offer) in offers.iter().enumerate() {
        check_offer(number, offer, platforms.len(), requests.len(), from)?;
        let platform = &platforms[offer.platform];
        let aim = &requests[offer.request].aim;
        for (start_s, duration_s, line_of_sight) in
            instants(platform, aim, offer.opportunity, from, step_s)?
        {
            offer_of.push(number);
            problem.candidates.push(Candidate {
                satellite: satellite_of[offer.platform],
                target: offer.request as u32,
                start_s,
                duration_s,
                line_of_sight,
            });
        }
    }
    let schedule = solve(&problem, seed, threads, progress)?;
    let of = |&index: &u32| {
        let offer = &offers[offer_of[index as usize]];
        acquisition(&problem.candidates[index as usize], offer, from)
    };
    Ok(Plan {
        acquisitions: schedule.selected.iter().map(of).collect(),
        schedule,
        problem,
    })
}

fn check_offer(
    number: usize,
    offer: &Offer<'_>,
    platforms: usize,
    requests: usize,
    from: Timestamp,
) -> Result<(), PlanError> {
    for (field, value, count) in [
        ("platform", offer.platform, platforms),
        ("request", offer.request, requests),
    ] {
        if value >= count {
            return Err(PlanError::Index {
                offer: number,
                field,
                value,
                count,
            });
        }
    }
    let start = offer.opportunity.start;
    if start < from {
        return Err(PlanError::Early {
            offer: number,
            start,
            from,
        });
    }
    Ok(())
}

fn acquisition(candidate: &Candidate, offer: &Offer<'_>, from: Timestamp) -> Acquisition {
    let opportunity = offer.opportunity;
    let [along, right, down] = candidate.line_of_sight;
    let start = offset(from, candidate.start_s);
    Acquisition {
        satellite: opportunity.satellite.clone(),
        norad_id: opportunity.norad_id,
        planned: opportunity.planned,
        instrument: opportunity.instrument.clone(),
        request: offer.request,
        start,
        end: offset(start, candidate.duration_s),
        along_track_deg: along.atan2(down).to_degrees(),
        across_track_deg: right.atan2(down).to_degrees(),
    }
}

/// When an opportunity may be taken, for how long, and where the instrument looks then.
fn instants(
    platform: &Platform<'_>,
    aim: &Geodetic,
    opportunity: &Opportunity,
    from: Timestamp,
    step_s: f64,
) -> Result<Vec<(f64, f64, [f64; 3])>, PropagateError> {
    let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64();
    let (first_s, end_s) = (seconds(opportunity.start), seconds(opportunity.end));
    let track = platform.sensor.trajectory.track(from);
    let target = from_geodetic(aim).r_m;
    let instrument = platform.sensor.instrument;
    let sight = |t_s: f64| -> Result<[f64; 3], PropagateError> {
        let state = track.state_itrf(t_s)?;
        let down = earth::nadir(&state.position());
        let sink = dot(state.v_m_s, down);
        let along = unit(std::array::from_fn(|k| state.v_m_s[k] - sink * down[k]));
        let right = cross(down, along);
        let to = unit(sub(target, state.r_m));
        Ok([dot(to, along), dot(to, right), dot(to, down)])
    };
    if instrument.look == Look::Agile {
        // An opportunity too short for the observation starts it at once.
        let room_s = (end_s - first_s - platform.observation_s).max(0.0);
        let count = ((room_s / step_s).floor() as usize + 1).min(INSTANTS_MAX);
        let apart_s = step_s.max(room_s / INSTANTS_MAX as f64);
        let mut all = Vec::with_capacity(count);
        for number in 0..count {
            let start_s = first_s + apart_s * number as f64;
            let middle = sight(start_s + platform.observation_s / 2.0)?;
            let line = no_further(middle, instrument.max_off_nadir_deg);
            all.push((start_s, platform.observation_s, line));
        }
        return Ok(all);
    }
    let [_, right, down] = sight((first_s + end_s) / 2.0)?;
    let line = match instrument.look {
        Look::Nadir | Look::Scan | Look::Conical | Look::Rectangular => {
            let [roll, pitch] = [instrument.view.roll_deg, instrument.view.pitch_deg]
                .map(|deg| deg.unwrap_or(0.0).to_radians());
            [
                pitch.sin(),
                pitch.cos() * roll.sin(),
                pitch.cos() * roll.cos(),
            ]
        }
        Look::Left | Look::Right | Look::Both | Look::Agile => {
            let (_, most) = footprint::off_nadir_range_deg(platform.sensor.trajectory, instrument);
            no_further([0.0, right, down], most)
        }
    };
    Ok(vec![(first_s, (end_s - first_s).max(0.0), line)])
}

/// The line of sight, or the nearest that is no further from nadir.
fn no_further([along, right, down]: [f64; 3], max_off_nadir_deg: f64) -> [f64; 3] {
    let level = along.hypot(right);
    let most = max_off_nadir_deg.to_radians();
    if level.atan2(down) <= most {
        return [along, right, down];
    }
    let share = most.sin() / level;
    [along * share, right * share, most.cos()]
}
