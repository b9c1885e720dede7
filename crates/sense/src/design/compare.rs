//! What planned satellites would change: figures of merit of a place with the satellites that fly, with
//! the planned ones, and with both.

use crate::merit::Figures;
use corridor_orbit::window::WindowSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One place with and without planned satellites.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// With those that fly.
    pub flying: Figures,
    /// With the planned ones alone.
    pub planned: Figures,
    /// With both.
    pub both: Figures,
}

/// Compares what satellites that fly and planned ones see of a place in `[from, to)`.
pub fn compare(
    flying: &WindowSet,
    planned: &WindowSet,
    from: Timestamp,
    to: Timestamp,
) -> Comparison {
    Comparison {
        flying: Figures::new(flying, from, to),
        planned: Figures::new(planned, from, to),
        both: Figures::new(&flying.or(planned), from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_orbit::window::{Window, offset};

    #[test]
    fn both_are_the_windows_of_either() {
        let at = |s| offset(Timestamp::UNIX_EPOCH, s);
        let set = |spans: &[(f64, f64)]| -> WindowSet {
            let window = |&(a, b): &(f64, f64)| Window::new(at(a), at(b));
            spans.iter().filter_map(window).collect()
        };
        let flying = set(&[(100.0, 110.0), (510.0, 520.0)]);
        let planned = set(&[(105.0, 115.0), (315.0, 325.0), (1100.0, 1200.0)]);
        let found = compare(&flying, &planned, at(0.0), at(1000.0));
        let accesses = [found.flying, found.planned, found.both].map(|f| f.accesses);
        assert_eq!(accesses, [2, 2, 3]);
        assert_eq!(found.flying.max_gap_s, Some(400.0));
        assert_eq!(found.both.mean_gap_s, Some(192.5));
    }
}
