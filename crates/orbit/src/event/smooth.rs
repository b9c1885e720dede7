//! Event search where the condition's slope is known and its curvature bounded.
//!
//! On an interval of length `h` whose ends have values of one sign, a number whose curvature is at
//! most `c` cannot reach zero where the lesser end exceeds `c h^2 / 8`, nor where its slope at one
//! end exceeds `c h`: intervals are cut in two, at the extremum or the zero their ends point to,
//! until one of these holds or they are shorter than the stated minimum. So no window and no gap longer
//! than the minimum is skipped. Edges are then refined by Newton's rule inside their bracket.
//!
//! Cost: a hump over an interval takes about five evaluations to bracket and three for each edge; an
//! interval that stays clear of zero takes one or two.

use super::{Search, Span};

/// A number that is positive where a condition holds, with its slope.
pub trait Smooth {
    /// What else an evaluation gives, for [`Smooth::curvature_max`].
    type Extra: Copy;

    /// Value, slope per second and what else is known, `t_s` seconds from the start of the search.
    fn at(&self, t_s: f64) -> (f64, f64, Self::Extra);

    /// Upper bound of the second derivative's size, per second squared, over an interval of
    /// `length_s` between two evaluations.
    fn curvature_max(&self, start: Self::Extra, end: Self::Extra, length_s: f64) -> f64;
}

#[derive(Debug, Clone, Copy)]
struct Sample<E> {
    t_s: f64,
    value: f64,
    slope: f64,
    extra: E,
}

/// Collects the windows of a condition over intervals given in order, each with its own [`Smooth`]
/// that agrees with its neighbours where they meet.
#[derive(Debug)]
pub struct Collector<E> {
    search: Search,
    last: Option<Sample<E>>,
    open_s: Option<f64>,
}

impl<E: Copy> Collector<E> {
    /// Nothing seen yet.
    pub fn new(search: Search) -> Self {
        Self {
            search,
            last: None,
            open_s: None,
        }
    }

    /// Looks at the interval `within`; windows that end in it go to `found`. An interval that does not
    /// follow on the one before cuts an open window there.
    pub fn interval<S: Smooth<Extra = E>>(
        &mut self,
        smooth: &S,
        within: Span,
        found: &mut Vec<Span>,
    ) {
        if within.start_s.partial_cmp(&within.end_s) != Some(std::cmp::Ordering::Less) {
            return;
        }
        let start = match self.last {
            Some(last) if (last.t_s - within.start_s).abs() < 1e-9 => last,
            _ => {
                self.finish(found);
                let start = sample(smooth, within.start_s);
                self.open_s = (start.value > 0.0).then_some(within.start_s);
                start
            }
        };
        let end = sample(smooth, within.end_s);
        self.halves(smooth, start, end, found);
        self.last = Some(end);
    }

    /// Ends a window that is open, at the end of the last interval.
    pub fn finish(&mut self, found: &mut Vec<Span>) {
        if let (Some(start_s), Some(last)) = (self.open_s.take(), self.last.take()) {
            push(found, start_s, last.t_s);
        }
    }

    fn cross(&mut self, t_s: f64, found: &mut Vec<Span>) {
        match self.open_s.take() {
            None => self.open_s = Some(t_s),
            Some(start_s) => push(found, start_s, t_s),
        }
    }

    fn halves<S: Smooth<Extra = E>>(
        &mut self,
        smooth: &S,
        a: Sample<E>,
        b: Sample<E>,
        found: &mut Vec<Span>,
    ) {
        let h = b.t_s - a.t_s;
        let curvature = smooth.curvature_max(a.extra, b.extra, h);
        let crosses = (a.value > 0.0) != (b.value > 0.0);
        let monotonic = a.slope.abs().max(b.slope.abs()) > curvature * h;
        let short = h <= self.search.min_window_s;
        if crosses {
            if monotonic || short {
                let t_s = root(smooth, a, b, self.search.tolerance_s);
                self.cross(t_s, found);
                return;
            }
        } else {
            let least = a.value.abs().min(b.value.abs());
            if monotonic || short || least > curvature * h * h / 8.0 {
                return;
            }
        }
        let part = if crosses {
            a.value / (a.value - b.value)
        } else {
            a.slope / (a.slope - b.slope)
        };
        let part = if part.is_finite() {
            part.clamp(0.1, 0.9)
        } else {
            0.5
        };
        let middle = sample(smooth, a.t_s + part * h);
        self.halves(smooth, a, middle, found);
        self.halves(smooth, middle, b, found);
    }
}

