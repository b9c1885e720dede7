//! Opportunities of an instrument to see a place: what is asked, and the answer.

use crate::chain::{Chain, blocking};
use crate::error::WatchError;
use crate::forecast::SPAN_MAX_H;
use crate::register::{Register, Satellite};
use corridor_catalog::Filter;
use corridor_sense::access::{self, Sensor};
use corridor_sense::area::Area;
use corridor_sense::instrument::Instrument;
pub use corridor_sense::opportunity::Opportunity;
use geojson::GeometryValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a filter can name of an opportunity, with what it is: in the words of STAC where STAC has one.
/// The times are instants, the numbers are numbers, `instruments` is a list of texts, `planned` is true
/// or false, and the rest is text.
pub const QUERYABLES: [(&str, &str); 13] = [
    (
        "coverage",
        "Part of the area that one strip of the instrument can take, 0 to 1.",
    ),
    (
        "cross_track_uncertainty_km",
        "How far to the side the satellite may pass, nine times in ten less; of planned satellites and high orbits not known.",
    ),
    (
        "element_age_days",
        "Days from the epoch of the satellite's elements to the start.",
    ),
    (
        "end_datetime",
        "When the last of the area goes out of view.",
    ),
    ("instruments", "Id of the instrument, in a list."),
    (
        "norad_id",
        "Catalogue number of the satellite; a planned one has none.",
    ),
    ("planned", "Whether the satellite does not fly yet."),
    ("platform", "Name of the satellite."),
    (
        "stale",
        "Whether the elements are too old to rely on the window.",
    ),
    (
        "start_datetime",
        "When the first of the area comes into view.",
    ),
    (
        "timing_uncertainty_s",
        "How early or late the window may be, nine times in ten less; of planned satellites and high orbits not known.",
    ),
    (
        "view:off_nadir",
        "Least angle at the satellite between nadir and the area, degrees.",
    ),
    (
        "view:sun_elevation",
        "Elevation of the Sun at the middle of the area and window, degrees.",
    ),
];

/// Half the side of the square that stands for a point that is looked at, km.
const POINT_HALF_KM: f64 = 0.05;

/// How far from the day of the newest elements a search may lie: farther, nothing is known.
const FAR_MAX_DAYS: i64 = 400;

/// What is asked: when an instrument can see a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpportunityRequest {
    /// Id of the instrument.
    pub instrument: String,
    /// GeoJSON Point, Polygon or MultiPolygon, WGS 84 degrees.
    pub geometry: Value,
    /// Start of the span.
    pub from: Timestamp,
    /// End of the span.
    pub to: Timestamp,
    /// CQL2 JSON over [`QUERYABLES`]: what else an opportunity must be.
    pub filter: Option<Value>,
}

