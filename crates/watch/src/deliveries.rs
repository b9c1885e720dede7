//! Deliveries: what each watch was promised and by which contacts, and beside it what came.
//!
//! The promise is the forecast's; what came stands in the traces of the answers and, where a scene gave
//! none, in how it came in. A forecast promises each watch as if it were alone: where the loads of one
//! contact are more than fits, the sum of them says so.

use crate::answers::{self, AnswerSummary};
use crate::chain::{Chain, blocking, later};
use crate::contacts::{ContactPlan, to_millisecond};
use crate::error::WatchError;
use crate::forecast::{Forecast, ForecastEntry, Undeliverable};
use crate::receive::Arrival;
use crate::request::Watch;
use crate::settings::Settings;
use crate::store::{Job, WatchStore};
use crate::trace::{Step, StepKind, Trace};
use corridor_transmit::delivery::{GroundLink, Share, Ways};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// Contacts are found to 1 ms at both ends, whatever the span.
const SAME: SignedDuration = SignedDuration::from_millis(5);
/// Most deliveries one listing gives.
pub const DELIVERIES_MAX: usize = 5_000;
/// Newest answers of a watch, and newest scenes without one, that are looked at.
pub const ARRIVALS_MAX: usize = 500;

/// What one contact carries of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leg {
    /// The station's id.
    pub station: String,
    /// The relay it goes over.
    pub relay: Option<String>,
    /// Start of the contact, as the contact plan has it; with the relay where it goes over one.
    pub contact_start: Timestamp,
    /// First byte leaves the satellite; the contact's start where that is not known.
    pub start: Timestamp,
    /// Last byte is on the ground.
    pub end: Timestamp,
    /// Bytes carried.
    pub volume_bytes: u64,
}

/// The times that were promised; those after the observation only where a way was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Promised {
    /// First instant at which the area can be observed.
    pub observed_start: Timestamp,
    /// Last one, where a delivery is promised.
    pub observed_end: Option<Timestamp>,
    /// Start of the contact that brings the last byte.
    pub contact_start: Option<Timestamp>,
    /// End of it.
    pub contact_end: Option<Timestamp>,
    /// Last byte at the station.
    pub down: Option<Timestamp>,
    /// Last byte at the node.
    pub at_node: Option<Timestamp>,
    /// Product computed.
    pub processed: Option<Timestamp>,
    /// Answer in the user's hands.
    pub in_hands: Option<Timestamp>,
}

/// A file that came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CameFile {
    /// Its name.
    pub name: String,
    /// Its size, where known.
    pub size_bytes: Option<u64>,
}

/// A scene that came in a delivery, times on its trace's clock.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Came {
    /// Collection of the answer, or of the scene where there is none.
    pub collection: String,
    /// Item of it.
    pub item: String,
    /// Whether that is an answer.
    pub answer: bool,
    /// The pixels are the replay of an older scene in a simulated contact.
    pub replay: bool,
    /// Last byte at the station.
    pub down: Option<Timestamp>,
    /// Last byte at the node.
    pub at_node: Option<Timestamp>,
    /// Product computed.
    pub processed: Option<Timestamp>,
    /// Told to those who asked.
    pub in_hands: Option<Timestamp>,
    /// Why there is no answer, where there is none.
    pub reason: Option<String>,
    /// Its files.
    pub files: Vec<CameFile>,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackedDelivery {
    /// The watch's id.
    pub watch: String,
    /// Its priority, 1 (first) to 5 (last).
    pub priority: u8,
    /// The satellite's name.
    pub satellite: String,
    /// The satellite is not in orbit yet.
    pub planned: bool,
    /// The instrument's id; empty where nothing was promised.
    pub instrument: String,
    /// The station of the last byte; `None` where none takes it.
    pub station: Option<String>,
    /// Bytes promised.
    pub volume_bytes: u64,
    /// Which contacts carry how much of it.
    pub legs: Vec<Leg>,
    /// What was promised; `None` where data came that nobody had promised.
    pub promised: Option<Promised>,
    /// What came.
    pub came: Vec<Came>,
    /// Why nothing is promised to come down.
    pub reason: Option<String>,
}

