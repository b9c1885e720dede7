//! `corridor sense schedule`: acquisition schedules, of an instance file or of the watches.

use crate::output::{Format, Listing, counted, listing, time};
use crate::progress::Step;
use crate::verb::{Failure, Outcome, open};
use clap::Args;
use corridor_sense::schedule::check::check;
use corridor_sense::schedule::{instance, solve};
use corridor_watch::tasking::{Budget, Effort, THREADS, TaskingPlan};
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest instance file, bytes.
const INSTANCE_MAX_BYTES: u64 = 256 << 20;

/// Which satellite observes what when, for the greatest profit.
///
/// Without --instance the watches of the data folder are scheduled on the satellites of the register.
/// The search stops early where its bound shows that nothing better can be.
#[derive(Debug, Args)]
pub(crate) struct Schedule {
    /// Instance in JSON: satellites, targets with profits, timed candidates
    #[arg(long, value_name = "FILE")]
    instance: Option<PathBuf>,
    /// Start of the span (RFC 3339); the day of the newest elements where it is not said
    #[arg(long, conflicts_with = "instance")]
    from: Option<Timestamp>,
    /// End of the span (RFC 3339); 72 hours later where it is not said
    #[arg(long, conflicts_with = "instance")]
    to: Option<Timestamp>,
    /// Longest search, seconds
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    seconds: f64,
    /// Rounds to search in place of a time: the same number gives the same schedule
    #[arg(long, conflicts_with = "seconds", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Seed of the search
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A time to search for.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if s > 0.0 && s <= 86_400.0 => Ok(s),
        _ => Err("should be more than 0 and at most 86400 seconds".into()),
    }
}

/// A schedule in the terms of its instance file.
#[derive(Serialize)]
struct Answer {
    profit: f64,
    bound: f64,
    /// Places in the file's `candidates`, from 0.
    selected: Vec<u32>,
    seed: u64,
    rounds: u32,
    observations: Vec<Observation>,
}

#[derive(Serialize)]
struct Observation {
    candidate: u32,
    satellite_k: u32,
    target_j: u32,
    start_s: f64,
    profit: f64,
}

impl Schedule {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let budget = match self.rounds {
            Some(rounds) => Budget::Rounds(rounds),
            None => Budget::Time(Duration::from_secs_f64(self.seconds)),
        };
        let effort = Effort {
            seed: self.seed,
            budget,
        };
        if let Some(file) = &self.instance {
            return of_instance(file, effort, self.format);
        }
        let chain = open(data_dir).await?;
        let step = Step::start("Scheduling the watches");
        let plan = chain.schedule((self.from, self.to), effort).await?;
        step.done(counted(
            plan.acquisitions.len(),
            "observation",
            "observations",
        ));
        Ok(print_plan(self.format, &plan)?)
    }
}

fn of_instance(file: &Path, effort: Effort, format: Format) -> Outcome {
    let failed = |e: &dyn std::fmt::Display| Failure::Failed(format!("{}: {e}", file.display()));
    let size = std::fs::metadata(file).map_err(|e| failed(&e))?.len();
    if size > INSTANCE_MAX_BYTES {
        return Err(failed(&format!(
            "{size} bytes; at most {INSTANCE_MAX_BYTES}"
        )));
    }
    let text = std::fs::read_to_string(file).map_err(|e| failed(&e))?;
    let problem = instance::parse(&text).map_err(|e| failed(&e))?;
    let step = Step::start("Scheduling");
    let found = solve(&problem, effort.seed, THREADS, effort.progress()).map_err(|e| failed(&e))?;
    check(&problem, &found.selected)
        .map_err(|e| failed(&format!("the schedule found breaks a rule: {e}")))?;
    step.done(format!(
        "profit {} of at most {}",
        found.profit, found.bound
    ));
    let observation = |&candidate: &u32| {
        let c = &problem.candidates[candidate as usize];
        Observation {
            candidate,
            satellite_k: c.satellite,
            target_j: c.target,
            start_s: c.start_s,
            profit: problem.profits[c.target as usize],
        }
    };
    let answer = Answer {
        profit: found.profit,
        bound: found.bound,
        observations: found.selected.iter().map(observation).collect(),
        selected: found.selected,
        seed: effort.seed,
        rounds: found.rounds,
    };
    let rows = answer.observations.iter().map(|o| {
        vec![
            o.candidate.to_string(),
            o.satellite_k.to_string(),
            o.target_j.to_string(),
            o.start_s.to_string(),
            o.profit.to_string(),
        ]
    });
    Ok(listing(
        format,
        &Listing {
            columns: &["candidate", "satellite_k", "target_j", "start_s", "profit"],
            rows: rows.collect(),
            records: &answer,
            empty: "nothing can be observed",
        },
    )?)
}

fn print_plan(format: Format, plan: &TaskingPlan) -> std::io::Result<()> {
    let rows = plan.acquisitions.iter().map(|a| {
        let acquisition = &a.acquisition;
        let planned = if acquisition.planned {
            " (planned)"
        } else {
            ""
        };
        let duration = acquisition.end.duration_since(acquisition.start);
        vec![
            format!("{}{planned}", acquisition.satellite),
            acquisition.instrument.clone(),
            time(acquisition.start),
            format!("{:.0} s", duration.as_secs_f64()),
            format!("{:.1}", acquisition.along_track_deg),
            format!("{:.1}", acquisition.across_track_deg),
            a.watch.clone(),
            a.priority.to_string(),
        ]
    });
    listing(
        format,
        &Listing {
            columns: &[
                "satellite",
                "instrument",
                "start (UTC)",
                "for",
                "ahead (deg)",
                "right (deg)",
                "watch",
                "priority",
            ],
            rows: rows.collect(),
            records: plan,
            empty: "nothing to observe: no watch, or none with an opportunity in this span",
        },
    )
}
