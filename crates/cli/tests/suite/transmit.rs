//! `corridor transmit contacts`, `route` and `schedule`: the shapes programs read, and bad input.

use crate::program::{Program, real_data, repository};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file of the real data, or `None` (with a word) where it is absent.
fn real(name: &str) -> Option<PathBuf> {
    real_data(&format!("transmit/{name}"))
}

const PLAN: &str = "a contact +0 +10 1 2 100\na range +0 +99 1 2 1\na contact +20 +40 1 2 100\n\
    a contact +50 +40 1 2 100\na contact +0 +60 2 3 100\na range +0 +60 2 3 1\n";

#[test]
fn a_route_is_printed_with_its_contacts() {
    let program = Program::new();
    let plan = program.file("plan.ionrc", PLAN);
    let plan = text(&plan);
    let route = ["transmit", "route", "--plan", plan, "--format", "json"];
    let one = [
        &route[..],
        &["--from", "1", "--to", "3", "--at", "0", "--size", "600"],
    ]
    .concat();
    let ran = program.run(&one).ok();
    assert!(ran.err.contains("plan.ionrc:4:"), "{}", ran.err);
    let found = ran.json();
    assert_eq!(
        (found["arrival"].as_f64(), found["contacts"].as_u64()),
        (Some(14.0), Some(2))
    );
    assert_eq!(found["route"][1]["from"], "2");
    let queries = r#"{"queries":[{"src":1,"dst":2,"t0":0,"size_bytes":600},
        {"src":1,"dst":2,"t0":0,"size_bytes":600},{"src":"3","dst":1,"t0":0,"size_bytes":0}]}"#;
    let queries = program.file("queries.json", queries);
    let all = [&route[..], &["--queries", text(&queries)]].concat();
    let found = program.run(&all).ok().json();
    let arrivals: Vec<Option<f64>> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|q| q["arrival"].as_f64())
        .collect();
    assert_eq!(arrivals, [Some(7.0), Some(7.0), None]);
    assert_eq!(found[2]["contacts"], Value::Null);
    let booked = program.run(&[&all[..], &["--book"]].concat()).ok().json();
    assert_eq!(booked[1]["arrival"].as_f64(), Some(27.0));
    let parts = [
        &route[..],
        &[
            "--from",
            "1",
            "--to",
            "2",
            "--at",
            "0",
            "--size",
            "1500",
            "--part-min",
            "100",
        ],
    ]
    .concat();
    assert_eq!(program.run(&parts).ok().json().as_array().unwrap().len(), 2);
    let table = program.run(&[&one[..4], &one[6..]].concat()).ok();
    assert!(table.out.contains("1 > 2 > 3"), "{}", table.out);
}

