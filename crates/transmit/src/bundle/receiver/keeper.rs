//! What became of each message: the spool, the answers, and the files handed out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use hardy_bpv7::eid::Eid;
use tokio::sync::{broadcast, mpsc};

use super::{Event, ReceivedFile, Ticket, Verdict, Work};
use crate::{
    bundle::{
        message::{Answer, AnswerState, FileHeader, Message, PartHeader, decode},
        spool::{self, Spool, SpoolError, SpooledFile},
    },
    clock::Clock,
};

/// The blocking side: owns the spool on a thread of its own.
pub(in crate::bundle) struct Keeper {
    pub(in crate::bundle) spool: Spool,
    pub(in crate::bundle) clock: Arc<dyn Clock>,
    pub(in crate::bundle) events: broadcast::Sender<Event>,
    pub(in crate::bundle) answers: mpsc::UnboundedSender<(Eid, Answer)>,
    pub(in crate::bundle) files: mpsc::UnboundedSender<ReceivedFile>,
    pub(in crate::bundle) work: mpsc::WeakUnboundedSender<Work>,
    /// Transfers at the consumer.
    pub(in crate::bundle) handed_out: BTreeSet<String>,
    /// Who asked about an open transfer last, to be told when it is stored.
    pub(in crate::bundle) sources: BTreeMap<String, Eid>,
}

impl Keeper {
    pub(super) fn run(mut self, mut work: mpsc::UnboundedReceiver<Work>) {
        for transfer in self.spool.complete() {
            self.finish(None, &transfer);
        }
        while let Some(work) = work.blocking_recv() {
            match work {
                Work::Message { message, _permit } => {
                    self.on_message(&message.source, &message.payload);
                    // Now the agent may forget the bundle.
                    drop(message.done);
                }
                Work::Settle {
                    transfer,
                    verdict,
                    done,
                } => {
                    // The one who settles may have gone; the outcome holds all the same.
                    drop(done.send(self.settle(&transfer, verdict)));
                }
                Work::LetGo { transfer } => {
                    self.handed_out.remove(&transfer);
                }
            }
        }
    }

    pub(in crate::bundle) fn on_message(&mut self, source: &Eid, payload: &Bytes) {
        match decode(payload) {
            Ok(Message::Offer(header)) => self.on_offer(source, &header),
            Ok(Message::Part(header, body)) => self.on_part(source, &header, &body),
            Ok(Message::Answer(answer)) => {
                self.refuse(
                    source,
                    None,
                    format!("an answer about {} to a receiver", answer.transfer),
                );
            }
            // Without a sound header there is no transfer to answer about: the sender repeats the part.
            Err(error) => self.refuse(source, None, error.to_string()),
        }
    }

    fn on_offer(&mut self, source: &Eid, header: &FileHeader) {
        let begun = self
            .spool
            .begin(header, &source.to_string(), self.clock.now());
        match begun {
            Ok(spool::Standing::Stored) => {
                self.answer(source, &header.transfer, AnswerState::Stored {})
            }
            Ok(spool::Standing::Open | spool::Standing::Whole) => {
                self.sources.insert(header.transfer.clone(), source.clone());
                let missing = self.spool.missing(&header.transfer);
                if missing.is_empty() {
                    self.finish(Some(source), &header.transfer);
                } else {
                    self.answer(source, &header.transfer, AnswerState::Open { missing });
                }
            }
            Err(error) => self.fail(source, header, &error),
        }
    }

    fn on_part(&mut self, source: &Eid, part: &PartHeader, body: &Bytes) {
        let (transfer, now) = (&part.file.transfer, self.clock.now());
        match self.spool.begin(&part.file, &source.to_string(), now) {
            Ok(spool::Standing::Stored) => {
                return self.answer(source, transfer, AnswerState::Stored {});
            }
            Ok(spool::Standing::Open | spool::Standing::Whole) => {}
            Err(error) => return self.fail(source, &part.file, &error),
        }
        self.sources.insert(transfer.clone(), source.clone());
        match self.spool.keep(part, body, now) {
            Ok(true) => {
                if let Some((parts_kept, parts)) = self.spool.progress(transfer) {
                    self.emit(Event::PartKept {
                        name: part.file.name.clone(),
                        parts_kept,
                        parts,
                    });
                }
            }
            Ok(false) => {}
            Err(error) => return self.fail(source, &part.file, &error),
        }
        self.answer(source, transfer, AnswerState::Kept { part: part.part });
        if self.spool.missing(transfer).is_empty() {
            self.finish(Some(source), transfer);
        }
    }

