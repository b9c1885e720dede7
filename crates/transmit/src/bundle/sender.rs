//! The spacecraft's end: files into bundles.

mod answers;
mod planned;

use std::{
    collections::{BTreeSet, VecDeque},
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use corridor_orbit::window::Window;
use hardy_bpv7::eid::Eid;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::mpsc;

pub use super::agent::{AgentError, Carriage};
use super::{
    PART_SIZE_BYTES,
    agent::{Agent, service_at},
    message::{
        Answer, AnswerState, FileHeader, MISSING_RANGES_MAX, Message, MessageError, PartHeader,
        hex, sha256_hex,
    },
};
use crate::clock::{Clock, SystemClock};
use answers::{ANSWERS_MAX, read_answers};

/// Parts under way before the first must be acknowledged: bounds memory, and covers the delay of a
/// low-orbit link many times over.
const PARTS_UNDER_WAY: usize = 4;

/// How long to wait for an answer before asking again: well above a round trip and two disk syncs.
const ANSWER_WAIT: Duration = Duration::from_secs(3);

/// Pause before asking again when the node is busy or has yet to store a whole file.
const ASK_PAUSE: Duration = Duration::from_millis(500);

/// How long to go on without progress unless configured: a restart of the other node fits in it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes read at once when a file is described.
const READ_LENGTH: usize = 1 << 20;

/// One file to send.
#[derive(Debug, Clone, PartialEq)]
pub struct FileToSend {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name at the other end: no path separators, at most [`super::NAME_LENGTH_MAX`] bytes.
    pub name: String,
    /// IANA media type.
    pub media_type: String,
    /// What goes with it (a STAC Item draft, for a scene).
    pub metadata: serde_json::Value,
}

/// How to send.
#[derive(Clone)]
pub struct SenderConfig {
    /// Own node, such as `ipn:977001.0`.
    pub node_eid: String,
    /// Node to send to, such as `ipn:977000.0`.
    pub peer_eid: String,
    /// TCPCLv4 address of that node.
    pub peer: SocketAddr,
    /// Bytes of the file in one bundle.
    pub part_size_bytes: u32,
    /// Only transmit inside this window of `clock`; `None`: at any time. Before it opens the sender
    /// waits; when it closes the sender stops with [`SendError::ContactClosed`], and the next call with
    /// the same files goes on where this one stopped. Answers are still listened to after the close.
    pub contact_window: Option<Window>,
    /// Pace of transmission on `clock`, bit/s of file data; `None`: as fast as the link takes it. With a
    /// pace, a part is sent only if it ends inside the window.
    pub rate_bit_s: Option<f64>,
    /// How long to go on, in real time, without any progress at the other node.
    pub patience: Duration,
    /// The clock that `contact_window`, `rate_bit_s` and planned contacts mean.
    pub clock: Arc<dyn Clock>,
    /// Address to listen on, for peers that open planned contacts to this node; `None`: none do.
    pub listen: Option<SocketAddr>,
    /// Contacts, keys, fragments and priority. With contacts everything waits for its place on them, answers
    /// are expected when the plan can have them here, and `patience` begins then.
    pub carriage: Carriage,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// Name at the other end.
    pub name: String,
    /// Digest of the whole file, SHA-256 in hex.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// Bundles of data sent for it now (0 if the node had it).
    pub bundles: u64,
}

/// What was sent; returned once the other node said that all of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SendReport {
    /// Bundles of data sent, repeats included.
    pub bundles: u64,
    /// File bytes sent in them.
    pub bytes: u64,
    /// Files stored at the other node, in order.
    pub files: Vec<SentFile>,
}

