//! The figures of one place.

use corridor_orbit::event::Span;
use corridor_orbit::window::WindowSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How often and how soon a place is seen in a span; the module says what each word means.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Times in which it is seen; those of several satellites that overlap or touch count as one.
    pub accesses: usize,
    /// How long it is seen altogether, seconds.
    pub access_s: f64,
    /// Mean time from the end of one access to the start of the next, seconds; `None` below two.
    pub mean_gap_s: Option<f64>,
    /// The time that half of the gaps stay within, seconds.
    pub median_gap_s: Option<f64>,
    /// The time that nine of ten gaps stay within, seconds.
    pub p90_gap_s: Option<f64>,
    /// Longest gap, seconds.
    pub max_gap_s: Option<f64>,
    /// Mean time from an instant of the span to the access at or after it, seconds; `None` where there is
    /// none. After the last access the time to the end of the span counts.
    pub mean_response_s: Option<f64>,
    /// The time within which half of those who ask are answered, seconds.
    pub median_response_s: Option<f64>,
    /// The time within which nine of ten are, seconds.
    pub p90_response_s: Option<f64>,
    /// Longest response, seconds.
    pub max_response_s: Option<f64>,
    /// From the start of the span to the first access, seconds.
    pub first_access_s: Option<f64>,
}

impl Figures {
    /// Of the windows in which a place is seen, in `[from, to)`.
    pub fn new(seen: &WindowSet, from: Timestamp, to: Timestamp) -> Self {
        let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64();
        let mut spans: Vec<Span> = seen
            .windows()
            .iter()
            .map(|w| Span {
                start_s: seconds(w.start),
                end_s: seconds(w.end),
            })
            .collect();
        Self::of_spans(&mut spans, seconds(to))
    }

    /// Of spans in which a place is seen, in any order, in seconds from the start of a span of `duration_s`;
    /// they are left joined and in order, cut to it.
    pub fn of_spans(spans: &mut Vec<Span>, duration_s: f64) -> Self {
        join(spans, duration_s);
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return Self::default();
        };
        let (first_s, last_s) = (first.start_s, last.end_s);
        let access_s = spans.iter().map(|s| s.end_s - s.start_s).sum();
        let mut gaps_s: Vec<f64> = spans
            .windows(2)
            .map(|pair| pair[1].start_s - pair[0].end_s)
            .collect();
        gaps_s.sort_unstable_by(f64::total_cmp);
        let sum: f64 = gaps_s.iter().sum();
        let mean_gap_s = (!gaps_s.is_empty()).then(|| sum / gaps_s.len() as f64);
        let (median_gap_s, p90_gap_s) = (quantile(&gaps_s, 0.5), quantile(&gaps_s, 0.9));
        let max_gap_s = gaps_s.last().copied();
        // Waits are gaps and both ends.
        for end in [first_s, duration_s - last_s] {
            let place = gaps_s.partition_point(|g| *g < end);
            gaps_s.insert(place, end);
        }
        let waits_s = gaps_s;
        let squares: f64 = waits_s.iter().map(|g| g * g).sum();
        Self {
            accesses: spans.len(),
            access_s,
            mean_gap_s,
            median_gap_s,
            p90_gap_s,
            max_gap_s,
            mean_response_s: Some(0.5 * squares / duration_s),
            median_response_s: Some(answered(&waits_s, duration_s, 0.5)),
            p90_response_s: Some(answered(&waits_s, duration_s, 0.9)),
            max_response_s: waits_s.last().copied(),
            first_access_s: Some(first_s),
        }
    }
}

/// Puts spans in order, joins what overlaps or touches, and cuts to `0..duration_s`.
fn join(spans: &mut Vec<Span>, duration_s: f64) {
    spans.sort_unstable_by(|a, b| a.start_s.total_cmp(&b.start_s));
    let mut kept = 0;
    for k in 0..spans.len() {
        let span = Span {
            start_s: spans[k].start_s.max(0.0),
            end_s: spans[k].end_s.min(duration_s),
        };
        if span.start_s >= span.end_s {
            continue;
        }
        if kept > 0 && span.start_s <= spans[kept - 1].end_s {
            spans[kept - 1].end_s = spans[kept - 1].end_s.max(span.end_s);
        } else {
            spans[kept] = span;
            kept += 1;
        }
    }
    spans.truncate(kept);
}

/// Order statistic of a sorted list, linear in between.
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part * sorted.len().checked_sub(1)? as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

