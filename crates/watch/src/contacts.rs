//! The node's contact plan: when each satellite of the register can send to each station its operator
//! uses, and how much fits.
//!
//! Computed once for the span of the promise and the time in which its data may still come down, and
//! kept until the register changes. Cost grows with pairs of satellite and station × span; the pairs
//! are shared out over threads.

use crate::chain::{Chain, blocking, later};
use crate::error::WatchError;
use crate::forecast;
use crate::register::{Register, Satellite};
use crate::settings::Settings;
use corridor_transmit::contact::{self, Contact};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Mutex;

/// Most contacts one listing gives.
pub const CONTACTS_MAX: usize = 20_000;

/// One contact of the plan, times to the millisecond, elevation to 0.01 degrees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedContact {
    /// The satellite is not in orbit yet.
    pub planned: bool,
    /// What it is.
    #[serde(flatten)]
    pub contact: Contact,
}

/// The plan, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactPlan {
    /// Start of the span.
    pub from: Timestamp,
    /// End of the span.
    pub to: Timestamp,
    /// The contacts of each satellite, in order of time.
    by_satellite: BTreeMap<String, (bool, Vec<Contact>)>,
    /// Satellites that could not be computed, with the reason.
    faults: Vec<String>,
}

/// What of the plan is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// Contacts that end after this; the plan's start where it is not said.
    pub from: Option<Timestamp>,
    /// Contacts that start before this; the plan's end where it is not said.
    pub to: Option<Timestamp>,
    /// Only these stations; all where empty.
    pub stations: BTreeSet<String>,
    /// Only these satellites; all where empty.
    pub satellites: BTreeSet<String>,
    /// At most so many, up to [`CONTACTS_MAX`].
    pub limit: usize,
}

/// Part of the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contacts {
    /// Start of the whole plan.
    pub plan_from: Timestamp,
    /// End of the whole plan.
    pub plan_to: Timestamp,
    /// Start of the window.
    pub from: Timestamp,
    /// End of the window.
    pub to: Timestamp,
    /// Contacts that are wanted, listed or beyond the limit.
    pub matched: usize,
    /// The contacts, the earliest first; whole where they reach over the window's edge.
    pub contacts: Vec<PlannedContact>,
    /// Satellites that could not be computed, with the reason.
    pub faults: Vec<String>,
}

