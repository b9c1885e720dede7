//! Codes of errors are those of the standard.

use corridor_know::error::SCENE_UNREADABLE;
use corridor_know::process;
use std::collections::BTreeSet;
use std::path::Path;

/// Codes of openEO API 1.2.0, `errors.json`, that running a process graph can give.
const OF_THE_API: [&str; 11] = [
    "CollectionNotFound",
    "FeatureUnsupported",
    "Internal",
    "ProcessGraphComplexity",
    "ProcessGraphInvalid",
    "ProcessGraphMissing",
    "ProcessInvalid",
    "ProcessParameterInvalid",
    "ProcessParameterRequired",
    "ProcessParameterUnsupported",
    "ProcessUnsupported",
];
/// What neither the API nor a process has a code for: a collection without the band asked for, a
/// scene whose file does not read.
const OWN: [&str; 2] = ["BandNotFound", SCENE_UNREADABLE];

/// The texts that `GraphError::new` is called with in a folder of sources.
fn used(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            used(&path, codes);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for rest in text.split("GraphError::new(").skip(1) {
            if let Some(literal) = rest.trim_start().strip_prefix('"') {
                codes.insert(literal.split('"').next().unwrap().to_string());
            }
        }
    }
}

#[test]
fn every_code_is_the_apis_or_a_processs() {
    let mut known: BTreeSet<String> = OF_THE_API
        .iter()
        .chain(&OWN)
        .map(ToString::to_string)
        .collect();
    for process in process::ALL {
        if let Some(exceptions) = process.definition().json["exceptions"].as_object() {
            known.extend(exceptions.keys().cloned());
        }
    }
    let mut codes = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    used(&root.join("src"), &mut codes);
    assert!(codes.len() > 40, "{codes:?}");
    let unknown: Vec<&String> = codes.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
