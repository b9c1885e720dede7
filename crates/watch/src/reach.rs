//! Where the satellites of a watch reach: the ground of its next windows, and how often the country
//! around it is seen.

use crate::error::WatchError;
use crate::forecast::{Forecast, ForecastEntry};
use crate::register::Register;
use corridor_orbit::earth::Geodetic;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::visibility::Limits;
use corridor_sense::access::Sensor;
use corridor_sense::area::Area;
use corridor_sense::footprint;
use corridor_sense::instrument::Instrument;
use corridor_sense::windows::{Conditions, Period, windows_of};
use geojson::{Feature, FeatureCollection, GeometryValue, JsonObject};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// Most footprints of one answer: bounds its size.
pub const FOOTPRINTS_MAX: usize = 200;

/// The ground of the `first` earliest windows of a forecast, in their order; a satellite that left
/// the register since then is passed over.
///
/// # Errors
/// [`WatchError::Invalid`] where more than [`FOOTPRINTS_MAX`] are asked for.
pub fn footprints(
    register: &Register,
    area: &Area,
    forecast: &Forecast,
    first: usize,
) -> Result<FeatureCollection, WatchError> {
    if first == 0 || first > FOOTPRINTS_MAX {
        return Err(WatchError::Invalid(format!(
            "first is {first}; should be from 1 to {FOOTPRINTS_MAX}"
        )));
    }
    let mut entries: Vec<&ForecastEntry> = forecast.entries.iter().collect();
    entries.sort_by_key(|e| (e.observed_start, e.observed_end));
    let drawn = entries
        .into_iter()
        .take(first)
        .filter_map(|entry| footprint_of(register, area, entry));
    Ok(drawn.collect())
}

fn footprint_of(register: &Register, area: &Area, entry: &ForecastEntry) -> Option<Feature> {
    let satellite = register.satellite(&entry.satellite)?;
    let sensor = Sensor {
        satellite: &satellite.name,
        norad_id: satellite.norad_id,
        planned: satellite.planned,
        trajectory: &satellite.trajectory,
        instrument: register.instrument(&entry.instrument)?,
    };
    let window = (entry.observed_start, entry.observed_end);
    let ring = footprint::strip(&sensor, window, area).ok()?;
    Some(feature(
        &ring,
        vec![
            ("satellite", json!(entry.satellite)),
            ("instrument", json!(entry.instrument)),
            ("planned", json!(entry.planned)),
            ("observed_start", json!(entry.observed_start)),
            ("observed_end", json!(entry.observed_end)),
            ("coverage", json!(entry.coverage)),
        ],
    ))
}

fn feature(ring: &[[f64; 2]], properties: Vec<(&str, serde_json::Value)>) -> Feature {
    let ring: Vec<geojson::Position> = ring.iter().map(|p| p.to_vec().into()).collect();
    let mut named = JsonObject::new();
    for (key, value) in properties {
        named.insert(key.into(), value);
    }
    Feature {
        geometry: Some(GeometryValue::new_polygon([ring]).into()),
        properties: Some(named),
        ..Feature::default()
    }
}

/// Cells to each side of the map; [`CELL_DEG`] wide.
const CELLS: i32 = 21;
/// Width and height of a cell, degrees.
const CELL_DEG: f64 = 1.5;

/// How often each cell around `area` is seen in `[from, to)` by the instruments that suit the
/// product: the number of looks and the time between them. A cell counts as seen while its middle is
/// within the instrument's angles from nadir and, where the instrument needs it, in daylight.
///
/// # Errors
/// [`WatchError::Internal`] where the search refuses the span.
pub fn revisit(
    register: &Register,
    area: &Area,
    suits: &dyn Fn(&Instrument) -> bool,
    (from, to): (Timestamp, Timestamp),
    planned: bool,
) -> Result<FeatureCollection, WatchError> {
    let cells = cells(area);
    let middles: Vec<Geodetic> = cells
        .iter()
        .map(|[w, s, e, n]| Geodetic::on_ground(0.5 * (w + e), 0.5 * (s + n)))
        .collect();
    let mut looks: Vec<Vec<(Timestamp, Timestamp)>> = vec![Vec::new(); cells.len()];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for (conditions, satellites) in sensors(register, suits, planned) {
        let period = Period::new(from, to);
        let found = windows_of(&satellites, &middles, &conditions, period, threads, &|_| ())
            .map_err(|e| WatchError::internal("computing the revisit map", e))?;
        for window in found.iter().flat_map(|satellite| &satellite.windows) {
            looks[window.place].push((window.start, window.end));
        }
    }
    let drawn = cells.iter().zip(looks).map(|(&[w, s, e, n], looks)| {
        let ring = [[w, s], [e, s], [e, n], [w, n], [w, s]];
        let (accesses, gaps_h) = gaps(looks);
        let mean = gaps_h.iter().sum::<f64>() / gaps_h.len().max(1) as f64;
        let seen = !gaps_h.is_empty();
        let longest = gaps_h.iter().copied().fold(0.0, f64::max);
        feature(
            &ring,
            vec![
                ("accesses", json!(accesses)),
                ("mean_gap_h", json!(seen.then_some(mean))),
                ("max_gap_h", json!(seen.then_some(longest))),
            ],
        )
    });
    Ok(drawn.collect())
}

