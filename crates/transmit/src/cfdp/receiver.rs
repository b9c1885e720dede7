//! Incoming files (727.0-B-5 §4.6.1 and §4.6.3, receiving side).

use super::extents::Extents;
use super::pdu::{
    Acked, Body, Condition, Eof, FileStatus, Finished, Header, Metadata, Pdu, PduFault, decode,
    encode, header_len,
};
use super::spool::{CLOSED_MAX, Closed, Record, Spool, safe_name};
use super::{Class, OnFault, Settings, Timer, TransactionId};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;

/// Most transfers open at once.
pub const OPEN_MAX: usize = 256;

/// Bytes of a file that may come before they are synced and recorded.
pub const UNSYNCED_MAX: u64 = 4 << 20;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A file is whole, right and on disk.
    Whole {
        /// Which.
        id: TransactionId,
        /// Its name below the spool's `files`.
        file: String,
        /// Its bytes.
        size: u64,
    },
    /// A transfer ended without a file.
    Failed {
        /// Which.
        id: TransactionId,
        /// Why.
        condition: Condition,
    },
    /// A transfer stopped and waits to be resumed.
    Suspended {
        /// Which.
        id: TransactionId,
        /// Why.
        condition: Condition,
    },
}

/// Why a unit was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveFault {
    /// It is none.
    #[error(transparent)]
    Pdu(#[from] PduFault),
    /// The disk does not take it; it will be asked for again.
    #[error("the spool: {0}")]
    Disk(#[from] io::Error),
    /// Another entity's.
    #[error("a unit for entity {0}, this is {1}")]
    Entity(u64, u64),
    /// Too many transfers.
    #[error("{OPEN_MAX} transfers are open: {0} has to wait")]
    Full(TransactionId),
}

#[derive(Debug)]
struct Inbound {
    record: Record,
    /// Bytes that are written, some of them not synced.
    extents: Extents,
    unsynced: u64,
    suspended: bool,
    nak_due: bool,
    nak: Timer,
    naks: u32,
    covered_at_nak: u64,
    check: Timer,
    checks: u32,
    inactivity: Timer,
}

/// How a transfer ended, and whether its sender knows.
#[derive(Debug)]
struct Ended {
    header: Header,
    finished: Finished,
    due: bool,
    ack: Timer,
    acks: u32,
}

/// All incoming files of an entity.
#[derive(Debug)]
pub struct Receiver {
    entity: u64,
    settings: Settings,
    spool: Spool,
    open: BTreeMap<TransactionId, Inbound>,
    ended: BTreeMap<TransactionId, Ended>,
    closed: BTreeMap<TransactionId, Closed>,
    out: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
}

impl Receiver {
    /// Opens the spool and goes on with what is in it.
    pub fn open(entity: u64, spool: &Path, settings: Settings, now_ms: u64) -> io::Result<Self> {
        let (spool, records, closed) = Spool::open(spool)?;
        let mut receiver = Self {
            entity,
            settings,
            spool,
            open: BTreeMap::new(),
            ended: BTreeMap::new(),
            closed: closed.into_iter().map(|c| (c.id, c)).collect(),
            out: VecDeque::new(),
            events: VecDeque::new(),
        };
        for closed in receiver.closed.values().filter(|c| !c.told) {
            let ended = Ended::new(closed.record.answer(), closed.finished());
            receiver.ended.insert(closed.id, ended);
        }
        for record in records {
            let mut inbound = Inbound::new(record, &receiver.settings, now_ms);
            if inbound.record.eof.is_some() {
                inbound.nak_due = true;
                inbound.check.start(now_ms, receiver.settings.check_ms);
            }
            receiver.open.insert(inbound.record.id, inbound);
        }
        let ids: Vec<TransactionId> = receiver.open.keys().copied().collect();
        for id in ids {
            receiver.recover(id)?;
            receiver.try_finish(id, now_ms)?;
        }
        Ok(receiver)
    }

    /// A kill after a file got its name and before its end was noted leaves a record without data.
    fn recover(&mut self, id: TransactionId) -> io::Result<()> {
        let Some(inbound) = self.open.get_mut(&id).filter(|i| !i.extents.is_empty()) else {
            return Ok(());
        };
        if self.spool.has_data(id) {
            return Ok(());
        }
        let record = &inbound.record;
        let named = record
            .metadata
            .as_ref()
            .zip(record.eof)
            .and_then(|(metadata, eof)| {
                let name = name_of(id, metadata);
                Some((
                    self.spool.named(id, &eof, &name, metadata.checksum()?)?,
                    eof.size,
                ))
            });
        match named {
            Some((file, size)) => {
                self.events.push_back(Event::Whole {
                    id,
                    file: file.clone(),
                    size,
                });
                self.close(id, Condition::NoError, Some(file))
            }
            None => {
                inbound.extents = Extents::default();
                inbound.save(&mut self.spool)
            }
        }
    }

    /// Where whole files are.
    pub fn files(&self) -> std::path::PathBuf {
        self.spool.files()
    }

    /// Transfers that are open.
    pub fn open_transfers(&self) -> impl Iterator<Item = TransactionId> {
        self.open.keys().copied()
    }

    /// The next thing that happened.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The pass is over: no timer runs until [`Receiver::resume`]. What is written is synced.
    pub fn suspend(&mut self, now_ms: u64) -> io::Result<()> {
        for inbound in self.open.values_mut() {
            inbound.save(&mut self.spool)?;
            inbound.suspend(now_ms);
        }
        for ended in self.ended.values_mut() {
            ended.ack.suspend(now_ms);
        }
        Ok(())
    }

    /// The next pass begins: what is missing is asked for at once.
    pub fn resume(&mut self, now_ms: u64) {
        for inbound in self.open.values_mut() {
            inbound.suspended = false;
            inbound.naks = 0;
            for timer in [
                &mut inbound.nak,
                &mut inbound.check,
                &mut inbound.inactivity,
            ] {
                timer.resume(now_ms);
            }
            inbound.nak_due = !inbound.extents.is_empty() || inbound.record.eof.is_some();
        }
        for ended in self.ended.values_mut() {
            ended.ack.resume(now_ms);
            (ended.due, ended.acks) = (true, 0);
        }
    }

    /// Takes the bytes of one unit.
    pub fn receive(&mut self, bytes: &[u8], now_ms: u64) -> Result<(), ReceiveFault> {
        let pdu = decode(bytes)?;
        if pdu.header.destination != self.entity {
            return Err(ReceiveFault::Entity(pdu.header.destination, self.entity));
        }
        if pdu.header.to_sender {
            return Ok(());
        }
        let id = pdu.header.id;
        if self.answer_ended(&pdu)? {
            return Ok(());
        }
        if !self.open.contains_key(&id) {
            if matches!(pdu.body, Body::Prompt { .. } | Body::Ack { .. }) {
                return Ok(());
            }
            if self.open.len() >= OPEN_MAX {
                return Err(ReceiveFault::Full(id));
            }
            let record = Record::new(&pdu.header);
            self.open
                .insert(id, Inbound::new(record, &self.settings, now_ms));
        }
        let Some(inbound) = self.open.get_mut(&id) else {
            return Ok(());
        };
        if !inbound.suspended {
            inbound
                .inactivity
                .start(now_ms, self.settings.inactivity_ms);
        }
        match pdu.body {
            Body::FileData { offset, data } => self.file_data(id, offset, &data, now_ms)?,
            Body::Metadata(metadata) => self.metadata(id, metadata, now_ms)?,
            Body::Eof(eof) => self.eof(id, eof, now_ms)?,
            Body::Prompt { keep_alive: true } => {
                let progress = inbound.extents.end();
                let header = inbound.record.answer();
                self.out.push_back(encode(&Pdu {
                    header,
                    body: Body::KeepAlive { progress },
                })?);
            }
            Body::Prompt { keep_alive: false } => inbound.nak_due = true,
            _ => {}
        }
        self.try_finish(id, now_ms)?;
        Ok(())
    }

    /// A unit of a transfer that is over: whether it was answered.
    fn answer_ended(&mut self, pdu: &Pdu) -> io::Result<bool> {
        let id = pdu.header.id;
        if let Some(ended) = self.ended.get_mut(&id) {
            match &pdu.body {
                Body::Ack {
                    of: Acked::Finished,
                    ..
                } => {
                    self.ended.remove(&id);
                    if let Some(closed) = self.closed.get_mut(&id) {
                        closed.told = true;
                        self.spool.told(closed)?;
                    }
                }
                Body::Eof(eof) => {
                    let ack = Body::Ack {
                        of: Acked::Eof,
                        condition: eof.condition,
                        status: 2,
                    };
                    ended.due = true;
                    let header = ended.header;
                    self.push(header, ack);
                }
                _ => {}
            }
            return Ok(true);
        }
        let Some(closed) = self.closed.get(&id) else {
            return Ok(false);
        };
        // The sender has not heard how it ended, or forgot: the answer is the same.
        if let Body::Eof(eof) = &pdu.body
            && pdu.header.class == Class::Acknowledged
        {
            let header = Header {
                to_sender: true,
                ..pdu.header
            };
            let finished = closed.finished();
            self.push(
                header,
                Body::Ack {
                    of: Acked::Eof,
                    condition: eof.condition,
                    status: 2,
                },
            );
            self.ended.insert(id, Ended::new(header, finished));
        }
        Ok(true)
    }

    fn push(&mut self, header: Header, body: Body) {
        if let Ok(bytes) = encode(&Pdu { header, body }) {
            self.out.push_back(bytes);
        }
    }

    fn file_data(
        &mut self,
        id: TransactionId,
        offset: u64,
        data: &[u8],
        now_ms: u64,
    ) -> Result<(), ReceiveFault> {
        let Some(inbound) = self.open.get_mut(&id) else {
            return Ok(());
        };
        let end = offset.saturating_add(data.len() as u64);
        let size = inbound.record.eof.map(|e| e.size).or(inbound
            .record
            .metadata
            .as_ref()
            .map(|m| m.size));
        let size = size.filter(|s| *s > 0 || inbound.record.eof.is_some());
        if end > size.unwrap_or(u64::MAX).min(self.settings.file_size_max) {
            return Ok(self.fault(id, Condition::FileSizeError, now_ms)?);
        }
        if data.is_empty() {
            return Ok(());
        }
        // What comes past the end of what is there leaves a gap; all else repeats or continues.
        let gap = offset > inbound.extents.end() && inbound.record.class == Class::Acknowledged;
        self.spool.write(id, offset, data)?;
        if inbound.extents.add(offset, end) {
            inbound.unsynced += data.len() as u64;
            inbound.nak_due |= gap;
        }
        if inbound.unsynced >= UNSYNCED_MAX {
            inbound.save(&mut self.spool)?;
        }
        Ok(())
    }

    fn metadata(
        &mut self,
        id: TransactionId,
        metadata: Metadata,
        now_ms: u64,
    ) -> Result<(), ReceiveFault> {
        let Some(inbound) = self
            .open
            .get_mut(&id)
            .filter(|i| i.record.metadata.is_none())
        else {
            return Ok(());
        };
        let fault = if metadata.checksum().is_none() {
            Some(Condition::UnsupportedChecksumType)
        } else if safe_name(&metadata.destination_name).is_none() {
            Some(Condition::FilestoreRejection)
        } else if metadata.size > self.settings.file_size_max {
            Some(Condition::FileSizeError)
        } else {
            None
        };
        inbound.record.metadata = Some(metadata);
        inbound.save(&mut self.spool)?;
        match fault {
            Some(condition) => Ok(self.fault(id, condition, now_ms)?),
            None => Ok(()),
        }
    }

    fn eof(&mut self, id: TransactionId, eof: Eof, now_ms: u64) -> Result<(), ReceiveFault> {
        let Some(inbound) = self.open.get_mut(&id) else {
            return Ok(());
        };
        if eof.condition == Condition::NoError && inbound.record.eof.is_none() {
            inbound.record.eof = Some(eof);
            // The acknowledgement promises that the end is known: it is on disk before.
            inbound.save(&mut self.spool)?;
            inbound.nak_due = true;
            inbound.check.start(now_ms, self.settings.check_ms);
        }
        let (header, class) = (inbound.record.answer(), inbound.record.class);
        let too_large = inbound.extents.end() > eof.size || eof.size > self.settings.file_size_max;
        if class == Class::Acknowledged {
            self.push(
                header,
                Body::Ack {
                    of: Acked::Eof,
                    condition: eof.condition,
                    status: 1,
                },
            );
        }
        if eof.condition != Condition::NoError {
            self.end(id, eof.condition, now_ms)?;
        } else if too_large {
            self.fault(id, Condition::FileSizeError, now_ms)?;
        }
        Ok(())
    }

    /// Ends a transfer of which everything is there.
    fn try_finish(&mut self, id: TransactionId, now_ms: u64) -> io::Result<()> {
        let Some(inbound) = self.open.get_mut(&id) else {
            return Ok(());
        };
        let (Some(metadata), Some(eof)) = (&inbound.record.metadata, inbound.record.eof) else {
            return Ok(());
        };
        let Some(checksum) = metadata.checksum() else {
            return Ok(());
        };
        if !inbound.extents.covers(eof.size) {
            return Ok(());
        }
        let name = name_of(id, metadata);
        let found = match self.spool.checksum(id, eof.size, checksum) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => None, // bytes that were there are gone
            other => Some(other?),
        };
        if found != Some(eof.checksum) {
            // Nothing says which bytes are wrong: all are asked for again where that can be.
            inbound.extents = Extents::default();
            inbound.save(&mut self.spool)?;
            return self.fault(id, Condition::FileChecksumFailure, now_ms);
        }
        let file = self.spool.keep(id, eof.size, &name)?;
        self.events.push_back(Event::Whole {
            id,
            file: file.clone(),
            size: eof.size,
        });
        self.close(id, Condition::NoError, Some(file))
    }

    /// What the handler of a fault says.
    fn fault(&mut self, id: TransactionId, condition: Condition, now_ms: u64) -> io::Result<()> {
        match self.settings.handler(condition) {
            OnFault::Ignore => Ok(()),
            OnFault::Cancel => self.end(id, condition, now_ms),
            OnFault::Abandon => {
                self.end(id, condition, now_ms)?;
                self.ended.remove(&id);
                Ok(())
            }
            OnFault::Suspend => {
                if let Some(inbound) = self.open.get_mut(&id) {
                    inbound.suspend(now_ms);
                    self.events.push_back(Event::Suspended { id, condition });
                }
                Ok(())
            }
        }
    }

    fn end(&mut self, id: TransactionId, condition: Condition, _now_ms: u64) -> io::Result<()> {
        self.events.push_back(Event::Failed { id, condition });
        self.close(id, condition, None)
    }

    fn close(
        &mut self,
        id: TransactionId,
        condition: Condition,
        file: Option<String>,
    ) -> io::Result<()> {
        let Some(inbound) = self.open.remove(&id) else {
            return Ok(());
        };
        let closure = inbound.record.metadata.as_ref().is_some_and(|m| m.closure);
        let acknowledged = inbound.record.class == Class::Acknowledged;
        let closed = Closed {
            id,
            condition,
            file,
            record: Record {
                metadata: None,
                eof: None,
                extents: Extents::default(),
                ..inbound.record
            },
            told: !acknowledged,
        };
        self.spool.close(&closed)?;
        if acknowledged || closure {
            let mut ended = Ended::new(closed.record.answer(), closed.finished());
            if !acknowledged {
                ended.acks = u32::MAX; // said once, class 1 acknowledges nothing
            }
            self.ended.insert(id, ended);
        }
        self.closed.insert(id, closed);
        if self.closed.len() > CLOSED_MAX
            && let Some((oldest, _)) = self.closed.pop_first()
        {
            self.ended.remove(&oldest);
            self.spool.forget_closed(oldest)?;
        }
        Ok(())
    }

    /// The next unit to send now, if there is one.
    pub fn poll(&mut self, now_ms: u64) -> io::Result<Option<Vec<u8>>> {
        if let Some(unit) = self.out.pop_front() {
            return Ok(Some(unit));
        }
        self.tick(now_ms)?;
        Ok(self.out.pop_front())
    }

    fn tick(&mut self, now_ms: u64) -> io::Result<()> {
        let mut said = Vec::new();
        self.ended.retain(|_, ended| {
            if ended.ack.is_due(now_ms) {
                ended.acks += 1;
                ended.due = true;
            }
            if ended.due && ended.acks != u32::MAX && ended.acks > self.settings.ack_limit {
                // The end is on disk: it is said again in the next pass, or when an EOF is repeated.
                ended.due = false;
                ended.ack.stop();
                return true;
            }
            if std::mem::take(&mut ended.due) {
                said.push((ended.header, Body::Finished(ended.finished)));
                ended.ack.start(now_ms, self.settings.ack_ms);
                return ended.acks != u32::MAX;
            }
            true
        });
        let mut faults = Vec::new();
        for (id, inbound) in self.open.iter_mut().filter(|(_, i)| !i.suspended) {
            if let Some(condition) = inbound.tick(&self.settings, now_ms, &mut said) {
                faults.push((*id, condition));
            }
        }
        for (header, body) in said {
            self.push(header, body);
        }
        for (id, condition) in faults {
            self.fault(id, condition, now_ms)?;
        }
        Ok(())
    }

    /// When [`Receiver::poll`] has something to do next although nothing comes.
    pub fn wake_ms(&self) -> Option<u64> {
        let open = self
            .open
            .values()
            .flat_map(|i| [i.nak.due_ms, i.check.due_ms, i.inactivity.due_ms]);
        open.chain(self.ended.values().map(|e| e.ack.due_ms))
            .flatten()
            .min()
    }
}

