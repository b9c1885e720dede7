//! Opportunities: what a satellite and its instrument can see of an area, and when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One window in which an instrument can observe some of an area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opportunity {
    /// Name of the satellite.
    pub satellite: String,
    /// Catalogue number; `None` where the satellite is planned.
    pub norad_id: Option<u32>,
    /// Whether the satellite does not fly yet.
    pub planned: bool,
    /// Id of the instrument.
    pub instrument: String,
    /// When the first of the area comes into view.
    pub start: Timestamp,
    /// When the last of it goes out of view.
    pub end: Timestamp,
    /// Least angle at the satellite between the geodetic nadir and the area, over the window,
    /// degrees.
    pub min_off_nadir_deg: f64,
    /// Part of the area that one strip of the instrument can take, in 0..=1.
    pub coverage: f64,
    /// Elevation of the Sun at the middle of the area at the middle of the window, degrees.
    pub sun_elevation_deg: f64,
    /// Days from the epoch of the satellite's elements to the start, negative before it; zero for a
    /// planned satellite.
    pub element_age_days: f64,
    /// How early or late the window may be because the elements age, seconds: in nine of ten cases less
    /// ([`crate::ageing`]). `None` where it is not known: planned satellites, ephemerides, orbits
    /// slower than 225 minutes.
    #[serde(default)]
    pub timing_uncertainty_s: Option<f64>,
    /// How far to the side the satellite may pass, km: likewise.
    #[serde(default)]
    pub cross_track_uncertainty_km: Option<f64>,
    /// Whether the elements are too old to rely on the window.
    #[serde(default)]
    pub stale: bool,
}
