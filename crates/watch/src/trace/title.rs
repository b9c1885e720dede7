//! What a step says in a sentence: its facts apart, so that a page can say it in any language.

use crate::receive::Way;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The facts of a step's sentence; [`fmt::Display`] says it in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Title {
    /// The user asked for a product.
    Asked {
        /// The product's id.
        product: String,
        /// The watch's name.
        watch: String,
    },
    /// A scene was observed.
    Observed {
        /// The scene's id.
        scene: String,
    },
    /// A satellite sent to a station.
    Sent {
        /// The satellite's name.
        satellite: String,
        /// The station's id.
        station: String,
    },
    /// A satellite sent over a relay to a station.
    SentOver {
        /// The satellite's name.
        satellite: String,
        /// The relay's name.
        relay: String,
        /// The station's id.
        station: String,
    },
    /// The station passed the files on to the node.
    Carried,
    /// The node took the files in.
    TakenIn {
        /// How they came.
        way: Way,
    },
    /// The scene was catalogued.
    Catalogued,
    /// A product was computed.
    Computed {
        /// The product's id.
        product: String,
        /// Its title, in English.
        title: String,
    },
    /// The answer was published.
    Published {
        /// The answer's id.
        answer: String,
    },
    /// The answer was told as an event.
    Told {
        /// Calls of webhooks that were queued.
        calls: usize,
    },
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked { product, watch } => write!(f, "Asked for {product} over {watch}"),
            Self::Observed { scene } => write!(f, "Observed: {scene}"),
            Self::Sent { satellite, station } => write!(f, "Sent by {satellite} to {station}"),
            Self::SentOver {
                satellite,
                relay,
                station,
            } => write!(f, "Sent by {satellite} over {relay} to {station}"),
            Self::Carried => f.write_str("Station to node"),
            Self::TakenIn { way } => {
                let way = match way {
                    Way::Bundles => "bundles",
                    Way::Inbox => "the watched folder",
                    Way::Ingest => "ingest",
                };
                write!(f, "Taken in whole through {way}, digests checked")
            }
            Self::Catalogued => f.write_str("Stored, described and catalogued"),
            Self::Computed { title, .. } => write!(f, "Computed: {title}"),
            Self::Published { answer } => write!(f, "Published as {answer}"),
            Self::Told { calls: 0 } => f.write_str("Told as an event"),
            Self::Told { calls: 1 } => f.write_str("Told as an event; 1 webhook call queued"),
            Self::Told { calls } => write!(f, "Told as an event; {calls} webhook calls queued"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_title_is_a_sentence_and_its_facts() {
        let sent = Title::Sent {
            satellite: "SKYSAT-C5".into(),
            station: "ksat-punta-arenas".into(),
        };
        assert_eq!(sent.to_string(), "Sent by SKYSAT-C5 to ksat-punta-arenas");
        let facts = json!({"is": "sent", "satellite": "SKYSAT-C5", "station": "ksat-punta-arenas"});
        assert_eq!(json!(sent), facts);
        assert_eq!(serde_json::from_value::<Title>(facts).unwrap(), sent);
        let taken = Title::TakenIn { way: Way::Inbox };
        assert_eq!(json!(taken), json!({"is": "taken_in", "way": "inbox"}));
        let calls = |calls| Title::Told { calls }.to_string();
        assert!(calls(1).ends_with("1 webhook call queued"));
        assert!(calls(2).ends_with("2 webhook calls queued"));
    }
}
