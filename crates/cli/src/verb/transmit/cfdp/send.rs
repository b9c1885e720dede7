//! `corridor transmit cfdp send`: one file as units.

use super::passes::{Pass, PassArguments};
use super::{DATAGRAM_MAX, Stopwatch, Tuning};
use crate::verb::transmit::lines::Lines;
use crate::verb::{Failure, Outcome};
use clap::{Args, ValueEnum};
use corridor_transmit::cfdp::checksum::Checksum;
use corridor_transmit::cfdp::pdu::{Condition, decode};
use corridor_transmit::cfdp::sender::{Request, Sender, Status};
use corridor_transmit::cfdp::{Class, TransactionId};
use jiff::Timestamp;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UdpSocket;

/// Longest wait between two looks at the time.
const LOOK: Duration = Duration::from_millis(20);

/// How long the sender stays to acknowledge an end that is said again.
const LINGER: Duration = Duration::from_millis(300);

/// Class of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClassNumber {
    /// Nothing is asked for again.
    #[value(name = "1")]
    One,
    /// What is missing is asked for until all is there.
    #[value(name = "2")]
    Two,
}

/// Send a file by CFDP.
///
/// The transaction number comes of the file's digest where none is said: a transfer that was broken off goes on
/// when the same file is sent again.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where units go, UDP
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "out")]
    to: Option<SocketAddr>,
    /// Write the units to a file instead, one after the other (class 1)
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    out: Option<PathBuf>,
    /// Own UDP address
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// Class: 1 unacknowledged, 2 acknowledged
    #[arg(long, value_enum, default_value = "2")]
    class: ClassNumber,
    /// Entity of this node
    #[arg(long, default_value_t = 1)]
    entity: u64,
    /// Entity that the file is for
    #[arg(long, default_value_t = 2)]
    peer: u64,
    /// Transaction number
    #[arg(long, value_name = "N")]
    number: Option<u64>,
    /// Pace, bit/s
    #[arg(long, value_name = "BIT_S", default_value_t = 20e6)]
    rate: f64,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Lines,
    #[command(flatten)]
    tuning: Tuning,
    #[command(flatten)]
    passes: PassArguments,
}

impl Send {
    pub(crate) async fn run(self) -> Outcome {
        if !self.rate.is_finite() || self.rate <= 0.0 {
            let text = format!("--rate {}: expected a finite rate above 0", self.rate);
            return Err(Failure::Usage(text));
        }
        if self.out.is_some() && self.class == ClassNumber::Two {
            return Err(Failure::Usage(
                "--out: a file of units has nobody to ask for what is missing; say --class 1"
                    .into(),
            ));
        }
        let watch = Stopwatch::start();
        let unreadable =
            |e: std::io::Error| Failure::Failed(format!("{}: {e}", self.file.display()));
        let name = self.file.file_name().and_then(|n| n.to_str());
        let name = name.ok_or_else(|| Failure::Usage("the file has no name in text".into()))?;
        let digest = crate::digest::sha256_of(&self.file).map_err(unreadable)?;
        let of_digest = u64::from_str_radix(&digest[..8], 16).unwrap_or(1);
        let request = Request {
            id: TransactionId {
                source: self.entity,
                number: self.number.unwrap_or(of_digest),
            },
            destination: self.peer,
            class: match self.class {
                ClassNumber::One => Class::Unacknowledged,
                ClassNumber::Two => Class::Acknowledged,
            },
            closure: false,
            checksum: Checksum::Crc32C,
            source_name: name.into(),
            destination_name: name.into(),
        };
        let id = request.id;
        let file = File::open(&self.file).map_err(unreadable)?;
        let sender = Sender::new(request, file, self.tuning.settings(), watch.ms());
        let mut sender = sender.map_err(|e| Failure::Failed(e.to_string()))?;
        let units = match (&self.out, self.to) {
            (Some(out), _) => write_units(&mut sender, out, watch)?,
            (None, Some(to)) => self.over_udp(&mut sender, to, watch).await?,
            (None, None) => return Err(Failure::Usage("--to or --out is missing".into())),
        };
        let size = sender.size();
        match sender.status() {
            Status::Done {
                condition: Condition::NoError,
                ..
            } => Ok(self.format.say(
                &format!("{digest}  {name}  {size} bytes, transaction {id}, {units} units"),
                &json!({"event": "sent", "transaction": id.to_string(), "name": name,
                    "sha256": digest, "size_bytes": size, "units": units}),
            )?),
            Status::Done { condition, .. } => Err(Failure::Failed(format!(
                "transaction {id} ended: {condition:?}"
            ))),
            Status::Active | Status::Suspended => Err(Failure::Failed(format!(
                "transaction {id} is not at its end, and no contact comes any more; send the same file again"
            ))),
        }
    }

