//! Event search: every window in which a smooth condition holds.
//!
//! A [`Condition`] is a number that is positive where the condition holds, with a bound on how fast
//! it changes. From an instant where the number is `v`, its sign cannot change before `|v| / rate`
//! seconds have passed: the search steps that far, and never less than the stated minimum window. So
//! no window and no gap longer than the minimum is skipped, whatever the shape of the condition.
//! Edges are then refined by bisection with the Illinois rule.
//!
//! Where the slope is known and the curvature bounded, a [`Smooth`] condition takes far fewer evaluations.
//!
//! Cost: near an edge steps shrink geometrically to the minimum, so each edge costs about
//! `log(v / (rate min))` evaluations to reach and about ten to refine; far from edges a step is as
//! long as the geometry allows. The cost grows linearly with the number of windows, not with the
//! length of the span over the accuracy.

mod smooth;

pub use smooth::{Collector, Smooth};

use crate::window::{Window, WindowSet, offset};
use jiff::Timestamp;

/// Most evaluations for one search: about 30 s of the slowest condition.
pub const EVALUATIONS_MAX: usize = 50_000_000;

/// Something that holds or does not, at each instant.
pub trait Condition {
    /// Why no value exists at some instant.
    type Error;

    /// Positive where the condition holds; `t_s` in seconds from the start of the search.
    ///
    /// # Errors
    /// Where the condition cannot be evaluated; the search stops there.
    fn value(&mut self, t_s: f64) -> Result<f64, Self::Error>;

    /// Upper bound of how fast the value changes, per second.
    fn rate_max(&self) -> f64;
}

/// A condition made of a function and the bound of its rate.
#[derive(Debug, Clone, Copy)]
pub struct Bounded<F> {
    /// Positive where the condition holds; takes seconds from the start of the search.
    pub value: F,
    /// Upper bound of how fast it changes, per second.
    pub rate_max: f64,
}

impl<E, F: FnMut(f64) -> Result<f64, E>> Condition for Bounded<F> {
    type Error = E;

    fn value(&mut self, t_s: f64) -> Result<f64, E> {
        (self.value)(t_s)
    }

    fn rate_max(&self) -> f64 {
        self.rate_max
    }
}

/// How finely to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Windows and gaps longer than this are never missed, seconds.
    pub min_window_s: f64,
    /// Edges are at most this far off, seconds.
    pub tolerance_s: f64,
}

impl Default for Search {
    /// Nothing longer than 1 s missed, edges to 1 ms.
    fn default() -> Self {
        Self {
            min_window_s: 1.0,
            tolerance_s: 1e-3,
        }
    }
}

/// A window in seconds from the start of the search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// First instant inside, seconds.
    pub start_s: f64,
    /// First instant after, seconds.
    pub end_s: f64,
}

/// Every window in `0..duration_s` in which the condition holds, in order; cut at both ends.
///
/// # Errors
/// What the condition says.
pub fn find_spans<C: Condition>(
    condition: &mut C,
    duration_s: f64,
    search: Search,
) -> Result<Vec<Span>, C::Error> {
    find_spans_in(
        condition,
        Span {
            start_s: 0.0,
            end_s: duration_s,
        },
        search,
    )
}

/// Every window within `within` in which the condition holds, in order; cut at both ends.
///
/// # Errors
/// What the condition says.
pub fn find_spans_in<C: Condition>(
    condition: &mut C,
    within: Span,
    search: Search,
) -> Result<Vec<Span>, C::Error> {
    let mut found = Vec::new();
    if within.end_s.partial_cmp(&within.start_s) != Some(std::cmp::Ordering::Greater) {
        return Ok(found);
    }
    let rate = condition.rate_max().max(f64::MIN_POSITIVE);
    let min_step = search.min_window_s.max(1e-6);
    let mut t = within.start_s;
    let mut value = condition.value(t)?;
    let mut open = (value > 0.0).then_some(t);
    for _ in 0..EVALUATIONS_MAX {
        if t >= within.end_s {
            break;
        }
        let next = (t + (value.abs() / rate).max(min_step)).min(within.end_s);
        let next_value = condition.value(next)?;
        if (next_value > 0.0) != (value > 0.0) {
            let edge = refine(
                condition,
                (t, value),
                (next, next_value),
                search.tolerance_s,
            )?;
            match open.take() {
                None => open = Some(edge),
                Some(start_s) => found.push(Span {
                    start_s,
                    end_s: edge,
                }),
            }
        }
        (t, value) = (next, next_value);
    }
    found.extend(open.map(|start_s| Span {
        start_s,
        end_s: within.end_s,
    }));
    found.retain(|s| s.start_s < s.end_s);
    Ok(found)
}

