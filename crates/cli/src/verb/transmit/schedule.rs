//! `corridor transmit schedule`: which passes each station takes.

use super::plan_file::text;
use crate::output::{Format, Listing, listing};
use crate::progress::Step;
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_transmit::schedule::check::check;
use corridor_transmit::schedule::{
    Budget, Candidate, Problem, Reason, candidates, explain, instance, repair, solve,
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest instance or passes file, bytes.
const FILE_MAX_BYTES: u64 = 256 << 20;

/// Which passes each station takes, for the greatest value.
///
/// The search stops where its bound shows that nothing better can be; where the time ends first the
/// best found is printed with the bound proven so far. The schedule never breaks a rule: it is checked
/// pair by pair before it is printed.
#[derive(Debug, Args)]
pub(crate) struct Schedule {
    /// Instance in JSON: rules, satellites, outages
    #[arg(long, value_name = "FILE")]
    instance: PathBuf,
    /// Its passes; the only passes_*.json beside the instance where it is not said
    #[arg(long, value_name = "FILE")]
    passes: Option<PathBuf>,
    /// Longest search, seconds
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// Allow parts of passes of at least so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    part_min: Option<f64>,
    /// A schedule printed before as JSON: change as little of it as the loss allows
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// With --before: passes that start before this stay as they were, s
    #[arg(long, value_name = "SECONDS", requires = "before", default_value_t = f64::NEG_INFINITY, hide_default_value = true, allow_hyphen_values = true)]
    now: f64,
    /// With --before: share of the best value that may be lost for fewer changes
    #[arg(long, requires = "before", default_value_t = 0.01)]
    loss: f64,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if s > 0.0 && s <= 86_400.0 => Ok(s),
        _ => Err("should be more than 0 and at most 86400 seconds".into()),
    }
}

/// A schedule in the terms of its files. Values are Gbit weighed by priority.
#[derive(Serialize)]
struct Answer<'a> {
    value: f64,
    bound: f64,
    optimal: bool,
    /// Numbers of the passes, in order of time.
    selected: Vec<u64>,
    passes: Vec<Taken<'a>>,
    dropped: Vec<Left>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Changes>,
}

#[derive(Serialize)]
struct Taken<'a> {
    id: u64,
    satellite: &'a str,
    station: &'a str,
    start: f64,
    end: f64,
    gbit: f64,
}

#[derive(Serialize)]
struct Left {
    id: u64,
    #[serde(flatten)]
    reason: Reason,
}

#[derive(Serialize)]
struct Changes {
    removed: Vec<u64>,
    added: Vec<u64>,
}

/// What of a schedule printed before is read again.
#[derive(Deserialize)]
struct Before {
    #[serde(default)]
    selected: Vec<u64>,
    #[serde(default)]
    passes: Vec<BeforeTaken>,
}

#[derive(Deserialize)]
struct BeforeTaken {
    id: u64,
    start: f64,
    end: f64,
}

impl Schedule {
    pub(crate) fn run(self) -> Outcome {
        let problem = self.problem()?;
        let failed = |e: &dyn std::fmt::Display| {
            Failure::Failed(format!("{}: {e}", self.instance.display()))
        };
        let budget = Budget::Time(Duration::from_secs_f64(self.seconds));
        let step = Step::start("Scheduling");
        let (chosen, bound, optimal, changes) = match &self.before {
            None => {
                let found = solve(&problem, budget).map_err(|e| failed(&e))?;
                (found.chosen, found.bound, found.optimal, None)
            }
            Some(file) => {
                let before = self.read_before(file, &problem)?;
                let found = repair(&problem, &before, self.now, self.loss, budget)
                    .map_err(|e| failed(&e))?;
                let changes = Changes {
                    removed: found.removed,
                    added: found.added,
                };
                (found.chosen, found.bound, false, Some(changes))
            }
        };
        check(&problem, &chosen)
            .map_err(|e| failed(&format!("the schedule found breaks a rule: {e}")))?;
        let value = corridor_transmit::schedule::check::value(&problem, &chosen);
        step.done(format!("value {value:.3} of at most {bound:.3}"));
        let dropped = explain(&problem, &chosen)
            .into_iter()
            .map(|(id, reason)| Left { id, reason })
            .collect();
        let answer = Answer {
            value,
            bound,
            optimal,
            selected: chosen.iter().map(|c| problem.passes[c.pass].id).collect(),
            passes: chosen.iter().map(|c| taken(&problem, c)).collect(),
            dropped,
            changes,
        };
        print(self.format, &answer)
    }