    async fn over_udp(
        &self,
        sender: &mut Sender<File>,
        to: SocketAddr,
        watch: Stopwatch,
    ) -> Result<u64, Failure> {
        let passes = self.passes.read()?;
        let socket = UdpSocket::bind(self.bind).await?;
        let mut piece = vec![0; DATAGRAM_MAX];
        let (mut units, mut free_at) = (0, tokio::time::Instant::now());
        loop {
            match passes.at(Timestamp::now()) {
                Pass::On => sender.resume(watch.ms()),
                Pass::In(wait) => {
                    sender.suspend(watch.ms());
                    tokio::time::sleep(wait.min(LOOK)).await;
                    continue;
                }
                Pass::Over => {
                    sender.suspend(watch.ms());
                    return Ok(units);
                }
            }
            while let Ok(read) = socket.try_recv(&mut piece) {
                receive(sender, piece.get(..read).unwrap_or_default(), watch);
            }
            let unit = sender.poll(watch.ms());
            let unit = unit.map_err(|e| Failure::Failed(e.to_string()))?;
            if let Some(unit) = unit {
                tokio::time::sleep_until(free_at).await;
                let crossing = Duration::from_secs_f64(unit.len() as f64 * 8.0 / self.rate);
                free_at = free_at.max(tokio::time::Instant::now()) + crossing;
                // A receiver that is not there yet is a lost unit.
                drop(socket.send_to(&unit, to).await);
                units += 1;
                continue;
            }
            if matches!(sender.status(), Status::Done { .. }) {
                break;
            }
            let wait = tokio::time::timeout(LOOK, socket.recv(&mut piece)).await;
            if let Ok(Ok(read)) = wait {
                receive(sender, piece.get(..read).unwrap_or_default(), watch);
            }
        }
        if self.class == ClassNumber::Two {
            // The acknowledgement of the end may be lost as well.
            while let Ok(Ok(read)) = tokio::time::timeout(LINGER, socket.recv(&mut piece)).await {
                receive(sender, piece.get(..read).unwrap_or_default(), watch);
                while let Ok(Some(unit)) = sender.poll(watch.ms()) {
                    drop(socket.send_to(&unit, to).await);
                    units += 1;
                }
            }
        }
        Ok(units)
    }
}

fn receive(sender: &mut Sender<File>, bytes: &[u8], watch: Stopwatch) {
    match decode(bytes) {
        Ok(pdu) => sender.receive(&pdu, watch.ms()),
        Err(error) => tracing::warn!(%error, "not a unit"),
    }
}

fn write_units(
    sender: &mut Sender<File>,
    out: &std::path::Path,
    watch: Stopwatch,
) -> Result<u64, Failure> {
    let failed = |e: std::io::Error| Failure::Failed(format!("{}: {e}", out.display()));
    let mut file = BufWriter::new(File::create(out).map_err(failed)?);
    let mut units = 0;
    while let Some(unit) = sender
        .poll(watch.ms())
        .map_err(|e| Failure::Failed(e.to_string()))?
    {
        file.write_all(&unit).map_err(failed)?;
        units += 1;
    }
    let file = file.into_inner().map_err(|e| failed(e.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(units)
}
