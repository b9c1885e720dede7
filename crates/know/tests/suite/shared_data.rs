//! Where the shared test data is.

use std::path::PathBuf;

/// The folder of the shared data, or `None` (said on the console) where it is absent.
///
/// # Panics
/// Where it is absent although `CORRIDOR_REQUIRE_SHARED_DATA` is `1`.
pub(crate) fn folder(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(part);
    if folder.exists() {
        return Some(folder);
    }
    let required = std::env::var("CORRIDOR_REQUIRE_SHARED_DATA").is_ok_and(|v| v == "1");
    assert!(!required, "{} is required and absent", folder.display());
    println!("skipped: {} is absent", folder.display());
    None
}
