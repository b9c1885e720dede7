//! Real data outside the project, read in place.

use std::path::PathBuf;

/// A file of the shared data; `None`, said aloud, where there is none and none is required.
pub(crate) fn file(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(
        std::env::var_os("CORRIDOR_REQUIRE_SHARED_DATA").is_none_or(|v| v != "1"),
        "{} is missing",
        found.display()
    );
    println!("skipped: {} is not there", found.display());
    None
}