impl ContactPlan {
    /// Computes the plan of every satellite over `[from, to)`.
    ///
    /// # Errors
    /// [`WatchError`] where a setting is missing. A satellite that cannot be computed is listed as a
    /// fault and stops nothing.
    pub fn compute(
        register: &Register,
        settings: &Settings,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Self, WatchError> {
        let setup_s = settings.value("downlink.setup_s")?;
        let default_rate_bit_s = settings.value("downlink.default_rate_mbit_s")? * 1e6;
        let satellites = register.satellites();
        let next = AtomicUsize::new(0);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        /// A satellite's contacts, or why there are none.
        type Found = Result<Vec<Contact>, String>;
        let of = |satellite: &Satellite| -> Found {
            let rate_bit_s = satellite
                .downlink_rate_mbit_s
                .map_or(default_rate_bit_s, |rate| rate * 1e6);
            let mut found = Vec::new();
            for station in satellite
                .stations
                .iter()
                .filter_map(|id| register.station(id))
            {
                let (name, trajectory) = (&satellite.name, &satellite.trajectory);
                found.extend(
                    contact::contacts(name, trajectory, station, rate_bit_s, setup_s, from, to)
                        .map_err(|e| e.to_string())?,
                );
            }
            found.sort_by(|a, b| (a.start, &a.station).cmp(&(b.start, &b.station)));
            Ok(found)
        };
        let parts: Vec<Vec<(usize, Found)>> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        let mut part = Vec::new();
                        loop {
                            let index = next.fetch_add(1, Ordering::Relaxed);
                            let Some(satellite) = satellites.get(index) else {
                                break part;
                            };
                            part.push((index, of(satellite)));
                        }
                    })
                })
                .collect();
            // What panics in a thread panics here: a plan without its satellites would be taken for whole.
            let done = |h: std::thread::ScopedJoinHandle<'_, _>| {
                h.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            handles.into_iter().map(done).collect()
        });
        let mut plan = Self {
            from,
            to,
            by_satellite: BTreeMap::new(),
            faults: Vec::new(),
        };
        for (index, found) in parts.into_iter().flatten() {
            let Some(satellite) = satellites.get(index) else {
                continue;
            };
            match found {
                Ok(contacts) if contacts.is_empty() => {}
                Ok(contacts) => {
                    let entry = (satellite.planned, contacts);
                    plan.by_satellite.insert(satellite.name.clone(), entry);
                }
                Err(reason) => plan.faults.push(format!("{}: {reason}", satellite.name)),
            }
        }
        plan.faults.sort();
        Ok(plan)
    }

    /// The contacts of one satellite, in order of time.
    pub fn of(&self, satellite: &str) -> &[Contact] {
        self.by_satellite
            .get(satellite)
            .map_or(&[], |(_, contacts)| contacts)
    }

    /// The part that is asked for.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] where the window ends before it starts or the limit is none.
    pub fn part(&self, wanted: &Wanted) -> Result<Contacts, WatchError> {
        let from = wanted.from.unwrap_or(self.from);
        let to = wanted.to.unwrap_or(self.to);
        if to <= from {
            return Err(WatchError::Invalid(format!(
                "the window ends at {to}, not after {from}"
            )));
        }
        if !(1..=CONTACTS_MAX).contains(&wanted.limit) {
            return Err(WatchError::Invalid(format!(
                "limit {} is not from 1 to {CONTACTS_MAX}",
                wanted.limit
            )));
        }
        let one_of = |set: &BTreeSet<String>, name: &str| set.is_empty() || set.contains(name);
        let mut found: Vec<(bool, &Contact)> = self
            .by_satellite
            .iter()
            .filter(|(name, _)| one_of(&wanted.satellites, name))
            .flat_map(|(_, (planned, contacts))| contacts.iter().map(move |c| (*planned, c)))
            .filter(|(_, c)| c.start < to && c.end > from && one_of(&wanted.stations, &c.station))
            .collect();
        found.sort_by_key(|(_, c)| (c.start, &c.satellite, &c.station));
        let matched = found.len();
        let contacts = found
            .into_iter()
            .take(wanted.limit)
            .map(|(planned, c)| PlannedContact {
                planned,
                contact: Contact {
                    start: to_millisecond(c.start),
                    end: to_millisecond(c.end),
                    max_elevation_deg: (c.max_elevation_deg * 100.0).round() / 100.0,
                    ..c.clone()
                },
            })
            .collect();
        Ok(Contacts {
            plan_from: self.from,
            plan_to: self.to,
            from,
            to,
            matched,
            contacts,
            faults: self.faults.clone(),
        })
    }
}

impl Chain {
    /// Part of the contact plan of every satellite of the register; see [`crate::contacts`].
    ///
    /// # Errors
    /// [`WatchError::Invalid`] where the window or the limit is wrong or a station or satellite is not
    /// of the register.
    pub async fn contacts(&self, wanted: Wanted) -> Result<Contacts, WatchError> {
        let register = self.register();
        for id in &wanted.stations {
            if register.station(id).is_none() {
                return Err(WatchError::not_found("station", id.as_str()));
            }
        }
        for name in &wanted.satellites {
            if register.satellite(name).is_none() {
                return Err(WatchError::not_found("satellite", name.as_str()));
            }
        }
        let plan = self.contact_plan(&register).await?;
        blocking(move || plan.part(&wanted)).await
    }

    pub(crate) async fn contact_plan(
        &self,
        register: &Arc<Register>,
    ) -> Result<Arc<ContactPlan>, WatchError> {
        let promise = forecast::span(register, None, None)?;
        self.contact_plan
            .get(register, &self.settings, promise)
            .await
    }
}