#[test]
fn routes_that_cannot_be_asked_for() {
    let program = Program::new();
    let plan = program.file("plan.ionrc", PLAN);
    let plan = text(&plan);
    let ask =
        |more: &[&str]| program.run(&[&["transmit", "route", "--plan", plan][..], more].concat());
    ask(&["--from", "1", "--to", "9", "--at", "0"]).refused(1, &["\"9\"", "it has 1, 2, 3"]);
    ask(&["--from", "1", "--to", "3", "--at", "NaN"]).refused(2, &["finite"]);
    ask(&["--from", "1", "--to", "3", "--at", "0", "--size", "-1"]).refused(2, &["--size"]);
    ask(&["--from", "1", "--to", "3", "--at", "noon"]).refused(2, &["noon", "seconds or a time"]);
    ask(&["--to", "3", "--at", "0"]).refused(2, &["--from"]);
    ask(&[
        "--from",
        "1",
        "--to",
        "3",
        "--at",
        "0",
        "--owlt-margin",
        "-1",
    ])
    .refused(2, &["margin"]);
    let queries = program.file("q.json", r#"[{"src":1,"dst":7,"t0":0,"size_bytes":0}]"#);
    ask(&["--queries", text(&queries)]).refused(1, &["query 0", "\"7\""]);
    let queries = program.file("q.json", r#"[{"src":1,"dst":2,"t0":0,"size_bytes":-5}]"#);
    ask(&["--queries", text(&queries)]).refused(1, &["query 0", "size is -5"]);
    let queries = program.file("q.json", "[{}]");
    ask(&["--queries", text(&queries)]).refused(1, &["q.json", "src, dst, t0, size_bytes"]);
    let none = program.file("none.txt", "hello\n");
    program
        .run(&[
            "transmit",
            "route",
            "--plan",
            text(&none),
            "--from",
            "1",
            "--to",
            "2",
            "--at",
            "0",
        ])
        .refused(1, &["none.txt", "not a contact plan"]);
    let empty = program.file("empty.cp", "node 0 a\nnode 1 b\ncontact 0 1 9 3 1 0\n");
    program
        .run(&[
            "transmit",
            "route",
            "--plan",
            text(&empty),
            "--from",
            "a",
            "--to",
            "b",
            "--at",
            "0",
        ])
        .refused(
            1,
            &["empty.cp:3", "is not after start", "no contact is left"],
        );
}

#[test]
fn real_queries_are_answered_in_order() {
    let (Some(plan), Some(expected)) = (
        real("contact_plans/hdtn_10nodes.json"),
        real("contact_plans/hdtn_10nodes.expected.json"),
    ) else {
        return;
    };
    let program = Program::new();
    let found = program
        .run(&[
            "transmit",
            "route",
            "--plan",
            text(&plan),
            "--queries",
            text(&expected),
            "--format",
            "json",
        ])
        .ok()
        .json();
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(expected).unwrap()).unwrap();
    let expected = expected["queries"].as_array().unwrap();
    assert_eq!(found.as_array().unwrap().len(), expected.len());
    for (found, expected) in found.as_array().unwrap().iter().zip(expected) {
        let arrival = |v: &Value| v["arrival"].as_f64().unwrap();
        assert!((arrival(found) - arrival(expected)).abs() < 1e-6);
        assert_eq!(found["contacts"], expected["min_contacts"]);
    }
}

#[test]
fn passes_are_scheduled_and_an_outage_repaired() {
    let program = Program::new();
    let rules = |outage: &str| {
        format!(
            r#"{{"rules":{{"antenna_turnaround_s":60,"acquisition_s":30}},"outages":[{outage}],
            "satellites":{{"S":{{"rate_mbps":100,"priority":2}},"T":{{"rate_mbps":50,"priority":1}}}}}}"#
        )
    };
    let instance = program.file("sched.json", rules(""));
    let instance = text(&instance);
    program
        .run(&["transmit", "schedule", "--instance", instance])
        .refused(2, &["--passes"]);
    program.file(
        "passes.json",
        r#"[{"id":1,"sat":"S","station":"G","start":0,"end":530},{"id":2,"sat":"T","station":"G","start":500,"end":900},
            {"id":3,"sat":"T","station":"G","start":2000,"end":2430},{"id":4,"sat":"S","station":"H","start":100,"end":300}]"#,
    );
    let first = program
        .run(&[
            "transmit",
            "schedule",
            "--instance",
            instance,
            "--seconds",
            "5",
            "--format",
            "json",
        ])
        .ok();
    let found = first.json();
    // Priority 2 x 500 s x 100 Mbit/s and 400 s x 50 Mbit/s.
    assert_eq!(found["value"].as_f64(), Some(120.0));
    assert!(found["bound"].as_f64().unwrap() < 120.001);
    assert_eq!(found["selected"], serde_json::json!([1, 3]));
    assert_eq!(found["dropped"][0]["reason"], "station_busy");
    assert_eq!(found["dropped"][1]["reason"], "satellite_elsewhere");
    let before = program.file("before.json", &first.out);
    let broken = program.file(
        "broken.json",
        rules(r#"{"station":"G","start":0,"end":100}"#),
    );
    let mended = program
        .run(&[
            "transmit",
            "schedule",
            "--instance",
            text(&broken),
            "--before",
            text(&before),
            "--format",
            "json",
        ])
        .ok()
        .json();
    assert_eq!(mended["changes"]["removed"], serde_json::json!([1]));
    program.file(
        "sched.json",
        rules(r#"{"station":"X","start":0,"end":100}"#),
    );
    program
        .run(&["transmit", "schedule", "--instance", instance])
        .refused(1, &["outage", "\"X\""]);
    let wrong = program.file("sched.json", rules(r#"{"station":"G","start":9,"end":1}"#));
    program
        .run(&["transmit", "schedule", "--instance", text(&wrong)])
        .refused(1, &["outage: end is 1"]);
    program
        .run(&["transmit", "schedule", "--instance", "nowhere.json"])
        .refused(1, &["nowhere.json"]);
}

#[test]
fn real_instances_reach_their_proven_optimum() {
    let Some(instance) = real("scheduling/sched_A_weighted.json") else {
        return;
    };
    let program = Program::new();
    let ran = program.run(&[
        "transmit",
        "schedule",
        "--instance",
        text(&instance),
        "--seconds",
        "60",
        "--format",
        "json",
    ]);
    let found = ran.ok().json();
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(instance).unwrap()).unwrap();
    let optimum = expected["optimum"]["value"].as_f64().unwrap();
    assert!(found["value"].as_f64().unwrap() >= 0.99 * optimum);
    assert!(found["bound"].as_f64().unwrap() >= optimum * (1.0 - 1e-6));
}

const STATIONS: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature",
    "geometry":{"type":"Point","coordinates":[15.41,78.23]},
    "properties":{"name":"Svalbard","provider":"KSAT","frequency_bands":["S","X"]}}]}"#;

/// Sentinel-2A of 2026-08-21 (CelesTrak).
const SENTINEL: &str = "SENTINEL-2A
1 40697U 15028A   26233.59929100  .00000369  00000+0  15721-3 0  9999
2 40697  98.5642 307.5091 0001305  84.4292 275.7039 14.30818402583083
";