/// A sending that did not end with everything stored.
#[derive(Debug, Error)]
pub enum SendError {
    /// A setting is unusable.
    #[error("sender setting {field} is {value}, expected {expected}")]
    Setting {
        /// Setting at fault.
        field: &'static str,
        /// Its value.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be described: its name, size or metadata is outside the limits.
    #[error("cannot send {path}: {source}")]
    Describe {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: MessageError,
    },
    /// The bundle agent failed.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The node refused the file.
    #[error("{name} was refused: {reason}")]
    Refused {
        /// Name of the file.
        name: String,
        /// What the node said.
        reason: String,
    },
    /// The other node could not be reached, or nothing went forward for too long.
    #[error("no progress with {name} at {peer} for {waited_s:.0} s: {reason}")]
    NoProgress {
        /// Name of the file.
        name: String,
        /// The other node's address.
        peer: SocketAddr,
        /// How long nothing went forward, s.
        waited_s: f64,
        /// What was seen last.
        reason: String,
    },
    /// The contact plan has no way to the other node any more, or none back from it.
    #[error("the contact plan has no way {direction} {peer} after {after}")]
    NoWay {
        /// `to` or `back from`.
        direction: &'static str,
        /// The other node.
        peer: String,
        /// From when on.
        after: Timestamp,
    },
    /// The contact is over and not everything is stored; the next contact can go on.
    #[error("contact closed at {closed} with {} of {files_total} files stored", report.files.len())]
    ContactClosed {
        /// End of the window.
        closed: Timestamp,
        /// Files asked for.
        files_total: usize,
        /// What was done.
        report: SendReport,
    },
}

impl SenderConfig {
    /// The defaults for a node, its peer's node and its address.
    pub fn new(node_eid: impl Into<String>, peer_eid: impl Into<String>, peer: SocketAddr) -> Self {
        Self {
            node_eid: node_eid.into(),
            peer_eid: peer_eid.into(),
            peer,
            part_size_bytes: PART_SIZE_BYTES,
            contact_window: None,
            rate_bit_s: None,
            patience: PATIENCE,
            clock: Arc::new(SystemClock),
            listen: None,
            carriage: Carriage::default(),
        }
    }
}

/// Sends files one after the other and returns when the other node has stored all of them.
///
/// Every file is read once for its digest before anything is sent, and again part by part while it is
/// sent; at most a few parts are in memory. `progress` gets the bytes that the node has on disk and
/// the bytes in all. Dropping the future stops the sending.
pub async fn send_files(
    config: SenderConfig,
    files: Vec<FileToSend>,
    progress: impl Fn(u64, u64) + Send + Sync,
) -> Result<SendReport, SendError> {
    let rate_bit_s = config.rate_bit_s.unwrap_or(1.0);
    if !rate_bit_s.is_finite() || rate_bit_s <= 0.0 {
        let (field, value) = ("rate_bit_s", rate_bit_s.to_string());
        return Err(SendError::Setting {
            field,
            value,
            expected: "a finite rate above 0",
        });
    }
    let to = service_at("peer_eid", &config.peer_eid)?;
    let mut described = Vec::with_capacity(files.len());
    for file in files {
        described.push(describe(file, config.part_size_bytes).await?);
    }
    let total_bytes = described.iter().map(|f| f.header.size_bytes).sum();
    let mut gate = Gate {
        clock: config.clock.clone(),
        window: config.contact_window,
        rate_bit_s: config.rate_bit_s,
        free_at: Timestamp::MIN,
    };
    let files_total = described.len();
    if gate.open().await.is_err() {
        return Err(closed(&config, files_total, SendReport::default()));
    }
    let (carriage, clock) = (config.carriage.clone(), config.clock.clone());
    let (agent, feeds) = Agent::start(&config.node_eid, config.listen, carriage, clock).await?;
    let (answers, incoming) = mpsc::channel(ANSWERS_MAX);
    let reading = tokio::spawn(read_answers(feeds, to.clone(), answers));
    let mut session = Session {
        config: &config,
        agent: &agent,
        connected: false,
        incoming,
        to,
        gate,
        report: SendReport::default(),
        progress: &progress,
        done_bytes: 0,
        total_bytes,
    };
    let outcome = session.send_all(&described).await;
    let report = session.report;
    agent.shutdown().await;
    reading.abort();
    match outcome {
        Ok(()) => Ok(report),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Closed) => Err(closed(&config, files_total, report)),
    }
}

fn closed(config: &SenderConfig, files_total: usize, report: SendReport) -> SendError {
    let closed = config
        .contact_window
        .as_ref()
        .map_or(Timestamp::MAX, |w| w.end);
    SendError::ContactClosed {
        closed,
        files_total,
        report,
    }
}

/// Why sending stops early.
enum Stop {
    Error(SendError),
    Closed,
}

impl<E: Into<SendError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// The contact is over.
struct Closed;

/// Lets bytes pass inside the contact, at its pace.
struct Gate {
    clock: Arc<dyn Clock>,
    window: Option<Window>,
    rate_bit_s: Option<f64>,
    free_at: Timestamp,
}

