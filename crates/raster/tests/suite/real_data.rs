//! Where the shared real scenes are, and what is left out without them.

use std::path::{Path, PathBuf};

use corridor_raster::dataset::Dataset;

/// The folder of shared data, or `None` (said on standard output) when it is absent.
pub(crate) fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    if dir.is_dir() {
        return Some(dir);
    }
    assert!(
        std::env::var("CORRIDOR_REQUIRE_SHARED_DATA").as_deref() != Ok("1"),
        "the shared data is required but {} is absent",
        dir.display()
    );
    println!("skipped: no shared data at {}", dir.display());
    None
}

/// Opens a scene of the shared data.
pub(crate) fn open(dir: &Path, file: &str) -> Dataset {
    Dataset::open(&dir.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// A reference file of this crate, parsed.
pub(crate) fn reference(file: &str) -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A reference number; NaN and infinities are text.
pub(crate) fn number(value: &serde_json::Value) -> f64 {
    value
        .as_f64()
        .or_else(|| value.as_str()?.parse().ok())
        .unwrap_or_else(|| panic!("{value} is no number"))
}