/// Deliveries of a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deliveries {
    /// Start of the window.
    pub from: Timestamp,
    /// End of the window.
    pub to: Timestamp,
    /// Deliveries in the window, listed or beyond the limit.
    pub matched: usize,
    /// The deliveries, in order of their first time.
    pub deliveries: Vec<TrackedDelivery>,
}

impl Chain {
    /// Deliveries of all watches, or of one, in a window: what was promised beside what came. What
    /// came for a collection that `sees` does not allow is left out.
    ///
    /// # Errors
    /// [`WatchError`] where the watch is not there, the window or the limit is wrong, or the store
    /// fails.
    pub async fn deliveries(
        &self,
        watch: Option<&str>,
        window: (Option<Timestamp>, Option<Timestamp>),
        limit: usize,
        sees: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Deliveries, WatchError> {
        if !(1..=DELIVERIES_MAX).contains(&limit) {
            return Err(WatchError::Invalid(format!(
                "limit {limit} is not from 1 to {}",
                DELIVERIES_MAX
            )));
        }
        let watches = match watch {
            Some(name) => vec![self.watch(name).await?],
            None => self.watches().await?,
        };
        let register = self.register();
        let plan = self.contact_plan(&register).await?;
        let window = (window.0.unwrap_or(plan.from), window.1.unwrap_or(plan.to));
        if window.1 <= window.0 {
            return Err(WatchError::Invalid(format!(
                "the window ends at {}, not after {}",
                window.1, window.0
            )));
        }
        let mut known = Vec::new();
        for watch in watches {
            known.push(Known {
                forecast: self.current_forecast(&watch.id).await?,
                answers: answers::of_watch(&watch, &self.catalog()).await?,
                watch,
            });
        }
        let (store, settings) = (self.store.clone(), self.settings.clone());
        blocking(move || {
            let mut source = Source {
                store: &*store,
                plan: &plan,
                settings: &settings,
                ways: BTreeMap::new(),
            };
            let mut all = Vec::new();
            for watch in &known {
                all.extend(source.of(watch)?);
            }
            Ok(Deliveries::within(all, window, limit, &sees))
        })
        .await
    }
}

/// What is known of one watch.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) watch: Watch,
    pub(crate) forecast: Forecast,
    pub(crate) answers: Vec<AnswerSummary>,
}

/// What the deliveries are read from.
pub(crate) struct Source<'a> {
    pub(crate) store: &'a dyn WatchStore,
    pub(crate) plan: &'a ContactPlan,
    pub(crate) settings: &'a Settings,
    /// By satellite: the ways over its own stations.
    pub(crate) ways: BTreeMap<String, Ways>,
}

/// A delivery's key: satellite, instrument and start of the observation; two instruments of one
/// satellite may begin at the same instant.
type Key = (String, String, Timestamp);

