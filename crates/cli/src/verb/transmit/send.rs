//! `corridor transmit send`: files or scenes to a node, as a spacecraft would.

use super::Carrying;
use crate::output::{Format, Listing, counted, listing};
use crate::progress::Step;
use crate::verb::{Failure, Outcome, open};
use clap::Args;
use corridor_transmit::bundle::sender::{FileToSend, SendReport, SenderConfig, send_files};
use corridor_watch::receive::{NODE_EID, SPACECRAFT_EID};
use corridor_watch::send::{ReplayContact, scene_files, send_scenes};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Send files or described scenes to a node.
///
/// What ends before everything is stored at the node goes on where it stopped when it is called again with
/// the same files.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Files; NAME.scene.json stands for a scene and the files it names beside it
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The node's address for bundles
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4556")]
    to: SocketAddr,
    /// Send in the contact of the first answer forecast for this watch, on that contact's clock
    #[arg(long, value_name = "WATCH", conflicts_with_all = ["plan", "keys", "fragment"])]
    replay_for: Option<String>,
    /// Endpoint of this node
    #[arg(long, value_name = "EID", default_value = SPACECRAFT_EID)]
    node: String,
    /// Endpoint of the node that the files are for
    #[arg(long, value_name = "EID", default_value = NODE_EID)]
    peer: String,
    #[command(flatten)]
    carrying: Carrying,
    /// Address to listen on for neighbours that connect to this node
    #[arg(long, value_name = "HOST:PORT", requires = "plan")]
    listen: Option<SocketAddr>,
    /// Priority, 0 to 255: of what waits for one contact the highest goes first
    #[arg(long, default_value_t = 0)]
    priority: u8,
    /// Bytes of a file in one bundle
    #[arg(long, value_name = "BYTES", default_value_t = corridor_transmit::bundle::PART_SIZE_BYTES)]
    part: u32,
    /// Cut bundles into fragments of at most this many bytes of payload
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    fragment: Option<u32>,
    /// Go on this long without any progress, s; with a plan from when an answer is due
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Send {
    pub(crate) async fn run(mut self, data_dir: &Path) -> Outcome {
        let step = Step::start("Sending as bundles");
        let report = match &self.replay_for {
            Some(watch) => {
                let forecast = open(data_dir).await?.current_forecast(watch).await?;
                let contact = ReplayContact::first_of(&forecast, None).ok_or_else(|| {
                    Failure::Failed(format!("the forecast of {watch} has no answer to expect"))
                })?;
                send_scenes(&self.files, self.to, Some(contact), step.counter()).await?
            }
            None => {
                let files = files(&self.files).await?;
                let config = self.config()?;
                send_files(config, files, step.counter())
                    .await
                    .map_err(|e| Failure::Failed(e.to_string()))?
            }
        };
        step.done(counted(report.bundles, "bundle", "bundles"));
        Ok(print(self.format, &report)?)
    }

    fn config(&mut self) -> Result<SenderConfig, Failure> {
        self.carrying.reach(&self.peer, self.to);
        let mut carriage = self.carrying.carriage(None)?;
        carriage.priority = self.priority;
        carriage.fragment_bytes = self.fragment;
        Ok(SenderConfig {
            part_size_bytes: self.part,
            patience: Duration::from_secs(self.patience),
            listen: self.listen,
            carriage,
            ..SenderConfig::new(&self.node, &self.peer, self.to)
        })
    }
}

/// Scenes with what goes with them; other files as they are.
async fn files(paths: &[PathBuf]) -> Result<Vec<FileToSend>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .ok_or_else(|| Failure::Usage(format!("{}: not a file with a name", path.display())))?;
        if name.ends_with(".scene.json") {
            files.extend(scene_files(std::slice::from_ref(path), None).await?);
            continue;
        }
        files.push(FileToSend {
            path: path.clone(),
            name: name.into(),
            media_type: "application/octet-stream".into(),
            metadata: serde_json::Value::Null,
        });
    }
    Ok(files)
}

fn print(format: Format, report: &SendReport) -> std::io::Result<()> {
    if format == Format::Table {
        let mut text = String::new();
        for file in &report.files {
            text.push_str(&format!(
                "{}  {}  {} bytes\n",
                file.sha256, file.name, file.size_bytes
            ));
        }
        return crate::output::say(&text);
    }
    let rows = report.files.iter().map(|file| {
        vec![
            file.name.clone(),
            file.size_bytes.to_string(),
            file.sha256.clone(),
            file.bundles.to_string(),
        ]
    });
    listing(
        format,
        &Listing {
            columns: &["name", "size_bytes", "sha256", "bundles"],
            rows: rows.collect(),
            records: report,
            empty: "nothing was sent",
        },
    )
}