impl Gate {
    /// Waits for the window to open.
    async fn open(&mut self) -> Result<(), Closed> {
        let Some(window) = self.window.as_ref().map(|w| (w.start, w.end)) else {
            return Ok(());
        };
        if self.clock.now() < window.1 {
            self.clock.sleep_until(window.0).await;
        }
        self.pass(0).await
    }

    /// Waits until what was let pass is through at its pace.
    async fn settle(&self) {
        self.clock.sleep_until(self.free_at).await;
    }

    /// Waits until `bytes` may leave; refuses when they would not end inside the window.
    async fn pass(&mut self, bytes: u32) -> Result<(), Closed> {
        let end = self.window.as_ref().map_or(Timestamp::MAX, |w| w.end);
        if let Some(rate_bit_s) = self.rate_bit_s {
            let start = self.clock.now().max(self.free_at);
            let duration = SignedDuration::try_from_secs_f64(f64::from(bytes) * 8.0 / rate_bit_s);
            let done = duration
                .ok()
                .and_then(|d| start.checked_add(d).ok())
                .unwrap_or(Timestamp::MAX);
            if done > end {
                return Err(Closed);
            }
            self.clock.sleep_until(start).await;
            self.free_at = done;
        }
        if self.clock.now() < end {
            Ok(())
        } else {
            Err(Closed)
        }
    }
}

/// The parts still to send, as ranges.
struct Parts(VecDeque<(u32, u32)>);

impl Parts {
    fn first(&self) -> Option<u32> {
        self.0.front().map(|(first, _)| *first)
    }

    fn advance(&mut self) {
        match self.0.front_mut() {
            Some((first, count)) if *count > 1 => {
                *first = first.saturating_add(1);
                *count -= 1;
            }
            _ => drop(self.0.pop_front()),
        }
    }
}

struct Described {
    path: PathBuf,
    header: FileHeader,
}

struct Session<'a, P> {
    config: &'a SenderConfig,
    agent: &'a Agent,
    connected: bool,
    incoming: mpsc::Receiver<Answer>,
    to: Eid,
    gate: Gate,
    report: SendReport,
    progress: &'a P,
    /// Bytes of the files before the present one.
    done_bytes: u64,
    total_bytes: u64,
}

