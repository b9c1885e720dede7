//! `corridor sense windows`: which satellite sees which place when.

use super::instrument::{Fleet, InstrumentName, fleet, target_of};
use super::places::Places;
use super::satellites::{ElementsOrRegister, Satellite, Warnings};
use super::span::Span;
use crate::output::{Listing, MapFormat, counted, degrees, listing, milliseconds, say};
use crate::progress::Step;
use crate::verb::{Failure, Outcome};
use clap::{ArgGroup, Args};
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::visibility::Limits;
use corridor_sense::access::{self, AccessError};
use corridor_sense::ageing::Ageing;
use corridor_sense::place::Place;
use corridor_sense::windows::{
    Conditions, Light, PlaceWindow, SatelliteWindows, windows_of, windows_of_targets,
};
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;

/// When satellites see places.
///
/// Geometric, without refraction; edges to 1 ms of the model. No window longer than half a second is
/// missed; one open at either end of the span is cut there. Records that cannot be read are named on
/// standard error, the others answered, and the exit status is then 1. A satellite that has no position
/// in some of the span (decayed) is warned of, and answered for the rest.
///
/// With --instrument windows are those in which the instrument sees some of a place, whole lines and areas
/// taken, by its own geometry and, where it needs it, by daylight; a point is a square of 100 m. The
/// elevation is that at the middle.
#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("sight")
        .required(true)
        .multiple(true)
        .args(["min_elevation", "max_off_nadir", "max_range", "instrument"])
))]
pub(crate) struct Windows {
    #[command(flatten)]
    elements: ElementsOrRegister,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    sight: Sight,
    #[command(flatten)]
    instrument: InstrumentName,
    #[command(flatten)]
    span: Span,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: MapFormat,
}

/// What has to hold, all of it at once.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Sight {
    /// Least elevation of the satellite at the place
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    min_elevation: Option<f64>,
    /// Greatest angle from the satellite's geodetic nadir to the place, on the near side of the Earth
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    max_off_nadir: Option<f64>,
    /// Least such angle
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    min_off_nadir: Option<f64>,
    /// Greatest distance, km
    #[arg(long, value_name = "KM", allow_hyphen_values = true)]
    max_range: Option<f64>,
    /// Least elevation of the Sun at the place
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    min_sun_elevation: Option<f64>,
    /// Greatest elevation of the Sun at the place
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    max_sun_elevation: Option<f64>,
    /// Light on the satellite
    #[arg(long, value_enum)]
    light: Option<LightArgument>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum LightArgument {
    /// It sees the whole Sun
    Sunlit,
    /// It sees nothing of the Sun
    Umbra,
}

impl Sight {
    /// Whether anything is asked for.
    pub(crate) fn any(&self) -> bool {
        let angles = [
            self.min_elevation,
            self.max_off_nadir,
            self.min_off_nadir,
            self.max_range,
            self.min_sun_elevation,
            self.max_sun_elevation,
        ];
        self.light.is_some() || angles.iter().any(Option::is_some)
    }

    /// Refuses all but the Sun's least elevation: an instrument has angles of its own.
    fn only_the_sun(&self) -> Result<(), Failure> {
        for (name, given) in [
            ("--min-elevation", self.min_elevation.is_some()),
            ("--max-off-nadir", self.max_off_nadir.is_some()),
            ("--min-off-nadir", self.min_off_nadir.is_some()),
            ("--max-range", self.max_range.is_some()),
            ("--max-sun-elevation", self.max_sun_elevation.is_some()),
            ("--light", self.light.is_some()),
        ] {
            if given {
                return Err(Failure::Usage(format!(
                    "{name} cannot be used with --instrument, whose own angles count"
                )));
            }
        }
        Ok(())
    }

