//! One test binary for the crate.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests unwrap and say what they skip, as tests themselves may"
)]

mod assets;
mod data;
mod events;
mod fixture;
mod hostile;
#[path = "../../../know/tests/suite/json5.rs"]
mod json5;
mod mosaics;
mod openeo;
mod openeo_errors;
mod openeo_exceptions;
mod openeo_loading;
mod openeo_pages;
mod openeo_vectors;
mod own;
mod page;
mod peers;
mod private;
mod stac;
mod stapi;
mod stapi_refused;
mod tiles;

/// Every file beside this one is a module of it.
#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "main" || main.contains(&format!("mod {module};")),
            "{name}"
        );
    }
}