impl Source<'_> {
    /// Every delivery of a watch, in no order.
    pub(crate) fn of(&mut self, known: &Known) -> Result<Vec<TrackedDelivery>, WatchError> {
        let mut found: BTreeMap<Key, TrackedDelivery> = BTreeMap::new();
        for entry in &known.forecast.entries {
            found.insert(key(entry), self.promised(&known.watch, entry)?);
        }
        let mut others = Vec::new();
        for summary in known.answers.iter().take(ARRIVALS_MAX) {
            let answer = format!("{}/{}", summary.collection, summary.item_id);
            let Some(trace) = self.store.trace(&answer)? else {
                continue;
            };
            let came = came_of(summary, &trace);
            if let Some(entry) = &trace.promise {
                let kept = found.entry(key(entry));
                match kept {
                    std::collections::btree_map::Entry::Occupied(mut kept) => {
                        kept.get_mut().came.push(came);
                    }
                    std::collections::btree_map::Entry::Vacant(free) => {
                        let mut delivery = self.promised(&known.watch, entry)?;
                        delivery.came.push(came);
                        free.insert(delivery);
                    }
                }
            } else if let Some(contact) = self
                .arrival(scene_of(summary).as_deref())?
                .and_then(|a| a.contact)
            {
                let (satellite, station) = (contact.satellite, contact.station);
                others.push(unpromised(&known.watch, satellite, station, came));
            }
        }
        for (job, reason) in self
            .store
            .ended_jobs(&known.watch.id)?
            .into_iter()
            .rev()
            .take(ARRIVALS_MAX)
        {
            let scene = format!("{}/{}", job.collection, job.item);
            let Some(arrival) = self.arrival(Some(&scene))? else {
                continue;
            };
            let Some(contact) = arrival.contact.clone() else {
                continue;
            };
            let came = came_without_answer(&job, reason, &arrival);
            let promised = found.values_mut().find(|d| {
                let start = d.promised.as_ref().and_then(|p| p.contact_start);
                d.satellite == contact.satellite && start == Some(to_millisecond(contact.start))
            });
            match promised {
                Some(delivery) => delivery.came.push(came),
                None => others.push(unpromised(
                    &known.watch,
                    contact.satellite,
                    contact.station,
                    came,
                )),
            }
        }
        let lost = known.forecast.undeliverable.iter();
        others.extend(lost.map(|u| undelivered(&known.watch, u)));
        others.extend(found.into_values());
        Ok(others)
    }

    /// What each contact carries of a promise. The forecast keeps only its last byte: the rest is found
    /// again over the satellite's own stations, and where that is another way (over a relay) the contact
    /// of the last byte stands for all of it.
    fn legs(&mut self, entry: &ForecastEntry) -> Result<Vec<Leg>, WatchError> {
        let contacts = self.plan.of(&entry.satellite);
        let start_of = |share: &Share| {
            contacts
                .iter()
                .filter(|c| c.station == share.station && c.start <= share.start)
                .map(|c| c.start)
                .max()
                .unwrap_or(share.start)
        };
        let shares = self.shares(entry)?;
        let last = shares.iter().map(|share| share.down).max();
        let same = last.is_some_and(|down| down.duration_since(entry.down).abs() <= SAME);
        if entry.relay.is_some() || !same {
            return Ok(vec![Leg {
                station: entry.station.clone(),
                relay: entry.relay.clone(),
                contact_start: to_millisecond(entry.contact_start),
                start: to_millisecond(entry.contact_start),
                end: to_millisecond(entry.down),
                volume_bytes: entry.volume_bytes,
            }]);
        }
        let legs = shares.iter().map(|share| Leg {
            station: share.station.clone(),
            relay: None,
            contact_start: to_millisecond(start_of(share)),
            start: to_millisecond(share.start),
            end: to_millisecond(share.down),
            volume_bytes: share.volume_bytes,
        });
        Ok(legs.collect())
    }

    /// The earliest delivery of a promise over the satellite's own stations.
    fn shares(&mut self, entry: &ForecastEntry) -> Result<Vec<Share>, WatchError> {
        let wrong = |e| WatchError::internal("looking for the way of a delivery", e);
        if !self.ways.contains_key(&entry.satellite) {
            let ground = GroundLink {
                rate_bit_s: self.settings.value("station_to_node.rate_mbit_s")? * 1e6,
                fixed_delay_s: self.settings.value("station_to_node.delay_s")?,
            };
            let contacts = self.plan.of(&entry.satellite);
            let ways = Ways::new(contacts, &[], &ground).map_err(wrong)?;
            self.ways.insert(entry.satellite.clone(), ways);
        }
        let preparation_s = self.settings.value("onboard.preparation_s")?;
        let ready = later(entry.observed_end, preparation_s);
        let Some(ways) = self.ways.get_mut(&entry.satellite) else {
            return Ok(vec![]);
        };
        let way = ways.earliest(ready, entry.volume_bytes).map_err(wrong)?;
        Ok(way.map(|way| way.shares).unwrap_or_default())
    }

    fn promised(
        &mut self,
        watch: &Watch,
        entry: &ForecastEntry,
    ) -> Result<TrackedDelivery, WatchError> {
        let legs = self.legs(entry)?;
        let ms = |t| Some(to_millisecond(t));
        Ok(TrackedDelivery {
            watch: watch.id.clone(),
            priority: watch.priority,
            satellite: entry.satellite.clone(),
            planned: entry.planned,
            instrument: entry.instrument.clone(),
            station: Some(entry.station.clone()),
            volume_bytes: entry.volume_bytes,
            legs,
            promised: Some(Promised {
                observed_start: to_millisecond(entry.observed_start),
                observed_end: ms(entry.observed_end),
                contact_start: ms(entry.contact_start),
                contact_end: ms(entry.contact_end),
                down: ms(entry.down),
                at_node: ms(entry.at_node),
                processed: ms(entry.processed),
                in_hands: ms(entry.in_hands),
            }),
            came: vec![],
            reason: None,
        })
    }

    fn arrival(&self, scene: Option<&str>) -> Result<Option<Arrival>, WatchError> {
        let Some(scene) = scene else { return Ok(None) };
        let kept = self.store.arrival(scene)?;
        Ok(kept.and_then(|value| serde_json::from_value(value).ok()))
    }
}