    /// The conditions, checked.
    pub(crate) fn conditions(&self) -> Result<Conditions, Failure> {
        let conditions = Conditions {
            limits: Limits {
                min_elevation_deg: self.min_elevation,
                max_off_nadir_deg: self.max_off_nadir,
                min_off_nadir_deg: self.min_off_nadir,
                max_range_km: self.max_range,
            },
            min_sun_elevation_deg: self.min_sun_elevation,
            max_sun_elevation_deg: self.max_sun_elevation,
            light: self.light.map(|light| match light {
                LightArgument::Sunlit => Light::Sunlit,
                LightArgument::Umbra => Light::Umbra,
            }),
        };
        conditions.check().map_err(usage)?;
        Ok(conditions)
    }
}

/// A wrong argument.
pub(crate) fn usage(error: AccessError) -> Failure {
    Failure::Usage(error.to_string())
}

/// A row of the answer; times to the millisecond.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) satellite: String,
    pub(crate) norad_id: Option<u32>,
    pub(crate) place: String,
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) max_elevation_deg: f64,
    pub(crate) min_off_nadir_deg: f64,
    pub(crate) timing_uncertainty_s: Option<f64>,
    pub(crate) cross_track_uncertainty_km: Option<f64>,
    pub(crate) element_age_days: f64,
    pub(crate) stale: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    from: Timestamp,
    to: Timestamp,
    satellites: usize,
    places: usize,
    windows: &'a [Row],
    warnings: &'a [String],
}

impl Windows {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        self.span.check()?;
        if self.instrument.is_some() {
            return self.looked(data_dir).await;
        }
        let conditions = self.sight.conditions()?;
        let places = self.places.read()?;
        let earth = self.span.earth()?;
        let Some(elements) = self.elements.files() else {
            return Err(Failure::Usage("--elements should name files".into()));
        };
        let satellites = elements.read()?;
        let (satellites, mut warnings) = (satellites.all, satellites.warnings);
        if let Some(text) = self.span.remark(&earth) {
            warnings.say(text);
        }
        let trajectories: Vec<Trajectory> =
            satellites.iter().map(|s| s.trajectory.clone()).collect();
        let positions: Vec<_> = places.iter().map(|p| p.position).collect();
        let step = Step::start("Searching windows");
        let (counter, all) = (step.counter(), satellites.len() as u64);
        let found = windows_of(
            &trajectories,
            &positions,
            &conditions,
            self.span.period(&earth),
            self.span.threads(),
            &|done| counter(done as u64, all),
        )
        .map_err(usage)?;
        let rows = rows(&satellites, &places, &found, &mut warnings);
        step.done(counted(rows.len(), "window", "windows"));
        self.print(&rows, &places, satellites.len(), &warnings)?;
        warnings.finish()
    }

    /// The windows of an instrument.
    async fn looked(&self, data_dir: &Path) -> Outcome {
        self.span.shipped_earth_only()?;
        self.sight.only_the_sun()?;
        let Fleet {
            satellites,
            instrument,
            mut warnings,
        } = fleet(
            data_dir,
            self.elements.files(),
            &self.instrument,
            self.sight.min_sun_elevation,
        )
        .await?;
        let places = self.places.read()?;
        let targets = places
            .iter()
            .map(target_of)
            .collect::<Result<Vec<_>, _>>()?;
        let (from, to) = (self.span.from, self.span.to);
        access::check_span(from, to).map_err(usage)?;
        let step = Step::start("Searching windows");
        let (counter, all) = (step.counter(), satellites.len() as u64);
        let trajectories: Vec<Trajectory> =
            satellites.iter().map(|s| s.trajectory.clone()).collect();
        let found = windows_of_targets(
            &trajectories,
            &instrument,
            &targets,
            (from, to),
            self.span.threads(),
            &|done| counter(done as u64, all),
        );
        let found: Vec<SatelliteWindows> = found
            .into_iter()
            .zip(&satellites)
            .map(|((windows, faults), satellite)| {
                for fault in faults {
                    warnings.say(format!("{}: not answered: {fault}", satellite.name));
                }
                SatelliteWindows {
                    windows,
                    fault: None,
                }
            })
            .collect();
        let rows = rows(&satellites, &places, &found, &mut warnings);
        step.done(counted(rows.len(), "window", "windows"));
        self.print(&rows, &places, satellites.len(), &warnings)?;
        warnings.finish()
    }

    fn print(
        &self,
        rows: &[Row],
        places: &[Place],
        satellites: usize,
        warnings: &Warnings,
    ) -> Outcome {
        let answer = Answer {
            from: self.span.from,
            to: self.span.to,
            satellites,
            places: places.len(),
            windows: rows,
            warnings: warnings.texts(),
        };
        let Some(format) = self.format.listing() else {
            return Ok(say(&geojson(rows, places))?);
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
                    "max_elevation_deg",
                    "min_off_nadir_deg",
                    "timing_uncertainty_s",
                ],
                rows: rows.iter().map(Row::cells).collect(),
                records: &answer,
                empty: "no window in this span",
            },
        )?)
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        vec![
            self.satellite.clone(),
            self.norad_id.map(|n| n.to_string()).unwrap_or_default(),
            self.place.clone(),
            self.start.clone(),
            self.end.clone(),
            degrees(self.max_elevation_deg),
            degrees(self.min_off_nadir_deg),
            self.timing_uncertainty_s
                .map(|s| format!("{s:.3}"))
                .unwrap_or_default(),
        ]
    }
}