#[test]
fn contacts_become_plans_that_routes_go_through() {
    let program = Program::new();
    let (elements, stations) = (
        program.file("s2a.tle", SENTINEL),
        program.file("stations.json", STATIONS),
    );
    let base = [
        "transmit",
        "contacts",
        "--elements",
        text(&elements),
        "--stations",
        text(&stations),
    ];
    let span = [
        "--from",
        "2026-08-22T00:00:00Z",
        "--to",
        "2026-08-23T00:00:00Z",
    ];
    let all = [
        &base[..],
        &span,
        &["--frequency-ghz", "8.2", "--home", "home"],
    ]
    .concat();
    let listed = program
        .run(&[&all[..], &["--format", "json"]].concat())
        .ok()
        .json();
    let listed = listed.as_array().unwrap();
    // Over Svalbard a satellite of this inclination passes at nearly every turn: 14.3 a day.
    assert!((12..=16).contains(&listed.len()), "{}", listed.len());
    let pass = listed.iter().find(|c| c["from"] == "SENTINEL-2A").unwrap();
    assert!(pass["doppler_max_hz"].as_f64().unwrap() > 100_000.0);
    assert!(pass["range_min_km"].as_f64().unwrap() > 750.0);
    let station = pass["to"].as_str().unwrap().to_string();
    for format in ["json", "asabr", "tvgutil", "ion", "hdtn"] {
        let plan = program.run(&[&all[..], &["--plan", format]].concat()).ok();
        let plan = program.file("plan", &plan.out);
        let route = [
            "transmit",
            "route",
            "--plan",
            text(&plan),
            "--from",
            "SENTINEL-2A",
            "--to",
            "home",
            "--at",
            "0",
            "--size",
            "1000000",
            "--format",
            "json",
        ];
        let found = program.run(&route).ok().json();
        assert_eq!(found["contacts"], 2, "{format}");
        assert_eq!(found["route"][0]["to"], station.as_str(), "{format}");
    }
    program
        .run(&[&base[..], &["--relay", "TDRS 99"]].concat())
        .refused(1, &["\"TDRS 99\""]);
    program
        .run(
            &[
                &base[..],
                &[
                    "--from",
                    "2026-08-23T00:00:00Z",
                    "--to",
                    "2026-08-22T00:00:00Z",
                ],
            ]
            .concat(),
        )
        .refused(2, &["is not after"]);
    program
        .run(&[&base[..], &span, &["--rate", "NaN"]].concat())
        .refused(2, &["rate_bit_s is NaN"]);
}

#[test]
fn contacts_carry_what_their_budget_says() {
    let program = Program::new();
    let (elements, stations) = (
        program.file("s2a.tle", SENTINEL),
        program.file("stations.json", STATIONS),
    );
    let budget = repository().join("demo/downlink.toml");
    let base = [
        "transmit",
        "contacts",
        "--elements",
        text(&elements),
        "--stations",
        text(&stations),
        "--from",
        "2026-08-22T00:00:00Z",
        "--budget",
    ];
    let all = [&base[..], &[text(&budget)]].concat();
    let shares = ["--unavailability-percent", "1,0.01", "--format", "json"];
    let listed = program.run(&[&all[..], &shares].concat()).ok().json();
    let listed = listed.as_array().unwrap();
    assert!(listed.len() >= 12, "{}", listed.len());
    let mut stepped = 0;
    for contact in listed {
        let budget = &contact["budget"];
        assert_eq!(budget["availability_percent"], 99.0);
        let (volume, rarer) = (
            budget["volume_bytes"].as_f64().unwrap(),
            budget["others"][0]["volume_bytes"].as_f64().unwrap(),
        );
        assert!(rarer <= volume && contact["volume_bytes"] == budget["volume_bytes"]);
        let steps = budget["steps"].as_array().unwrap();
        let number = |step: &Value, key: &str| step[key].as_f64().unwrap();
        let sum: f64 = steps
            .iter()
            .map(|s| (number(s, "end_s") - number(s, "start_s")) * number(s, "rate_bit_s") / 8.0)
            .sum();
        assert!((sum - volume).abs() < 2.0 + 1e-6 * sum, "{sum} {volume}");
        stepped += usize::from(steps.len() > 2);
    }
    assert!(stepped > 5, "rates follow the elevation");
    let plan = |more: &[&str]| {
        let arguments = [&all[..], &["--plan", "json"], more].concat();
        let plan = program.run(&arguments).ok().json();
        plan["contacts"].as_array().unwrap().len()
    };
    assert!(plan(&["--rate-steps"]) > plan(&[]));
    let nan = std::fs::read_to_string(&budget)
        .unwrap()
        .replace("margin_db = 3.0", "margin_db = nan");
    let nan = program.file("nan.toml", nan);
    program
        .run(&[&base[..], &[text(&nan)]].concat())
        .refused(1, &["nan.toml", "margin_db"]);
}
