//! Bundles in fragments: what one way cannot carry whole, or not as early, goes by several.

use super::{Query, Route, RouteError, Router};
use serde::Serialize;

/// Most fragments of one bundle.
pub const PARTS_MAX: usize = 1_000;

/// Booking that holds the time of parts while the rest is planned.
const TENTATIVE: super::BookingId = 0;

/// One fragment and its way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Its bytes.
    pub size_bytes: f64,
    /// Its way.
    pub route: Route,
}

impl Router {
    /// The bundle whole, or in fragments of at least `part_min_bytes` where that brings the last byte
    /// sooner or at all; `None` where neither brings all of it. Nothing is booked.
    ///
    /// Each fragment in turn takes the way on which the smallest fragment would arrive first, as large
    /// as that way's contacts can still take. This fills the early contacts; it is not proven to be the
    /// best cut of all.
    ///
    /// # Errors
    /// As [`Router::route`], and where `part_min_bytes` is not above 0.
    pub fn route_in_parts(
        &mut self,
        query: &Query<'_>,
        part_min_bytes: f64,
    ) -> Result<Option<Vec<Part>>, RouteError> {
        super::figure(
            "part_min_bytes",
            part_min_bytes,
            f64::MIN_POSITIVE,
            "above 0",
        )?;
        let whole = self.route(query)?;
        let parts = self.parts(query, part_min_bytes, whole.as_ref().map(|r| r.arrival_s));
        for part in parts.iter().flatten() {
            let hops = &part.route.hops;
            self.book.give_back(TENTATIVE, hops, f64::NEG_INFINITY, &[]);
        }
        let whole = whole.map(|route| {
            vec![Part {
                size_bytes: query.size_bytes,
                route,
            }]
        });
        let parts = parts?;
        let sum: f64 = parts.iter().map(|part| part.size_bytes).sum();
        let all = !parts.is_empty() && sum >= query.size_bytes;
        Ok(if all { Some(parts) } else { whole })
    }

    /// Fragments, their time taken tentatively; stopped short where they cannot all arrive before
    /// `before_s`.
    fn parts(
        &mut self,
        query: &Query<'_>,
        part_min_bytes: f64,
        before_s: Option<f64>,
    ) -> Result<Vec<Part>, RouteError> {
        let mut left = query.size_bytes;
        let mut parts: Vec<Part> = Vec::new();
        while left > 0.0 && parts.len() < PARTS_MAX {
            let least = part_min_bytes.min(left);
            let smallest = Query {
                size_bytes: least,
                ..*query
            };
            let Some(first) = self.route(&smallest)? else {
                break;
            };
            let mut size_bytes = self.largest(query, &first, least, left);
            // The rest must not fall below the smallest fragment.
            if size_bytes < left && left - size_bytes < part_min_bytes {
                size_bytes = (left - part_min_bytes).max(least).floor().max(least);
            }
            let part = Query {
                size_bytes,
                ..*query
            };
            let Some(route) = self.route(&part)? else {
                break;
            };
            if before_s.is_some_and(|before_s| route.arrival_s >= before_s) {
                break;
            }
            self.book.take(TENTATIVE, query.priority, &route.hops);
            left -= size_bytes;
            parts.push(Part { size_bytes, route });
        }
        Ok(parts)
    }

    /// Most whole bytes between `least` and `most` that the contacts of a route can still take.
    fn largest(&self, query: &Query<'_>, route: &Route, least: f64, most: f64) -> f64 {
        let fits = |size_bytes: f64| {
            let mut t_s = query.at_s;
            for hop in &route.hops {
                let window = &self.graph.windows[hop.contact as usize];
                let duration_s = size_bytes / window.rate_byte_s;
                let start_s = t_s.max(window.start_s);
                let start_s = self
                    .book
                    .free_from(hop.contact, start_s, duration_s, query.priority);
                if window.end_s - start_s < duration_s {
                    return false;
                }
                t_s = start_s + duration_s + window.owlt_s;
            }
            true
        };
        if fits(most) {
            return most;
        }
        let (mut low, mut high) = (least, most);
        while high - low > 1.0 {
            let middle = (0.5 * (low + high)).floor();
            if middle <= low {
                break;
            }
            if fits(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }
}