impl<P: Fn(u64, u64) + Send + Sync> Session<'_, P> {
    async fn send_all(&mut self, files: &[Described]) -> Result<(), Stop> {
        (self.progress)(0, self.total_bytes);
        for file in files {
            let bundles = self.send_file(file).await?;
            self.done_bytes += file.header.size_bytes;
            (self.progress)(self.done_bytes, self.total_bytes);
            self.report.files.push(SentFile {
                name: file.header.name.clone(),
                sha256: file.header.sha256.clone(),
                size_bytes: file.header.size_bytes,
                bundles,
            });
        }
        Ok(())
    }

    /// Offers, sends what is missing, and again, until the node says that the file is stored.
    async fn send_file(&mut self, file: &Described) -> Result<u64, Stop> {
        let bundles_before = self.report.bundles;
        let mut progress_at = Instant::now();
        let mut known_bytes = 0;
        let mut reason = String::from("no answer");
        let mut silent = Duration::ZERO;
        loop {
            let answer = self.ask(file).await?;
            // Over planned contacts the time until an answer is theirs: what counts is silence past it.
            match &answer {
                None => silent += ANSWER_WAIT,
                Some(AnswerState::Busy { .. }) => silent += ASK_PAUSE,
                Some(_) => silent = Duration::ZERO,
            }
            match answer {
                Some(AnswerState::Stored {}) => return Ok(self.report.bundles - bundles_before),
                Some(AnswerState::Refused { reason }) => return Err(refused(file, reason)),
                Some(AnswerState::Busy { reason: busy }) => {
                    reason = busy;
                    tokio::time::sleep(ASK_PAUSE).await;
                }
                Some(AnswerState::Whole {}) => {
                    progress_at = Instant::now();
                    reason = "the node has the file but has not stored it".into();
                    match self.answer(&file.header.transfer, ASK_PAUSE).await {
                        Some(AnswerState::Stored {}) => {
                            return Ok(self.report.bundles - bundles_before);
                        }
                        Some(AnswerState::Refused { reason }) => return Err(refused(file, reason)),
                        _ => {}
                    }
                }
                Some(AnswerState::Open { missing }) => {
                    let known_now = file
                        .header
                        .size_bytes
                        .saturating_sub(bytes_of(&file.header, &missing));
                    if missing.len() < MISSING_RANGES_MAX && known_now > known_bytes {
                        known_bytes = known_now;
                        (self.progress)(self.done_bytes + known_bytes, self.total_bytes);
                    }
                    let kept = self.send_parts(file, missing, &mut known_bytes).await?;
                    if kept > 0 {
                        progress_at = Instant::now();
                    }
                    reason = "the node is silent about parts sent to it".into();
                }
                Some(AnswerState::Kept { .. }) | None => {}
            }
            let waited = if self.agent.is_gated() {
                silent
            } else {
                progress_at.elapsed()
            };
            if waited > self.config.patience {
                return Err(Stop::Error(SendError::NoProgress {
                    name: file.header.name.clone(),
                    peer: self.config.peer,
                    waited_s: waited.as_secs_f64(),
                    reason,
                }));
            }
        }
    }

    /// Offers the file and waits for the node's state; connects when there is no session.
    async fn ask(&mut self, file: &Described) -> Result<Option<AnswerState>, Stop> {
        if self.gate.pass(0).await.is_err() {
            // Nothing more may be sent, but the answer to the last part may be on its way.
            return match self.answer(&file.header.transfer, ANSWER_WAIT).await {
                Some(state @ (AnswerState::Stored {} | AnswerState::Refused { .. })) => {
                    Ok(Some(state))
                }
                Some(AnswerState::Whole {}) => match self
                    .answer(&file.header.transfer, self.config.patience)
                    .await
                {
                    Some(AnswerState::Stored {}) => Ok(Some(AnswerState::Stored {})),
                    _ => Err(Stop::Closed),
                },
                _ => Err(Stop::Closed),
            };
        }
        if !self.agent.has_way(&self.to) {
            return self.last_word(file).await.map(Some);
        }
        let offer = encode(&Message::Offer(file.header.clone()), file)?;
        self.agent.send(&self.to, offer).await?;
        if self.agent.is_gated() {
            return self.planned_state(file).await;
        }
        if !self.connected {
            self.connect().await;
        }
        // Without a session nothing can come back: try again at once.
        let deadline = Instant::now()
            + if self.connected {
                ANSWER_WAIT
            } else {
                Duration::ZERO
            };
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            match self.answer(&file.header.transfer, left).await {
                Some(AnswerState::Kept { .. }) => {}
                Some(state) => return Ok(Some(state)),
                None => break,
            }
        }
        // Silence: the session may be gone.
        self.connected = false;
        Ok(None)
    }

    async fn connect(&mut self) {
        match self.agent.connect(self.config.peer).await {
            Ok(()) => self.connected = true,
            Err(error) => {
                tracing::debug!(peer = %self.config.peer, error, "no session");
                tokio::time::sleep(ASK_PAUSE).await;
            }
        }
    }

    /// Sends the missing parts, a few at a time; returns how many the node says it keeps.
    async fn send_parts(
        &mut self,
        file: &Described,
        missing: Vec<(u32, u32)>,
        known_bytes: &mut u64,
    ) -> Result<u64, Stop> {
        if self.agent.is_gated() {
            return self.send_planned_parts(file, missing, known_bytes).await;
        }
        let mut parts = Parts(missing.into());
        let mut under_way = BTreeSet::new();
        let mut kept = 0;
        let mut open = true;
        loop {
            while open && under_way.len() < PARTS_UNDER_WAY {
                let Some(part) = parts.first() else { break };
                let Some((_, length_bytes)) = file.header.extent(part) else {
                    break;
                };
                if self.gate.pass(length_bytes).await.is_err() {
                    open = false;
                    break;
                }
                parts.advance();
                self.send_part(file, part).await?;
                under_way.insert(part);
            }
            if under_way.is_empty() {
                self.gate.settle().await;
                return if open { Ok(kept) } else { Err(Stop::Closed) };
            }
            match self.answer(&file.header.transfer, ANSWER_WAIT).await {
                Some(AnswerState::Kept { part }) => {
                    if under_way.remove(&part) {
                        kept += 1;
                        self.progressed(file, part, known_bytes);
                    }
                }
                Some(AnswerState::Refused { reason }) => return Err(refused(file, reason)),
                Some(AnswerState::Open { .. }) => {}
                // Nothing may be sent any more, so nothing more will come.
                Some(AnswerState::Busy { .. }) | None if !open => return Err(Stop::Closed),
                // Whole or stored means done; busy or silence means: ask before sending more.
                Some(AnswerState::Whole {} | AnswerState::Stored {} | AnswerState::Busy { .. })
                | None => {
                    return Ok(kept);
                }
            }
        }
    }

    /// The next answer about a transfer.
    async fn answer(&mut self, transfer: &str, wait: Duration) -> Option<AnswerState> {
        let deadline = tokio::time::Instant::now() + wait;
        self.answer_until(transfer, tokio::time::sleep_until(deadline))
            .await
    }

    async fn answer_until(
        &mut self,
        transfer: &str,
        end: impl Future<Output = ()>,
    ) -> Option<AnswerState> {
        tokio::pin!(end);
        loop {
            tokio::select! {
                biased;
                answer = self.incoming.recv() => match answer {
                    Some(answer) if answer.transfer == transfer => return Some(answer.state),
                    Some(_) => {}
                    None => return None,
                },
                () = &mut end => return None,
            }
        }
    }

    async fn send_part(&mut self, file: &Described, part: u32) -> Result<(), Stop> {
        let Some((offset_bytes, length_bytes)) = file.header.extent(part) else {
            return Ok(());
        };
        let body = read_part(&file.path, offset_bytes, length_bytes).await?;
        let header = PartHeader {
            file: file.header.clone(),
            part,
            offset_bytes,
            sha256: sha256_hex(&body),
        };
        let payload = encode(&Message::Part(header, body), file)?;
        self.agent.send(&self.to, payload).await?;
        self.report.bundles += 1;
        self.report.bytes += u64::from(length_bytes);
        Ok(())
    }

    fn progressed(&self, file: &Described, part: u32, known_bytes: &mut u64) {
        let extent = file.header.extent(part);
        *known_bytes += extent.map_or(0, |(_, length)| u64::from(length));
        (self.progress)(self.done_bytes + *known_bytes, self.total_bytes);
    }
}

