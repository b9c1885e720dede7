//! SGP4 and SDP4: the theory that mean element sets are fitted with, and so the only one that may
//! read them.
//!
//! Theory: Hoots & Roehrich 1980 (Spacetrack Report 3), Hoots, Schumacher & Glover 2004; constants of
//! WGS 72, corrections and the improved mode of Vallado, Crawford, Hujsak & Kelso 2006
//! (AIAA 2006-6753). Angles are rad, times minutes, lengths Earth radii until the last line.
//!
//! ```text
//!   ElementSet -> Near (drag, J2..J4) --+-> secular -> third body, resonance -> Kepler -> State
//!                 Deep (Sun, Moon) -----+              only where the period is 225 min or more
//! ```

mod batch;
mod columns;
mod deep;
mod error;
mod gravity;
mod lanes;
mod model;
mod near;
mod orbit;
mod resonance;
mod third_body;

pub(crate) use batch::{Blocks, Satellite, Seconds, series};
pub(crate) use columns::Columns;
pub use error::Sgp4Error;
pub(crate) use gravity::MU_KM3_S2;
pub use model::MINUTES_MAX;
pub(crate) use model::Model;

/// Position, km, and velocity, km/s, in TEME.
pub(crate) type StateKm = ([f64; 3], [f64; 3]);
