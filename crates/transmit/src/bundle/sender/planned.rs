//! Sending over planned contacts: answers come when the plan can have them here.

use std::{collections::BTreeSet, time::Duration};

use crate::bundle::message::AnswerState;

use super::{ANSWER_WAIT, Described, Parts, SendError, Session, Stop, refused};

impl<P: Fn(u64, u64) + Send + Sync> Session<'_, P> {
    /// The state that the node answers over planned contacts.
    pub(super) async fn planned_state(
        &mut self,
        file: &Described,
    ) -> Result<Option<AnswerState>, Stop> {
        if self.agent.answer_by(&self.to).is_none() {
            return Err(self.no_way("back from"));
        }
        loop {
            match self
                .planned_answer(&file.header.transfer, ANSWER_WAIT)
                .await
            {
                Some(AnswerState::Kept { .. }) => {}
                state => return Ok(state),
            }
        }
    }

    /// What the node says when nothing can be sent to it any more.
    pub(super) async fn last_word(&mut self, file: &Described) -> Result<AnswerState, Stop> {
        loop {
            match self
                .planned_answer(&file.header.transfer, ANSWER_WAIT)
                .await
            {
                Some(state @ (AnswerState::Stored {} | AnswerState::Refused { .. })) => {
                    return Ok(state);
                }
                Some(_) => {}
                None => return Err(self.no_way("to")),
            }
        }
    }

    /// The same where contacts are planned: until the plan can have it here, and `wait` more.
    async fn planned_answer(&mut self, transfer: &str, wait: Duration) -> Option<AnswerState> {
        let Some(by) = self.agent.answer_by(&self.to) else {
            return self.answer(transfer, wait).await;
        };
        let clock = self.config.clock.clone();
        let due = async move {
            clock.sleep_until(by).await;
            tokio::time::sleep(wait).await;
        };
        self.answer_until(transfer, due).await
    }

    fn no_way(&self, direction: &'static str) -> Stop {
        Stop::Error(SendError::NoWay {
            direction,
            peer: self.config.peer_eid.clone(),
            after: self.config.clock.now(),
        })
    }

    /// Sends the missing parts over planned contacts: all of them, as fast as there is room for them to
    /// wait; the answers come when they come. Returns how many the node says it keeps.
    pub(super) async fn send_planned_parts(
        &mut self,
        file: &Described,
        missing: Vec<(u32, u32)>,
        known_bytes: &mut u64,
    ) -> Result<u64, Stop> {
        let agent = self.agent;
        let transfer = &file.header.transfer;
        let mut parts = Parts(missing.into());
        let mut under_way = BTreeSet::new();
        let mut kept = 0;
        loop {
            let answer = match parts.first() {
                Some(part) => {
                    if !agent.has_way(&self.to) {
                        return Err(self.no_way("to"));
                    }
                    let answer = self.answer_until(transfer, agent.room()).await;
                    if answer.is_none() {
                        parts.advance();
                        self.send_part(file, part).await?;
                        under_way.insert(part);
                        continue;
                    }
                    answer
                }
                None if under_way.is_empty() => return Ok(kept),
                None => self.planned_answer(transfer, ANSWER_WAIT).await,
            };
            match answer {
                Some(AnswerState::Kept { part }) => {
                    if under_way.remove(&part) {
                        kept += 1;
                        self.progressed(file, part, known_bytes);
                    }
                }
                Some(AnswerState::Refused { reason }) => return Err(refused(file, reason)),
                // Said of an earlier asking.
                Some(AnswerState::Open { .. }) => {}
                Some(AnswerState::Busy { .. }) if !parts.0.is_empty() => {}
                Some(AnswerState::Whole {} | AnswerState::Stored {} | AnswerState::Busy { .. })
                | None => return Ok(kept),
            }
        }
    }
}
