//! What a reader found, and what is wrong with the rest.

use super::{ElementSet, Ephemeris};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most faults kept of one file; the rest are counted. Bounds the memory a broken file can take.
pub const FAULTS_MAX: usize = 10_000;

/// Longest value shown in a fault, characters.
const SHOWN_MAX_CHARS: usize = 80;

/// A field that is wrong, before it is known where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} reads {value:?}: {reason}")]
pub struct Wrong {
    /// Which field.
    pub field: String,
    /// What stands there, shortened where long.
    pub value: String,
    /// What would be right.
    pub reason: String,
}

impl Wrong {
    pub(crate) fn new(
        field: impl Into<String>,
        value: impl ToString,
        reason: impl Into<String>,
    ) -> Self {
        let value = value.to_string();
        let value = match value.char_indices().nth(SHOWN_MAX_CHARS) {
            Some((at, _)) => value[..at].to_string(),
            None => value,
        };
        Self {
            field: field.into(),
            value,
            reason: reason.into(),
        }
    }

    pub(crate) fn at(self, file: &str, line: usize) -> Fault {
        Fault {
            file: file.into(),
            line,
            field: self.field,
            value: self.value,
            reason: self.reason,
        }
    }
}

/// A record that does not read, or that a reader should know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{file}:{line}: {field} reads {value:?}: {reason}")]
pub struct Fault {
    /// File name as given to the reader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Which field.
    pub field: String,
    /// What stands there, shortened where long; empty where nothing does.
    pub value: String,
    /// What would be right.
    pub reason: String,
}

/// What a reader found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The element sets that read, in the order of the file.
    pub sets: Vec<ElementSet>,
    /// The ephemerides that read, in the order of the file.
    pub ephemerides: Vec<Ephemeris>,
    /// What did not read; at most [`FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// Faults beyond those kept.
    pub faults_left_out: usize,
    /// What read and is worth a word: objects that stand twice, orbits that end in the ground. At
    /// most [`FAULTS_MAX`].
    pub notes: Vec<Fault>,
    /// Line of each element set.
    pub(super) lines: Vec<u32>,
}

impl Parsed {
    pub(super) fn keep(&mut self, set: ElementSet, line: usize) {
        self.sets.push(set);
        self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.faults_left_out += 1;
        }
    }

    fn note(&mut self, note: Fault) {
        if self.notes.len() < FAULTS_MAX {
            self.notes.push(note);
        }
    }

    /// Keeps the newest set of each catalogue number, of equal epochs the last, at its place in the
    /// file; each set left out is noted. Objects without a number are all kept.
    pub(super) fn newest_of_each(&mut self, file: &str) {
        // Catalogues come sorted by number, mostly: then nothing stands twice.
        if self.sets.windows(2).all(|w| w[0].norad_id < w[1].norad_id) {
            return;
        }
        let mut newest: HashMap<u32, usize> = HashMap::with_capacity(self.sets.len());
        let mut dropped: Vec<(usize, usize)> = Vec::new();
        for (at, set) in self.sets.iter().enumerate().filter(|(_, s)| s.norad_id > 0) {
            let Some(&old) = newest.get(&set.norad_id) else {
                newest.insert(set.norad_id, at);
                continue;
            };
            if self.sets[old].epoch > set.epoch {
                dropped.push((at, old));
            } else {
                dropped.push((old, at));
                newest.insert(set.norad_id, at);
            }
        }
        if dropped.is_empty() {
            return;
        }
        let mut gone = vec![false; self.sets.len()];
        for (out, kept) in dropped {
            gone[out] = true;
            let reason = format!(
                "stands twice; the set of {} in line {} is kept, that of {} is not",
                self.sets[kept].epoch, self.lines[kept], self.sets[out].epoch,
            );
            let wrong = Wrong::new("catalogue number", self.sets[out].norad_id, reason);
            self.note(wrong.at(file, self.lines[out] as usize));
        }
        let mut places = gone.iter();
        self.sets.retain(|_| places.next() == Some(&false));
        let mut places = gone.iter();
        self.lines.retain(|_| places.next() == Some(&false));
    }

    /// Notes the sets whose orbit meets the ground.
    pub(super) fn note_decayed(&mut self, file: &str) {
        for at in 0..self.sets.len() {
            let (set, line) = (&self.sets[at], self.lines[at] as usize);
            let height_km = set.perigee_height_km();
            if height_km >= 0.0 {
                continue;
            }
            let reason = format!(
                "its perigee is {:.0} km below the ground: object {} has decayed or is about to",
                -height_km, set.norad_id
            );
            let wrong = Wrong::new("mean motion", set.mean_motion_rev_day, reason);
            self.note(wrong.at(file, line));
        }
    }
}