/// The name of a file here.
fn name_of(id: TransactionId, metadata: &Metadata) -> String {
    safe_name(&metadata.destination_name).map_or_else(|| format!("{id}.file"), str::to_string)
}

impl Record {
    fn new(header: &Header) -> Self {
        Self {
            id: header.id,
            class: header.class,
            destination: header.destination,
            crc: header.crc,
            large: header.large,
            entity_len: header.entity_len,
            number_len: header.number_len,
            metadata: None,
            eof: None,
            extents: Extents::default(),
        }
    }

    /// The header of what is said to the sender.
    fn answer(&self) -> Header {
        Header {
            id: self.id,
            destination: self.destination,
            to_sender: true,
            class: self.class,
            crc: self.crc,
            large: self.large,
            entity_len: self.entity_len,
            number_len: self.number_len,
        }
    }
}

impl Closed {
    fn finished(&self) -> Finished {
        Finished {
            condition: self.condition,
            complete: self.file.is_some(),
            status: if self.file.is_some() {
                FileStatus::Retained
            } else {
                FileStatus::Discarded
            },
        }
    }
}

impl Ended {
    fn new(header: Header, finished: Finished) -> Self {
        Self {
            header,
            finished,
            due: true,
            ack: Timer::default(),
            acks: 0,
        }
    }
}

