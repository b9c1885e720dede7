//! `corridor sense coverage`: what share of a place is seen in each window, and in all of them together.

use super::instrument::{Fleet, InstrumentName, every, fleet, target_of};
use super::places::Places;
use super::satellites::{ElementsOrRegister, Satellite, Warnings};
use super::span::Span;
use super::windows::usage;
use crate::output::{
    Format, Listing, MapFormat, counted, degrees, duration, listing, milliseconds, say,
};
use crate::progress::Step;
use crate::verb::{Failure, Outcome};
use clap::{ArgGroup, Args};
use corridor_sense::access::{self, Sensor};
use corridor_sense::coverage::{Coverage as Found, Take, WindowCoverage, coverage};
use corridor_sense::instrument::Instrument;
use corridor_sense::place::{Place, Shape};
use corridor_sense::target::Target;
use geojson::{Feature, FeatureCollection, GeometryValue, JsonObject};
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;

/// Shares whose time is told.
const GOALS: [f64; 3] = [0.5, 0.9, 0.99];

/// Footprints are drawn from this long before a window to as long after it, seconds.
const MARGIN_S: f64 = 10.0;

/// What share of areas, lines and points is seen, in each window and in all together.
///
/// By the footprint of the instrument on the ellipsoid: of an area its square kilometres, of a line its
/// length; a point is seen or not. A pointed instrument (agile, or a radar) takes one strip of its swath a
/// window, the one that adds most to what is seen already; with --reach all that it could take counts.
/// With --max-off-nadir all within that angle of nadir is seen at once.
#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("looks")
        .required(true)
        .multiple(false)
        .args(["instrument", "max_off_nadir"])
))]
pub(crate) struct Coverage {
    #[command(flatten)]
    elements: ElementsOrRegister,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    instrument: InstrumentName,
    /// Half angle of a cone about the geodetic nadir
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    max_off_nadir: Option<f64>,
    /// Least elevation of the Sun at the middle of the place
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    min_sun_elevation: Option<f64>,
    /// Count all that a pointed instrument can reach, not one strip a window
    #[arg(long)]
    reach: bool,
    #[command(flatten)]
    span: Span,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: MapFormat,
}

/// One window; times to the millisecond.
#[derive(Debug, Clone, Serialize)]
struct Row {
    satellite: String,
    norad_id: Option<u32>,
    place: String,
    start: String,
    end: String,
    share: f64,
    new_share: f64,
    cumulated_share: f64,
    min_off_nadir_deg: f64,
    timing_uncertainty_s: Option<f64>,
    cross_track_uncertainty_km: Option<f64>,
    stale: bool,
}

/// When a share is reached.
#[derive(Debug, Clone, Serialize)]
struct Goal {
    share: f64,
    time: Option<String>,
    after_s: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
struct Summary {
    place: String,
    name: String,
    kind: &'static str,
    area_km2: Option<f64>,
    length_km: Option<f64>,
    windows: usize,
    share: f64,
    time_to: Vec<Goal>,
}

#[derive(Debug, Serialize)]
struct PlaceRecord {
    #[serde(flatten)]
    summary: Summary,
    coverage: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Record<'a> {
    from: Timestamp,
    to: Timestamp,
    instrument: &'a str,
    satellites: usize,
    places: Vec<PlaceRecord>,
    warnings: &'a [String],
}

impl Coverage {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        self.span.check()?;
        self.span.shipped_earth_only()?;
        let (from, to) = (self.span.from, self.span.to);
        access::check_span(from, to).map_err(usage)?;
        let Fleet {
            satellites,
            instrument,
            mut warnings,
        } = self.fleet(data_dir).await?;
        let places = self.places.read()?;
        let sensors: Vec<Sensor<'_>> = satellites.iter().map(|s| sensor(s, &instrument)).collect();
        let take = match self.reach {
            true => Take::Reach,
            false => Take::Strip,
        };
        let mut records = Vec::with_capacity(places.len());
        let mut features = Vec::new();
        for place in &places {
            let target = target_of(place)?;
            let step = Step::start(format!("Covering {}", place.id));
            let counter = step.counter();
            let threads = self.span.threads();
            let found = coverage(
                &sensors,
                &target,
                (from, to),
                take,
                threads,
                &|done, all| {
                    counter(done as u64, all as u64);
                },
            )
            .map_err(usage)?;
            step.done(format!("{:.1} % seen", 100.0 * found.share));
            for (number, fault) in &found.faults {
                let name = &satellites[*number].name;
                warnings.say(format!("{name}: {}: not answered: {fault}", place.id));
            }
            let record = PlaceRecord {
                summary: summary(place, &target, &found, from),
                coverage: found.windows.iter().map(|w| row(place, w)).collect(),
            };
            if self.format == MapFormat::Geojson {
                features.push(place_feature(place, &record.summary)?);
                for (window, row) in found.windows.iter().zip(&record.coverage) {
                    let sensor = &sensors[window.sensor];
                    features.push(window_feature(sensor, &target, window, row, &mut warnings)?);
                }
            }
            records.push(record);
        }
        warn_of_stale(&records, &mut warnings);
        self.print(&instrument, satellites.len(), records, features, &warnings)?;
        warnings.finish()
    }

