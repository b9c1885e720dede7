//! How fast element files are read, beside the `sgp4` crate's parsers: `cargo bench -p corridor-orbit
//! --bench elements [CATALOGUE.3le]`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures"
)]

use corridor_orbit::elements::{omm_csv, omm_json, omm_kvn, read, xml};
use std::hint::black_box;
use std::time::Instant;

/// Best of this many runs.
const ROUNDS: usize = 15;

fn best_ms(mut work: impl FnMut() -> usize) -> (f64, usize) {
    let mut best = f64::INFINITY;
    let mut found = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        found = black_box(work());
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    (best, found)
}

fn main() {
    let shared = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into(),
        std::path::PathBuf::from,
    );
    let given = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let path = given.map_or_else(
        || shared.join("sense/catalog/active-2026-08-22.3le"),
        std::path::PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is absent", path.display());
        return;
    };
    let sets = read("catalogue", text.as_bytes()).sets;
    println!("{} objects, best of {ROUNDS} runs, one core", sets.len());

    let (own_ms, found) = best_ms(|| read("catalogue", text.as_bytes()).sets.len());
    assert_eq!(found, sets.len());
    let (peer_ms, found) = best_ms(|| sgp4::parse_3les(&text).unwrap().len());
    assert_eq!(found, sets.len());
    println!(
        "3LE      {own_ms:7.2} ms   sgp4 2.4.0 {peer_ms:7.2} ms   {:.1} times as fast",
        peer_ms / own_ms
    );

    // Without the keywords the peer refuses or does not know.
    let json = omm_json::write(&sets);
    let (own_ms, found) = best_ms(|| read("catalogue", json.as_bytes()).sets.len());
    assert_eq!(found, sets.len());
    let (peer_ms, found) = best_ms(|| {
        let read: Vec<sgp4::Elements> = serde_json::from_str(&json).unwrap();
        read.len()
    });
    assert_eq!(found, sets.len());
    println!(
        "OMM JSON {own_ms:7.2} ms   sgp4 2.4.0 {peer_ms:7.2} ms   {:.1} times as fast",
        peer_ms / own_ms
    );

    for (name, text) in [
        ("OMM CSV ", omm_csv::write(&sets, &[])),
        ("OMM KVN ", omm_kvn::write(&sets, "bench")),
        ("OMM XML ", xml::write(&sets, "bench")),
    ] {
        let (own_ms, found) = best_ms(|| read("catalogue", text.as_bytes()).sets.len());
        assert_eq!(found, sets.len());
        println!("{name} {own_ms:7.2} ms");
    }
}