/// Contacts are found to 1 ms: digits below it say nothing.
pub(crate) fn to_millisecond(t: Timestamp) -> Timestamp {
    t.round(jiff::Unit::Millisecond).unwrap_or(t)
}

/// The plan of one register, computed by who asks first while the others wait.
#[derive(Debug, Default)]
pub(crate) struct KeptPlan(Mutex<Option<(Arc<Register>, Arc<ContactPlan>)>>);

impl KeptPlan {
    /// The plan of this very register.
    pub(crate) async fn get(
        &self,
        register: &Arc<Register>,
        settings: &Settings,
        promise: (Timestamp, Timestamp),
    ) -> Result<Arc<ContactPlan>, WatchError> {
        let mut kept = self.0.lock().await;
        if let Some((of, plan)) = kept.as_ref()
            && Arc::ptr_eq(of, register)
        {
            return Ok(plan.clone());
        }
        let span = span(settings, promise)?;
        let (of, settings) = (register.clone(), settings.clone());
        let plan = blocking(move || ContactPlan::compute(&of, &settings, span));
        let plan = Arc::new(plan.await?);
        *kept = Some((register.clone(), plan.clone()));
        Ok(plan)
    }
}

/// The promise's span and the time in which what it observes last may come down.
fn span(
    settings: &Settings,
    (from, to): (Timestamp, Timestamp),
) -> Result<(Timestamp, Timestamp), WatchError> {
    let until = later(to, settings.value("downlink.horizon_h")? * 3600.0);
    let longest = SignedDuration::from_hours(24 * contact::SPAN_MAX_DAYS);
    let last = from.checked_add(longest).unwrap_or(Timestamp::MAX);
    Ok((from, until.min(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(s).unwrap()
    }

    fn contact(satellite: &str, station: &str, start: i64, end: i64) -> Contact {
        Contact {
            satellite: satellite.into(),
            station: station.into(),
            start: at(start),
            end: at(end),
            max_elevation_deg: 30.0,
            rate_bit_s: 8.0,
            setup_s: 0.0,
            volume_bytes: (end - start) as u64,
        }
    }

    fn plan() -> ContactPlan {
        let mut by_satellite = BTreeMap::new();
        let contacts = vec![contact("A", "x", 0, 100), contact("A", "y", 50, 150)];
        by_satellite.insert("A".to_string(), (false, contacts));
        by_satellite.insert("B".to_string(), (true, vec![contact("B", "x", 120, 200)]));
        ContactPlan {
            from: at(0),
            to: at(1000),
            by_satellite,
            faults: vec![],
        }
    }

    fn wanted() -> Wanted {
        Wanted {
            limit: 10,
            ..Wanted::default()
        }
    }

    #[test]
    fn a_window_holds_what_it_touches_whole() {
        let part = plan()
            .part(&Wanted {
                from: Some(at(100)),
                to: Some(at(121)),
                ..wanted()
            })
            .unwrap();
        let names: Vec<_> = part
            .contacts
            .iter()
            .map(|c| c.contact.station.as_str())
            .collect();
        assert_eq!(names, ["y", "x"]);
        assert_eq!(part.contacts[0].contact.start, at(50));
        assert!(!part.contacts[0].planned && part.contacts[1].planned);
    }

    #[test]
    fn a_limit_cuts_and_says_of_how_many() {
        let part = plan().part(&Wanted {
            limit: 1,
            ..wanted()
        });
        let part = part.unwrap();
        assert_eq!((part.contacts.len(), part.matched), (1, 3));
        let stations = BTreeSet::from(["x".to_string()]);
        let part = plan().part(&Wanted {
            stations,
            ..wanted()
        });
        assert_eq!(part.unwrap().matched, 2);
        for limit in [0, CONTACTS_MAX + 1] {
            let refused = plan().part(&Wanted { limit, ..wanted() }).unwrap_err();
            assert!(refused.to_string().contains("limit"), "{refused}");
        }
        let backwards = Wanted {
            from: Some(at(9)),
            to: Some(at(9)),
            ..wanted()
        };
        assert!(plan().part(&backwards).is_err());
    }
}