    async fn fleet(&self, data_dir: &Path) -> Result<Fleet, Failure> {
        let Some(half_deg) = self.max_off_nadir else {
            let elements = self.elements.files();
            return fleet(data_dir, elements, &self.instrument, self.min_sun_elevation).await;
        };
        let Some(elements) = self.elements.files() else {
            return Err(Failure::Usage("--elements should name files".into()));
        };
        every(elements, half_deg, self.min_sun_elevation)
    }

    fn print(
        &self,
        instrument: &Instrument,
        satellites: usize,
        records: Vec<PlaceRecord>,
        features: Vec<Feature>,
        warnings: &Warnings,
    ) -> Outcome {
        let Some(format) = self.format.listing() else {
            let all: FeatureCollection = features.into_iter().collect();
            return Ok(say(&format!("{}\n", geojson::GeoJson::from(all)))?);
        };
        if format == Format::Table {
            for record in &records {
                say(&format!("{}\n", record.summary))?;
            }
        }
        let rows = records.iter().flat_map(|r| &r.coverage).map(Row::cells);
        let rows = rows.collect();
        let record = Record {
            from: self.span.from,
            to: self.span.to,
            instrument: &instrument.id,
            satellites,
            places: records,
            warnings: warnings.texts(),
        };
        Ok(listing(
            format,
            &Listing {
                columns: &[
                    "satellite",
                    "norad_id",
                    "place",
                    "start",
                    "end",
                    "share",
                    "new_share",
                    "cumulated_share",
                    "min_off_nadir_deg",
                    "timing_uncertainty_s",
                ],
                rows,
                records: &record,
                empty: "no window in this span",
            },
        )?)
    }
}

fn sensor<'a>(satellite: &'a Satellite, instrument: &'a Instrument) -> Sensor<'a> {
    Sensor {
        satellite: &satellite.name,
        norad_id: satellite.norad_id,
        planned: satellite.trajectory.is_designed(),
        trajectory: &satellite.trajectory,
        instrument,
    }
}

fn row(place: &Place, window: &WindowCoverage) -> Row {
    let o = &window.opportunity;
    Row {
        satellite: o.satellite.clone(),
        norad_id: o.norad_id,
        place: place.id.clone(),
        start: milliseconds(o.start),
        end: milliseconds(o.end),
        share: o.coverage,
        new_share: window.new_share,
        cumulated_share: window.cumulated_share,
        min_off_nadir_deg: o.min_off_nadir_deg,
        timing_uncertainty_s: o.timing_uncertainty_s,
        cross_track_uncertainty_km: o.cross_track_uncertainty_km,
        stale: o.stale,
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let share = |x: f64| format!("{x:.4}");
        vec![
            self.satellite.clone(),
            self.norad_id.map(|n| n.to_string()).unwrap_or_default(),
            self.place.clone(),
            self.start.clone(),
            self.end.clone(),
            share(self.share),
            share(self.new_share),
            share(self.cumulated_share),
            degrees(self.min_off_nadir_deg),
            self.timing_uncertainty_s
                .map(|s| format!("{s:.3}"))
                .unwrap_or_default(),
        ]
    }
}

