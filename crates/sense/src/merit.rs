//! Figures of merit: how often, how soon and how much of the ground is seen in a span of time.
//!
//! **Definitions**, after Wertz and Larson, *Space Mission Analysis and Design*, 3rd edition, section 7.2.3,
//! where T is the length of the span:
//!
//! - An **access** is a window in which some satellite sees the place; windows of several satellites that
//!   overlap or touch are one.
//! - A **gap** is the time from the end of an access to the start of the next: the *revisit*. What lies
//!   before the first access and after the last is no gap, since where it began or ends is not known.
//!   Percentiles of gaps are those of order statistics, linear in between (Hyndman and Fan 1996, type 7).
//! - The **response** at an instant is the time until the place is seen: nothing within an access. It is
//!   taken over *every* instant of the span, as if somebody asked at random. After the last access it counts
//!   the time to the end of the span: a lower bound, which a longer span makes smaller. The mean
//!   is then the sum of g² / 2T over all gaps and both ends, and each percentile that of the waits themselves,
//!   not of the gaps. Of a place that is never seen nothing is known.
//! - **Coverage over time** is the share of the ground that has been seen at least once by an instant.
//!
//! Two laws follow and are tested: a satellite more never makes any response longer at any
//! instant, and never makes coverage smaller. Gaps between accesses obey no such law: a new first access opens
//! a gap where none was counted, and a window between two others makes three accesses one.
//!
//! Figures of a region are means over its cells by their areas on the ellipsoid; the longest gap and wait are
//! those of its worst cell.

mod figures;
mod grid;
mod looks;
mod region;
mod seen;
mod survey;

pub use figures::Figures;
pub use grid::{CELLS_MAX, Cell, GridError, cells_in_box, cells_of_polygons, check_step};
pub use looks::{Looks, looks_of};
pub use region::{Covered, Region};
pub use seen::{Seen, seen_by, seen_under};
pub use survey::{Found, Surveyed, survey};