/// Every window in `[from, to)` in which the condition holds.
///
/// # Errors
/// What the condition says.
pub fn find_windows<C: Condition>(
    condition: &mut C,
    from: Timestamp,
    to: Timestamp,
    search: Search,
) -> Result<WindowSet, C::Error> {
    let duration_s = to.duration_since(from).as_secs_f64();
    let spans = find_spans(condition, duration_s, search)?;
    Ok(spans
        .into_iter()
        .map(|s| Window {
            start: offset(from, s.start_s),
            end: offset(from, s.end_s).min(to),
        })
        .collect())
}

/// The instant between `a` and `b`, whose values differ in sign, at which the sign changes: regula
/// falsi with the Illinois rule, bisection where that is slow.
fn refine<C: Condition>(
    condition: &mut C,
    a: (f64, f64),
    b: (f64, f64),
    tolerance_s: f64,
) -> Result<f64, C::Error> {
    let inside_is_b = b.1 > 0.0;
    let ((mut ta, mut va), (mut tb, mut vb)) = (a, b);
    let mut turns = 0;
    while tb - ta > tolerance_s && turns < 200 {
        let even = turns % 3 == 2;
        let part = if even || !(va - vb).is_finite() {
            0.5
        } else {
            va / (va - vb)
        };
        // Step a little past the estimate so that both ends close in.
        let margin = 0.25 * tolerance_s / (tb - ta);
        let part = if part < 0.5 {
            part + margin
        } else {
            part - margin
        };
        let t = ta + (tb - ta) * part.clamp(1e-9, 1.0 - 1e-9);
        let v = condition.value(t)?;
        if (v > 0.0) == inside_is_b {
            (tb, vb) = (t, v);
            va *= if turns % 2 == 1 { 0.5 } else { 1.0 };
        } else {
            (ta, va) = (t, v);
            vb *= if turns % 2 == 1 { 0.5 } else { 1.0 };
        }
        turns += 1;
    }
    Ok(0.5 * (ta + tb))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    fn spans(mut f: impl FnMut(f64) -> f64, rate_max: f64, duration_s: f64) -> Vec<Span> {
        let mut c = Bounded {
            value: |t| Ok::<_, Infallible>(f(t)),
            rate_max,
        };
        find_spans(&mut c, duration_s, Search::default()).unwrap()
    }

    #[test]
    fn a_sine_is_found_whole() {
        let found = spans(|t| (t / 100.0).sin() - 0.5, 0.01, 6000.0);
        assert_eq!(found.len(), 10);
        for (k, s) in found.iter().enumerate() {
            let turn = std::f64::consts::TAU * k as f64;
            assert!((s.start_s - 100.0 * (turn + 0.5_f64.asin())).abs() < 1e-3);
            let half = std::f64::consts::PI - 0.5_f64.asin();
            assert!((s.end_s - 100.0 * (turn + half)).abs() < 1e-3);
        }
    }

    #[test]
    fn always_never_and_no_time() {
        assert_eq!(
            spans(|_| 1.0, 0.1, 10.0),
            [Span {
                start_s: 0.0,
                end_s: 10.0
            }]
        );
        assert!(spans(|_| -1.0, 0.1, 10.0).is_empty());
        assert!(spans(|_| 1.0, 0.1, 0.0).is_empty());
        assert!(spans(|_| 1.0, 0.1, -5.0).is_empty());
        assert!(spans(|_| f64::NAN, 0.1, 10.0).is_empty());
    }

    proptest! {
        /// Windows of a triangular hump at any place and of any length over the minimum are found.
        #[test]
        fn no_window_longer_than_the_minimum_is_lost(
            at in 10.0_f64..5000.0,
            length in 1.01_f64..300.0,
        ) {
            let found = spans(|t| 0.01 * (length / 2.0 - (t - at).abs()), 0.01, 6000.0);
            prop_assert_eq!(found.len(), 1);
            prop_assert!((found[0].start_s - (at - length / 2.0).max(0.0)).abs() < 2e-3);
            prop_assert!((found[0].end_s - (at + length / 2.0)).abs() < 2e-3);
        }
    }
}
