//! `corridor ingest`: scene files into this node.

use super::{Failure, Outcome, open};
use crate::output::say;
use crate::progress::Step;
use clap::Args;
use corridor_watch::receive::Way;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Take in scene files.
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// GeoTIFF, or NAME.scene.json with the files it names beside it
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// When a GeoTIFF without a description was observed (RFC 3339)
    #[arg(long)]
    datetime: Option<Timestamp>,
}

impl Ingest {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let mut failed = Vec::new();
        for file in &self.files {
            let step = Step::start(format!("Taking in {}", file.display()));
            match chain.ingest(file, self.datetime, Way::Ingest).await {
                Ok(accepted) => {
                    let (done, word) = match accepted.new {
                        true => ("stored and catalogued", "stored"),
                        false => ("was there already", "known"),
                    };
                    step.done(done);
                    let collection = accepted.item.collection.as_deref().unwrap_or_default();
                    say(&format!("{word} {collection}/{}\n", accepted.item.id))?;
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
}