/// Boxes about the middle of the area, rows from south to north; none beyond the poles.
fn cells(area: &Area) -> Vec<[f64; 4]> {
    let middle = area.middle();
    let edge = |centre: f64, k: i32| centre + CELL_DEG * (f64::from(k) - 0.5 * f64::from(CELLS));
    let mut cells = Vec::new();
    for row in 0..CELLS {
        let (south, north) = (edge(middle.lat_deg, row), edge(middle.lat_deg, row + 1));
        if south < -90.0 || north > 90.0 {
            continue;
        }
        for column in 0..CELLS {
            let (west, east) = (
                edge(middle.lon_deg, column),
                edge(middle.lon_deg, column + 1),
            );
            cells.push([west, south, east, north]);
        }
    }
    cells
}

/// Satellites by what their instruments need, so that each need is one search.
fn sensors(
    register: &Register,
    suits: &dyn Fn(&Instrument) -> bool,
    planned: bool,
) -> Vec<(Conditions, Vec<Trajectory>)> {
    let mut groups: BTreeMap<[i64; 3], Vec<Trajectory>> = BTreeMap::new();
    // Tenths of a degree: finer than any cell.
    let tenths = |deg: f64| (deg * 10.0).round() as i64;
    const NO_SUN: i64 = i64::MIN;
    for satellite in register.satellites() {
        if satellite.planned && !planned {
            continue;
        }
        for instrument in satellite
            .instruments
            .iter()
            .filter_map(|i| register.instrument(i))
        {
            if !suits(instrument) {
                continue;
            }
            let (least, most) = footprint::off_nadir_range_deg(&satellite.trajectory, instrument);
            let sun = match instrument.daylight_only {
                true => tenths(instrument.min_sun_elevation_deg),
                false => NO_SUN,
            };
            let need = [tenths(most).max(1), tenths(least), sun];
            groups
                .entry(need)
                .or_default()
                .push(satellite.trajectory.clone());
        }
    }
    groups
        .into_iter()
        .map(|([most, least, sun], satellites)| {
            let degrees = |tenths: i64| tenths as f64 / 10.0;
            let conditions = Conditions {
                limits: Limits {
                    max_off_nadir_deg: Some(degrees(most)),
                    min_off_nadir_deg: (least > 0).then(|| degrees(least)),
                    ..Limits::default()
                },
                min_sun_elevation_deg: (sun != NO_SUN).then(|| degrees(sun)),
                max_sun_elevation_deg: None,
                light: None,
            };
            (conditions, satellites)
        })
        .collect()
}

/// Looks that overlap are one; how many there are, and the hours between them.
fn gaps(mut looks: Vec<(Timestamp, Timestamp)>) -> (usize, Vec<f64>) {
    looks.sort();
    let mut gaps = Vec::new();
    let mut end: Option<Timestamp> = None;
    let mut count = 0;
    for (start, stop) in looks {
        if end.is_none_or(|end| start > end) {
            count += 1;
            gaps.extend(end.map(|end| start.duration_since(end).as_secs_f64() / 3600.0));
        }
        end = Some(end.map_or(stop, |end| end.max(stop)));
    }
    (count, gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_that_overlap_are_one_and_gaps_run_from_end_to_start() {
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        let looks = vec![
            (at(7200), at(7260)),
            (at(0), at(60)),
            (at(30), at(3600)),
            (at(10_860), at(10_920)),
        ];
        assert_eq!(gaps(looks), (3, vec![1.0, 1.0]));
        assert_eq!(gaps(vec![]), (0, vec![]));
    }

    #[test]
    fn cells_stop_at_the_poles() {
        let area = Area::from_bbox(0.0, 88.0, 1.0, 89.0).unwrap();
        assert!(cells(&area).iter().all(|c| c[3] <= 90.0));
        let area = Area::from_bbox(0.0, 0.0, 1.0, 1.0).unwrap();
        assert_eq!(cells(&area).len(), 441);
    }
}