/// An opportunity in the words of [`QUERYABLES`].
pub fn properties(opportunity: &Opportunity) -> Map<String, Value> {
    let described = json!({
        "coverage": opportunity.coverage,
        "cross_track_uncertainty_km": opportunity.cross_track_uncertainty_km,
        "element_age_days": opportunity.element_age_days,
        "end_datetime": opportunity.end,
        "instruments": [opportunity.instrument],
        "norad_id": opportunity.norad_id,
        "planned": opportunity.planned,
        "platform": opportunity.satellite,
        "stale": opportunity.stale,
        "start_datetime": opportunity.start,
        "timing_uncertainty_s": opportunity.timing_uncertainty_s,
        "view:off_nadir": opportunity.min_off_nadir_deg,
        "view:sun_elevation": opportunity.sun_elevation_deg,
    });
    match described {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

impl OpportunityRequest {
    /// Checks the span against what the register's elements can say.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] says what would be right.
    pub fn check_span(&self, register: &Register) -> Result<(), WatchError> {
        let Self { from, to, .. } = *self;
        let wrong = |why: String| Err(WatchError::Invalid(format!("datetime: {why}")));
        if to <= from {
            return wrong(format!("ends at {to}, not after {from}"));
        }
        if to.duration_since(from) > SignedDuration::from_hours(SPAN_MAX_H) {
            return wrong(format!(
                "from {from} to {to} is longer than {SPAN_MAX_H} hours"
            ));
        }
        let day = register.epoch_day();
        if from.duration_since(day).abs() > SignedDuration::from_hours(24 * FAR_MAX_DAYS) {
            return wrong(format!(
                "{from} is more than {FAR_MAX_DAYS} days from {day}, the day of the newest elements"
            ));
        }
        Ok(())
    }

    /// The filter, checked; an empty object is none.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] says what is wrong, or which property opportunities do not have.
    pub fn checked_filter(&self) -> Result<Option<Filter>, WatchError> {
        let Some(filter) = &self.filter else {
            return Ok(None);
        };
        if filter.as_object().is_some_and(Map::is_empty) {
            return Ok(None);
        }
        let filter = Filter::from_json(filter).map_err(|e| WatchError::Invalid(e.to_string()))?;
        for name in filter.properties() {
            let inner = name.strip_prefix("properties.").unwrap_or(name);
            if !QUERYABLES.iter().any(|(known, _)| *known == inner) {
                let known: Vec<&str> = QUERYABLES.iter().map(|(known, _)| *known).collect();
                return Err(WatchError::Invalid(format!(
                    "filter: opportunities have no property {name:?}; known: {}",
                    known.join(", ")
                )));
            }
        }
        Ok(Some(filter))
    }

    /// The area looked at; a point is a square of `2 point_half_km`.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] says what would be right.
    pub fn area(&self, point_half_km: f64) -> Result<Area, WatchError> {
        let wrong = |e: &dyn std::fmt::Display| WatchError::Invalid(format!("geometry: {e}"));
        let geometry: geojson::Geometry =
            serde_json::from_value(self.geometry.clone()).map_err(|e| wrong(&e))?;
        match &geometry.value {
            GeometryValue::Point { coordinates } => {
                let [lon_deg, lat_deg] = match coordinates.as_slice() {
                    [lon, lat, ..] => [*lon, *lat],
                    _ => return Err(wrong(&"a point has a longitude and a latitude")),
                };
                let place = corridor_sense::place::check_position(lon_deg, lat_deg, 0.0)
                    .map_err(|e| wrong(&e))?;
                Area::about(&place, point_half_km).map_err(|e| wrong(&e))
            }
            GeometryValue::Polygon { .. } | GeometryValue::MultiPolygon { .. } => {
                Area::from_geometry(geometry).map_err(|e| wrong(&e))
            }
            other => Err(wrong(&format!(
                "is a {}; a Point, Polygon or MultiPolygon is taken",
                other.type_name()
            ))),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Found {
    /// By time, then satellite.
    pub opportunities: Vec<Opportunity>,
    /// Satellites that could not be computed, with the reason.
    pub faults: Vec<String>,
}

impl Chain {
    /// When the satellites that carry an instrument can see a place.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] where there is no such instrument; [`WatchError::Invalid`] where place
    /// or span cannot be.
    pub async fn opportunities(&self, request: &OpportunityRequest) -> Result<Found, WatchError> {
        self.check_request(request)?;
        let register = self.register();
        let area = request.area(POINT_HALF_KM)?;
        let filter = request.checked_filter()?;
        let request = request.clone();
        blocking(move || {
            let mut found = search(&register, &request, &area);
            if let Some(filter) = filter {
                let meets = |o: &Opportunity| filter.matches(&json!({"properties": properties(o)}));
                found.opportunities.retain(meets);
            }
            Ok(found)
        })
        .await
    }
}

impl Chain {
    /// Checks instrument, span, place and filter.
    pub(crate) fn check_request(&self, request: &OpportunityRequest) -> Result<(), WatchError> {
        let register = self.register();
        if register.instrument(&request.instrument).is_none() {
            return Err(WatchError::not_found("instrument", &request.instrument));
        }
        request.check_span(&register)?;
        request.checked_filter()?;
        request.area(POINT_HALF_KM).map(drop)
    }
}

/// The satellites that carry an instrument.
pub fn carriers<'a>(
    register: &'a Register,
    instrument: &'a str,
) -> impl Iterator<Item = &'a Satellite> {
    let carries = move |s: &&Satellite| s.instruments.iter().any(|i| i == instrument);
    register.satellites().iter().filter(carries)
}

fn search(register: &Register, request: &OpportunityRequest, area: &Area) -> Found {
    let Some(instrument) = register.instrument(&request.instrument) else {
        return Found::default();
    };
    let sensors: Vec<Sensor<'_>> = carriers(register, &request.instrument)
        .map(|satellite| sensor(satellite, instrument))
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let answers = access::opportunities_of(&sensors, area, request.from, request.to, threads);
    let mut found = Found::default();
    for (sensor, answer) in sensors.iter().zip(answers) {
        match answer {
            Ok(list) => found.opportunities.extend(list),
            Err(e) => found.faults.push(format!("{}: {e}", sensor.satellite)),
        }
    }
    found
        .opportunities
        .sort_by(|a, b| (a.start, &a.satellite, a.end).cmp(&(b.start, &b.satellite, b.end)));
    found
}

fn sensor<'a>(satellite: &'a Satellite, instrument: &'a Instrument) -> Sensor<'a> {
    Sensor {
        satellite: &satellite.name,
        norad_id: satellite.norad_id,
        planned: satellite.planned,
        trajectory: &satellite.trajectory,
        instrument,
    }
}
