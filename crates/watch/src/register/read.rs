//! One door for the files that the register takes in.

use super::satellite_list::{self, Entry};
use super::station_file;
use super::transmitter::{self, Transmitter};
use corridor_orbit::elements::{self, FAULTS_MAX, Fault, Parsed};
use corridor_transmit::station::Station;
use serde::Serialize;
use std::borrow::Cow;

/// Longest value shown in a fault, characters.
const SHOWN_MAX_CHARS: usize = 80;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Element sets in any format of [`elements::read`].
    Elements,
    /// SATCAT in CSV, as CelesTrak serves it.
    Satcat,
    /// The UCS Satellite Database in CSV.
    SatelliteDatabase,
    /// Transmitters in JSON, as SatNOGS DB serves them.
    Transmitters,
    /// Stations in GeoJSON.
    Stations,
}

impl Content {
    /// What the records are called, in the plural.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Elements => "element sets",
            Self::Satcat | Self::SatelliteDatabase => "satellites",
            Self::Transmitters => "transmitters",
            Self::Stations => "stations",
        }
    }
}

/// Records of one kind, and what is wrong with the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Records<T> {
    /// What read, in the order of the file.
    pub records: Vec<T>,
    /// What did not; at most [`FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// Faults beyond those kept.
    pub faults_left_out: usize,
    /// What read and is worth a word.
    pub notes: Vec<Fault>,
}

impl<T> Records<T> {
    pub(super) fn new() -> Self {
        Self {
            records: Vec::new(),
            faults: Vec::new(),
            faults_left_out: 0,
            notes: Vec::new(),
        }
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.faults_left_out += 1;
        }
    }

    pub(super) fn note(&mut self, note: Fault) {
        if self.notes.len() < FAULTS_MAX {
            self.notes.push(note);
        }
    }
}

/// What a file held.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// Element sets and ephemerides.
    Elements(Parsed),
    /// Facts about satellites: SATCAT or the UCS Satellite Database.
    Satellites(Content, Records<Entry>),
    /// Transmitters.
    Transmitters(Records<Transmitter>),
    /// Stations.
    Stations(Records<Station>),
}

/// Reads a file by what stands in it; `name` names it in faults. Bytes that are not UTF-8 are replaced.
pub fn read(name: &str, bytes: &[u8]) -> Read {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::from(text),
        Err(_) => String::from_utf8_lossy(bytes),
    };
    let text = text.trim_start_matches('\u{feff}');
    match content_of(text) {
        Content::Elements => Read::Elements(elements::read(name, text.as_bytes())),
        Content::Satcat => {
            Read::Satellites(Content::Satcat, satellite_list::parse_satcat(text, name))
        }
        Content::SatelliteDatabase => Read::Satellites(
            Content::SatelliteDatabase,
            satellite_list::parse_database(text, name),
        ),
        Content::Transmitters => Read::Transmitters(transmitter::parse(text, name)),
        Content::Stations => Read::Stations(station_file::parse(text, name)),
    }
}

/// The kind of a file, by its beginning.
pub fn content_of(text: &str) -> Content {
    let start = text.trim_start();
    let head: &str = match start.char_indices().nth(4_000) {
        Some((at, _)) => &start[..at],
        None => start,
    };
    let first = head.lines().next().unwrap_or_default();
    if head.starts_with(['{', '[']) {
        if head.contains("\"FeatureCollection\"") || head.contains("\"Feature\"") {
            Content::Stations
        } else if head.contains("\"downlink_low\"") || head.contains("\"uplink_low\"") {
            Content::Transmitters
        } else {
            Content::Elements
        }
    } else if first.contains("OPS_STATUS_CODE") {
        Content::Satcat
    } else if first.contains("NORAD Number") && first.contains(',') {
        Content::SatelliteDatabase
    } else {
        Content::Elements
    }
}

pub(super) fn fault(file: &str, line: usize, field: &str, value: &str, reason: &str) -> Fault {
    Fault {
        file: file.into(),
        line,
        field: field.into(),
        value: value.chars().take(SHOWN_MAX_CHARS).collect(),
        reason: reason.into(),
    }
}

/// Line of a part of a text.
pub(super) fn line_of(text: &str, part: &str) -> usize {
    let at = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.as_bytes().get(..at).unwrap_or_default();
    1 + before.iter().filter(|b| **b == b'\n').count()
}