fn refused(file: &Described, reason: String) -> Stop {
    Stop::Error(SendError::Refused {
        name: file.header.name.clone(),
        reason,
    })
}

fn bytes_of(header: &FileHeader, ranges: &[(u32, u32)]) -> u64 {
    let parts = ranges
        .iter()
        .flat_map(|(first, count)| *first..first.saturating_add(*count).min(header.parts));
    parts
        .filter_map(|part| header.extent(part))
        .map(|(_, length)| u64::from(length))
        .sum()
}

fn encode(message: &Message, file: &Described) -> Result<Vec<u8>, Stop> {
    message.encode().map_err(|source| {
        Stop::Error(SendError::Describe {
            path: file.path.clone(),
            source,
        })
    })
}

async fn describe(file: FileToSend, part_size_bytes: u32) -> Result<Described, SendError> {
    let path = file.path.clone();
    let metadata = file.metadata.to_string();
    let digested = blocking({
        let path = path.clone();
        move || digest_of(&path)
    });
    let (size_bytes, sha256) = digested.await.map_err(|source| SendError::Read {
        path: path.clone(),
        source,
    })?;
    let made = FileHeader::new(
        &file.name,
        &file.media_type,
        size_bytes,
        &sha256,
        part_size_bytes,
        &metadata,
    );
    let header = made.map_err(|source| SendError::Describe {
        path: path.clone(),
        source,
    })?;
    Ok(Described { path, header })
}

fn digest_of(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; READ_LENGTH];
    let mut size_bytes = 0;
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((size_bytes, hex(&digest.finalize())));
        }
        digest.update(&buffer[..length]);
        size_bytes += length as u64;
    }
}

async fn read_part(path: &Path, offset_bytes: u64, length_bytes: u32) -> Result<Bytes, SendError> {
    let owned = path.to_owned();
    let read = blocking(move || {
        let mut file = File::open(owned)?;
        file.seek(SeekFrom::Start(offset_bytes))?;
        let mut body = vec![0; length_bytes as usize];
        file.read_exact(&mut body)?;
        Ok(Bytes::from(body))
    });
    read.await.map_err(|source| SendError::Read {
        path: path.to_owned(),
        source,
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}
