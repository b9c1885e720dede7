//! `corridor sense revisit`: figures of merit of points, polygons, grids and countries.

mod draw;
mod ground;
mod print;

use super::fleet::{Seer, area_of, check_missions, registered, seers, sensors, told};
use super::places::Places;
use super::satellites::{Elements, Satellites};
use super::span::Span;
use super::windows::{Sight, usage};
use crate::output::{MapFormat, counted};
use crate::progress::Step;
use crate::verb::{Failure, Outcome, open};
use clap::Args;
use corridor_orbit::propagate::Trajectory;
use corridor_sense::merit::{Found, Looks, Region, looks_of, seen_by, survey};
use ground::{Ground, Piece, Wanted};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How often and how soon places, areas and countries are seen, and how much of them by when.
///
/// A gap is the time from the end of one access to the start of the next; those before the first and after
/// the last are none. The response is the time from any instant of the span to the next access; after the
/// last access the time to the end of the span counts. Figures of grids, polygons and countries are means
/// over their area, but for the longest gap and response, which are those of the worst cell.
///
/// With --max-off-nadir, --min-elevation or --max-range every satellite sees alike, and a place is its
/// middle; otherwise each satellite of the register looks with its own instruments.
#[derive(Debug, Args)]
pub(crate) struct Revisit {
    /// Element sets of the satellites; those of the register where it is not said
    #[arg(long, value_name = "FILE", num_args = 1..)]
    elements: Vec<PathBuf>,
    /// Only satellites of this mission of the register; may be given more than once
    #[arg(long, value_name = "ID", conflicts_with = "elements")]
    mission: Vec<String>,
    /// With the planned satellites of the register too
    #[arg(long, conflicts_with = "elements")]
    with_planned: bool,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    sight: Sight,
    #[command(flatten)]
    span: Span,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: MapFormat,
    /// Draws a map of the figure that --figure names
    #[arg(long, value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// What the map shows
    #[arg(long, value_enum, default_value_t)]
    figure: draw::Figure,
    /// Draws accesses a day over place and hour of the day
    #[arg(long, value_name = "FILE.png")]
    heat_map: Option<PathBuf>,
}

/// What was asked and found.
struct Answer {
    satellites: usize,
    ground: Ground,
    /// One a piece of the ground.
    found: Vec<Found>,
    /// One a region of the ground.
    regions: Vec<Region>,
}

impl Revisit {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        self.span.check()?;
        let ground = Ground::new(&self.places, &self.wanted)?;
        let register = (*open(data_dir).await?.register()).clone();
        let mut imported = match self.elements.is_empty() {
            true => Satellites::default(),
            false => Elements::of(self.elements.clone()).read()?,
        };
        let fleet = match self.elements.is_empty() {
            false => imported.all.iter().map(Seer::of).collect(),
            true if self.with_planned => {
                check_missions(&register, &self.mission)?;
                seers(&register, |_, satellite| {
                    let asked =
                        self.mission.is_empty() || self.mission.contains(&satellite.mission);
                    asked && !satellite.instruments.is_empty()
                })
            }
            true => registered(&register, &self.mission)?,
        };
        if fleet.is_empty() {
            return Err(Failure::Usage(
                "no satellite looks: --mission names one with instruments that fly, or --elements files".into(),
            ));
        }
        let (found, faults) = self.found(&fleet, &ground)?;
        let duration_s = self.span.to.duration_since(self.span.from).as_secs_f64();
        let regions = ground.regions(&found, duration_s);
        let answer = Answer {
            satellites: fleet.len(),
            ground,
            found,
            regions,
        };
        self.draw(&answer)?;
        print::print(&self, &answer)?;
        for fault in faults {
            imported.warnings.say(fault);
        }
        imported.warnings.finish()
    }

    /// What was found at each piece of the ground, and what could not be searched.
    fn found(
        &self,
        fleet: &[Seer<'_>],
        ground: &Ground,
    ) -> Result<(Vec<Found>, BTreeSet<String>), Failure> {
        let (from, to, threads) = (self.span.from, self.span.to, self.span.threads());
        let earth = self.span.earth()?;
        let remark = self.span.remark(&earth);
        let step = Step::start("Finding accesses");
        let (found, mut faults) = match &ground.pieces {
            Piece::Places(places) if !self.sight.any() => {
                self.span.shipped_earth_only()?;
                let sensors = sensors(fleet)?;
                let areas: Result<Vec<_>, Failure> = places.iter().map(area_of).collect();
                let seen = seen_by(&sensors, &areas?, (from, to), threads);
                let (windows, faults) = told(seen, |number| sensors[number].satellite);
                let found: Vec<Found> = windows.iter().map(|w| Found::new(w, from, to)).collect();
                (found, faults)
            }
            _ => {
                let (looks, names) = self.looks(fleet)?;
                let counter = step.counter();
                let progress = |done: usize, all: usize| counter(done as u64, all as u64);
                let period = self.span.period(&earth);
                let found = survey(&looks, &ground.positions(), period, threads, &progress)
                    .map_err(usage)?;
                let said = found.faults.iter().map(|(g, s, fault)| {
                    format!(
                        "{}: not answered for the whole span: {fault}",
                        names[*g][*s]
                    )
                });
                (found.places, said.collect())
            }
        };
        let accesses: usize = found.iter().map(|f| f.figures.accesses).sum();
        step.done(format!(
            "{} of {}",
            counted(accesses, "access", "accesses"),
            counted(found.len(), "place", "places")
        ));
        faults.extend(remark);
        Ok((found, faults))
    }

    /// Satellites by what has to hold, and their names in the same order.
    fn looks<'a>(&self, fleet: &'a [Seer<'_>]) -> Result<(Vec<Looks>, Vec<Vec<&'a str>>), Failure> {
        if self.sight.any() {
            let conditions = self.sight.conditions()?;
            let satellites: Vec<Trajectory> = fleet.iter().map(|s| s.trajectory.clone()).collect();
            let names = fleet.iter().map(|s| s.name).collect();
            return Ok((
                vec![Looks {
                    conditions,
                    satellites,
                }],
                vec![names],
            ));
        }
        let sensors = sensors(fleet)?;
        let looks = looks_of(sensors.iter().map(|s| (s.trajectory, s.instrument)));
        // A fault is one of a satellite whatever it looks with: found by its elements' epoch and size.
        let name_of = |t: &Trajectory| {
            let same = fleet.iter().find(|s| {
                s.trajectory.epoch() == t.epoch()
                    && (s.trajectory.semi_major_axis_m() - t.semi_major_axis_m()).abs() < 1e-6
            });
            same.map_or("a satellite", |s| s.name)
        };
        let names = looks
            .iter()
            .map(|g| g.satellites.iter().map(name_of).collect());
        let names = names.collect();
        Ok((looks, names))
    }

    fn draw(&self, answer: &Answer) -> Outcome {
        let save = |path: &Path, png: Vec<u8>| {
            std::fs::write(path, png)
                .map_err(|e| Failure::Failed(format!("{}: {e}", path.display())))
        };
        if let Some(path) = &self.picture {
            save(path, draw::map(answer, self.figure, &self.span)?)?;
        }
        if let Some(path) = &self.heat_map {
            save(path, draw::heat(answer, &self.span)?)?;
        }
        Ok(())
    }
}
