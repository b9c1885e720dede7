//! Which format a file is in.

use super::{ContactPlan, FILE_MAX_BYTES, Read, asabr, hdtn, ion, own, tvgutil};

/// A format of contact plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Corridor's own JSON.
    Own,
    /// NASA HDTN JSON.
    Hdtn,
    /// ION's commands, DtnSim too.
    Ion,
    /// A-SABR's lines.
    Asabr,
    /// tvgutil JSON.
    Tvgutil,
}

/// Why a file is no contact plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// JSON that is none, or of another shape.
    #[error("{file}: {reason}")]
    Json {
        /// The file.
        file: String,
        /// Line and column are in it.
        reason: String,
    },
    /// Too large.
    #[error("{file}: {size} bytes, at most {FILE_MAX_BYTES}")]
    Size {
        /// The file.
        file: String,
        /// Its bytes.
        size: usize,
    },
    /// None of the formats.
    #[error(
        "{file}: not a contact plan; expected JSON of HDTN, tvgutil or Corridor, or lines of ION (`a contact`) or A-SABR (`contact`)"
    )]
    Unknown {
        /// The file.
        file: String,
    },
}

impl PlanError {
    pub(super) fn json(file: &str, error: &serde_json::Error) -> Self {
        Self::Json {
            file: file.into(),
            reason: error.to_string(),
        }
    }
}

/// The format of a text, by what stands in it.
fn detect(text: &str) -> Option<Format> {
    let start = text.trim_start();
    if start.starts_with('{') {
        let has = |key: &str| text.contains(key);
        return if has("\"edges\"") {
            Some(Format::Tvgutil)
        } else if has("\"startTime\"") || has("\"rateBitsPerSec\"") {
            Some(Format::Hdtn)
        } else if has("\"contacts\"") {
            Some(Format::Own)
        } else {
            None
        };
    }
    let mut lines = text.lines().map(|l| l.split_whitespace().next());
    lines.find_map(|first| match first? {
        "a" | "m" => Some(Format::Ion),
        "contact" | "node" => Some(Format::Asabr),
        _ => None,
    })
}

/// Reads a plan in whichever format it is; `file` names it in the report.
///
/// # Errors
/// [`PlanError`] where the file as a whole cannot be read. Contacts that cannot be are dropped and
/// reported instead.
pub fn read(text: &str, file: &str) -> Result<Read, PlanError> {
    if text.len() > FILE_MAX_BYTES {
        return Err(PlanError::Size {
            file: file.into(),
            size: text.len(),
        });
    }
    match detect(text) {
        Some(Format::Own) => own::parse(text, file),
        Some(Format::Hdtn) => hdtn::parse(text, file),
        Some(Format::Tvgutil) => tvgutil::parse(text, file),
        Some(Format::Ion) => Ok(ion::parse(text, file)),
        Some(Format::Asabr) => Ok(asabr::parse(text, file)),
        None => Err(PlanError::Unknown { file: file.into() }),
    }
}

/// A plan in a format, and what of it that format cannot say.
pub fn write(plan: &ContactPlan, format: Format) -> (String, Vec<String>) {
    match format {
        Format::Own => (own::write(plan), Vec::new()),
        Format::Hdtn => hdtn::write(plan),
        Format::Ion => ion::write(plan),
        Format::Asabr => (asabr::write(plan), Vec::new()),
        Format::Tvgutil => (tvgutil::write(plan), Vec::new()),
    }
}
