//! Integration tests of `corridor-know`, one module a subject.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod burn;
mod catalogued;
mod clouds;
mod codes;
mod cubes;
mod graphs;
mod json5;
mod memory;
mod networks;
mod plans;
mod products;
mod reference;
mod sar_tiles;
mod series;
mod shared_data;
mod spill;
mod vectors;
mod water_change;
mod zones;

#[test]
fn every_file_of_the_suite_is_a_module() {
    let own = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "main" || own.contains(&format!("mod {module};")),
            "{name}"
        );
    }
}
