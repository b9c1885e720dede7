//! Scheduling instances as JSON: agile satellites, targets with profits, timed candidates with their
//! lines of sight in the satellite's local axes.

use super::problem::{Candidate, Problem, ProblemError, Spacecraft};
use serde::Deserialize;

/// The columns of a candidate, in their order.
pub const COLUMNS: [&str; 6] = [
    "satellite_k",
    "target_j",
    "start_s",
    "los_x_along",
    "los_y_cross",
    "los_z_nadir",
];

/// Why an instance cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// It is not JSON of this shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The candidates have other columns.
    #[error("candidates_columns are {found:?}; should be {COLUMNS:?}")]
    Columns {
        /// What stands there.
        found: Vec<String>,
    },
    /// A satellite or target does not carry its place in the list.
    #[error("{list} {place} has the number {number}; should be {place}, its place in the list")]
    Number {
        /// `satellites` or `targets`.
        list: &'static str,
        /// Its place, from 0.
        place: usize,
        /// The number it has.
        number: u32,
    },
    /// A figure cannot be.
    #[error(transparent)]
    Problem(#[from] ProblemError),
}

#[derive(Deserialize)]
struct File {
    observation_duration_s: f64,
    slew: Slew,
    #[serde(default)]
    max_images_per_satellite: Option<u32>,
    satellites: Vec<SatelliteEntry>,
    targets: Vec<TargetEntry>,
    candidates_columns: Vec<String>,
    candidates: Vec<(u32, u32, f64, f64, f64, f64)>,
}

#[derive(Deserialize)]
struct Slew {
    settle_s: f64,
    rate_deg_s: f64,
}

#[derive(Deserialize)]
struct SatelliteEntry {
    k: u32,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct TargetEntry {
    j: u32,
    profit: f64,
}

/// Reads an instance. A schedule of it names candidates by their places in its list, from 0.
///
/// # Errors
/// [`InstanceError`] says what is wrong, and where.
pub fn parse(text: &str) -> Result<Problem, InstanceError> {
    let file: File = serde_json::from_str(text)?;
    if file.candidates_columns != COLUMNS {
        return Err(InstanceError::Columns {
            found: file.candidates_columns,
        });
    }
    numbered("satellites", file.satellites.iter().map(|s| s.k))?;
    numbered("targets", file.targets.iter().map(|t| t.j))?;
    let satellites = file.satellites.into_iter().map(|entry| Spacecraft {
        name: entry.name,
        settle_s: file.slew.settle_s,
        slew_rate_deg_s: file.slew.rate_deg_s,
        max_images: file.max_images_per_satellite,
        duty_cycle: None,
        memory: None,
    });
    let candidates = file
        .candidates
        .into_iter()
        .map(|(satellite, target, start_s, x, y, z)| Candidate {
            satellite,
            target,
            start_s,
            duration_s: file.observation_duration_s,
            line_of_sight: [x, y, z],
        });
    let problem = Problem {
        satellites: satellites.collect(),
        profits: file.targets.iter().map(|t| t.profit).collect(),
        candidates: candidates.collect(),
    };
    problem.check()?;
    Ok(problem)
}

fn numbered(list: &'static str, numbers: impl Iterator<Item = u32>) -> Result<(), InstanceError> {
    for (place, number) in numbers.enumerate() {
        if number as usize != place {
            return Err(InstanceError::Number {
                list,
                place,
                number,
            });
        }
    }
    Ok(())
}