fn summary(place: &Place, target: &Target, found: &Found, from: Timestamp) -> Summary {
    let goal = |share: f64| {
        let time = found.time_to(target, share);
        Goal {
            share,
            time: time.map(milliseconds),
            after_s: time.map(|t| t.duration_since(from).as_secs_f64()),
        }
    };
    Summary {
        place: place.id.clone(),
        name: place.name.clone(),
        kind: match place.shape {
            Shape::Point => "point",
            Shape::Lines(_) => "line",
            Shape::Area(_) => "area",
        },
        area_km2: target.area_km2(),
        length_km: target.length_km(),
        windows: found.windows.len(),
        share: found.share,
        time_to: GOALS.into_iter().map(goal).collect(),
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = match (self.area_km2, self.length_km) {
            (Some(km2), _) => format!(" of {km2:.0} km2"),
            (_, Some(km)) => format!(" of {km:.0} km"),
            _ => String::new(),
        };
        let (place, share) = (&self.place, 100.0 * self.share);
        write!(
            f,
            "{place}: {share:.1} %{size} seen in {}",
            counted(self.windows, "window", "windows")
        )?;
        for goal in &self.time_to {
            let percent = 100.0 * goal.share;
            match goal.after_s {
                Some(after_s) => write!(f, "; {percent:.0} % after {}", duration(after_s))?,
                None => write!(f, "; {percent:.0} % not in this span")?,
            }
        }
        Ok(())
    }
}

fn warn_of_stale(records: &[PlaceRecord], warnings: &mut Warnings) {
    let rows = records.iter().flat_map(|r| &r.coverage);
    let stale: std::collections::BTreeSet<&str> = rows
        .filter(|row| row.stale)
        .map(|row| row.satellite.as_str())
        .collect();
    for name in stale {
        warnings.say(format!(
            "{name}: elements are stale; see timing_uncertainty_s"
        ));
    }
}

fn properties(record: &impl Serialize, what: &str) -> Result<JsonObject, Failure> {
    let wrong = |e: serde_json::Error| Failure::Failed(format!("writing GeoJSON: {e}"));
    let mut all = match serde_json::to_value(record).map_err(wrong)? {
        serde_json::Value::Object(all) => all,
        _ => JsonObject::new(),
    };
    all.insert("what".into(), what.into());
    Ok(all)
}

fn place_feature(place: &Place, summary: &Summary) -> Result<Feature, Failure> {
    let geometry = match &place.shape {
        Shape::Point => GeometryValue::new_point([place.position.lon_deg, place.position.lat_deg]),
        Shape::Lines(lines) => GeometryValue::from(&lines_of(lines)),
        Shape::Area(area) => GeometryValue::from(area.polygon()),
    };
    Ok(Feature {
        geometry: Some(geometry.into()),
        properties: Some(properties(summary, "place")?),
        ..Feature::default()
    })
}

fn lines_of(lines: &[Vec<[f64; 2]>]) -> geo::MultiLineString<f64> {
    let line = |line: &Vec<[f64; 2]>| geo::LineString::from(line.clone());
    geo::MultiLineString::new(lines.iter().map(line).collect())
}

/// The footprint of one window, over the antimeridian cut and round the poles led as RFC 7946 asks.
fn window_feature(
    sensor: &Sensor<'_>,
    target: &Target,
    window: &WindowCoverage,
    row: &Row,
    warnings: &mut Warnings,
) -> Result<Feature, Failure> {
    let o = &window.opportunity;
    let span = corridor_orbit::window::Window {
        start: o.start,
        end: o.end,
    };
    // A trajectory that ends within the margin is drawn for the window alone.
    let drawn = access::footprint(sensor, target, span, &window.ground, MARGIN_S)
        .or_else(|_| access::footprint(sensor, target, span, &window.ground, 0.0));
    let geometry = match drawn {
        Ok(ground) => Some(GeometryValue::from(&ground).into()),
        Err(fault) => {
            warnings.say(format!("{}: footprint: {fault}", o.satellite));
            None
        }
    };
    Ok(Feature {
        geometry,
        properties: Some(properties(row, "window")?),
        ..Feature::default()
    })
}
