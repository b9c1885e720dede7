//! The trace: each step of an answer's way, planned and actual, with digests.

mod title;

pub use title::Title;

use crate::forecast::ForecastEntry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One step of the way, in the order of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The user asked.
    Request,
    /// The satellite observed the area.
    Observation,
    /// The data came down to a station.
    Downlink,
    /// The data went from the station to this node.
    Transfer,
    /// The node stored the files whole and checked their digests.
    Intake,
    /// The scene was catalogued.
    Catalogue,
    /// The product was computed.
    Process,
    /// The answer was published.
    Publish,
    /// Those who asked to be told were told.
    Notify,
}

/// A file or record that went into or came out of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// File or record name.
    pub name: String,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// Bytes, where known.
    pub size_bytes: Option<u64>,
}

/// One recorded step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which step.
    pub step: StepKind,
    /// A short sentence for people, in English.
    pub title: String,
    /// The facts of that sentence; steps recorded before there were such have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Title>,
    /// When it was promised, on the trace's clock; `None` where nothing was promised.
    pub planned: Option<Timestamp>,
    /// When it happened, on the trace's clock; `None` where it did not happen here.
    pub actual: Option<Timestamp>,
    /// `actual - planned`, seconds; `None` unless both are there.
    pub difference_s: Option<f64>,
    /// The node that did it.
    pub node: String,
    /// What a reader must know to read the times rightly.
    pub note: Option<String>,
    /// What went in.
    pub inputs: Vec<Digest>,
    /// What came out.
    pub outputs: Vec<Digest>,
}

impl Step {
    /// A step with its times; the difference follows from them.
    pub fn new(
        step: StepKind,
        said: Title,
        node: &str,
        planned: Option<Timestamp>,
        actual: Option<Timestamp>,
    ) -> Self {
        let difference_s = match (planned, actual) {
            (Some(p), Some(a)) => Some((a.as_millisecond() - p.as_millisecond()) as f64 / 1000.0),
            _ => None,
        };
        Self {
            step,
            title: said.to_string(),
            said: Some(said),
            planned,
            actual,
            difference_s,
            node: node.to_string(),
            note: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Adds what a reader must know.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// Adds the digests of what went in and came out.
    #[must_use]
    pub fn digests(mut self, inputs: Vec<Digest>, outputs: Vec<Digest>) -> Self {
        self.inputs = inputs;
        self.outputs = outputs;
        self
    }
}

/// Which clock the times of a trace are on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum TraceClock {
    /// Wall-clock UTC.
    Live {
        /// Says so in a sentence.
        note: String,
    },
    /// The replay of a real scene in a simulated contact.
    Replay {
        /// Simulated time minus wall-clock time, milliseconds.
        offset_ms: i64,
        /// Says so in a sentence.
        note: String,
    },
}

impl TraceClock {
    /// The clock of a scene that comes in as things happen.
    pub fn live() -> Self {
        Self::Live {
            note: "times are wall-clock UTC".into(),
        }
    }

    /// The clock of a replay whose simulated time runs `offset_ms` ahead of the wall clock.
    pub fn replay(offset_ms: i64) -> Self {
        Self::Replay {
            offset_ms,
            note: "replay: the pixels are a real, older scene; they were sent as a spacecraft \
                   would send them in a simulated contact, and times are on the simulated clock"
                .into(),
        }
    }

    /// Wall-clock time as this clock shows it.
    pub fn show(&self, wall: Timestamp) -> Timestamp {
        match self {
            Self::Live { .. } => wall,
            Self::Replay { offset_ms, .. } => {
                Timestamp::from_millisecond(wall.as_millisecond().saturating_add(*offset_ms))
                    .unwrap_or(wall)
            }
        }
    }
}

/// An answer's way, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// `collection/item` of the answer.
    pub answer: String,
    /// The watch's id.
    pub watch: String,
    /// The node that answered.
    pub node_id: String,
    /// The clock of all times below.
    pub clock: TraceClock,
    /// What was promised, where a forecast was.
    pub promise: Option<ForecastEntry>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_follows_from_the_times() {
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        let step = |planned| {
            let title = Title::Catalogued;
            Step::new(StepKind::Catalogue, title, "n", planned, Some(at(7)))
        };
        assert_eq!(step(Some(at(10))).difference_s, Some(-3.0));
        assert_eq!(step(None).difference_s, None);
        let mut old = serde_json::to_value(step(None)).unwrap();
        old.as_object_mut().unwrap().remove("said");
        assert_eq!(serde_json::from_value::<Step>(old).unwrap().said, None);
    }

    #[test]
    fn a_replay_shows_simulated_time() {
        let clock = TraceClock::replay(-1500);
        let wall = Timestamp::from_millisecond(10_000).unwrap();
        assert_eq!(clock.show(wall).as_millisecond(), 8_500);
        assert_eq!(TraceClock::live().show(wall), wall);
        let text = serde_json::to_string(&clock).unwrap();
        assert!(text.contains("\"mode\":\"replay\""));
        assert_eq!(serde_json::from_str::<TraceClock>(&text).unwrap(), clock);
    }
}
