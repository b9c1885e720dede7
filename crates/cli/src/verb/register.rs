//! `corridor register`: satellites, instruments, stations.

use super::{Failure, Outcome, open};
use crate::output::{Format, Listing, listing, say, time};
use clap::{Args, Subcommand};
use corridor_watch::register::{SatelliteSummary, read_element_file};
use std::path::{Path, PathBuf};

/// The register.
#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// List the satellites
    List(List),
    /// Show one satellite with its instruments, stations and sources
    Show(Show),
    /// Bring newer element sets in (TLE, 3LE or OMM in CSV)
    Import(Import),
}

/// List the satellites.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only satellites with this role
    #[arg(long)]
    role: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Show one satellite.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Name or catalogue number
    name: String,
}

/// Bring element sets in.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Files with element sets
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Register {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        match self {
            Self::List(list) => list.run(data_dir).await,
            Self::Show(show) => show.run(data_dir).await,
            Self::Import(import) => import.run(data_dir).await,
        }
    }
}

impl List {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let mut all = chain.register().summaries();
        if let Some(role) = &self.role {
            all.retain(|s| s.roles.contains(role));
        }
        let rows = all.iter().map(row).collect();
        Ok(listing(
            self.format,
            &Listing {
                columns: &[
                    "satellite",
                    "number",
                    "status",
                    "mission",
                    "operator",
                    "instruments",
                    "elements of (UTC)",
                ],
                rows,
                records: &all,
                empty: "no such satellites",
            },
        )?)
    }
}

fn row(s: &SatelliteSummary) -> Vec<String> {
    vec![
        s.name.clone(),
        s.norad_id.map(|n| n.to_string()).unwrap_or_default(),
        if s.planned { "planned" } else { "in orbit" }.to_string(),
        s.mission.clone(),
        s.operator.clone(),
        s.instruments.join(" "),
        time(s.element_epoch),
    ]
}

impl Show {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let register = chain.register();
        let number: Option<u32> = self.name.parse().ok();
        let found = register.summaries().into_iter().find(|s| {
            s.name.eq_ignore_ascii_case(&self.name) || (number.is_some() && s.norad_id == number)
        });
        let Some(satellite) = found else {
            return Err(Failure::Failed(format!(
                "no satellite named {:?}; `corridor register list` lists them",
                self.name
            )));
        };
        let record = serde_json::json!({
            "satellite": satellite,
            "instruments": satellite.instruments.iter()
                .filter_map(|id| register.instrument(id)).collect::<Vec<_>>(),
            "stations": satellite.stations.iter()
                .filter_map(|id| register.station(id)).collect::<Vec<_>>(),
            "downlink": register.downlink(&satellite.mission),
        });
        let text = serde_json::to_string_pretty(&record).map_err(std::io::Error::other)?;
        Ok(say(&(text + "\n"))?)
    }
}

impl Import {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let mut faults = 0;
        let mut first = String::new();
        for file in &self.files {
            let parsed = read_element_file(file)?;
            let mut text = String::new();
            for note in &parsed.notes {
                text.push_str(&format!("note: {note}\n"));
            }
            for fault in &parsed.faults {
                if first.is_empty() {
                    first = fault.to_string();
                }
                text.push_str(&format!("refused: {fault}\n"));
            }
            faults += parsed.faults.len() + parsed.faults_left_out;
            let kept = chain
                .import_elements(parsed.sets, file.display().to_string())
                .await?;
            text.push_str(&format!("{}: {kept} element sets kept\n", file.display()));
            say(&text)?;
        }
        match faults {
            0 => Ok(()),
            n => Err(Failure::Failed(format!(
                "{n} records were refused, the first: {first}; the others are kept"
            ))),
        }
    }
}
