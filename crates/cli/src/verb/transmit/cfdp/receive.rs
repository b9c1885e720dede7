//! `corridor transmit cfdp receive`: units to files.

use super::passes::{Pass, PassArguments};
use super::{DATAGRAM_MAX, Stopwatch, Tuning};
use crate::output::counted;
use crate::verb::transmit::lines::Lines;
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_transmit::cfdp::pdu::decode;
use corridor_transmit::cfdp::receiver::{Event, ReceiveFault, Receiver};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;

/// Most senders that are answered.
const SENDERS_MAX: usize = 4_096;

/// Longest wait between two looks at the time.
const LOOK: Duration = Duration::from_millis(20);

/// How long the receiver stays after its last file, for senders that have not heard of the end.
const LINGER: Duration = Duration::from_secs(2);

/// Take files by CFDP.
///
/// Whole, checked files are in the subfolder `files`; what is not whole is kept beside it over kills and goes on
/// when its sender does.
#[derive(Debug, Args)]
pub(crate) struct Receive {
    /// Folder for files and for what is not whole yet
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    /// UDP address to listen on
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "units")]
    listen: Option<SocketAddr>,
    /// Listen on an address that others can reach, although anyone there may send
    #[arg(long)]
    open_to_all: bool,
    /// Read units from a file instead, one after the other
    #[arg(long = "in", value_name = "FILE", conflicts_with = "listen")]
    units: Option<PathBuf>,
    /// Entity of this node
    #[arg(long, default_value_t = 2)]
    entity: u64,
    /// End after this many files
    #[arg(long, value_name = "N")]
    files: Option<u64>,
    /// End after this many seconds
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// How to print what happens, a line each
    #[arg(long, value_enum, default_value_t)]
    format: Lines,
    #[command(flatten)]
    tuning: Tuning,
    #[command(flatten)]
    passes: PassArguments,
}

impl Receive {
    pub(crate) async fn run(self) -> Outcome {
        if let Some(listen) = self.listen
            && !listen.ip().is_loopback()
            && !self.open_to_all
        {
            return Err(Failure::Usage(format!(
                "--listen {listen}: whoever reaches it can send files; say --open-to-all to allow that"
            )));
        }
        let watch = Stopwatch::start();
        let opened = Receiver::open(self.entity, &self.into, self.tuning.settings(), watch.ms());
        let mut receiver =
            opened.map_err(|e| Failure::Failed(format!("{}: {e}", self.into.display())))?;
        match (&self.units, self.listen) {
            (Some(units), _) => {
                let whole = self.read_units(&mut receiver, units, watch)?;
                let open = receiver.open_transfers().count();
                if open > 0 {
                    return Err(Failure::Failed(format!(
                        "{} whole, {open} not: units are missing",
                        counted(whole, "file is", "files are")
                    )));
                }
                Ok(())
            }
            (None, Some(listen)) => self.over_udp(&mut receiver, listen, watch).await,
            (None, None) => Err(Failure::Usage("--listen or --in is missing".into())),
        }
    }

    fn read_units(
        &self,
        receiver: &mut Receiver,
        path: &Path,
        watch: Stopwatch,
    ) -> Result<u64, Failure> {
        let failed =
            |e: &dyn std::fmt::Display| Failure::Failed(format!("{}: {e}", path.display()));
        let mut file = BufReader::new(File::open(path).map_err(|e| failed(&e))?);
        let (mut whole, mut at) = (0, 0_u64);
        while let Some(unit) =
            next_unit(&mut file).map_err(|e| failed(&format!("byte {at}: {e}")))?
        {
            at += unit.len() as u64;
            if let Err(error) = receiver.receive(&unit, watch.ms()) {
                self.refused(&error.to_string())?;
            }
            while receiver.poll(watch.ms())?.is_some() {} // a file has nobody to answer
            whole += self.tell(receiver)?;
        }
        receiver.suspend(watch.ms())?;
        Ok(whole)
    }

