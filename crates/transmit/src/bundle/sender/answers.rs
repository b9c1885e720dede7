//! Answers of the node that files are sent to.

use hardy_bpv7::eid::Eid;
use tokio::sync::mpsc;

use crate::bundle::{
    agent::Feeds,
    message::{Answer, Message, decode},
};

/// Most answers kept for a sender that is busy; what is beyond is asked for again.
pub(super) const ANSWERS_MAX: usize = 16_384;

/// Reads what comes for a sender: the answers of the node that it sends to. Here, so that the agent never
/// waits for a sender that waits for the agent.
pub(super) async fn read_answers(mut feeds: Feeds, from: Eid, answers: mpsc::Sender<Answer>) {
    let from = from.to_string();
    let mut refusing = true;
    loop {
        let incoming = tokio::select! {
            incoming = feeds.incoming.recv() => incoming,
            refused = feeds.refused.recv(), if refusing => {
                refusing = refused.is_some();
                if let Some(refused) = refused {
                    tracing::warn!(from = refused.source, reason = refused.reason, "bundle refused");
                }
                continue;
            }
        };
        let Some(incoming) = incoming else { return };
        if incoming.source.to_string() != from {
            tracing::warn!(from = %incoming.source, "an answer from a node that was not asked");
            continue;
        }
        match decode(&incoming.payload) {
            Ok(Message::Answer(answer)) => {
                if let Err(mpsc::error::TrySendError::Closed(_)) = answers.try_send(answer) {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "an answer that cannot be read"),
        }
    }
}
