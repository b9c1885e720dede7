//! `corridor rehearse`: the same seed is the same output, what a change changes, and bad input.

use crate::program::{Program, text};
use serde_json::Value;

const WATCH: &str = r#"[
    {"name": "Olinda", "product": "water", "bbox": [-34.915, -8.039, -34.8275, -7.952], "priority": 5},
    {"name": "Iron Gates", "product": "water", "bbox": [22.1, 45.1, 22.2, 45.2]}
]"#;

/// A relay of the register.
const RELAY: &str = "EUTELSAT 9B (EDRS-A)";

const DAYS: [&str; 4] = ["--days", "0.25", "--from", "2026-08-22T00:00:00Z"];

fn rehearse(program: &Program, more: &[&str]) -> crate::program::Ran {
    let watch = program.file("watches.json", WATCH);
    let head = ["rehearse", "--watch", &text(&watch)];
    program.run(&[&head[..], &DAYS, more].concat())
}

#[test]
fn the_same_seed_prints_the_same_bytes() {
    let program = Program::new();
    let json = |seed, threads| {
        let more = ["--seed", seed, "--threads", threads, "--format", "json"];
        rehearse(&program, &more).ok().out
    };
    let one = json("7", "1");
    assert_eq!(one, json("7", "3"));
    assert_ne!(one, json("8", "1"));
    let report: Value = serde_json::from_str(&one).unwrap();
    let watches = report["watches"].as_array().unwrap();
    assert_eq!(watches.len(), 2);
    for watch in watches {
        let figure = |key: &str, of: &str| watch[key]["came"][of].as_f64().unwrap();
        assert!(
            watch["came"].as_u64().unwrap() > 0 && watch["promised"].as_u64().unwrap() > 0,
            "{watch:#}"
        );
        for key in ["time_to_answer_s", "observation_to_answer_s", "age_s"] {
            let ranks = ["median_s", "p90_s", "worst_s"].map(|of| figure(key, of));
            assert!(0.0 < ranks[0] && ranks.is_sorted(), "{key}: {ranks:?}");
        }
        let parts = watch["parts_s"].as_object().unwrap();
        let sum: f64 = parts.values().map(|s| s.as_f64().unwrap()).sum();
        let mean = watch["time_to_answer_s"]["came"]["mean_s"]
            .as_f64()
            .unwrap();
        assert!((sum - mean).abs() < 1e-3, "{sum} {mean}");
    }
    let bytes = |key: &str| report["bytes"][key].as_u64().unwrap();
    assert_eq!(
        bytes("observed"),
        bytes("delivered") + bytes("stored") + bytes("lost")
    );
}

#[test]
fn what_a_change_would_change() {
    let program = Program::new();
    let change = [
        "--no-failures",
        "--relay",
        RELAY,
        "--without",
        RELAY,
        "--without",
        "ksat-svalbard",
        "--with-station",
        "Recife=-34.9,-8.05",
    ];
    let both = rehearse(&program, &[&change[..], &["--format", "json"]].concat())
        .ok()
        .json();
    assert_eq!(
        both["change"],
        format!("without {RELAY}, without ksat-svalbard, with station recife")
    );
    let carries = |report: &Value, station: &str| {
        let stations = report["stations"].as_array().unwrap();
        stations.iter().any(|s| s["station"] == station)
    };
    assert!(carries(&both["before"], "ksat-svalbard") && carries(&both["before"], RELAY));
    assert!(!carries(&both["after"], "ksat-svalbard") && !carries(&both["after"], RELAY));
    assert!(
        carries(&both["after"], "recife"),
        "{:#}",
        both["after"]["stations"]
    );
    let table = rehearse(&program, &change).ok().out;
    for words in ["difference", "waiting for a downlink", RELAY] {
        assert!(table.contains(words), "{words} is not said in\n{table}");
    }
    let picture = program.desk().join("days.png");
    let drawn = ["--no-failures", "--picture", &text(&picture)];
    rehearse(&program, &drawn).ok();
    let bytes = std::fs::read(&picture).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"), "{} bytes", bytes.len());
}

#[test]
fn what_cannot_be_rehearsed_is_refused() {
    let program = Program::new();
    for (more, status, words) in [
        (&["--without", "nowhere"][..], 1, "\"nowhere\""),
        (&["--with-planned", "TERRA"], 1, "\"TERRA\""),
        (&["--with-relay", "nobody"], 2, "\"nobody\""),
        (&["--with-station", "Here=200,0"], 2, "Here"),
        (&["--lose", "TERRA"], 2, "SATELLITE@TIME"),
        (&["--lose", "NOBODY@2026-08-22T01:00:00Z"], 1, "NOBODY"),
    ] {
        rehearse(&program, more).refused(status, &[words]);
    }
    let long = ["rehearse", "--days", "31"];
    program.run(&long).refused(1, &["no watches yet"]);
    let watch = program.file("watch.json", "{\"name\": \"x\"}");
    program
        .run(&["rehearse", "--watch", &text(&watch)])
        .refused(1, &["watch.json"]);
}
