//! Coverage: the share of a target that is seen in each window, and in all windows together.
//!
//! A target's samples ([`crate::target`]) are seen or not, each at an instant of its own; shares are sums
//! over samples, and what several windows see together is the union of their samples, each counted when it
//! is first seen. Pointed instruments take one strip a window (or one frame, from slow orbits), the one
//! that adds most to what is seen already; [`Take::Reach`] counts all that they could take.
//!
//! **Cost.** Windows are found for each sensor as [`crate::access`] finds them; each window then costs some
//! milliseconds (one to two microseconds a sample), and they are shared out over threads.

use crate::access::{
    AccessError, Ground, Seen, Sensor, reached_in, seen_in, shared_out, target_opportunities,
};
use crate::opportunity::Opportunity;
use crate::target::Target;
use corridor_orbit::window::{Window, offset};
use jiff::Timestamp;

/// Windows that are looked at together: bounds the memory, and changes no answer.
const BATCH: usize = 256;

/// How much a pointed instrument takes in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Take {
    /// One strip of its swath, or one frame.
    #[default]
    Strip,
    /// All that it can reach.
    Reach,
}

/// One window and what it adds.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowCoverage {
    /// Which sensor, by its place in the list.
    pub sensor: usize,
    /// The window; its `coverage` is the share that is taken in it.
    pub opportunity: Opportunity,
    /// Share of the target that no window before had taken.
    pub new_share: f64,
    /// Share of the target that is taken by the end of this window.
    pub cumulated_share: f64,
    /// The ground that is taken.
    pub ground: Vec<Ground>,
}

/// What is seen of a target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Coverage {
    /// Every window in which some of it is seen, by its start.
    pub windows: Vec<WindowCoverage>,
    /// Share that is seen in all windows together, in 0..=1.
    pub share: f64,
    /// When each sample is first seen, in the order of the target's samples.
    pub first_seen: Vec<Option<Timestamp>>,
    /// Sensors, by their place, that could not be computed.
    pub faults: Vec<(usize, AccessError)>,
}

impl Coverage {
    /// When `share` of the target (in 0..=1) is seen for the first time; `None` where it is not.
    pub fn time_to(&self, target: &Target, share: f64) -> Option<Timestamp> {
        let mut seen: Vec<(Timestamp, f64)> = self
            .first_seen
            .iter()
            .zip(target.samples())
            .filter_map(|(t, sample)| t.map(|t| (t, sample.share)))
            .collect();
        seen.sort_by_key(|(t, _)| *t);
        let mut sum = 0.0;
        seen.iter().find_map(|(t, part)| {
            sum += part;
            // Shares add to 1 up to rounding.
            (sum >= share - 1e-9).then_some(*t)
        })
    }
}

/// What `sensors` see of `target` in `[from, to)`, on `threads` threads; `progress` hears windows done, and
/// all of them.
///
/// # Errors
/// [`AccessError`]: a wrong span. What is wrong with one sensor is told in the answer.
pub fn coverage(
    sensors: &[Sensor<'_>],
    target: &Target,
    (from, to): (Timestamp, Timestamp),
    take: Take,
    threads: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Coverage, AccessError> {
    crate::access::check_span(from, to)?;
    let found = shared_out(sensors.len(), threads, &|number| {
        target_opportunities(&sensors[number], target, from, to)
    });
    let mut answer = Coverage {
        first_seen: vec![None; target.samples().len()],
        ..Coverage::default()
    };
    let mut windows: Vec<(usize, Opportunity)> = Vec::new();
    for (number, found) in found.into_iter().enumerate() {
        match found {
            Ok(list) => windows.extend(list.into_iter().map(|o| (number, o))),
            Err(fault) => answer.faults.push((number, fault)),
        }
    }
    windows.sort_by(|(i, a), (j, b)| {
        (a.start, a.end, &a.satellite, i).cmp(&(b.start, b.end, &b.satellite, j))
    });
    let all = windows.len();
    let mut done = 0;
    while !windows.is_empty() {
        let batch: Vec<(usize, Opportunity)> = windows.drain(..BATCH.min(windows.len())).collect();
        let seen = shared_out(batch.len(), threads, &|k| {
            let (number, opportunity) = &batch[k];
            let window = Window {
                start: opportunity.start,
                end: opportunity.end,
            };
            match take {
                Take::Strip => seen_in(&sensors[*number], target, window),
                Take::Reach => reached_in(&sensors[*number], target, window),
            }
        });
        for ((number, opportunity), seen) in batch.into_iter().zip(seen) {
            match seen {
                Ok(seen) => answer.add(target, number, opportunity, &seen, take),
                Err(fault) => answer.faults.push((number, fault)),
            }
            done += 1;
        }
        progress(done, all);
    }
    Ok(answer)
}

impl Coverage {
    fn add(
        &mut self,
        target: &Target,
        sensor: usize,
        mut opportunity: Opportunity,
        seen: &Seen,
        take: Take,
    ) {
        let samples = target.samples();
        let known = |sample: u32| self.first_seen[sample as usize].is_some();
        let taken = seen.take(samples, &known, take == Take::Reach);
        if taken.samples.is_empty() {
            return;
        }
        let mut new_share = 0.0;
        for (sample, t_s) in taken.samples {
            let t = offset(opportunity.start, t_s);
            let first = &mut self.first_seen[sample as usize];
            if first.is_none() {
                new_share += samples[sample as usize].share;
            }
            // Windows overlap: a later one may see it sooner.
            *first = Some(first.map_or(t, |known| known.min(t)));
        }
        self.share = (self.share + new_share).min(1.0);
        opportunity.coverage = taken.share;
        self.windows.push(WindowCoverage {
            sensor,
            opportunity,
            new_share,
            cumulated_share: self.share,
            ground: taken.ground,
        });
    }
}
