//! Where the satellites of a watch reach: the ground of its next windows, and how often the country
//! around it is seen.

use crate::error::WatchError;
use crate::forecast::{Forecast, ForecastEntry};
use crate::register::Register;
use corridor_orbit::earth::Geodetic;
use corridor_sense::access::Sensor;
use corridor_sense::area::Area;
use corridor_sense::footprint;
use corridor_sense::instrument::Instrument;
use corridor_sense::merit::{looks_of, survey};
use corridor_sense::windows::Period;
use geojson::{Feature, FeatureCollection, GeometryValue, JsonObject};
use jiff::Timestamp;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};

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

/// How often and how soon each cell around `area` is seen in `[from, to)` by the instruments that suit the
/// product ([`corridor_sense::merit`] says what the figures mean). A cell counts as seen while its middle is
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
    let looks = looks_of(
        register
            .satellites()
            .iter()
            .filter(|satellite| planned || !satellite.planned)
            .flat_map(|satellite| {
                let instruments = satellite.instruments.iter();
                let known = instruments.filter_map(|id| register.instrument(id));
                known.map(|instrument| (&satellite.trajectory, instrument))
            })
            .filter(|(_, instrument)| suits(instrument)),
    );
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let found = survey(&looks, &middles, Period::new(from, to), threads, &|_, _| ())
        .map_err(|e| WatchError::internal("computing the revisit map", e))?;
    let drawn = cells
        .iter()
        .zip(found.places)
        .map(|(&[w, s, e, n], found)| {
            let ring = [[w, s], [e, s], [e, n], [w, n], [w, s]];
            let hours = |time_s: Option<f64>| json!(time_s.map(|s| s / 3600.0));
            let figures = found.figures;
            feature(
                &ring,
                vec![
                    ("accesses", json!(figures.accesses)),
                    ("mean_gap_h", hours(figures.mean_gap_s)),
                    ("max_gap_h", hours(figures.max_gap_s)),
                    ("mean_response_h", hours(figures.mean_response_s)),
                ],
            )
        });
    Ok(drawn.collect())
}

/// What a revisit map is drawn from, besides the register.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RevisitKey {
    /// The product of the watch.
    pub(crate) product: String,
    /// Where it looks.
    pub(crate) area: Area,
    /// From and to.
    pub(crate) span: (Timestamp, Timestamp),
    /// With the planned satellites.
    pub(crate) planned: bool,
}

/// Most revisit maps kept: of some watches, with and without planned satellites; 150 kB each.
const MAPS_MAX: usize = 64;

/// Revisit maps drawn from one register, the last ones asked for.
#[derive(Debug, Default)]
pub(crate) struct RevisitMaps(Mutex<Option<(Arc<Register>, Vec<Drawn>)>>);

/// A map and what it was drawn from.
type Drawn = (RevisitKey, Arc<FeatureCollection>);

impl RevisitMaps {
    /// The map kept for a key, drawn from this very register.
    pub(crate) fn kept(
        &self,
        register: &Arc<Register>,
        key: &RevisitKey,
    ) -> Option<Arc<FeatureCollection>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, maps) = kept.as_ref()?;
        let same = Arc::ptr_eq(of, register);
        let map = maps.iter().find(|(known, _)| same && known == key)?;
        Some(map.1.clone())
    }

    /// Keeps a map; those of another register go, and the oldest where there are too many.
    pub(crate) fn keep(
        &self,
        register: &Arc<Register>,
        key: RevisitKey,
        map: Arc<FeatureCollection>,
    ) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, maps) = kept.get_or_insert_with(|| (register.clone(), vec![]));
        if !Arc::ptr_eq(of, register) {
            (*of, *maps) = (register.clone(), vec![]);
        }
        if maps.len() >= MAPS_MAX {
            maps.remove(0);
        }
        maps.push((key, map));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stop_at_the_poles() {
        let area = Area::from_bbox(0.0, 88.0, 1.0, 89.0).unwrap();
        assert!(cells(&area).iter().all(|c| c[3] <= 90.0));
        let area = Area::from_bbox(0.0, 0.0, 1.0, 1.0).unwrap();
        assert_eq!(cells(&area).len(), 441);
    }
}
