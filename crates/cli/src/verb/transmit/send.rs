//! `corridor transmit send`: scenes to a node, as a spacecraft would.

use crate::output::say;
use crate::progress::Step;
use crate::verb::{Failure, Outcome, open};
use clap::Args;
use corridor_watch::send::{ReplayContact, send_scenes};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Send described scenes to a node.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// NAME.scene.json with the files it names beside it
    #[arg(required = true, value_name = "FILE")]
    scenes: Vec<PathBuf>,
    /// The node's address for bundles
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4556")]
    to: SocketAddr,
    /// Send in the contact of the first answer forecast for this watch, on that contact's clock
    #[arg(long, value_name = "WATCH")]
    replay_for: Option<String>,
}

impl Send {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let contact = match &self.replay_for {
            None => None,
            Some(watch) => {
                let forecast = open(data_dir).await?.current_forecast(watch).await?;
                Some(ReplayContact::first_of(&forecast, None).ok_or_else(|| {
                    Failure::Failed(format!("the forecast of {watch} has no answer to expect"))
                })?)
            }
        };
        let step = Step::start("Sending as bundles");
        let report = send_scenes(&self.scenes, self.to, contact, step.counter()).await?;
        step.done(format!("{} bundles", report.bundles));
        let mut text = String::new();
        for file in &report.files {
            text.push_str(&format!(
                "{}  {}  {} bytes\n",
                file.sha256, file.name, file.size_bytes
            ));
        }
        Ok(say(&text)?)
    }
}
