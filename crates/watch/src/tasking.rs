//! The acquisition schedule: which satellite observes for which watch when, within what satellites can
//! do. Watches are the targets, their priorities the profits; agility, duty cycle and memory are named
//! settings, recorders are emptied in the contacts with the operators' stations.

use crate::error::WatchError;
use crate::forecast::suits;
use crate::register::{Register, Satellite};
use crate::request::Watch;
use crate::settings::Settings;
use corridor_know::product::Product;
use corridor_sense::access::{self, Sensor};
use corridor_sense::instrument::Instrument;
use corridor_sense::opportunity::Opportunity;
use corridor_sense::schedule::acquisition::{self, Acquisition, Offer, Platform, Request, Tasking};
use corridor_sense::schedule::problem::{Downlink, DutyCycle, Memory, Spacecraft};
use corridor_transmit::contact::{self, Contact};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How long to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    /// Time on the clock.
    Time(Duration),
    /// Rounds of the solver: the same number gives the same schedule.
    Rounds(u32),
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Seed of the search.
    pub seed: u64,
    /// How long.
    pub budget: Budget,
}

impl Effort {
    /// The share of the budget that is spent, for the solver.
    pub fn progress(self) -> impl FnMut(u32) -> f64 {
        let begin = Instant::now();
        move |rounds| match self.budget {
            Budget::Time(all) => begin.elapsed().as_secs_f64() / all.as_secs_f64().max(1e-9),
            Budget::Rounds(all) => f64::from(rounds) / f64::from(all.max(1)),
        }
    }
}

/// Threads that the solver can use.
pub const THREADS: usize = 2;

/// An observation for a watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedAcquisition {
    /// The watch's id.
    pub watch: String,
    /// 1 (first) to 5 (last).
    pub priority: u8,
    /// Who observes, when, looking where.
    #[serde(flatten)]
    pub acquisition: Acquisition,
}

/// What every satellite is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskingPlan {
    /// Start of the span.
    pub from: Timestamp,
    /// End of the span.
    pub to: Timestamp,
    /// Sum of what the priorities of the watches met are worth.
    pub profit: f64,
    /// No schedule's profit is more.
    pub bound: f64,
    /// The observations, by satellite and time.
    pub acquisitions: Vec<PlannedAcquisition>,
    /// Ids of the watches that no observation is planned for.
    pub unmet: Vec<String>,
    /// Satellites that could not be computed, with the reason.
    pub faults: Vec<String>,
    /// Keys of the settings the schedule rests on.
    pub assumptions: Vec<String>,
}

/// What satellites can do, by the node's settings.
struct Limits {
    settle_s: f64,
    slew_rate_deg_s: f64,
    observation_s: f64,
    start_step_s: f64,
    duty_cycle: DutyCycle,
    memory_mbit: f64,
    image_gbit: f64,
    min_coverage: f64,
    setup_s: f64,
    rate_mbit_s: f64,
    keys: Vec<String>,
}

impl Limits {
    fn read(settings: &Settings) -> Result<Self, WatchError> {
        let mut keys = Vec::new();
        let mut get = |key: &str| {
            keys.push(key.to_string());
            settings.value(key)
        };
        let limits = Self {
            settle_s: get("tasking.settle_s")?,
            slew_rate_deg_s: get("tasking.slew_rate_deg_s")?,
            observation_s: get("tasking.observation_s")?,
            start_step_s: get("tasking.start_step_s")?,
            duty_cycle: DutyCycle {
                window_s: get("tasking.duty_window_s")?,
                max_observing_s: get("tasking.duty_observing_s")?,
            },
            memory_mbit: get("tasking.memory_gbit")? * 1e3,
            image_gbit: get("onboard.default_image_gbit")?,
            min_coverage: get("sense.min_coverage")?,
            setup_s: get("downlink.setup_s")?,
            rate_mbit_s: get("downlink.default_rate_mbit_s")?,
            keys: Vec::new(),
        };
        Ok(Self { keys, ..limits })
    }

    fn craft(&self, satellite: &Satellite, downlinks: Vec<Downlink>) -> Spacecraft {
        let image_mbit = satellite.image_gbit.unwrap_or(self.image_gbit) * 1e3;
        Spacecraft {
            name: satellite.name.clone(),
            settle_s: self.settle_s,
            slew_rate_deg_s: self.slew_rate_deg_s,
            max_images: None,
            duty_cycle: Some(self.duty_cycle),
            memory: Some(Memory {
                capacity_mbit: self.memory_mbit,
                initial_mbit: 0.0,
                record_mbit_s: image_mbit / self.observation_s.max(1e-3),
                downlinks,
            }),
        }
    }
}

