//! `corridor ingest`: scene files into this node.

use super::{Failure, Outcome, open};
use crate::output::say;
use crate::progress::Step;
use clap::Args;
use corridor_watch::chain::Chain;
use corridor_watch::error::WatchError;
use corridor_watch::ingest::{Accepted, names_an_item};
use corridor_watch::receive::Way;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Take in scene files.
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// GeoTIFF, NAME.scene.json with the files it names beside it, or a STAC Item: its JSON file or
    /// web address
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// When a GeoTIFF without a description was observed (RFC 3339)
    #[arg(long)]
    datetime: Option<Timestamp>,
    /// Let the files of a STAC Item be fetched from this machine and from private networks
    #[arg(long)]
    private: bool,
}

impl Ingest {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let mut failed = Vec::new();
        for file in &self.files {
            let step = Step::start(format!("Taking in {}", file.display()));
            match self.take_in(&chain, file).await {
                Ok((accepted, left_out)) => {
                    let (done, word) = match accepted.new {
                        true => ("stored and catalogued", "stored"),
                        false => ("was there already", "known"),
                    };
                    step.done(done);
                    let collection = accepted.item.collection.as_deref().unwrap_or_default();
                    let mut text = format!("{word} {collection}/{}\n", accepted.item.id);
                    if !left_out.is_empty() {
                        text.push_str(&format!("  without {}\n", left_out.join(", ")));
                    }
                    say(&text)?;
                }
                Err(e) => {
                    step.done("refused");
                    failed.push(e.to_string());
                }
            }
        }
        match chain.worker()? {
            Some(worker) => {
                let step = Step::start("Answers for the watches");
                let counter = step.counter();
                let worked = chain
                    .run_open_jobs(&worker, &move |done, all| counter(done as u64, all as u64))
                    .await?;
                step.done(format!("{} new", worked.answers.len()));
                let mut text = String::new();
                for answer in &worked.answers {
                    text.push_str(&format!("answer {answer}\n"));
                }
                for (scene, reason) in &worked.without {
                    text.push_str(&format!("no answer from {scene}: {reason}\n"));
                }
                say(&text)?;
            }
            None => say("the node that runs on this data folder computes the answers\n")?,
        }
        if failed.is_empty() {
            Ok(())
        } else {
            Err(Failure::Failed(failed.join("\n")))
        }
    }
    /// Takes one scene in; of a STAC Item also what was left out.
    async fn take_in(
        &self,
        chain: &Arc<Chain>,
        file: &Path,
    ) -> Result<(Accepted, Vec<String>), WatchError> {
        match file.to_str() {
            Some(name) if names_an_item(name) => {
                let taken = chain.ingest_item(name, self.private).await?;
                Ok((taken.accepted, taken.left_out))
            }
            _ => {
                let accepted = chain.ingest(file, self.datetime, Way::Ingest).await?;
                Ok((accepted, Vec::new()))
            }
        }
    }
}
