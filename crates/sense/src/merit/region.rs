//! The figures of a region: of its cells, by their areas.

use super::survey::Found;
use serde::{Deserialize, Serialize};

/// Instants at which coverage is told, besides the start: equal steps of the span.
const STEPS: usize = 24;

/// How much of a region has been seen by an instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Covered {
    /// Seconds from the start of the span.
    pub after_s: f64,
    /// Share of its area seen at least once, from 0 to 1.
    pub share: f64,
}

/// The figures of a region. Means are over its area; those of times over the area that has them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Region {
    /// Cells.
    pub cells: usize,
    /// Its area on the ellipsoid, square kilometres.
    pub area_km2: f64,
    /// Share of its area seen at least once in the span.
    pub seen_share: f64,
    /// Mean number of accesses.
    pub accesses: f64,
    /// Fewest of any cell.
    pub min_accesses: usize,
    /// Mean of how long a cell is seen altogether, seconds.
    pub access_s: f64,
    /// Mean of the cells' mean gaps, seconds.
    pub mean_gap_s: Option<f64>,
    /// Mean of the cells' median gaps, seconds.
    pub median_gap_s: Option<f64>,
    /// Mean of the times that nine of ten gaps of a cell stay within, seconds.
    pub p90_gap_s: Option<f64>,
    /// Longest gap of any cell, seconds.
    pub max_gap_s: Option<f64>,
    /// Mean response over area and time, seconds.
    pub mean_response_s: Option<f64>,
    /// Mean of the cells' median responses, seconds.
    pub median_response_s: Option<f64>,
    /// Mean of the times within which nine of ten who ask at a cell are answered, seconds.
    pub p90_response_s: Option<f64>,
    /// Longest response of any cell, seconds.
    pub max_response_s: Option<f64>,
    /// When half of the area has been seen, seconds from the start of the span.
    pub half_covered_s: Option<f64>,
    /// When nine tenths have.
    pub p90_covered_s: Option<f64>,
    /// When all of it has.
    pub all_covered_s: Option<f64>,
    /// Coverage over time.
    pub coverage: Vec<Covered>,
}

impl Region {
    /// Of cells, each with its area in square kilometres, in a span of `duration_s`.
    pub fn new<'a>(cells: impl IntoIterator<Item = (f64, &'a Found)>, duration_s: f64) -> Self {
        let cells: Vec<(f64, &Found)> = cells.into_iter().collect();
        let area_km2: f64 = cells.iter().map(|(area, _)| area).sum();
        let mean = |of: &dyn Fn(&Found) -> Option<f64>| {
            let (mut sum, mut weight) = (0.0, 0.0);
            for (area, found) in &cells {
                if let Some(value) = of(found) {
                    sum += area * value;
                    weight += area;
                }
            }
            (weight > 0.0).then(|| sum / weight)
        };
        let most = |of: &dyn Fn(&Found) -> Option<f64>| {
            let values = cells.iter().filter_map(|(_, found)| of(found));
            values.reduce(f64::max)
        };
        let mut first: Vec<(f64, f64)> = cells
            .iter()
            .filter_map(|(area, found)| Some((found.figures.first_access_s?, *area)))
            .collect();
        first.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        // A sum of nothing is minus zero.
        let seen_km2 = first.iter().map(|(_, area)| area).sum::<f64>() + 0.0;
        let by = |after_s: f64| {
            let seen = first.iter().take_while(|(t_s, _)| *t_s <= after_s);
            (seen.map(|(_, area)| area).sum::<f64>() + 0.0) / area_km2
        };
        let covered = |share: f64| {
            let mut sum = 0.0;
            // Sums of areas are good to this part of the whole.
            let enough = share * area_km2 * (1.0 - 1e-9);
            first.iter().find_map(|(t_s, area)| {
                sum += area;
                (sum >= enough).then_some(*t_s)
            })
        };
        let at = |k: usize| duration_s * k as f64 / STEPS as f64;
        let coverage = match cells.is_empty() {
            true => vec![],
            false => (0..=STEPS)
                .map(|k| Covered {
                    after_s: at(k),
                    share: by(at(k)),
                })
                .collect(),
        };
        Self {
            cells: cells.len(),
            area_km2,
            seen_share: if area_km2 > 0.0 {
                seen_km2 / area_km2
            } else {
                0.0
            },
            accesses: mean(&|f| Some(f.figures.accesses as f64)).unwrap_or(0.0),
            min_accesses: cells
                .iter()
                .map(|(_, f)| f.figures.accesses)
                .min()
                .unwrap_or(0),
            access_s: mean(&|f| Some(f.figures.access_s)).unwrap_or(0.0),
            mean_gap_s: mean(&|f| f.figures.mean_gap_s),
            median_gap_s: mean(&|f| f.figures.median_gap_s),
            p90_gap_s: mean(&|f| f.figures.p90_gap_s),
            max_gap_s: most(&|f| f.figures.max_gap_s),
            mean_response_s: mean(&|f| f.figures.mean_response_s),
            median_response_s: mean(&|f| f.figures.median_response_s),
            p90_response_s: mean(&|f| f.figures.p90_response_s),
            max_response_s: most(&|f| f.figures.max_response_s),
            half_covered_s: covered(0.5),
            p90_covered_s: covered(0.9),
            all_covered_s: covered(1.0),
            coverage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merit::Figures;
    use corridor_orbit::event::Span;

    fn cell(spans: &[(f64, f64)]) -> Found {
        let span = |&(start_s, end_s): &(f64, f64)| Span { start_s, end_s };
        let mut spans = spans.iter().map(span).collect();
        Found {
            figures: Figures::of_spans(&mut spans, 100.0),
            by_hour: [0; 24],
        }
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "small whole numbers")]
    fn means_go_by_area() {
        let (a, b, c) = (
            cell(&[(10.0, 20.0), (40.0, 50.0)]),
            cell(&[(50.0, 60.0)]),
            cell(&[]),
        );
        let region = Region::new([(3.0, &a), (1.0, &b), (4.0, &c)], 100.0);
        assert_eq!(
            (region.cells, region.area_km2, region.seen_share),
            (3, 8.0, 0.5)
        );
        assert_eq!(region.accesses, (3.0 * 2.0 + 1.0) / 8.0);
        assert_eq!((region.min_accesses, region.mean_gap_s), (0, Some(20.0)));
        assert_eq!(
            (region.half_covered_s, region.all_covered_s),
            (Some(50.0), None)
        );
        let shares: Vec<f64> = region.coverage.iter().map(|c| c.share).collect();
        assert_eq!((shares[0], shares[12], shares[24]), (0.0, 0.5, 0.5));
        assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]));
        let dark = Region::new([(4.0, &c)], 100.0);
        assert!(dark.seen_share.is_sign_positive() && dark.coverage[3].share.is_sign_positive());
        assert_eq!(Region::new([], 100.0), Region::default());
    }
}
