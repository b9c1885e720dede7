//! The receiving end of a node: its spool, and what is answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use hardy_bpv7::eid::Eid;
use jiff::Timestamp;
use tokio::sync::{broadcast, mpsc};

use super::{Taken, Whole};
use crate::{
    bundle::{
        message::Answer,
        receiver::{Event, Keeper, ReceivedFile},
        spool::Spool,
    },
    clock::SimulatedClock,
};

/// Events of one message before the oldest is lost: a part, a whole file, a refusal.
const EVENTS_LENGTH: usize = 16;

/// The receiving end of a node: its keeper, and what that says.
pub(super) struct Desk {
    pub(super) keeper: Keeper,
    clock: Arc<SimulatedClock>,
    answers: mpsc::UnboundedReceiver<(Eid, Answer)>,
    files: mpsc::UnboundedReceiver<ReceivedFile>,
    events: broadcast::Receiver<Event>,
}

impl Desk {
    pub(super) fn new(spool: Spool, start: Timestamp) -> Self {
        let clock = Arc::new(SimulatedClock::new(start));
        let events = broadcast::Sender::new(EVENTS_LENGTH);
        let (answers_in, answers) = mpsc::unbounded_channel();
        let (files_in, files) = mpsc::unbounded_channel();
        // Nobody sends work: the keeper is asked directly.
        let (work, _) = mpsc::unbounded_channel();
        Self {
            events: events.subscribe(),
            clock: clock.clone(),
            answers,
            files,
            keeper: Keeper {
                spool,
                clock,
                events,
                answers: answers_in,
                files: files_in,
                work: work.downgrade(),
                handed_out: BTreeSet::new(),
                sources: BTreeMap::new(),
            },
        }
    }

    pub(super) fn deliver(&mut self, source: &Eid, payload: &Bytes, now: Timestamp) -> Taken {
        self.clock.advance_to(now);
        self.keeper.on_message(source, payload);
        if let Some(reason) = self.drain_events() {
            drop(self.answers());
            return Taken::Unopened {
                source: source.to_string(),
                reason,
            };
        }
        let mut files = Vec::new();
        while let Ok(file) = self.files.try_recv() {
            files.push(Whole {
                name: file.name.clone(),
                path: file.path.clone(),
                source: file.source_eid.clone(),
            });
        }
        Taken::Here {
            answers: self.answers(),
            files,
        }
    }

    pub(super) fn answers(&mut self) -> Vec<Answer> {
        let mut found = Vec::new();
        while let Ok((_, answer)) = self.answers.try_recv() {
            found.push(answer);
        }
        found
    }

    /// Why the last message was refused, where it was.
    pub(super) fn drain_events(&mut self) -> Option<String> {
        let mut refused = None;
        while let Ok(event) = self.events.try_recv() {
            if let Event::Refused { reason, .. } = event {
                refused = Some(reason);
            }
        }
        refused
    }
}