    async fn over_udp(
        &self,
        receiver: &mut Receiver,
        listen: SocketAddr,
        watch: Stopwatch,
    ) -> Outcome {
        let passes = self.passes.read()?;
        let socket = UdpSocket::bind(listen).await?;
        let address = socket.local_addr()?;
        self.line(
            &format!("cfdp: {address}"),
            &json!({"event": "listening", "address": address}),
        )?;
        let mut senders: BTreeMap<u64, SocketAddr> = BTreeMap::new();
        let mut piece = vec![0; DATAGRAM_MAX];
        let stopped = crate::verb::serve::stopped();
        tokio::pin!(stopped);
        let began = Instant::now();
        let (mut whole, mut on, mut ended) = (0, true, None);
        let mut disk = Disk::default();
        loop {
            let pass = passes.at(Timestamp::now()) == Pass::On;
            match (on, pass) {
                (true, false) => {
                    if let Err(error) = receiver.suspend(watch.ms()) {
                        disk.refuses(self, &error)?;
                    }
                }
                (false, true) => receiver.resume(watch.ms()),
                _ => {}
            }
            on = pass;
            if on {
                loop {
                    let unit = match receiver.poll(watch.ms()) {
                        Ok(Some(unit)) => unit,
                        Ok(None) => break,
                        Err(error) => {
                            disk.refuses(self, &error)?;
                            break;
                        }
                    };
                    let to = decode(&unit)
                        .ok()
                        .and_then(|pdu| senders.get(&pdu.header.id.source));
                    if let Some(to) = to {
                        drop(socket.send_to(&unit, to).await);
                    }
                }
            }
            whole += self.tell(receiver)?;
            if self.files.is_some_and(|n| whole >= n) {
                ended = ended.or(Some(Instant::now()));
            }
            let over = self.seconds.is_some_and(|s| began.elapsed().as_secs() >= s);
            if over || ended.is_some_and(|at| at.elapsed() >= LINGER) {
                break;
            }
            tokio::select! {
                () = &mut stopped => break,
                () = tokio::time::sleep(LOOK) => {}
                got = socket.recv_from(&mut piece) => {
                    let Ok((read, from)) = got else { continue };
                    let unit = piece.get(..read).unwrap_or_default();
                    if let Ok(pdu) = decode(unit) {
                        let source = pdu.header.id.source;
                        if senders.len() < SENDERS_MAX || senders.contains_key(&source) {
                            senders.insert(source, from);
                        }
                    }
                    match receiver.receive(unit, watch.ms()) {
                        Ok(()) => disk.takes(self)?,
                        Err(ReceiveFault::Disk(error)) => disk.refuses(self, &error)?,
                        Err(error) => self.refused(&format!("from {from}: {error}"))?,
                    }
                }
            }
        }
        receiver.suspend(watch.ms())?;
        Ok(())
    }

    /// Says what happened; how many files became whole.
    fn tell(&self, receiver: &mut Receiver) -> Result<u64, Failure> {
        let mut whole = 0;
        while let Some(event) = receiver.event() {
            match event {
                Event::Whole { id, file, size } => {
                    whole += 1;
                    let path = receiver.files().join(&file);
                    let sha256 = crate::digest::sha256_of(&path)?;
                    self.line(
                        &format!(
                            "{sha256}  {}  {size} bytes, transaction {id}",
                            path.display()
                        ),
                        &json!({"event": "whole", "transaction": id.to_string(), "name": file,
                            "path": path, "sha256": sha256, "size_bytes": size}),
                    )?;
                }
                Event::Failed { id, condition } => self.line(
                    &format!("transaction {id} ended: {condition:?}"),
                    &json!({"event": "failed", "transaction": id.to_string(),
                        "condition": format!("{condition:?}")}),
                )?,
                Event::Suspended { id, condition } => self.line(
                    &format!("transaction {id} stands still: {condition:?}"),
                    &json!({"event": "suspended", "transaction": id.to_string(),
                        "condition": format!("{condition:?}")}),
                )?,
            }
        }
        Ok(whole)
    }

    fn refused(&self, reason: &str) -> io::Result<()> {
        self.line(
            &format!("refused: {reason}"),
            &json!({"event": "refused", "reason": reason}),
        )
    }

    fn line(&self, text: &str, object: &serde_json::Value) -> io::Result<()> {
        self.format.say(text, object)
    }
}

/// Whether the disk takes what comes; said when it changes. What it does not take is asked for again (class 2).
#[derive(Debug, Default)]
struct Disk {
    full: bool,
}

impl Disk {
    /// A unit was taken.
    fn takes(&mut self, said_by: &Receive) -> io::Result<()> {
        if std::mem::take(&mut self.full) {
            said_by.line("takes units again", &json!({"event": "store-open"}))?;
        }
        Ok(())
    }

    /// Something could not be written.
    fn refuses(&mut self, said_by: &Receive, error: &io::Error) -> io::Result<()> {
        if !std::mem::replace(&mut self.full, true) {
            let reason = error.to_string();
            said_by.line(
                &format!("full, units wait: {reason}"),
                &json!({"event": "store-full", "reason": reason}),
            )?;
        }
        Ok(())
    }
}

/// The next unit of a file: its own header says how long it is (727.0-B-5 §5.1).
fn next_unit(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut unit = vec![0; 4];
    match file.read(&mut unit[..1])? {
        0 => return Ok(None),
        _ => file.read_exact(&mut unit[1..])?,
    }
    let (entity, number) = ((unit[3] >> 4 & 7) + 1, (unit[3] & 7) + 1);
    let data = usize::from(u16::from_be_bytes([unit[1], unit[2]]));
    let rest = 2 * usize::from(entity) + usize::from(number) + data;
    unit.resize(4 + rest, 0);
    file.read_exact(&mut unit[4..])?;
    Ok(Some(unit))
}
