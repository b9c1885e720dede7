//! Transmitters of satellites in JSON, as SatNOGS DB serves them.

use super::read::{Records, fault, line_of};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::HashSet;

/// A transmitter, transponder or transceiver of a satellite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transmitter {
    /// Key in the source.
    pub uuid: String,
    /// Catalogue number of the satellite.
    pub norad_id: u32,
    /// What it sends.
    pub description: String,
    /// `Transmitter`, `Transponder` or `Transceiver`.
    pub kind: String,
    /// Whether it was heard lately.
    pub alive: bool,
    /// `active`, `inactive` or `invalid`.
    pub status: String,
    /// Radio service, such as `Earth Exploration`; empty where unknown.
    #[serde(default)]
    pub service: String,
    /// Modulation; empty where unknown.
    #[serde(default)]
    pub mode: String,
    /// Symbol rate, baud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baud: Option<f64>,
    /// Lowest downlink frequency, Hz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink_low_hz: Option<u64>,
    /// Highest downlink frequency, Hz, where there is a band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink_high_hz: Option<u64>,
    /// Lowest uplink frequency, Hz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink_low_hz: Option<u64>,
    /// When the source last changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// Where the source has it from.
    #[serde(default)]
    pub citation: String,
}

/// A record as it stands.
#[derive(Deserialize)]
struct Raw {
    uuid: String,
    norad_cat_id: Option<u32>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    alive: Option<bool>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    baud: Option<f64>,
    #[serde(default)]
    downlink_low: Option<u64>,
    #[serde(default)]
    downlink_high: Option<u64>,
    #[serde(default)]
    uplink_low: Option<u64>,
    #[serde(default)]
    updated: Option<Timestamp>,
    #[serde(default)]
    citation: Option<String>,
}

/// Reads transmitters. Records without a catalogue number are passed over with a note: the satellite
/// has none yet.
pub fn parse(text: &str, file: &str) -> Records<Transmitter> {
    let mut found = Records::new();
    let list: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(list) => list,
        Err(e) => {
            let reason = format!("should be a JSON array of transmitters: {e}");
            found.fault(fault(file, e.line(), "file", "", &reason));
            return found;
        }
    };
    let mut seen = HashSet::new();
    for raw in list {
        let text_of = raw.get();
        let line = || line_of(text, text_of);
        let raw: Raw = match serde_json::from_str(text_of) {
            Ok(raw) => raw,
            Err(e) => {
                let line = line() + e.line().saturating_sub(1);
                found.fault(fault(file, line, "transmitter", text_of, &e.to_string()));
                continue;
            }
        };
        let Some(norad_id) = raw.norad_cat_id.filter(|n| *n > 0) else {
            let reason = "has no catalogue number; it is left out";
            found.note(fault(file, line(), "norad_cat_id", &raw.uuid, reason));
            continue;
        };
        if !seen.insert(raw.uuid.clone()) {
            let reason = "stands twice; the first is kept";
            found.note(fault(file, line(), "uuid", &raw.uuid, reason));
            continue;
        }
        found.records.push(Transmitter {
            norad_id,
            uuid: raw.uuid,
            description: raw.description.unwrap_or_default(),
            kind: raw.kind.unwrap_or_default(),
            alive: raw.alive.unwrap_or_default(),
            status: raw.status.unwrap_or_default(),
            service: raw.service.filter(|s| s != "Unknown").unwrap_or_default(),
            mode: raw.mode.unwrap_or_default(),
            baud: raw.baud,
            downlink_low_hz: raw.downlink_low,
            downlink_high_hz: raw.downlink_high,
            uplink_low_hz: raw.uplink_low,
            updated: raw.updated,
            citation: raw.citation.unwrap_or_default(),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_with_and_without_a_satellite() {
        let one = r#"{"uuid":"a","description":"X","alive":true,"type":"Transmitter",
"downlink_low":8025000000,"mode":"OQPSK","baud":null,"norad_cat_id":40697,"status":"active",
"updated":"2024-04-18T05:39:53.343316Z","service":"Earth Exploration","citation":""}"#;
        let text = format!(
            "[{one},\n{},\n{},\n{one}]",
            one.replace("40697", "null").replace("\"a\"", "\"b\""),
            one.replace("8025000000", "\"high\"")
                .replace("\"a\"", "\"c\""),
        );
        let found = parse(&text, "f.json");
        let [kept] = &found.records[..] else {
            panic!("{found:?}")
        };
        assert_eq!(
            (kept.norad_id, kept.downlink_low_hz),
            (40_697, Some(8_025_000_000))
        );
        assert_eq!(found.faults.len(), 1);
        assert!(
            found.faults[0]
                .to_string()
                .starts_with("f.json:8: transmitter reads")
        );
        assert_eq!(found.notes.len(), 2);
        assert!(parse("[1,", "f").faults[0].reason.contains("JSON array"));
    }
}