fn key(entry: &ForecastEntry) -> Key {
    (
        entry.satellite.clone(),
        entry.instrument.clone(),
        to_millisecond(entry.observed_start),
    )
}

/// `collection/item` of the scene an answer was made from last.
fn scene_of(summary: &AnswerSummary) -> Option<String> {
    let (collection, item) = summary
        .links
        .scenes
        .last()?
        .rsplit_once("/stac/collections/")?
        .1
        .split_once("/items/")?;
    Some(format!("{collection}/{item}"))
}

fn came_of(summary: &AnswerSummary, trace: &Trace) -> Came {
    let step = |kind| trace.steps.iter().rfind(|s: &&Step| s.step == kind);
    let actual = |kind| step(kind).and_then(|s| s.actual);
    let files = step(StepKind::Downlink).or_else(|| step(StepKind::Intake));
    Came {
        collection: summary.collection.clone(),
        item: summary.item_id.clone(),
        answer: true,
        replay: summary.replay,
        down: actual(StepKind::Downlink),
        at_node: actual(StepKind::Transfer).or_else(|| actual(StepKind::Intake)),
        processed: actual(StepKind::Process),
        in_hands: actual(StepKind::Notify).or_else(|| actual(StepKind::Publish)),
        reason: None,
        files: files.map_or_else(Vec::new, |s| {
            let files = s.outputs.iter().filter(|d| d.size_bytes.is_some());
            let files = files.map(|d| CameFile {
                name: d.name.clone(),
                size_bytes: d.size_bytes,
            });
            files.collect()
        }),
    }
}

fn came_without_answer(job: &Job, reason: String, arrival: &Arrival) -> Came {
    let clock = arrival.clock();
    let whole = clock.show(arrival.whole_at);
    Came {
        collection: job.collection.clone(),
        item: job.item.clone(),
        answer: false,
        replay: arrival.contact.as_ref().is_some_and(|c| c.replay),
        down: Some(whole),
        at_node: Some(whole),
        processed: None,
        in_hands: None,
        reason: Some(reason),
        files: arrival
            .files
            .iter()
            .map(|d| CameFile {
                name: d.name.clone(),
                size_bytes: d.size_bytes,
            })
            .collect(),
    }
}

fn unpromised(watch: &Watch, satellite: String, station: String, came: Came) -> TrackedDelivery {
    let sizes = came.files.iter().filter_map(|f| f.size_bytes);
    TrackedDelivery {
        watch: watch.id.clone(),
        priority: watch.priority,
        satellite,
        planned: false,
        instrument: String::new(),
        station: Some(station),
        volume_bytes: sizes.sum(),
        legs: vec![],
        promised: None,
        came: vec![came],
        reason: None,
    }
}

