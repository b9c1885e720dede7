//! The spacecraft sender: a scene's files as bundles, inside a contact.

use crate::chain::blocking;
use crate::error::WatchError;
use crate::forecast::Forecast;
use crate::ingest::read_scene;
use crate::receive::{BundleNote, ContactNote, NODE_EID, SPACECRAFT_EID};
use corridor_orbit::window::Window;
use corridor_sense::instrument::InstrumentKind;
use corridor_transmit::bundle::sender::{FileToSend, SendReport, SenderConfig, send_files};
use corridor_transmit::clock::ReplayClock;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The contact that a replay is sent in.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayContact {
    /// The satellite's name.
    pub satellite: String,
    /// The station's id.
    pub station: String,
    /// Start of the contact: where the simulated clock starts.
    pub start: Timestamp,
    /// End of the contact: nothing is sent after it.
    pub end: Timestamp,
}

/// Sends described scenes to a node and returns when the node has stored all of them. With a
/// contact the sender's clock starts at the contact's start and nothing leaves outside it.
///
/// # Errors
/// [`WatchError`] says which file could not be read, or what the node or the link said.
pub async fn send_scenes(
    descriptions: &[PathBuf],
    node: SocketAddr,
    contact: Option<ReplayContact>,
    progress: impl Fn(u64, u64) + Send + Sync,
) -> Result<SendReport, WatchError> {
    let mut config = SenderConfig::new(SPACECRAFT_EID, NODE_EID, node);
    let note = contact.map(|c| {
        config.contact_window = Some(Window {
            start: c.start,
            end: c.end,
        });
        config.clock = ReplayClock::shared(c.start, 1.0);
        ContactNote {
            satellite: c.satellite,
            station: c.station,
            start: c.start,
            replay: true,
            replay_offset_ms: None,
        }
    });
    let files = scene_files(descriptions, note).await?;
    send_files(config, files, progress)
        .await
        .map_err(|e| WatchError::internal(format!("sending to {node}"), e))
}

/// The files of described scenes, ready to send.
///
/// # Errors
/// [`WatchError`] says which description or file could not be read.
pub async fn scene_files(
    descriptions: &[PathBuf],
    contact: Option<ContactNote>,
) -> Result<Vec<FileToSend>, WatchError> {
    let mut files = Vec::new();
    for path in descriptions {
        files.extend(files_of(path, contact.clone()).await?);
    }
    Ok(files)
}

async fn files_of(
    path: &Path,
    contact: Option<ContactNote>,
) -> Result<Vec<FileToSend>, WatchError> {
    let path = path.to_path_buf();
    let (scene, files) = blocking(move || read_scene(&path, None)).await?;
    files
        .into_iter()
        .map(|file| {
            let note = BundleNote {
                scene: scene.clone(),
                asset: file.key,
                contact: contact.clone(),
            };
            Ok(FileToSend {
                path: file.path,
                name: file.name,
                media_type: "image/tiff".into(),
                metadata: serde_json::to_value(&note)
                    .map_err(|e| WatchError::internal("describing a file", e))?,
            })
        })
        .collect()
}

impl ReplayContact {
    /// The contact of the first answer expected from an optical instrument in orbit.
    pub fn first_optical_of(forecast: &Forecast) -> Option<Self> {
        Self::first_of(forecast, Some(InstrumentKind::Optical))
    }

    /// The contact of the first answer expected from a satellite in orbit, of the kind of
    /// instrument where one is named.
    pub fn first_of(forecast: &Forecast, kind: Option<InstrumentKind>) -> Option<Self> {
        let entry = forecast
            .entries
            .iter()
            .find(|e| !e.planned && kind.is_none_or(|k| e.kind == k))?;
        Some(Self {
            satellite: entry.satellite.clone(),
            station: entry.station.clone(),
            start: entry.contact_start,
            end: entry.contact_end,
        })
    }
}