/// The time within which a share of all instants is answered, by the waits in rising order: of a wait g
/// the instants in its last x are answered within x.
fn answered(waits_s: &[f64], duration_s: f64, share: f64) -> f64 {
    let waiting_s: f64 = waits_s.iter().sum();
    // Instants within an access are answered at once.
    let mut left_s = share * duration_s - (duration_s - waiting_s);
    if left_s <= 0.0 {
        return 0.0;
    }
    let mut level_s = 0.0;
    for (k, wait_s) in waits_s.iter().enumerate() {
        let (rise_s, open) = (wait_s - level_s, (waits_s.len() - k) as f64);
        if left_s <= rise_s * open {
            return level_s + left_s / open;
        }
        left_s -= rise_s * open;
        level_s = *wait_s;
    }
    level_s
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(list: &[(f64, f64)]) -> Vec<Span> {
        let span = |&(start_s, end_s): &(f64, f64)| Span { start_s, end_s };
        list.iter().map(span).collect()
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "all sums are of whole seconds")]
    fn figures_by_hand() {
        let mut list = spans(&[
            (500.0, 520.0),
            (100.0, 110.0),
            (105.0, 120.0),
            (900.0, 1100.0),
        ]);
        let figures = Figures::of_spans(&mut list, 1000.0);
        assert_eq!(
            list,
            spans(&[(100.0, 120.0), (500.0, 520.0), (900.0, 1000.0)])
        );
        assert_eq!((figures.accesses, figures.access_s), (3, 140.0));
        assert_eq!(figures.mean_gap_s, Some(380.0));
        assert_eq!(figures.max_gap_s, Some(380.0));
        assert_eq!(figures.first_access_s, Some(100.0));
        // Waits of 100, 380 and 380 s: (10,000 + 2 x 144,400) / 2,000.
        assert_eq!(figures.mean_response_s, Some(149.4));
        assert_eq!(figures.max_response_s, Some(380.0));
        // 140 s at once; 300 s within 100 s of the end of three waits, 60 s more over two.
        assert_eq!(figures.median_response_s, Some(130.0));
    }

    #[test]
    fn what_is_never_or_always_seen() {
        assert_eq!(Figures::of_spans(&mut vec![], 10.0), Figures::default());
        let always = Figures::of_spans(&mut spans(&[(0.0, 10.0)]), 10.0);
        assert_eq!(always.mean_response_s, Some(0.0));
        assert_eq!(always.max_response_s, Some(0.0));
        assert_eq!(always.max_gap_s, None);
    }

    #[test]
    fn percentiles_as_numpy_has_them() {
        // numpy.percentile([1, 2, 4, 8], [50, 90]).
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.5), Some(3.0));
        assert!((quantile(&[1.0, 2.0, 4.0, 8.0], 0.9).unwrap() - 6.8).abs() < 1e-12);
        assert_eq!(quantile(&[], 0.5), None);
    }

    fn some() -> impl Strategy<Value = Vec<(f64, f64)>> {
        prop::collection::vec((0.0..990.0, 0.1..60.0), 1..12)
            .prop_map(|list| list.into_iter().map(|(a, l)| (a, a + l)).collect())
    }

    proptest! {
        /// The percentiles and the mean are those of instants taken one by one.
        #[test]
        fn responses_are_those_of_instants(list in some()) {
            let mut list = spans(&list);
            let figures = Figures::of_spans(&mut list, 1000.0);
            let mut waits: Vec<f64> = (0..20_000).map(|k| {
                let t = (f64::from(k) + 0.5) * 0.05;
                let next = list.iter().find(|s| s.end_s > t);
                next.map_or(1000.0 - t, |s| (s.start_s - t).max(0.0))
            }).collect();
            waits.sort_by(f64::total_cmp);
            let mean = waits.iter().sum::<f64>() / 20_000.0;
            prop_assert!((mean - figures.mean_response_s.unwrap()).abs() < 0.1);
            prop_assert!((waits[10_000] - figures.median_response_s.unwrap()).abs() < 0.5);
            prop_assert!((waits[18_000] - figures.p90_response_s.unwrap()).abs() < 0.5);
            prop_assert!((waits[19_999] - figures.max_response_s.unwrap()).abs() < 0.1);
        }

        /// Seen more, nobody waits longer.
        #[test]
        fn more_satellites_never_answer_later(one in some(), other in some()) {
            let both: Vec<_> = one.iter().chain(&other).copied().collect();
            let a = Figures::of_spans(&mut spans(&one), 1000.0);
            let b = Figures::of_spans(&mut spans(&both), 1000.0);
            let waits = |f: &Figures| [
                f.mean_response_s, f.median_response_s, f.p90_response_s, f.max_response_s, f.first_access_s,
            ];
            for (a, b) in waits(&a).into_iter().zip(waits(&b)) {
                prop_assert!(b.unwrap() <= a.unwrap() + 1e-9);
            }
            prop_assert!(b.access_s >= a.access_s - 1e-9);
            // None of the others' windows joins two of its own.
            let apart = other.iter().all(|o| one.iter().all(|s| o.1 < s.0 || s.1 < o.0));
            prop_assert!(!apart || b.accesses >= a.accesses);
        }
    }
}
