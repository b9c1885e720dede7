//! Windows of time and sets of them.
//!
//! A [`Window`] is half open, `[start, end)`. A [`WindowSet`] holds windows in order, none empty,
//! none touching another, so that equal sets of instants are equal values.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A half-open interval of time `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
}

impl Window {
    /// The window from `start` to `end`; `None` where that is empty.
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// Length, seconds.
    pub fn duration_s(&self) -> f64 {
        self.end.duration_since(self.start).as_secs_f64()
    }

    /// Whether `t` is inside.
    pub fn contains(&self, t: Timestamp) -> bool {
        self.start <= t && t < self.end
    }

    /// The part inside both windows.
    pub fn and(&self, other: &Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// The instant half way.
    pub fn middle(&self) -> Timestamp {
        offset(self.start, self.duration_s() / 2.0)
    }
}

/// `t` plus `seconds`, held at the ends of time.
pub fn offset(t: Timestamp, seconds: f64) -> Timestamp {
    let limit = if seconds < 0.0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    SignedDuration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|d| t.checked_add(d).ok())
        .unwrap_or(limit)
}

/// Windows in order, none empty, none touching another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Window>", into = "Vec<Window>")]
pub struct WindowSet(Vec<Window>);

impl From<Vec<Window>> for WindowSet {
    fn from(windows: Vec<Window>) -> Self {
        windows.into_iter().collect()
    }
}

impl From<WindowSet> for Vec<Window> {
    fn from(set: WindowSet) -> Self {
        set.0
    }
}

impl From<Window> for WindowSet {
    fn from(window: Window) -> Self {
        std::iter::once(window).collect()
    }
}

/// Windows in any order, overlapping or not; empty ones are dropped.
impl FromIterator<Window> for WindowSet {
    fn from_iter<I: IntoIterator<Item = Window>>(windows: I) -> Self {
        let mut list: Vec<Window> = windows.into_iter().filter(|w| w.start < w.end).collect();
        list.sort_unstable();
        let mut merged: Vec<Window> = Vec::with_capacity(list.len());
        for w in list {
            match merged.last_mut() {
                Some(last) if w.start <= last.end => last.end = last.end.max(w.end),
                _ => merged.push(w),
            }
        }
        Self(merged)
    }
}

impl<'a> IntoIterator for &'a WindowSet {
    type Item = &'a Window;
    type IntoIter = std::slice::Iter<'a, Window>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl WindowSet {
    /// No window.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The windows in order.
    pub fn windows(&self) -> &[Window] {
        &self.0
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no window.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `t` is in some window.
    pub fn contains(&self, t: Timestamp) -> bool {
        let after = self.0.partition_point(|w| w.start <= t);
        after > 0 && self.0[after - 1].contains(t)
    }

    /// Total length, seconds.
    pub fn duration_s(&self) -> f64 {
        self.0.iter().map(Window::duration_s).sum()
    }

    /// What is in both sets.
    pub fn and(&self, other: &Self) -> Self {
        let (mut i, mut j) = (0, 0);
        let mut both = Vec::new();
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            both.extend(a.and(b));
            if a.end <= b.end {
                i += 1;
            } else {
                j += 1;
            }
        }
        Self(both)
    }

    /// What is in either set.
    pub fn or(&self, other: &Self) -> Self {
        self.0.iter().chain(&other.0).copied().collect()
    }

    /// What of `span` is not in the set.
    pub fn not(&self, span: Window) -> Self {
        let mut gaps = Vec::new();
        let mut from = span.start;
        for w in &self.0 {
            gaps.extend(Window::new(from, w.start.min(span.end)));
            from = from.max(w.end);
        }
        gaps.extend(Window::new(from, span.end));
        Self(gaps)
    }

    /// What is in this set and not in `other`.
    pub fn minus(&self, other: &Self) -> Self {
        self.0.iter().flat_map(|w| other.not(*w).0).collect()
    }

    /// Every window made longer by `before_s` at its start and `after_s` at its end, in seconds;
    /// negative values make it shorter, and windows that vanish are dropped.
    pub fn pad(&self, before_s: f64, after_s: f64) -> Self {
        self.0
            .iter()
            .map(|w| Window {
                start: offset(w.start, -before_s),
                end: offset(w.end, after_s),
            })
            .collect()
    }

    /// Only the windows of at least `seconds`.
    pub fn min_duration(&self, seconds: f64) -> Self {
        Self(
            self.0
                .iter()
                .copied()
                .filter(|w| w.duration_s() >= seconds)
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(s).unwrap()
    }

    fn set() -> impl Strategy<Value = WindowSet> {
        prop::collection::vec((0_i64..1000, 0_i64..60), 0..20).prop_map(|v| {
            v.into_iter()
                .map(|(s, d)| Window {
                    start: at(s),
                    end: at(s + d),
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn set_algebra(a in set(), b in set(), c in set()) {
            let all = Window { start: at(-10), end: at(2000) };
            prop_assert_eq!(a.and(&b), b.and(&a));
            prop_assert_eq!(a.or(&b), b.or(&a));
            prop_assert_eq!(a.and(&b.or(&c)), a.and(&b).or(&a.and(&c)));
            prop_assert_eq!(a.not(all).not(all), a.clone());
            prop_assert_eq!(a.or(&b).not(all), a.not(all).and(&b.not(all)));
            prop_assert_eq!(a.minus(&b), a.and(&b.not(all)));
            prop_assert_eq!(a.and(&a), a.clone());
            for w in a.or(&b).windows().windows(2) {
                prop_assert!(w[0].end < w[1].start);
            }
        }

        #[test]
        fn pad_there_and_back(a in set(), s in 0_u32..30) {
            // Shrinking undoes growing unless growing closed a gap.
            let grown = a.pad(f64::from(s), f64::from(s));
            if grown.len() == a.len() {
                prop_assert_eq!(grown.pad(-f64::from(s), -f64::from(s)), a);
            }
        }

        #[test]
        fn contains_agrees_with_and(a in set(), b in set(), t in 0_i64..1100) {
            prop_assert_eq!(a.and(&b).contains(at(t)), a.contains(at(t)) && b.contains(at(t)));
            prop_assert_eq!(a.or(&b).contains(at(t)), a.contains(at(t)) || b.contains(at(t)));
        }
    }

    #[test]
    fn short_windows_drop() {
        let a: WindowSet = [(0, 5), (10, 30)]
            .map(|(s, e)| Window {
                start: at(s),
                end: at(e),
            })
            .into_iter()
            .collect();
        assert_eq!(
            a.min_duration(6.0).windows(),
            [Window {
                start: at(10),
                end: at(30)
            }]
        );
    }
}
