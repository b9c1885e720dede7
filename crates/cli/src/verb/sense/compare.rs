//! `corridor sense compare`: what planned satellites would change.

use super::fleet::{Seer, area_of, registered, seers, sensors, told};
use super::places::Places;
use super::satellites::{Elements, Satellites};
use super::span::Span;
use super::windows::{Sight, usage};
use crate::output::{Format, Listing, counted, duration, listing, say};
use crate::progress::Step;
use crate::verb::{Failure, Outcome, open};
use clap::Args;
use corridor_orbit::earth::Geodetic;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::WindowSet;
use corridor_sense::area::Area;
use corridor_sense::design::compare::{Comparison, compare};
use corridor_sense::merit::{Figures, seen_by, seen_under};
use corridor_sense::place::Place;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Largest file of planned satellites, bytes.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// How often places are seen by the satellites that fly, by planned ones, and by both.
///
/// With --max-off-nadir, --min-elevation or --max-range every satellite sees alike, and a place is its
/// middle; otherwise each satellite of the register looks with its own instruments at the whole of an
/// area.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Mission file with planned satellites, as `corridor sense design --format toml` prints it; those of
    /// the register where it is not said
    #[arg(long, value_name = "FILE", num_args = 1..)]
    planned: Vec<PathBuf>,
    /// Element sets of the satellites that fly; those of the register where it is not said
    #[arg(long, value_name = "FILE", num_args = 1..)]
    elements: Vec<PathBuf>,
    /// Only satellites of this mission of the register fly; may be given more than once
    #[arg(long, value_name = "ID", conflicts_with = "elements")]
    mission: Vec<String>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    sight: Sight,
    #[command(flatten)]
    span: Span,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One place, compared.
#[derive(Serialize)]
struct Row {
    place: String,
    #[serde(flatten)]
    comparison: Comparison,
}

#[derive(Serialize)]
struct Record {
    from: Timestamp,
    to: Timestamp,
    flying_satellites: usize,
    planned_satellites: usize,
    places: Vec<Row>,
}

impl Compare {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        self.span.check()?;
        let places = self.places.read()?;
        let mut register = (*open(data_dir).await?.register()).clone();
        let shipped = register.satellites().len();
        for file in &self.planned {
            let text = read(file)?;
            let name = file.display().to_string();
            register = register.with_mission(&name, &text)?;
        }
        let mut imported = match self.elements.is_empty() {
            true => Satellites::default(),
            false => Elements::of(self.elements.clone()).read()?,
        };
        let planned = seers(&register, |number, satellite| {
            satellite.planned && (self.planned.is_empty() || number >= shipped)
        });
        let flying = match self.elements.is_empty() {
            true => registered(&register, &self.mission)?,
            false => imported.all.iter().map(Seer::of).collect(),
        };
        if planned.is_empty() {
            return Err(Failure::Usage(
                "no planned satellite: --planned names a file of `corridor sense design`".into(),
            ));
        }
        let (from, to) = (self.span.from, self.span.to);
        let step = Step::start("Comparing");
        let (before, mut faults) = self.seen(&flying, &places)?;
        let (after, more) = self.seen(&planned, &places)?;
        faults.extend(more);
        let rows = places
            .iter()
            .zip(before.iter().zip(&after))
            .map(|(place, (a, b))| Row {
                place: place.id.clone(),
                comparison: compare(a, b, from, to),
            });
        let record = Record {
            from,
            to,
            flying_satellites: flying.len(),
            planned_satellites: planned.len(),
            places: rows.collect(),
        };
        step.done(counted(record.places.len(), "place", "places"));
        print(self.format, &record)?;
        for fault in faults {
            imported.warnings.say(fault);
        }
        imported.warnings.finish()
    }

    /// When any of the satellites sees each place, and what could not be searched.
    fn seen(
        &self,
        seers: &[Seer<'_>],
        places: &[Place],
    ) -> Result<(Vec<WindowSet>, BTreeSet<String>), Failure> {
        let threads = self.span.threads();
        if self.sight.any() {
            let conditions = self.sight.conditions()?;
            let trajectories: Vec<Trajectory> =
                seers.iter().map(|s| s.trajectory.clone()).collect();
            let positions: Vec<Geodetic> = places.iter().map(|p| p.position).collect();
            let earth = self.span.earth()?;
            let period = self.span.period(&earth);
            let seen = seen_under(&trajectories, &positions, &conditions, period, threads)
                .map_err(usage)?;
            return Ok(told(seen, |number| seers[number].name));
        }
        self.span.shipped_earth_only()?;
        let sensors = sensors(seers)?;
        let areas: Result<Vec<Area>, Failure> = places.iter().map(area_of).collect();
        let span = (self.span.from, self.span.to);
        let seen = seen_by(&sensors, &areas?, span, threads);
        Ok(told(seen, |number| sensors[number].satellite))
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::Failed(format!("{}: {e}", file.display()));
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > FILE_MAX_BYTES {
        return Err(Failure::Failed(format!(
            "{}: {size} bytes; at most {FILE_MAX_BYTES}",
            file.display()
        )));
    }
    std::fs::read_to_string(file).map_err(failed)
}

fn print(format: Format, record: &Record) -> std::io::Result<()> {
    if format == Format::Csv {
        return say(&csv(record));
    }
    let rows = record.places.iter().map(|row| {
        let Comparison {
            flying,
            both,
            planned,
        } = &row.comparison;
        let time = |s: Option<f64>| s.map_or_else(|| "-".into(), duration);
        let change = |of: fn(&Figures) -> Option<f64>| {
            format!("{} \u{2192} {}", time(of(flying)), time(of(both)))
        };
        vec![
            row.place.clone(),
            format!("{} \u{2192} {}", flying.accesses, both.accesses),
            planned.accesses.to_string(),
            change(|f| f.mean_gap_s),
            change(|f| f.max_gap_s),
            change(|f| f.mean_response_s),
        ]
    });
    listing(
        format,
        &Listing {
            columns: &[
                "place",
                "accesses",
                "planned alone",
                "mean gap",
                "longest gap",
                "mean response",
            ],
            rows: rows.collect(),
            records: record,
            empty: "no place",
        },
    )
}

/// One row a place and fleet; an empty cell is no such time.
fn csv(record: &Record) -> String {
    let mut text =
        "place,fleet,accesses,access_s,mean_gap_s,max_gap_s,mean_response_s\n".to_string();
    for row in &record.places {
        let quoted = match row.place.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", row.place.replace('"', "\"\"")),
            false => row.place.clone(),
        };
        let Comparison {
            flying,
            planned,
            both,
        } = row.comparison;
        for (fleet, f) in [("flying", flying), ("planned", planned), ("both", both)] {
            let cell = |s: Option<f64>| s.map_or_else(String::new, |s| format!("{s:.3}"));
            text.push_str(&format!(
                "{quoted},{fleet},{},{:.3},{},{},{}\n",
                f.accesses,
                f.access_s,
                cell(f.mean_gap_s),
                cell(f.max_gap_s),
                cell(f.mean_response_s)
            ));
        }
    }
    text
}