/// Rows by satellite, place and start; warns of stale elements and of satellites without a position.
fn rows(
    satellites: &[Satellite],
    places: &[Place],
    found: &[SatelliteWindows],
    warnings: &mut Warnings,
) -> Vec<Row> {
    let mut keyed: Vec<(usize, &PlaceWindow)> = Vec::new();
    for (k, answer) in found.iter().enumerate() {
        keyed.extend(answer.windows.iter().map(|w| (k, w)));
        if let Some(fault) = &answer.fault {
            let name = &satellites[k].name;
            warnings.say(format!("{name}: not answered for the whole span: {fault}"));
        }
    }
    keyed.sort_by(|(a, v), (b, w)| {
        let key = |k: usize, w: &PlaceWindow| {
            let satellite = &satellites[k];
            (
                satellite.name.as_str(),
                w.place,
                w.start,
                satellite.norad_id,
            )
        };
        let (x, y) = (key(*a, v), key(*b, w));
        (x.0, &places[x.1].id, x.2, x.3).cmp(&(y.0, &places[y.1].id, y.2, y.3))
    });
    let mut stale = std::collections::BTreeMap::<&str, f64>::new();
    let rows = keyed
        .into_iter()
        .map(|(k, w)| {
            let satellite = &satellites[k];
            let ageing = Ageing::at(&satellite.trajectory, w.start);
            if ageing.stale {
                stale
                    .entry(&satellite.name)
                    .or_insert(ageing.element_age_days);
            }
            Row {
                satellite: satellite.name.clone(),
                norad_id: satellite.norad_id,
                place: places[w.place].id.clone(),
                start: milliseconds(w.start),
                end: milliseconds(w.end),
                max_elevation_deg: w.max_elevation_deg,
                min_off_nadir_deg: w.min_off_nadir_deg,
                timing_uncertainty_s: ageing.uncertainty.map(|u| u.timing_s),
                cross_track_uncertainty_km: ageing.uncertainty.map(|u| u.cross_track_km),
                element_age_days: ageing.element_age_days,
                stale: ageing.stale,
            }
        })
        .collect();
    for (name, age_days) in stale {
        warnings.say(format!(
            "{name}: elements are stale, {age_days:.1} days from their epoch at the first stale window; \
             see timing_uncertainty_s"
        ));
    }
    rows
}

/// One feature a window, at the place.
fn geojson(rows: &[Row], places: &[Place]) -> String {
    let at: std::collections::BTreeMap<&str, &Place> =
        places.iter().map(|p| (p.id.as_str(), p)).collect();
    let features: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| {
            let position = at.get(row.place.as_str()).map(|p| p.position);
            serde_json::json!({
                "type": "Feature",
                "geometry": position.map(|p| serde_json::json!({
                    "type": "Point",
                    "coordinates": [p.lon_deg, p.lat_deg, p.height_m],
                })),
                "properties": row,
            })
        })
        .collect();
    let all = serde_json::json!({ "type": "FeatureCollection", "features": features });
    format!("{all}\n")
}
