//! `--elements FILE...`: satellites out of files of elements, with what is worth saying about them.

use crate::output::counted;
use crate::verb::Failure;
use clap::Args;
use corridor_orbit::elements::{ElementSet, Ephemeris};
use corridor_orbit::propagate::Trajectory;
use corridor_watch::register::read_element_file;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Most warnings printed one by one; the others are counted.
const WARNINGS_MAX: usize = 20;

/// Files of elements.
#[derive(Debug, Args)]
pub(crate) struct Elements {
    /// Element sets or ephemerides: TLE, 3LE, OMM (JSON, CSV, XML, KVN) or OEM
    #[arg(long = "elements", value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
}

/// Files of elements, or the satellites of the register.
#[derive(Debug, Args)]
pub(crate) struct ElementsOrRegister {
    /// Element sets or ephemerides: TLE, 3LE, OMM (JSON, CSV, XML, KVN) or OEM; where --instrument is given
    /// and this is not, the satellites of the register that carry it
    #[arg(long = "elements", value_name = "FILE", required_unless_present = "instrument", num_args = 1..)]
    files: Vec<PathBuf>,
}

impl ElementsOrRegister {
    /// The files, where any are named.
    pub(crate) fn files(&self) -> Option<Elements> {
        (!self.files.is_empty()).then(|| Elements::of(self.files.clone()))
    }
}

/// A satellite to compute with.
#[derive(Debug, Clone)]
pub(crate) struct Satellite {
    /// Its name; its catalogue number where it has none.
    pub(crate) name: String,
    /// Its catalogue number, where it has one.
    pub(crate) norad_id: Option<u32>,
    pub(crate) trajectory: Trajectory,
}

/// What the files hold.
#[derive(Debug, Default)]
pub(crate) struct Satellites {
    pub(crate) all: Vec<Satellite>,
    pub(crate) warnings: Warnings,
}

/// What went beside the answer: warnings on standard error, and whether records were refused, which
/// makes the exit status 1 after the rest is answered.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    said: Vec<String>,
    refused: usize,
}

impl Warnings {
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.said.push(text.into());
    }

    pub(crate) fn texts(&self) -> &[String] {
        &self.said
    }

    /// Prints them, and fails where records were refused.
    #[allow(clippy::print_stderr, reason = "warnings belong on standard error")]
    pub(crate) fn finish(self) -> Result<(), Failure> {
        for text in self.said.iter().take(WARNINGS_MAX) {
            eprintln!("corridor: {text}");
        }
        if self.said.len() > WARNINGS_MAX {
            eprintln!("corridor: and {} more", self.said.len() - WARNINGS_MAX);
        }
        match self.refused {
            0 => Ok(()),
            n => Err(Failure::Failed(format!(
                "{}; the others are answered",
                counted(n, "record was refused", "records were refused")
            ))),
        }
    }
}

impl Elements {
    /// Of these files.
    pub(crate) fn of(files: Vec<PathBuf>) -> Self {
        Self { files }
    }

    /// Reads all files. Of a catalogue number in several files the newest set counts.
    pub(crate) fn read(&self) -> Result<Satellites, Failure> {
        let mut found = Satellites::default();
        let mut sets: BTreeMap<u32, (ElementSet, String)> = BTreeMap::new();
        for path in &self.files {
            let file = path.display().to_string();
            let parsed = read_element_file(path)?;
            let warnings = &mut found.warnings;
            warnings.refused += parsed.faults.len() + parsed.faults_left_out;
            for fault in &parsed.faults {
                warnings.say(format!("refused: {fault}"));
            }
            for note in &parsed.notes {
                warnings.say(format!("note: {note}"));
            }
            for set in parsed.sets {
                if set.norad_id == 0 {
                    found.add_set(&set);
                } else {
                    keep_newest(&mut sets, set, &file, &mut found.warnings);
                }
            }
            for ephemeris in parsed.ephemerides {
                found.add_ephemeris(ephemeris);
            }
        }
        for (set, _) in sets.values() {
            found.add_set(set);
        }
        if found.all.is_empty() {
            for text in found.warnings.texts() {
                tracing::debug!("{text}");
            }
            found.warnings.say("no satellite is left to compute with");
            let said = found.warnings.texts().join("\n");
            return Err(Failure::Failed(said));
        }
        Ok(found)
    }
}

fn keep_newest(
    sets: &mut BTreeMap<u32, (ElementSet, String)>,
    set: ElementSet,
    file: &str,
    warnings: &mut Warnings,
) {
    let number = set.norad_id;
    let Some((known, known_file)) = sets.get(&number) else {
        sets.insert(number, (set, file.to_string()));
        return;
    };
    let newer = set.epoch >= known.epoch;
    let (kept, other) = match newer {
        true => (file, known_file.as_str()),
        false => (known_file.as_str(), file),
    };
    warnings.say(format!(
        "note: catalogue number {number} stands in {kept} and in {other}; the newer set, of {}, is kept",
        set.epoch.max(known.epoch)
    ));
    if newer {
        sets.insert(number, (set, file.to_string()));
    }
}

impl Satellites {
    fn add_set(&mut self, set: &ElementSet) {
        let name = match set.name.trim() {
            "" => set.norad_id.to_string(),
            name => name.to_string(),
        };
        match Trajectory::from_elements(set) {
            Ok(trajectory) => self.all.push(Satellite {
                name,
                norad_id: Some(set.norad_id).filter(|n| *n > 0),
                trajectory,
            }),
            Err(error) => {
                self.warnings.refused += 1;
                self.warnings.say(format!("refused: {name}: {error}"));
            }
        }
    }

    fn add_ephemeris(&mut self, ephemeris: Ephemeris) {
        let name = ephemeris.name.clone();
        match Trajectory::from_ephemeris(ephemeris) {
            Ok(trajectory) => self.all.push(Satellite {
                name,
                norad_id: None,
                trajectory,
            }),
            Err(error) => {
                self.warnings.refused += 1;
                self.warnings.say(format!("refused: {name}: {error}"));
            }
        }
    }
}
