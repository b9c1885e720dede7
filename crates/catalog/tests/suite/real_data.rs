//! Real data beside the checkout, read in place.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::Value;

/// The folder of real data, or `None` after saying that the test is skipped. With
/// `CORRIDOR_REQUIRE_SHARED_DATA=1` a missing folder is a failure.
pub(crate) fn folder(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(path);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("CORRIDOR_REQUIRE_SHARED_DATA").is_ok_and(|v| v == "1");
    assert!(!required, "{} is missing and required", folder.display());
    println!("skipped: {} is missing", folder.display());
    None
}

/// The documents of all gzipped line-delimited files of a folder whose name satisfies `wanted`.
pub(crate) fn documents(folder: &PathBuf, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.ends_with(".ndjson.gz") && wanted(&name)
        })
        .collect();
    files.sort();
    let mut documents = Vec::new();
    for path in files {
        let unpacked = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
        for line in BufReader::new(unpacked).lines() {
            documents.push(serde_json::from_str(&line.unwrap()).unwrap());
        }
    }
    documents
}
