//! Contacts from orbits and from schedules on the ground: who can send to whom, from when to when, how far
//! away and how fast that changes.
//!
//! | between | how |
//! |---|---|
//! | satellite and station | [`down`]: the station's masks, fixed and by azimuth ([`crate::contact`]); bands where both are known |
//! | satellite and satellite | [`cross()`]: the line of sight over the atmosphere, least and greatest range; low relays and geostationary ones alike |
//! | place and place on the ground | [`ground`]: always, or daily hours, with outages from a seed |
//!
//! [`plan`] makes a contact plan of them.

mod cross;
mod down;
pub mod ground;
mod profile;

pub use cross::{CrossLink, cross};
pub use down::{Downlink, down};
pub use profile::{Profile, doppler_hz};

use crate::plan::{Builder, Read};
use jiff::Timestamp;
use serde::Serialize;

/// Speed of light in vacuum, m/s (SI definition).
pub const LIGHT_M_S: f64 = 299_792_458.0;

/// A window in which two can send to one another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SkyContact {
    /// One end.
    pub from: String,
    /// The other.
    pub to: String,
    /// First instant of sight.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
    /// From `start` until data flows, s.
    pub setup_s: f64,
    /// Rate from `from` to `to`, bit/s.
    pub rate_bit_s: f64,
    /// Rate the other way, bit/s; 0 for none.
    pub back_rate_bit_s: f64,
    /// Highest elevation at the station, degrees; where one end is a station.
    pub max_elevation_deg: Option<f64>,
    /// Distances and their change; `None` on the ground.
    pub profile: Option<Profile>,
    /// One-way light time, the longest of the window, s.
    pub owlt_s: f64,
}

impl SkyContact {
    /// Bytes that fit from `from` to `to`.
    pub fn volume_bytes(&self) -> f64 {
        let length_s = self.end.duration_since(self.start).as_secs_f64();
        (length_s - self.setup_s).max(0.0) * self.rate_bit_s / 8.0
    }
}

/// The contact plan of contacts, its clock starting at `epoch`; data flows after the set-up. Contacts that
/// carry nothing are reported.
pub fn plan(contacts: &[SkyContact], epoch: Timestamp) -> Read {
    let mut plan = Builder::new("computed contacts");
    let seconds = |t: Timestamp| t.duration_since(epoch).as_secs_f64();
    for c in contacts {
        let (start_s, end_s) = (seconds(c.start) + c.setup_s, seconds(c.end));
        let ways = [
            (&c.from, &c.to, c.rate_bit_s),
            (&c.to, &c.from, c.back_rate_bit_s),
        ];
        for (from, to, rate_bit_s) in ways {
            if rate_bit_s > 0.0 {
                plan.contact(0, from, to, start_s, end_s, rate_bit_s, c.owlt_s);
            }
        }
    }
    plan.finish(Some(epoch))
}
