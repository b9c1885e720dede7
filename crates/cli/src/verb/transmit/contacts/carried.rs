//! `--budget FILE`: what the contacts carry by their link budgets.

use super::text;
use crate::verb::Failure;
use crate::verb::sense::satellites::Satellite;
use clap::Args;
use corridor_transmit::link::downlink::{DownlinkBudget, at_mean_rate, in_steps};
use corridor_transmit::link::pass::Volume;
use corridor_transmit::sky::SkyContact;
use corridor_transmit::station::Station;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Largest budget file, bytes.
const FILE_MAX_BYTES: u64 = 1 << 20;

/// Most shares of the year asked for at once.
const SHARES_MAX: usize = 16;

#[derive(Debug, Args)]
pub(super) struct BudgetArguments {
    /// Link budget of the downlinks (TOML): rate and volume follow the elevation of each contact
    #[arg(long, value_name = "FILE", conflicts_with = "rate")]
    budget: Option<PathBuf>,
    /// Shares of an average year in which less comes down, percent, in place of the budget's; the first decides
    #[arg(long, value_name = "P", value_delimiter = ',', requires = "budget")]
    unavailability_percent: Vec<f64>,
    /// In a plan, a contact for each stretch at one rate, not one at the mean rate
    #[arg(long, requires = "budget")]
    rate_steps: bool,
}

/// A budget with the shares that are asked for.
pub(super) struct Budget {
    budget: DownlinkBudget,
    file: String,
    shares: Vec<f64>,
}

/// What one contact carries.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Carried {
    pub(super) mean_rate_bit_s: f64,
    availability_percent: f64,
    #[serde(flatten)]
    pub(super) volume: Volume,
    /// Other shares of the year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Other>,
}

#[derive(Debug, Clone, Serialize)]
struct Other {
    availability_percent: f64,
    volume_bytes: u64,
}

impl BudgetArguments {
    pub(super) fn read(&self) -> Result<Option<Budget>, Failure> {
        let Some(path) = &self.budget else {
            return Ok(None);
        };
        let file = path.display().to_string();
        let budget: DownlinkBudget = toml::from_str(&text(path, FILE_MAX_BYTES)?)
            .map_err(|e| Failure::Failed(format!("{file}: {e}")))?;
        let shares = match self.unavailability_percent.is_empty() {
            true => vec![budget.unavailability_percent],
            false => self.unavailability_percent.clone(),
        };
        if shares.len() > SHARES_MAX {
            return Err(Failure::Usage(format!(
                "{} shares of the year, at most {SHARES_MAX}",
                shares.len()
            )));
        }
        Ok(Some(Budget {
            budget,
            file,
            shares,
        }))
    }

    /// The contacts as a plan takes them.
    pub(super) fn planned(
        &self,
        contacts: Vec<SkyContact>,
        carried: &[Option<Carried>],
    ) -> Vec<SkyContact> {
        if self.budget.is_none() {
            return contacts;
        }
        let mut planned = Vec::new();
        for (contact, carried) in contacts.into_iter().zip(carried) {
            match carried {
                None => planned.push(contact),
                Some(c) if self.rate_steps => planned.extend(in_steps(&contact, &c.volume)),
                Some(c) => planned.extend(at_mean_rate(&contact, &c.volume)),
            }
        }
        planned
    }
}

impl Budget {
    /// What each contact carries; `None` for those that are no downlinks.
    pub(super) fn carry(
        &self,
        contacts: &[SkyContact],
        satellites: &[Satellite],
        stations: &[Station],
    ) -> Result<Vec<Option<Carried>>, Failure> {
        let satellites: BTreeMap<&str, &Satellite> =
            satellites.iter().map(|s| (s.name.as_str(), s)).collect();
        let stations: BTreeMap<&str, &Station> =
            stations.iter().map(|s| (s.id.as_str(), s)).collect();
        contacts
            .iter()
            .map(|contact| {
                let ends = satellites
                    .get(contact.from.as_str())
                    .zip(stations.get(contact.to.as_str()));
                let Some((satellite, station)) = ends else {
                    return Ok(None);
                };
                self.carried(contact, satellite, station).map(Some)
            })
            .collect()
    }

    fn carried(
        &self,
        contact: &SkyContact,
        satellite: &Satellite,
        station: &Station,
    ) -> Result<Carried, Failure> {
        let mut volumes = Vec::new();
        for share in &self.shares {
            let volume = self
                .budget
                .volume(&satellite.trajectory, station, contact, *share)
                .map_err(|e| Failure::Failed(format!("{}: {e}", self.file)))?;
            volumes.push((100.0 - share, volume));
        }
        let others = volumes.split_off(1.min(volumes.len()));
        let Some((availability_percent, volume)) = volumes.pop() else {
            return Err(Failure::Usage(
                "--unavailability-percent names no share".into(),
            ));
        };
        let mean = at_mean_rate(contact, &volume);
        Ok(Carried {
            mean_rate_bit_s: mean.map_or(0.0, |c| c.rate_bit_s),
            availability_percent,
            volume,
            others: others
                .into_iter()
                .map(|(availability_percent, volume)| Other {
                    availability_percent,
                    volume_bytes: volume.volume_bytes,
                })
                .collect(),
        })
    }
}
