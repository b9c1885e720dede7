//! Figures of many places at once, without keeping the windows of all of them.
//!
//! **Cost.** Places are taken in blocks. For each block every satellite's positions are computed once (about
//! a tenth of a millisecond for a week in a low orbit), and each pair of satellite and place then costs its
//! sieve and its windows: together about four microseconds a window. Memory is that of the windows of one
//! block.

use super::figures::Figures;
use super::looks::Looks;
use crate::access::{AccessError, check_span, shared_out};
use crate::windows::{Conditions, Period, lit, spans_in};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::event::Span;
use corridor_orbit::grid::Grids;
use corridor_orbit::propagate::PropagateError;
use corridor_orbit::visibility::{Flight, Site};
use corridor_orbit::window::{WindowSet, offset};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Pairs of satellite and place in one block: a few hundred megabytes of windows.
const BLOCK_PAIRS: usize = 400_000;

/// Fewest places in one block.
const BLOCK_MIN: usize = 64;

/// What was found at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Its figures.
    pub figures: Figures,
    /// Accesses that began in each hour of the day, UTC.
    pub by_hour: [u32; 24],
}

impl Found {
    /// Of the windows in which a place is seen, in `[from, to)`.
    pub fn new(seen: &WindowSet, from: Timestamp, to: Timestamp) -> Self {
        let mut by_hour = [0; 24];
        for window in seen
            .windows()
            .iter()
            .filter(|w| w.start < to && w.end > from)
        {
            by_hour[hour(window.start.max(from))] += 1;
        }
        Self {
            figures: Figures::new(seen, from, to),
            by_hour,
        }
    }
}

/// What was found at all places.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Surveyed {
    /// In the order of the places.
    pub places: Vec<Found>,
    /// Satellites that could not be searched for all of the span, by the numbers of their group and in it,
    /// and why; figures are those of the rest.
    pub faults: Vec<(usize, usize, PropagateError)>,
}

/// The figures of each place seen by all groups together, on `threads` threads. `progress` hears how many
/// places of how many are done.
///
/// # Errors
/// [`AccessError`]: a wrong span or condition.
pub fn survey(
    looks: &[Looks],
    places: &[Geodetic],
    period: Period<'_>,
    threads: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Surveyed, AccessError> {
    check_span(period.from, period.to)?;
    for group in looks {
        group.conditions.check()?;
    }
    let grids = Grids::new(period.from, period.to, period.earth);
    let all: Vec<(usize, usize)> = looks
        .iter()
        .enumerate()
        .flat_map(|(g, group)| (0..group.satellites.len()).map(move |s| (g, s)))
        .collect();
    let (suns, sun_of) = suns(looks);
    let block = (BLOCK_PAIRS / all.len().max(1)).max(BLOCK_MIN);
    let mut surveyed = Surveyed::default();
    let mut faults = BTreeMap::new();
    for (number, part) in places.chunks(block).enumerate() {
        let sites: Vec<Site> = part.iter().map(Site::new).collect();
        let days: Vec<Vec<Vec<Span>>> = suns
            .iter()
            .map(|sun| shared_out(part.len(), threads, &|k| lit(&part[k], sun, period)))
            .collect();
        let seen = shared_out(all.len(), threads, &|k| {
            let (g, s) = all[k];
            let mut flight = Flight::new(&looks[g].satellites[s], &grids);
            let mut spans = Vec::new();
            let mut ends = Vec::with_capacity(part.len());
            for (site, lit) in sites.iter().zip(&days[sun_of[g]]) {
                spans_in(
                    lit,
                    &mut flight,
                    site,
                    &looks[g].conditions,
                    period,
                    &mut spans,
                );
                ends.push(spans.len());
            }
            (spans, ends, flight.fault().cloned())
        });
        for ((g, s), (_, _, fault)) in all.iter().zip(&seen) {
            if let Some(fault) = fault {
                faults.entry((*g, *s)).or_insert_with(|| fault.clone());
            }
        }
        surveyed
            .places
            .extend(shared_out(part.len(), threads, &|place| {
                let mut list: Vec<Span> = Vec::new();
                for (spans, ends, _) in &seen {
                    let first = place.checked_sub(1).map_or(0, |before| ends[before]);
                    list.extend_from_slice(&spans[first..ends[place]]);
                }
                found(list, period)
            }));
        progress(
            (number * block + part.len()).min(places.len()),
            places.len(),
        );
    }
    surveyed.faults = faults
        .into_iter()
        .map(|((g, s), fault)| (g, s, fault))
        .collect();
    Ok(surveyed)
}

/// The different needs of the Sun, and which of them each group has.
fn suns(looks: &[Looks]) -> (Vec<Conditions>, Vec<usize>) {
    let mut suns: Vec<Conditions> = Vec::new();
    let of = looks.iter().map(|group| {
        let need = Conditions {
            min_sun_elevation_deg: group.conditions.min_sun_elevation_deg,
            max_sun_elevation_deg: group.conditions.max_sun_elevation_deg,
            ..Conditions::default()
        };
        let known = suns.iter().position(|sun| *sun == need);
        known.unwrap_or_else(|| {
            suns.push(need);
            suns.len() - 1
        })
    });
    let of = of.collect();
    (suns, of)
}

fn found(mut spans: Vec<Span>, period: Period<'_>) -> Found {
    let duration_s = period.to.duration_since(period.from).as_secs_f64();
    let figures = Figures::of_spans(&mut spans, duration_s);
    let mut by_hour = [0; 24];
    for span in &spans {
        by_hour[hour(offset(period.from, span.start_s))] += 1;
    }
    Found { figures, by_hour }
}

/// Hour of the day, UTC.
fn hour(t: Timestamp) -> usize {
    (t.as_second().rem_euclid(86_400) / 3600) as usize
}