/// Schedules all `wanted` watches over `[from, to)` on every satellite of the register whose instrument
/// suits the product of one.
///
/// # Errors
/// [`WatchError`] where an area does not read, or a setting is missing or cannot be. A satellite that
/// cannot be computed is listed in `faults` and stops nothing.
pub fn compute(
    register: &Register,
    settings: &Settings,
    wanted: &[(Watch, Product)],
    (from, to): (Timestamp, Timestamp),
    effort: Effort,
) -> Result<TaskingPlan, WatchError> {
    let limits = Limits::read(settings)?;
    let mut areas = Vec::with_capacity(wanted.len());
    let mut coarsest_m = Vec::with_capacity(wanted.len());
    for (watch, product) in wanted {
        areas.push(watch.area()?);
        coarsest_m.push(settings.value(&settings.max_gsd_key(&product.id))?);
    }
    let requests: Vec<Request> = wanted
        .iter()
        .zip(&areas)
        .map(|((watch, _), area)| Request {
            aim: area.middle(),
            priority: watch.priority,
        })
        .collect();
    let mut faults = Vec::new();
    let mut platforms = Vec::new();
    let mut found: Vec<(usize, usize, Opportunity)> = Vec::new();
    let sensors = sensors(register);
    for (request, (watch, product)) in wanted.iter().enumerate() {
        let until = watch.deadline.map_or(to, |deadline| deadline.min(to));
        if until <= from {
            continue;
        }
        let suited: Vec<usize> = (0..sensors.len())
            .filter(|&k| suits(product, sensors[k].1, coarsest_m[request]))
            .collect();
        let asked: Vec<Sensor<'_>> = suited.iter().map(|&k| sensor(sensors[k])).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let answers = access::opportunities_of(&asked, &areas[request], from, until, threads);
        for (sensor, answer) in suited.into_iter().zip(answers) {
            match answer {
                Ok(list) => {
                    let seen = list
                        .into_iter()
                        .filter(|o| o.coverage >= limits.min_coverage);
                    found.extend(seen.map(|o| (sensor, request, o)));
                }
                Err(e) => faults.push(format!("{}: {e}", sensors[sensor].0.name)),
            }
        }
    }
    // Only satellites with an opportunity need their contacts.
    let mut platform_of = vec![None; sensors.len()];
    for (sensor_at, _, _) in &found {
        if platform_of[*sensor_at].is_none() {
            let (satellite, _) = sensors[*sensor_at];
            let downlinks =
                downlinks(register, &limits, satellite, (from, to)).unwrap_or_else(|e| {
                    faults.push(format!("{}: {e}", satellite.name));
                    Vec::new()
                });
            platform_of[*sensor_at] = Some(platforms.len());
            platforms.push(Platform {
                sensor: sensor(sensors[*sensor_at]),
                craft: limits.craft(satellite, downlinks),
                observation_s: limits.observation_s,
            });
        }
    }
    let offers: Vec<Offer<'_>> = found
        .iter()
        .filter_map(|(sensor, request, opportunity)| {
            platform_of[*sensor].map(|platform| Offer {
                platform,
                request: *request,
                opportunity,
            })
        })
        .collect();
    let tasking = Tasking {
        platforms: &platforms,
        requests: &requests,
        offers: &offers,
        from,
        step_s: limits.start_step_s,
    };
    let plan = acquisition::plan(&tasking, effort.seed, THREADS, effort.progress())
        .map_err(|e| WatchError::Invalid(format!("scheduling: {e}")))?;
    faults.sort();
    faults.dedup();
    let met = |request: usize| plan.acquisitions.iter().any(|a| a.request == request);
    let unmet = (0..wanted.len()).filter(|&r| !met(r));
    Ok(TaskingPlan {
        from,
        to,
        profit: plan.schedule.profit,
        bound: plan.schedule.bound,
        unmet: unmet.map(|r| wanted[r].0.id.clone()).collect(),
        acquisitions: plan
            .acquisitions
            .into_iter()
            .map(|acquisition| PlannedAcquisition {
                watch: wanted[acquisition.request].0.id.clone(),
                priority: wanted[acquisition.request].0.priority,
                acquisition,
            })
            .collect(),
        faults,
        assumptions: limits.keys,
    })
}

fn sensors(register: &Register) -> Vec<(&Satellite, &Instrument)> {
    let of = |satellite: &'_ Satellite| satellite.instruments.len();
    let mut all = Vec::with_capacity(register.satellites().iter().map(of).sum());
    for satellite in register.satellites() {
        let known = satellite
            .instruments
            .iter()
            .filter_map(|id| register.instrument(id));
        all.extend(known.map(|instrument| (satellite, instrument)));
    }
    all
}

fn sensor<'a>((satellite, instrument): (&'a Satellite, &'a Instrument)) -> Sensor<'a> {
    Sensor {
        satellite: &satellite.name,
        norad_id: satellite.norad_id,
        planned: satellite.planned,
        trajectory: &satellite.trajectory,
        instrument,
    }
}

/// When the satellite's recorder is emptied: one station at a time, the earliest first.
fn downlinks(
    register: &Register,
    limits: &Limits,
    satellite: &Satellite,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Downlink>, String> {
    let rate_mbit_s = satellite.downlink_rate_mbit_s.unwrap_or(limits.rate_mbit_s);
    let mut contacts: Vec<Contact> = Vec::new();
    for id in &satellite.stations {
        let Some(station) = register.station(id) else {
            continue;
        };
        let (name, trajectory) = (&satellite.name, &satellite.trajectory);
        let bit_s = rate_mbit_s * 1e6;
        contacts.extend(
            contact::contacts(name, trajectory, station, bit_s, limits.setup_s, from, to)
                .map_err(|e| e.to_string())?,
        );
    }
    contacts.sort_by(|a, b| (a.start, &a.station).cmp(&(b.start, &b.station)));
    let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64().max(0.0);
    let mut downlinks: Vec<Downlink> = Vec::with_capacity(contacts.len());
    for contact in contacts {
        let free_s = downlinks.last().map_or(0.0, |d| d.end_s);
        let start_s = (seconds(contact.start) + limits.setup_s).max(free_s);
        let end_s = seconds(contact.end);
        if end_s > start_s {
            downlinks.push(Downlink {
                start_s,
                end_s,
                rate_mbit_s,
            });
        }
    }
    Ok(downlinks)
}