    /// Checks a complete transfer, tells the sender and hands the file out unless it is out already.
    fn finish(&mut self, source: Option<&Eid>, transfer: &str) {
        if !self.handed_out.contains(transfer) {
            match self.spool.check_whole(transfer) {
                Ok(file) => self.hand_out(transfer, file),
                Err(error) => {
                    let name = if let SpoolError::WholeDigest { name, .. } = &error {
                        Some(name.clone())
                    } else {
                        None
                    };
                    self.handed_out.remove(transfer);
                    let state = state_of(&error);
                    let to = source.map_or_else(|| "the spool".to_owned(), ToString::to_string);
                    tracing::warn!(source = to, error = %error, "file refused");
                    self.emit(Event::Refused {
                        source_eid: to,
                        name,
                        reason: error.to_string(),
                    });
                    if let Some(source) = source {
                        self.answer(source, transfer, state);
                    }
                    return;
                }
            }
        }
        if let Some(source) = source {
            self.answer(source, transfer, AnswerState::Whole {});
        }
    }

    fn hand_out(&mut self, transfer: &str, file: SpooledFile) {
        let header = file.header;
        let metadata = serde_json::from_str(&header.metadata).unwrap_or(serde_json::Value::Null);
        self.emit(Event::Whole {
            name: header.name.clone(),
            sha256: header.sha256.clone(),
        });
        self.handed_out.insert(transfer.into());
        let ticket = Ticket {
            transfer: transfer.into(),
            work: self.work.clone(),
            settled: false,
        };
        // A closed queue means shutting down: the file is handed out after the next start.
        drop(self.files.send(ReceivedFile {
            path: file.path,
            name: header.name,
            sha256: header.sha256,
            size_bytes: header.size_bytes,
            media_type: header.media_type,
            metadata,
            bundles: u64::from(header.parts),
            first_bundle_at: file.first_bundle_at,
            last_bundle_at: file.last_bundle_at,
            source_eid: file.source_eid,
            ticket,
        }));
    }

    pub(in crate::bundle) fn settle(
        &mut self,
        transfer: &str,
        verdict: Verdict,
    ) -> Result<(), SpoolError> {
        self.handed_out.remove(transfer);
        let file = self.spool.check_whole(transfer)?;
        let state = match verdict {
            Verdict::Accept => {
                self.spool.accept(transfer)?;
                self.emit(Event::Stored {
                    name: file.header.name,
                    sha256: file.header.sha256,
                });
                AnswerState::Stored {}
            }
            Verdict::Reject(reason) => {
                self.spool.discard(transfer)?;
                let (source_eid, name) = (file.source_eid, Some(file.header.name));
                self.emit(Event::Refused {
                    source_eid,
                    name,
                    reason: reason.clone(),
                });
                AnswerState::Refused { reason }
            }
        };
        if let Some(source) = self.sources.remove(transfer) {
            self.answer(&source, transfer, state);
        }
        Ok(())
    }

    fn fail(&self, source: &Eid, header: &FileHeader, error: &SpoolError) {
        self.refuse(source, Some(header.name.clone()), error.to_string());
        self.answer(source, &header.transfer, state_of(error));
    }

    fn refuse(&self, source: &Eid, name: Option<String>, reason: String) {
        tracing::warn!(%source, reason, "bundle refused");
        self.emit(Event::Refused {
            source_eid: source.to_string(),
            name,
            reason,
        });
    }

    fn answer(&self, to: &Eid, transfer: &str, state: AnswerState) {
        // A closed queue means shutting down: the sender asks again after the next start.
        drop(self.answers.send((
            to.clone(),
            Answer {
                transfer: transfer.into(),
                state,
            },
        )));
    }

    fn emit(&self, event: Event) {
        // No subscriber is an ordinary state.
        drop(self.events.send(event));
    }
}

fn state_of(error: &SpoolError) -> AnswerState {
    let reason = error.to_string();
    match error {
        SpoolError::TooLarge { .. } | SpoolError::WholeDigest { .. } => {
            AnswerState::Refused { reason }
        }
        SpoolError::Disk { .. }
        | SpoolError::InUse { .. }
        | SpoolError::Full { .. }
        | SpoolError::Unknown { .. } => AnswerState::Busy { reason },
    }
}
