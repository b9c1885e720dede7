//! `corridor transmit inspect`: bundles, taken or refused and by which clause.

use crate::output::{Format, Listing, counted, listing};
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_transmit::bundle::inspect::{Inspection, KeySet, inspect};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Longest file read.
const FILE_LEN_MAX: u64 = 1 << 30;

/// Bundles (BPv7), taken or refused and by which clause.
///
/// A file holds the bytes of one bundle, the same as hexadecimal text, or JSON with `bundle_hex` and `keys` (one
/// or a list). CRCs are always checked, integrity and confidentiality where there is a key.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Bundles
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// Keys as a JSON web key set, for all bundles that bring none
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Judge as of this time, not of now
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Inspected {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    inspection: Inspection,
}

/// A bundle in JSON.
#[derive(Deserialize)]
struct Written {
    name: Option<String>,
    bundle_hex: String,
    keys: Option<KeySet>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Written>),
    One(Written),
}

impl Inspect {
    pub(crate) fn run(self) -> Outcome {
        let now = self.at.unwrap_or_else(Timestamp::now);
        let keys: KeySet = match &self.keys {
            Some(path) => serde_json::from_slice(&read(path)?).map_err(|e| {
                Failure::Failed(format!("{}: no JSON web key set: {e}", path.display()))
            })?,
            None => KeySet::EMPTY,
        };
        let mut all = Vec::new();
        for path in &self.bundles {
            let file = path.display().to_string();
            let bytes = read(path)?;
            for (name, bundle, own) in bundles(&file, bytes)? {
                let inspection = inspect(&bundle, own.as_ref().unwrap_or(&keys), now);
                all.push(Inspected {
                    file: file.clone(),
                    name,
                    inspection,
                });
            }
        }
        let rows = all.iter().map(row).collect();
        let columns = &[
            "Bundle",
            "",
            "Clause",
            "Why",
            "From",
            "To",
            "Payload bytes",
            "Ends",
        ];
        listing(
            self.format,
            &Listing {
                columns,
                rows,
                records: &all,
                empty: "No bundles.",
            },
        )?;
        let refused = all.iter().filter(|i| !i.inspection.accepted).count();
        match refused {
            0 => Ok(()),
            n => Err(Failure::Failed(format!(
                "{n} of {} refused",
                counted(all.len(), "bundle", "bundles")
            ))),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |e: std::io::Error| Failure::Failed(format!("reading {}: {e}", path.display()));
    let len = std::fs::metadata(path).map_err(failed)?.len();
    if len > FILE_LEN_MAX {
        return Err(Failure::Failed(format!(
            "{}: {len} bytes, at most {FILE_LEN_MAX} are read",
            path.display()
        )));
    }
    std::fs::read(path).map_err(failed)
}

type Found = (Option<String>, Vec<u8>, Option<KeySet>);

fn bundles(file: &str, bytes: Vec<u8>) -> Result<Vec<Found>, Failure> {
    let start = bytes.trim_ascii_start().first().copied();
    if matches!(start, Some(b'{' | b'[')) {
        let written = serde_json::from_slice(&bytes)
            .map_err(|e| Failure::Failed(format!("{file}: no JSON with bundle_hex: {e}")))?;
        let many = match written {
            OneOrMany::Many(many) => many,
            OneOrMany::One(one) => vec![one],
        };
        return many
            .into_iter()
            .map(|w| {
                let bundle = hex(w.bundle_hex.as_bytes()).ok_or_else(|| {
                    Failure::Failed(format!("{file}: bundle_hex is not hexadecimal"))
                })?;
                Ok((w.name, bundle, w.keys))
            })
            .collect();
    }
    // A bundle starts with 0x9f, which is no hexadecimal digit.
    let text = hex(bytes.trim_ascii()).filter(|b| !b.is_empty());
    Ok(vec![(None, text.unwrap_or(bytes), None)])
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .iter()
        .filter(|b| !b.is_ascii_whitespace())
        .map(|b| char::from(*b).to_digit(16).map(|d| d as u8))
        .collect();
    let digits = digits.filter(|d| d.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|d| d[0] << 4 | d[1]).collect())
}

fn row(one: &Inspected) -> Vec<String> {
    let i = &one.inspection;
    let said = |f: &dyn Fn(&corridor_transmit::bundle::inspect::BundleSummary) -> String| {
        i.bundle.as_ref().map(f).unwrap_or_default()
    };
    vec![
        one.name.clone().unwrap_or_else(|| one.file.clone()),
        if i.accepted { "taken" } else { "refused" }.to_string(),
        i.clause.unwrap_or_default().to_string(),
        i.reason.clone().unwrap_or_default(),
        said(&|b| b.source.clone()),
        said(&|b| b.destination.clone()),
        said(&|b| b.payload_bytes.to_string()),
        said(&|b| b.expires.map(|t| t.to_string()).unwrap_or_default()),
    ]
}
