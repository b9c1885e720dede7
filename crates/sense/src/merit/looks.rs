//! What the instruments of satellites need of a point, so that alike needs are one search.

use crate::footprint::off_nadir_range_deg;
use crate::instrument::Instrument;
use crate::windows::Conditions;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::visibility::Limits;
use std::collections::BTreeMap;

/// Satellites that look under the same conditions.
#[derive(Debug, Clone, Default)]
pub struct Looks {
    /// What has to hold.
    pub conditions: Conditions,
    /// Who looks.
    pub satellites: Vec<Trajectory>,
}

/// Satellites by what their instruments need of a point: its angle from nadir, of a fixed swath the angle of
/// its edge at the satellite's mean height, and the height of the Sun; to tenths of a degree. Where
/// a satellite looks only to one side the other counts too, and where it looks only broadside so do the
/// instants before and after: it sees a point for longer then, not more often.
pub fn looks_of<'a>(
    sensors: impl IntoIterator<Item = (&'a Trajectory, &'a Instrument)>,
) -> Vec<Looks> {
    const NO_SUN: i64 = i64::MIN;
    let tenths = |deg: f64| (deg * 10.0).round() as i64;
    let mut groups: BTreeMap<[i64; 3], Vec<Trajectory>> = BTreeMap::new();
    for (trajectory, instrument) in sensors {
        let (least, most) = off_nadir_range_deg(trajectory, instrument);
        let sun = match instrument.daylight_only {
            true => tenths(instrument.min_sun_elevation_deg),
            false => NO_SUN,
        };
        let need = [tenths(most).max(1), tenths(least), sun];
        groups.entry(need).or_default().push(trajectory.clone());
    }
    let degrees = |tenths: i64| tenths as f64 / 10.0;
    groups
        .into_iter()
        .map(|([most, least, sun], satellites)| Looks {
            conditions: Conditions {
                limits: Limits {
                    max_off_nadir_deg: Some(degrees(most)),
                    min_off_nadir_deg: (least > 0).then(|| degrees(least)),
                    ..Limits::default()
                },
                min_sun_elevation_deg: (sun != NO_SUN).then(|| degrees(sun)),
                ..Conditions::default()
            },
            satellites,
        })
        .collect()
}