fn undelivered(watch: &Watch, lost: &Undeliverable) -> TrackedDelivery {
    TrackedDelivery {
        watch: watch.id.clone(),
        priority: watch.priority,
        satellite: lost.satellite.clone(),
        planned: lost.planned,
        instrument: lost.instrument.clone(),
        station: None,
        volume_bytes: 0,
        legs: vec![],
        promised: Some(Promised {
            observed_start: to_millisecond(lost.observed_start),
            observed_end: None,
            contact_start: None,
            contact_end: None,
            down: None,
            at_node: None,
            processed: None,
            in_hands: None,
        }),
        came: vec![],
        reason: Some(lost.reason.clone()),
    }
}

impl TrackedDelivery {
    /// First and last time of it, promised or real; `None` where it has none.
    pub fn time_range(&self) -> Option<(Timestamp, Timestamp)> {
        let promised = self.promised.iter().flat_map(|p| {
            let after = [p.observed_end, p.down, p.at_node, p.in_hands];
            std::iter::once(p.observed_start).chain(after.into_iter().flatten())
        });
        let came = self.came.iter();
        let came = came.flat_map(|c| [c.down, c.at_node, c.in_hands].into_iter().flatten());
        let mut times: Vec<Timestamp> = promised.chain(came).collect();
        times.sort();
        Some((*times.first()?, *times.last()?))
    }
}

impl Deliveries {
    /// Those of `all` within the window, at most `limit`, without what `sees` does not allow.
    pub(crate) fn within(
        all: Vec<TrackedDelivery>,
        (from, to): (Timestamp, Timestamp),
        limit: usize,
        sees: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut found: Vec<(Timestamp, TrackedDelivery)> = all
            .into_iter()
            .filter_map(|mut delivery| {
                delivery.came.retain(|came| sees(&came.collection));
                if delivery.promised.is_none() && delivery.came.is_empty() {
                    return None;
                }
                let (first, last) = delivery.time_range()?;
                (first < to && last >= from).then_some((first, delivery))
            })
            .collect();
        found.sort_by(|(a, x), (b, y)| {
            (a, &x.satellite, &x.watch, &x.instrument).cmp(&(
                b,
                &y.satellite,
                &y.watch,
                &y.instrument,
            ))
        });
        let matched = found.len();
        let deliveries = found.into_iter().take(limit).map(|(_, d)| d).collect();
        Self {
            from,
            to,
            matched,
            deliveries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(s).unwrap()
    }

    fn watch() -> Watch {
        Watch {
            id: "a".into(),
            name: "A".into(),
            product: "water".into(),
            area: serde_json::Value::Null,
            bbox: [0.0; 4],
            priority: 2,
            deadline: None,
            notify: vec![],
            created: at(0),
        }
    }

    fn came(collection: &str, at_node: i64) -> Came {
        Came {
            collection: collection.into(),
            item: "i".into(),
            answer: true,
            replay: false,
            down: None,
            at_node: Some(at(at_node)),
            processed: None,
            in_hands: None,
            reason: None,
            files: vec![CameFile {
                name: "f".into(),
                size_bytes: Some(7),
            }],
        }
    }

    #[test]
    fn a_window_holds_what_it_touches_and_nothing_of_others() {
        let lost = Undeliverable {
            satellite: "S".into(),
            planned: false,
            instrument: "i".into(),
            observed_start: at(100),
            reason: "no contact".into(),
        };
        let all = || {
            vec![
                unpromised(&watch(), "S".into(), "x".into(), came("open", 50)),
                unpromised(&watch(), "S".into(), "x".into(), came("secret", 60)),
                undelivered(&watch(), &lost),
            ]
        };
        let sees = |collection: &str| collection != "secret";
        let found = Deliveries::within(all(), (at(0), at(101)), 10, &sees);
        assert_eq!((found.matched, found.deliveries.len()), (2, 2));
        assert_eq!(found.deliveries[0].volume_bytes, 7);
        assert_eq!(found.deliveries[1].reason.as_deref(), Some("no contact"));
        assert_eq!(
            Deliveries::within(all(), (at(0), at(100)), 10, &sees).matched,
            1
        );
        let cut = Deliveries::within(all(), (at(0), at(101)), 1, &|_| true);
        assert_eq!((cut.matched, cut.deliveries.len()), (3, 1));
    }
}
