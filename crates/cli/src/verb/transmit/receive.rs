//! `corridor transmit receive`: files that come as bundles into a folder; bundles for others on their way.

use super::Carrying;
use super::lines::Lines;
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_transmit::bundle::receiver::{Event, ReceivedFile, Receiver, ReceiverConfig};
use corridor_transmit::bundle::spool::SPOOL_SIZE_MAX_BYTES;
use corridor_watch::receive::NODE_EID;
use serde::Serialize;
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// Whole files waiting to be stored.
const FILES_WAITING_MAX: usize = 4;

/// Take files that come as bundles, and pass on those for other nodes.
///
/// A file is stored under its name once it is whole and right, and only then is its sender told so; another of
/// the same name gets the beginning of its digest before it. Runs until it is stopped.
#[derive(Debug, Args)]
pub(crate) struct Receive {
    /// Folder for the files
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    /// Address to listen on for bundles (TCPCLv4); port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4556")]
    listen: SocketAddr,
    /// Listen on an address that others can reach, although anyone there may send
    #[arg(long)]
    open_to_all: bool,
    /// Endpoint of this node
    #[arg(long, value_name = "EID", default_value = NODE_EID)]
    node: String,
    /// Folder for what is not whole yet; `.spool` in the folder for files where it is not said
    #[arg(long, value_name = "FOLDER")]
    spool: Option<PathBuf>,
    /// Most bytes of files under way; beyond, senders are told to wait
    #[arg(long, value_name = "BYTES", default_value_t = SPOOL_SIZE_MAX_BYTES)]
    spool_limit: u64,
    #[command(flatten)]
    carrying: Carrying,
    /// End after this many files
    #[arg(long, value_name = "N")]
    files: Option<u64>,
    /// End after this many seconds
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// How to print what happens, a line each
    #[arg(long, value_enum, default_value_t)]
    format: Lines,
}

/// A line of what happened.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line {
    Listening {
        address: SocketAddr,
        node: String,
    },
    Stored {
        name: String,
        path: PathBuf,
        sha256: String,
        size_bytes: u64,
        source: String,
    },
    Refused {
        source: String,
        name: Option<String>,
        reason: String,
    },
    StoreFull {
        reason: String,
    },
    StoreOpen,
}

impl Line {
    fn text(&self) -> String {
        match self {
            Self::Listening { address, .. } => format!("bundles: {address}"),
            Self::Stored {
                path,
                sha256,
                size_bytes,
                ..
            } => format!("{sha256}  {}  {size_bytes} bytes", path.display()),
            Self::Refused {
                source,
                name,
                reason,
            } => {
                let what = name.as_deref().unwrap_or("bundle");
                format!("refused: {what} from {source}: {reason}")
            }
            Self::StoreFull { reason } => format!("full, peers wait: {reason}"),
            Self::StoreOpen => "takes bundles again".into(),
        }
    }
}

impl Receive {
    pub(crate) async fn run(self) -> Outcome {
        if !self.listen.ip().is_loopback() && !self.open_to_all {
            return Err(Failure::Usage(format!(
                "--listen {}: whoever reaches it can send files; say --open-to-all to allow that",
                self.listen
            )));
        }
        let spool = self.spool.clone();
        let spool = spool.unwrap_or_else(|| self.into.join(".spool"));
        fs::create_dir_all(&self.into)?;
        let mut config = ReceiverConfig::new(&self.node, self.listen, &spool);
        config.limits.spool_size_max_bytes = self.spool_limit;
        config.carriage = self.carrying.carriage(Some(&spool.join("bundles")))?;
        let (sink, mut files) = mpsc::channel(FILES_WAITING_MAX);
        let receiver = Receiver::start(config, sink)
            .await
            .map_err(|e| Failure::Failed(e.to_string()))?;
        let mut events = receiver.events();
        self.say(&Line::Listening {
            address: receiver.local_addr(),
            node: self.node.clone(),
        })?;
        let end = async {
            match self.seconds {
                Some(s) => tokio::time::sleep(Duration::from_secs(s)).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(end);
        let stopped = crate::verb::serve::stopped();
        tokio::pin!(stopped);
        let mut stored = 0;
        while self.files.is_none_or(|n| stored < n) {
            tokio::select! {
                () = &mut end => break,
                () = &mut stopped => break,
                file = files.recv() => {
                    let Some(file) = file else { break };
                    stored += u64::from(self.store(file).await?);
                }
                event = events.recv() => match event {
                    Ok(event) => self.on_event(event)?,
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                },
            }
        }
        receiver.shutdown().await;
        Ok(())
    }

    fn say(&self, line: &Line) -> io::Result<()> {
        self.format.say(&line.text(), line)
    }

    fn on_event(&self, event: Event) -> io::Result<()> {
        match event {
            Event::Refused {
                source_eid,
                name,
                reason,
            } => self.say(&Line::Refused {
                source: source_eid,
                name,
                reason,
            }),
            Event::StoreFull { reason } => self.say(&Line::StoreFull { reason }),
            Event::StoreOpen => self.say(&Line::StoreOpen),
            _ => Ok(()),
        }
    }

    /// Stores a file; whether it is stored. A disk that is full leaves it in the spool: it comes again.
    async fn store(&self, file: ReceivedFile) -> Result<bool, Failure> {
        let (into, from) = (self.into.clone(), file.path.clone());
        let (name, sha256) = (file.name.clone(), file.sha256.clone());
        let put = tokio::task::spawn_blocking(move || put(&from, &into, &name, &sha256)).await;
        let path = match put.map_err(io::Error::other)? {
            Ok(path) => path,
            Err(error) => {
                self.say(&Line::StoreFull {
                    reason: format!("{} cannot be stored: {error}", file.name),
                })?;
                // Let go of, it is handed out again when its sender asks.
                tokio::time::sleep(Duration::from_millis(500)).await;
                return Ok(false);
            }
        };
        let line = Line::Stored {
            name: file.name.clone(),
            path,
            sha256: file.sha256.clone(),
            size_bytes: file.size_bytes,
            source: file.source_eid.clone(),
        };
        file.accept()
            .await
            .map_err(|e| Failure::Failed(e.to_string()))?;
        self.say(&line)?;
        Ok(true)
    }
}

/// Puts a file into a folder: written aside, synced, named, the folder synced.
fn put(from: &Path, into: &Path, name: &str, sha256: &str) -> io::Result<PathBuf> {
    let plain = into.join(name);
    let path = match crate::digest::sha256_of(&plain) {
        // Stored before a kill, and the spool was not told: the same file once.
        Ok(there) if there == sha256 => return Ok(plain),
        Ok(_) => into.join(format!("{}-{name}", &sha256[..12.min(sha256.len())])),
        Err(e) if e.kind() == io::ErrorKind::NotFound => plain,
        Err(e) => return Err(e),
    };
    let aside = into.join(format!(".{sha256}.part"));
    let written = fs::copy(from, &aside)
        .and_then(|_| File::open(&aside)?.sync_all())
        .and_then(|()| fs::rename(&aside, &path))
        .and_then(|()| File::open(into)?.sync_all());
    if let Err(error) = written {
        drop(fs::remove_file(&aside));
        return Err(error);
    }
    Ok(path)
}
