//! The files of the register: shipped ones, and those of a data folder.

use crate::error::WatchError;
use corridor_orbit::elements::{self, Parsed};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../register"]
#[include = "*.toml"]
#[include = "*.csv"]
struct Shipped;

/// Largest register file read from the data folder, bytes.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// Reads element sets and ephemerides from a file in any format that [`elements::read`] knows.
///
/// # Errors
/// [`WatchError::Invalid`] where the file cannot be read; bad records are in `faults`.
pub fn read_element_file(path: &Path) -> Result<Parsed, WatchError> {
    let bytes = read_file(path)?;
    Ok(elements::read(&path.display().to_string(), &bytes))
}

/// The text of the shipped `assumptions.toml`.
pub fn shipped_assumptions() -> Result<String, WatchError> {
    shipped_files()?
        .remove("assumptions.toml")
        .ok_or_else(|| WatchError::internal("reading the register", "assumptions.toml is missing"))
}

/// Reads a file of at most `FILE_MAX_BYTES`.
///
/// # Errors
/// [`WatchError::Invalid`] where it cannot be read or is larger.
pub fn read_file(path: &Path) -> Result<Vec<u8>, WatchError> {
    let unreadable =
        |e: std::io::Error| WatchError::Invalid(format!("reading {}: {e}", path.display()));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_MAX_BYTES {
        return Err(WatchError::Invalid(format!(
            "{}: {size} bytes; at most {FILE_MAX_BYTES}",
            path.display()
        )));
    }
    std::fs::read(path).map_err(unreadable)
}

/// The text of a shipped gzip file.
pub(super) fn gunzip(bytes: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes), &mut text)?;
    Ok(text)
}

pub(super) fn shipped_files() -> Result<BTreeMap<String, String>, WatchError> {
    let mut files = BTreeMap::new();
    for path in Shipped::iter() {
        let Some(file) = Shipped::get(&path) else {
            continue;
        };
        let text = String::from_utf8(file.data.into_owned())
            .map_err(|e| WatchError::internal(format!("reading register/{path}"), e))?;
        files.insert(path.to_string(), text);
    }
    Ok(files)
}

pub(super) fn read_folder(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), WatchError> {
    let doing = |e: std::io::Error| {
        WatchError::Invalid(format!("reading register folder {}: {e}", folder.display()))
    };
    for entry in std::fs::read_dir(folder).map_err(doing)? {
        let entry = entry.map_err(doing)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() && prefix.is_empty() {
            read_folder(&path, &format!("{name}/"), files)?;
        } else if name.ends_with(".toml") || name.ends_with(".csv") {
            if entry.metadata().map_err(doing)?.len() > FILE_MAX_BYTES {
                return Err(WatchError::Invalid(format!(
                    "{} is larger than {FILE_MAX_BYTES} bytes",
                    path.display()
                )));
            }
            files.insert(name, std::fs::read_to_string(&path).map_err(doing)?);
        }
    }
    Ok(())
}