    fn problem(&self) -> Result<Problem, Failure> {
        let failed = |path: &Path, e: &dyn std::fmt::Display| {
            Failure::Failed(format!("{}: {e}", path.display()))
        };
        let instance = instance::parse(&text(&self.instance, FILE_MAX_BYTES)?)
            .map_err(|e| failed(&self.instance, &e))?;
        let passes = match &self.passes {
            Some(path) => path.clone(),
            None => beside(&self.instance, instance.passes_file.as_deref())?,
        };
        let mut problem = instance
            .problem(&text(&passes, FILE_MAX_BYTES)?)
            .map_err(|e| failed(&passes, &e))?;
        if self.part_min.is_some() {
            problem.rules.part_min_s = self.part_min;
        }
        Ok(problem)
    }

    fn read_before(&self, file: &Path, problem: &Problem) -> Result<Vec<Candidate>, Failure> {
        let before: Before = serde_json::from_str(&text(file, FILE_MAX_BYTES)?)
            .map_err(|e| Failure::Failed(format!("{}: {e}", file.display())))?;
        if before.passes.is_empty() {
            let mut whole = problem.clone();
            whole.outages.clear();
            let chosen = |c: &Candidate| before.selected.contains(&problem.passes[c.pass].id);
            return Ok(candidates(&whole).into_iter().filter(chosen).collect());
        }
        let mut found = Vec::with_capacity(before.passes.len());
        for taken in &before.passes {
            let pass = problem.passes.iter().position(|p| p.id == taken.id);
            let pass = pass.ok_or_else(|| {
                let id = taken.id;
                Failure::Failed(format!(
                    "{}: pass {id} is not in the instance",
                    file.display()
                ))
            })?;
            let satellite = problem.passes[pass].satellite;
            found.push(Candidate {
                pass,
                start_s: taken.start,
                end_s: taken.end,
                volume_bit: problem.volume_bit(satellite, taken.start, taken.end),
            });
        }
        Ok(found)
    }
}

/// The passes file that goes with an instance.
fn beside(instance: &Path, named: Option<&str>) -> Result<PathBuf, Failure> {
    let folder = instance.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if let Some(name) = named {
        return Ok(folder.join(name));
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|e| Failure::Failed(format!("{}: {e}", folder.display())))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            name.starts_with("passes") && name.ends_with(".json")
        })
        .collect();
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::Usage(format!(
            "no passes*.json beside {}; name it with --passes",
            instance.display()
        ))),
        _ => Err(Failure::Usage(format!(
            "{} files passes*.json beside {}; name one with --passes",
            found.len(),
            instance.display()
        ))),
    }
}

fn taken<'a>(problem: &'a Problem, c: &Candidate) -> Taken<'a> {
    let pass = &problem.passes[c.pass];
    Taken {
        id: pass.id,
        satellite: &problem.satellites[pass.satellite].name,
        station: &problem.stations[pass.station].name,
        start: c.start_s,
        end: c.end_s,
        gbit: c.volume_bit / 1e9,
    }
}

fn print(format: Format, answer: &Answer<'_>) -> Outcome {
    let rows = answer.passes.iter().map(|p| {
        vec![
            p.id.to_string(),
            p.satellite.into(),
            p.station.into(),
            p.start.to_string(),
            p.end.to_string(),
            format!("{:.1}", p.gbit),
        ]
    });
    Ok(listing(
        format,
        &Listing {
            columns: &[
                "pass",
                "satellite",
                "station",
                "start (s)",
                "end (s)",
                "Gbit",
            ],
            rows: rows.collect(),
            records: answer,
            empty: "no pass is worth taking",
        },
    )?)
}
