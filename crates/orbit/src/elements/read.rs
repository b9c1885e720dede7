//! One door for every format.

use super::{Parsed, Wrong, oem_kvn, omm_csv, omm_json, omm_kvn, tle, xml};
use std::borrow::Cow;

/// A format of element sets or ephemerides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Two-line and three-line sets.
    Tle,
    /// Mean elements as CSV.
    OmmCsv,
    /// Mean elements as JSON.
    OmmJson,
    /// Mean elements as keyword = value.
    OmmKvn,
    /// Mean elements, ephemerides or both as XML.
    Xml,
    /// Ephemeris as keyword = value.
    OemKvn,
}

/// The format of a text without byte-order mark, by its first line that is neither blank nor a comment
/// (`#`).
pub fn format_of(text: &str) -> Format {
    let first = text
        .lines()
        .map(str::trim)
        .find(|l| !l.is_empty() && !l.starts_with('#'))
        .unwrap_or_default();
    if first.starts_with(['[', '{']) {
        Format::OmmJson
    } else if first.starts_with('<') {
        Format::Xml
    } else if first.starts_with("CCSDS_OEM_VERS") {
        Format::OemKvn
    } else if first.contains(',') && first.contains("MEAN_MOTION") {
        Format::OmmCsv
    } else if first
        .split_once('=')
        .is_some_and(|(key, _)| is_keyword(key))
    {
        Format::OmmKvn
    } else {
        Format::Tle
    }
}

fn is_keyword(text: &str) -> bool {
    let text = text.trim();
    text.contains('_') && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// Reads a file in any format; `name` names it in faults.
///
/// Of objects that stand more than once the newest set is kept and the others are noted, as are orbits
/// that meet the ground. A file without a record is a fault. Bytes that are not UTF-8 are replaced, so
/// that a name in another alphabet costs no more than itself.
pub fn read(name: &str, bytes: &[u8]) -> Parsed {
    // The check alone is many times as fast as the replacement, and nearly always all that is needed.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::from(text),
        Err(_) => String::from_utf8_lossy(bytes),
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut parsed = match format_of(text) {
        Format::Tle => tle::parse(text, name),
        Format::OmmCsv => omm_csv::parse(text, name),
        Format::OmmJson => omm_json::parse(text, name),
        Format::OmmKvn => omm_kvn::parse(text, name),
        Format::Xml => xml::parse(text, name),
        Format::OemKvn => oem_kvn::parse(text, name),
    };
    if parsed.sets.is_empty() && parsed.ephemerides.is_empty() && parsed.faults.is_empty() {
        let reason = "holds no element set and no ephemeris (TLE, 3LE, OMM or OEM)";
        parsed.fault(Wrong::new("file", "", reason).at(name, 1));
    }
    parsed.newest_of_each(name);
    parsed.note_decayed(name);
    parsed
}
