//! One outgoing file (727.0-B-5 §4.6.1 and §4.6.3, sending side).

use super::pdu::{
    Acked, Body, Condition, Eof, FileStatus, Finished, Header, Metadata, Pdu, PduFault, encode,
    header_len,
};
use super::{Class, OnFault, Settings, Timer, TransactionId, checksum::Checksum};
use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

/// Most stretches waiting to be sent again; what a NAK asks for past them it will ask for again.
const REPEATS_MAX: usize = 1 << 16;

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Transaction.
    pub id: TransactionId,
    /// Entity that takes the file.
    pub destination: u64,
    /// Class.
    pub class: Class,
    /// Class 1: ask how it ended.
    pub closure: bool,
    /// Checksum.
    pub checksum: Checksum,
    /// Name here.
    pub source_name: String,
    /// Name there.
    pub destination_name: String,
}

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Under way.
    Active,
    /// Waiting to be resumed.
    Suspended,
    /// Over: why, and what became of the file as far as it is known.
    Done {
        /// Why.
        condition: Condition,
        /// What became of the file.
        file: FileStatus,
    },
}

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendFault {
    /// The file cannot be read.
    #[error("reading the file: {0}")]
    Read(#[from] io::Error),
    /// The request does not fit the units.
    #[error(transparent)]
    Pdu(#[from] PduFault),
    /// Units too small for their own header and a byte of data.
    #[error("units of {0} bytes have no room for data")]
    Small(usize),
}

/// One outgoing file; `F` is the file.
#[derive(Debug)]
pub struct Sender<F> {
    settings: Settings,
    request: Request,
    header: Header,
    file: F,
    size: u64,
    checksum: u32,
    status: Status,
    metadata_due: bool,
    next: u64,
    eof_due: bool,
    eof_sent: bool,
    cancelled: Option<Condition>,
    repeats: VecDeque<(u64, u64)>,
    answers: VecDeque<Body>,
    ack: Timer,
    acks: u32,
    inactivity: Timer,
}

impl<F: Read + Seek> Sender<F> {
    /// Reads the file once for its size and checksum; nothing is sent yet.
    pub fn new(
        request: Request,
        mut file: F,
        settings: Settings,
        now_ms: u64,
    ) -> Result<Self, SendFault> {
        let mut sum = request.checksum.begin();
        let mut piece = vec![0; 1 << 16];
        let mut size = 0;
        file.seek(SeekFrom::Start(0))?;
        loop {
            match file.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => {
                    sum.add(&piece[..read]);
                    size += read as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        let bytes = |n: u64| {
            u8::try_from(8 - n.leading_zeros() / 8)
                .unwrap_or(8)
                .clamp(1, 8)
        };
        let header = Header {
            id: request.id,
            destination: request.destination,
            to_sender: false,
            class: request.class,
            crc: settings.crc,
            large: size > u64::from(u32::MAX),
            entity_len: bytes(request.id.source.max(request.destination)),
            number_len: bytes(request.id.number),
        };
        let mut inactivity = Timer::default();
        inactivity.start(now_ms, settings.inactivity_ms);
        let sender = Self {
            checksum: sum.finish(),
            settings,
            request,
            header,
            file,
            size,
            status: Status::Active,
            metadata_due: true,
            next: 0,
            eof_due: false,
            eof_sent: false,
            cancelled: None,
            repeats: VecDeque::new(),
            answers: VecDeque::new(),
            ack: Timer::default(),
            acks: 0,
            inactivity,
        };
        if sender.data_max() == 0 {
            return Err(SendFault::Small(sender.settings.pdu_len_max));
        }
        sender.encode(sender.metadata())?;
        Ok(sender)
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of file data that fit a unit.
    fn data_max(&self) -> usize {
        let around = header_len(&self.header)
            + if self.header.large { 8 } else { 4 }
            + 2 * usize::from(self.header.crc);
        self.settings.pdu_len_max.min(65_535).saturating_sub(around)
    }

    fn metadata(&self) -> Body {
        Body::Metadata(Metadata {
            closure: self.request.closure,
            checksum_id: self.request.checksum.id(),
            size: self.size,
            source_name: self.request.source_name.clone(),
            destination_name: self.request.destination_name.clone(),
            options: Vec::new(),
        })
    }

    fn encode(&self, body: Body) -> Result<Vec<u8>, PduFault> {
        encode(&Pdu {
            header: self.header,
            body,
        })
    }

    /// The pass is over: nothing is sent and no timer runs until [`Sender::resume`].
    pub fn suspend(&mut self, now_ms: u64) {
        if self.status == Status::Active {
            self.status = Status::Suspended;
            self.ack.suspend(now_ms);
            self.inactivity.suspend(now_ms);
        }
    }

    /// The next pass begins.
    pub fn resume(&mut self, now_ms: u64) {
        if self.status == Status::Suspended {
            self.status = Status::Active;
            self.ack.resume(now_ms);
            self.inactivity.resume(now_ms);
            self.acks = 0;
        }
    }

    /// Ends the transfer and tells the receiver.
    pub fn cancel(&mut self) {
        self.end(Condition::CancelRequest);
    }

    /// Asks the receiver for what is missing, or how far it is.
    pub fn prompt(&mut self, keep_alive: bool) {
        self.answers.push_back(Body::Prompt { keep_alive });
    }

    fn end(&mut self, condition: Condition) {
        if matches!(self.status, Status::Done { .. }) || self.cancelled.is_some() {
            return;
        }
        self.cancelled = Some(condition);
        self.repeats.clear();
        (self.metadata_due, self.eof_due, self.eof_sent) = (false, true, false);
        self.acks = 0;
    }

    fn done(&mut self, condition: Condition, file: FileStatus) {
        self.status = Status::Done { condition, file };
        self.ack.stop();
        self.inactivity.stop();
    }

    fn fault(&mut self, condition: Condition, now_ms: u64) {
        match self.settings.handler(condition) {
            OnFault::Cancel if self.cancelled.is_none() => self.end(condition),
            OnFault::Cancel | OnFault::Abandon => self.done(condition, FileStatus::Unreported),
            OnFault::Suspend => self.suspend(now_ms),
            OnFault::Ignore => {}
        }
    }

    /// Takes a unit that came for this transfer.
    pub fn receive(&mut self, pdu: &Pdu, now_ms: u64) {
        if pdu.header.id != self.request.id || !pdu.header.to_sender {
            return;
        }
        // A receiver that repeats Finished has not heard the acknowledgement.
        if let Body::Finished(finished) = &pdu.body {
            self.answers.push_back(Body::Ack {
                of: Acked::Finished,
                condition: finished.condition,
                status: 2,
            });
            self.finished(finished);
            return;
        }
        if matches!(self.status, Status::Done { .. }) {
            return;
        }
        if self.status == Status::Active {
            self.inactivity.start(now_ms, self.settings.inactivity_ms);
        }
        match &pdu.body {
            Body::Ack { of: Acked::Eof, .. } => {
                self.ack.stop();
                self.acks = 0;
                if let Some(condition) = self.cancelled.filter(|_| self.eof_sent) {
                    self.done(condition, FileStatus::Unreported);
                }
            }
            Body::Nak { requests, .. } if self.cancelled.is_none() => {
                for (from, to) in requests {
                    if (*from, *to) == (0, 0) {
                        self.metadata_due = true;
                    } else if from < to && *from < self.size && self.repeats.len() < REPEATS_MAX {
                        let stretch = (*from, (*to).min(self.size));
                        if !self.repeats.contains(&stretch) {
                            self.repeats.push_back(stretch);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn finished(&mut self, finished: &Finished) {
        if !matches!(self.status, Status::Done { .. }) {
            self.done(finished.condition, finished.status);
        }
    }

    /// The next unit to send now, if there is one. While it gives units the link is the limit.
    pub fn poll(&mut self, now_ms: u64) -> Result<Option<Vec<u8>>, SendFault> {
        self.tick(now_ms);
        // What is answered goes out even when all is over: the receiver waits for it.
        if self.status != Status::Suspended
            && let Some(body) = self.answers.pop_front()
        {
            return Ok(Some(self.encode(body)?));
        }
        if self.status != Status::Active {
            return Ok(None);
        }
        if self.metadata_due {
            self.metadata_due = false;
            return Ok(Some(self.encode(self.metadata())?));
        }
        if self.cancelled.is_none() {
            if let Some((from, to)) = self.repeats.pop_front() {
                let end = to.min(from + self.data_max() as u64);
                if end < to {
                    self.repeats.push_front((end, to));
                }
                return self.data(from, end).map(Some);
            }
            if self.next < self.size {
                let end = self.size.min(self.next + self.data_max() as u64);
                let unit = self.data(self.next, end)?;
                self.next = end;
                return Ok(Some(unit));
            }
        }
        if self.eof_due || !self.eof_sent {
            (self.eof_due, self.eof_sent) = (false, true);
            let eof = Eof {
                condition: self.cancelled.unwrap_or(Condition::NoError),
                checksum: if self.cancelled.is_some() {
                    0
                } else {
                    self.checksum
                },
                size: if self.cancelled.is_some() {
                    self.next
                } else {
                    self.size
                },
            };
            let unit = self.encode(Body::Eof(eof))?;
            if self.request.class == Class::Acknowledged {
                self.ack.start(now_ms, self.settings.ack_ms);
            } else if !self.request.closure || self.cancelled.is_some() {
                self.done(eof.condition, FileStatus::Unreported);
            }
            return Ok(Some(unit));
        }
        Ok(None)
    }

    fn data(&mut self, from: u64, to: u64) -> Result<Vec<u8>, SendFault> {
        let mut data = vec![0; usize::try_from(to - from).unwrap_or(0)];
        self.file.seek(SeekFrom::Start(from))?;
        self.file.read_exact(&mut data)?;
        Ok(self.encode(Body::FileData { offset: from, data })?)
    }

    fn tick(&mut self, now_ms: u64) {
        if self.status != Status::Active {
            return;
        }
        if self.ack.is_due(now_ms) {
            self.ack.stop();
            self.acks += 1;
            if self.acks > self.settings.ack_limit {
                self.fault(Condition::PositiveAckLimit, now_ms);
            } else {
                self.eof_due = true;
            }
        }
        if self.inactivity.is_due(now_ms) {
            self.inactivity.start(now_ms, self.settings.inactivity_ms);
            self.fault(Condition::InactivityDetected, now_ms);
        }
    }

    /// When [`Sender::poll`] has something to do next although nothing comes.
    pub fn wake_ms(&self) -> Option<u64> {
        [self.ack.due_ms, self.inactivity.due_ms]
            .into_iter()
            .flatten()
            .min()
    }
}