impl Inbound {
    fn new(record: Record, settings: &Settings, now_ms: u64) -> Self {
        let mut inactivity = Timer::default();
        inactivity.start(now_ms, settings.inactivity_ms);
        Self {
            extents: record.extents.clone(),
            record,
            unsynced: 0,
            suspended: false,
            nak_due: false,
            nak: Timer::default(),
            naks: 0,
            covered_at_nak: 0,
            check: Timer::default(),
            checks: 0,
            inactivity,
        }
    }

    fn suspend(&mut self, now_ms: u64) {
        self.suspended = true;
        for timer in [&mut self.nak, &mut self.check, &mut self.inactivity] {
            timer.suspend(now_ms);
        }
    }

    fn save(&mut self, spool: &mut Spool) -> io::Result<()> {
        self.record.extents.clone_from(&self.extents);
        spool.save(&self.record)?;
        self.unsynced = 0;
        Ok(())
    }

    /// What is due now goes to `said`; a fault is given back.
    fn tick(
        &mut self,
        settings: &Settings,
        now_ms: u64,
        said: &mut Vec<(Header, Body)>,
    ) -> Option<Condition> {
        if self.inactivity.is_due(now_ms) {
            self.inactivity.start(now_ms, settings.inactivity_ms);
            return Some(Condition::InactivityDetected);
        }
        if self.record.class == Class::Unacknowledged {
            if self.check.is_due(now_ms) {
                self.checks += 1;
                self.check.start(now_ms, settings.check_ms);
                return (self.checks > settings.check_limit).then_some(Condition::CheckLimit);
            }
            return None;
        }
        if self.nak.is_due(now_ms) {
            self.naks = if self.extents.len() > self.covered_at_nak {
                0
            } else {
                self.naks + 1
            };
            if self.naks > settings.nak_limit {
                self.naks = 0;
                self.nak.start(now_ms, settings.nak_ms);
                return Some(Condition::NakLimit);
            }
            self.nak_due = true;
        }
        // Gaps seen before the end are asked for once the timer of the last list is over.
        let waiting = self.nak.due_ms.is_some_and(|due| due > now_ms) && self.record.eof.is_none();
        if self.nak_due && !waiting {
            self.nak_due = false;
            self.covered_at_nak = self.extents.len();
            self.nak.start(now_ms, settings.nak_ms);
            said.extend(
                self.lists(settings)
                    .into_iter()
                    .map(|body| (self.record.answer(), body)),
            );
        }
        None
    }

    /// What is missing, in units no longer than they may be.
    fn lists(&self, settings: &Settings) -> Vec<Body> {
        let header = self.record.answer();
        let size = if header.large { 8 } else { 4 };
        let around = header_len(&header) + 1 + 2 * size + 2 * usize::from(header.crc);
        let room = (settings.pdu_len_max.saturating_sub(around) / (2 * size)).max(1);
        let all = self.record.eof.map_or(self.extents.end(), |e| e.size);
        let mut wanted = Vec::new();
        if self.record.metadata.is_none() {
            wanted.push((0, 0));
        }
        wanted.extend(self.extents.missing(all));
        let mut lists = Vec::new();
        let mut from = 0;
        let count = wanted.len().div_ceil(room);
        for (i, requests) in wanted.chunks(room).enumerate() {
            let to = if i + 1 == count {
                all
            } else {
                requests.last().map_or(all, |r| r.1)
            };
            lists.push(Body::Nak {
                from,
                to,
                requests: requests.to_vec(),
            });
            from = to;
        }
        lists
    }
}
