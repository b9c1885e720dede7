//! Where the real test data is.

use std::path::PathBuf;

/// The folder of real data named `name`, or `None` (with a word) where it is absent.
pub fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("CORRIDOR_REQUIRE_SHARED_DATA").is_some_and(|v| v == "1");
    assert!(!required, "{} is absent", folder.display());
    println!("skipped: {} is absent", folder.display());
    None
}

pub fn read(name: &str) -> Option<String> {
    let (parent, file) = name.rsplit_once('/').expect("a folder and a file");
    let path = folder(parent)?.join(file);
    Some(std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}