fn push(found: &mut Vec<Span>, start_s: f64, end_s: f64) {
    if start_s < end_s {
        found.push(Span { start_s, end_s });
    }
}

fn sample<S: Smooth>(smooth: &S, t_s: f64) -> Sample<S::Extra> {
    let (value, slope, extra) = smooth.at(t_s);
    Sample {
        t_s,
        value,
        slope,
        extra,
    }
}

/// The instant between `a` and `b`, whose values differ in sign, at which the sign changes: Newton's
/// rule inside a bracket, halving where it leaves it.
fn root<S: Smooth>(smooth: &S, a: Sample<S::Extra>, b: Sample<S::Extra>, tolerance_s: f64) -> f64 {
    let (mut low, mut high) = (a.t_s, b.t_s);
    let rises = b.value > 0.0;
    let mut t_s = a.t_s + (b.t_s - a.t_s) * (a.value / (a.value - b.value)).clamp(0.0, 1.0);
    for _ in 0..100 {
        let (value, slope, _) = smooth.at(t_s);
        if (value > 0.0) == rises {
            high = t_s;
        } else {
            low = t_s;
        }
        let newton = t_s - value / slope;
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        let moved = (next - t_s).abs();
        t_s = next;
        // Newton's error after a step is the square of it over the scale of the motion (seconds).
        if moved < 0.1 * tolerance_s || high - low < tolerance_s {
            break;
        }
    }
    t_s
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    struct Wave {
        bias: f64,
        evaluations: Cell<u32>,
    }

    impl Smooth for Wave {
        type Extra = ();

        fn at(&self, t_s: f64) -> (f64, f64, ()) {
            self.evaluations.set(self.evaluations.get() + 1);
            let (sin, cos) = (t_s / 100.0).sin_cos();
            (sin - self.bias, cos / 100.0, ())
        }

        fn curvature_max(&self, (): (), (): (), _: f64) -> f64 {
            1e-4
        }
    }

    fn spans(wave: &Wave, step_s: f64, duration_s: f64) -> Vec<Span> {
        let mut collector = Collector::new(Search::default());
        let mut found = Vec::new();
        let mut start_s = 0.0;
        while start_s < duration_s {
            let end_s = f64::min(start_s + step_s, duration_s);
            collector.interval(wave, Span { start_s, end_s }, &mut found);
            start_s = end_s;
        }
        collector.finish(&mut found);
        found
    }

    #[test]
    fn few_evaluations_a_window() {
        let wave = Wave {
            bias: 0.5,
            evaluations: Cell::new(0),
        };
        let found = spans(&wave, 300.0, 62_831.0);
        assert_eq!(found.len(), 100);
        assert!(wave.evaluations.get() < 2_400, "{:?}", wave.evaluations);
    }

    proptest! {
        #[test]
        fn every_hump_is_found_however_cut(bias in -0.999_f64..0.999, step_s in 20.0_f64..700.0) {
            let wave = Wave { bias, evaluations: Cell::new(0) };
            let found = spans(&wave, step_s, 6000.0);
            let half = bias.asin();
            let expected: Vec<(f64, f64)> = (-1..12)
                .map(|k| {
                    let turn = std::f64::consts::TAU * f64::from(k);
                    let start_s = 100.0 * (turn + half);
                    let end_s = 100.0 * (turn + std::f64::consts::PI - half);
                    (start_s.clamp(0.0, 6000.0), end_s.clamp(0.0, 6000.0))
                })
                .filter(|(s, e)| s < e)
                .collect();
            prop_assert_eq!(found.len(), expected.len());
            for (f, (s, e)) in found.iter().zip(expected) {
                prop_assert!((f.start_s - s).abs() < 1e-3 && (f.end_s - e).abs() < 1e-3);
            }
        }
    }
}
