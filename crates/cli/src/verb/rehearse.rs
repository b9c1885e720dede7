//! `corridor rehearse`: days of the chain on simulated time, and what a change would change.

mod change;
mod draw;
mod print;

use super::transmit::keyring;
use super::{Failure, Outcome, open};
use crate::output::{Format, counted};
use crate::progress::Step;
use clap::Args;
use corridor_know::product::Product;
use corridor_orbit::elements::ElementSet;
use corridor_watch::chain::Chain;
use corridor_watch::register::Relay;
use corridor_watch::rehearsal::{self, Change, Progress, Report, Script, change as changes};
use corridor_watch::request::{NewWatch, Watch};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest file of watches or a mission, bytes.
const FILE_MAX_BYTES: u64 = 16 << 20;

/// Most watches rehearsed at once.
const WATCHES_MAX: usize = 64;

/// Play days of the chain on simulated time, from one seed: what is promised and what comes.
///
/// Orbits, forecast, antenna schedule, contact plan, routing and all that a node does with a bundle are those of the
/// chain; stations fail, contacts break off, it rains, satellites go into safe mode and executors are slow as the settings
/// `rehearsal.*` say. The same seed gives the same output. With --without and --with-... the same days are
/// played again with the change, and both are printed.
#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    /// Watches as JSON: one or a list of {"name", "product", "bbox" or "area", "priority"}; the stored watches
    /// where it is not given
    #[arg(long, value_name = "FILE")]
    watch: Vec<PathBuf>,
    /// Start (RFC 3339, UTC); the day of the newest elements where it is not said
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Days of observations, at most 30
    #[arg(long, value_name = "DAYS", default_value_t = 3.0)]
    days: f64,
    /// Seed of all chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Nothing fails by chance
    #[arg(long)]
    no_failures: bool,
    /// Lose a satellite with what it holds, at a time
    #[arg(long, value_name = "SATELLITE@TIME")]
    lose: Vec<String>,
    /// Elements in place of the register's for the satellites they name (TLE, OMM)
    #[arg(long, value_name = "FILE")]
    elements: Vec<PathBuf>,
    /// A relay that takes part from the start: NAME, or NAME=STATION,STATION for where it sends to
    #[arg(long, value_name = "NAME[=STATIONS]")]
    relay: Vec<String>,
    /// What would change without it?
    #[arg(long, value_name = "STATION|SATELLITE|RELAY")]
    without: Vec<String>,
    /// What would change with one more station? A file (GeoJSON, TOML as the register's) or a place
    #[arg(long, value_name = "FILE|NAME=LON,LAT[,H]", allow_hyphen_values = true)]
    with_station: Vec<String>,
    /// What would change if a planned satellite or mission of the register flew, or those of a mission file?
    #[arg(long, value_name = "SATELLITE|FILE")]
    with_planned: Vec<String>,
    /// What would change with one more relay?
    #[arg(long, value_name = "NAME[=STATIONS]")]
    with_relay: Vec<String>,
    /// Write a picture of the days (PNG): observations and answers by watch, contacts by station
    #[arg(long, value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// Keys as a JSON web key set: satellites sign and encrypt, the node takes only what passes their checks
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Threads that search for windows; all processors where it is not said
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Rehearse {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let watches = self.watches(&chain).await?;
        let imported = match self.relay.is_empty() && self.with_relay.is_empty() {
            true => Vec::new(),
            false => chain.imported_elements().await?,
        };
        tokio::task::spawn_blocking(move || self.play(&chain, &watches, imported))
            .await
            .map_err(|e| Failure::Failed(format!("rehearsing: {e}")))?
    }

    /// The watches of the files, or those of the data folder.
    async fn watches(&self, chain: &Arc<Chain>) -> Result<Vec<(Watch, Product)>, Failure> {
        let mut watches = Vec::new();
        if self.watch.is_empty() {
            watches = chain.watches().await?;
            if watches.is_empty() {
                return Err(Failure::Failed(
                    "no watches yet: `corridor watch add` makes one, --watch FILE names others"
                        .into(),
                ));
            }
        }
        let products: Vec<String> = chain.products().map(|p| p.id.clone()).collect();
        for path in &self.watch {
            for new in read_watches(path)? {
                let watch = new.check(&products, Timestamp::UNIX_EPOCH);
                watches
                    .push(watch.map_err(|e| Failure::Failed(format!("{}: {e}", path.display())))?);
            }
        }
        if watches.len() > WATCHES_MAX {
            return Err(Failure::Usage(format!(
                "{} watches, at most {WATCHES_MAX}",
                watches.len()
            )));
        }
        let mut ids: Vec<&str> = watches.iter().map(|w| w.id.as_str()).collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Failure::Failed(format!(
                "two watches are called {:?}",
                pair[0]
            )));
        }
        watches
            .into_iter()
            .map(|watch| {
                let product = chain.product(&watch.product)?.clone();
                Ok((watch, product))
            })
            .collect()
    }

    fn play(
        &self,
        chain: &Chain,
        watches: &[(Watch, Product)],
        imported: Vec<ElementSet>,
    ) -> Outcome {
        let (register, mut sets) = change::with_elements(&chain.register(), &self.elements)?;
        sets.extend(imported);
        let find = |text: &String| change::relay(text, &register, &sets);
        let relays: Vec<Relay> = self.relay.iter().map(find).collect::<Result<_, _>>()?;
        let mut changed: Vec<Change> = self.without.iter().cloned().map(Change::Without).collect();
        for text in &self.with_station {
            changed.extend(change::stations(text)?);
        }
        for text in &self.with_planned {
            changed.push(change::planned(text)?);
        }
        for text in &self.with_relay {
            changed.push(Change::WithRelay(Box::new(find(text)?)));
        }
        let lost = self.lost()?;
        let keys = self.keys.as_deref().map(keyring).transpose()?;
        let from = self.from.unwrap_or_else(|| register.epoch_day());
        let play = |title: String, changes: &[Change]| -> Result<Report, Failure> {
            let (register, relays) = changes::apply(&register, &relays, changes)?;
            let present = |name: &String| register.satellites().iter().any(|s| s.name == *name);
            let lost: Vec<(String, Timestamp)> = match changes.is_empty() {
                true => lost.clone(),
                // Who is left out cannot be lost as well.
                false => lost
                    .iter()
                    .filter(|(name, _)| present(name))
                    .cloned()
                    .collect(),
            };
            let script = Script {
                register: &register,
                settings: chain.settings(),
                watches,
                relays: &relays,
                from,
                days: self.days,
                seed: self.seed,
                failures: !self.no_failures,
                lost: &lost,
                threads: self.threads.unwrap_or_else(threads).max(1),
                keys: keys.as_ref(),
            };
            played(title, &script)
        };
        let days = match (self.days - 1.0).abs() < f64::EPSILON {
            true => "1 day".to_string(),
            false => format!("{} days", self.days),
        };
        let before = play(format!("Rehearsing {days}"), &[])?;
        let after = match changed.is_empty() {
            true => None,
            false => {
                let names: Vec<String> = changed.iter().map(ToString::to_string).collect();
                let names = names.join(", ");
                Some((play(format!("The same, {names}"), &changed)?, names))
            }
        };
        if let Some(path) = &self.picture {
            let shown = after.as_ref().map_or(&before, |(report, _)| report);
            draw::picture(shown, path)?;
        }
        match after {
            None => print::one(self.format, &before),
            Some((after, names)) => print::both(self.format, &before, &after, &names),
        }
    }

    fn lost(&self) -> Result<Vec<(String, Timestamp)>, Failure> {
        let read = |text: &String| {
            let (name, at) = text.rsplit_once('@')?;
            Some((name.to_string(), at.parse().ok()?))
        };
        self.lose
            .iter()
            .map(|text| {
                read(text).ok_or_else(|| {
                    Failure::Usage(format!("--lose {text}: expected SATELLITE@TIME, as SENTINEL-2A@2026-08-23T12:00:00Z"))
                })
            })
            .collect()
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn played(title: String, script: &Script<'_>) -> Result<Report, Failure> {
    let step = Step::start(title);
    let count = step.counter();
    // Two halves of one bar: the windows, then the play.
    let report = rehearsal::rehearse(script, &|progress| match progress {
        Progress::Windows(done, all) => count(done as u64, 2 * all as u64),
        Progress::Played(done, all) => count(all + done, 2 * all),
    })?;
    let came: usize = report.watches.iter().map(|w| w.came).sum();
    step.done(format!(
        "{} of {}",
        counted(came, "answer", "answers"),
        counted(report.satellites, "satellite", "satellites")
    ));
    Ok(report)
}

fn read_watches(path: &Path) -> Result<Vec<NewWatch>, Failure> {
    let text = change::text(path, FILE_MAX_BYTES)?;
    let failed = |e: serde_json::Error| Failure::Failed(format!("{}: {e}", path.display()));
    match text.trim_start().starts_with('[') {
        true => serde_json::from_str(&text).map_err(failed),
        false => serde_json::from_str(&text)
            .map(|one| vec![one])
            .map_err(failed),
    }
}
