//! `corridor sense`: schedules of instance files and of watches.

use crate::program::{Program, repository, text};
use std::collections::BTreeSet;

#[test]
fn an_instance_is_scheduled_in_its_own_terms() {
    let program = Program::new();
    let file = text(&repository().join("fuzz/seeds/schedule_instance/two.json"));
    let run = |more: &[&str]| {
        let mut arguments = vec!["sense", "schedule", "--instance", &file];
        arguments.extend(more);
        program.run(&arguments)
    };
    let json = run(&["--rounds", "5", "--seed", "3", "--format", "json"])
        .ok()
        .json();
    // The second target clashes with the first at its earlier place, not at its later one.
    assert_eq!(json["profit"], 10.5, "{json}");
    assert_eq!(json["bound"], 10.5, "{json}");
    assert_eq!(json["selected"], serde_json::json!([0, 2, 3]), "{json}");
    assert_eq!(json["observations"][1]["start_s"], 60.0, "{json}");
    let csv = run(&["--seconds", "1", "--format", "csv"]).ok().out;
    assert!(
        csv.starts_with("candidate,satellite_k,target_j,start_s,profit\n0,0,0,10,3\n"),
        "{csv}"
    );
    run(&["--seconds", "0"]).refused(2, &["--seconds", "more than 0"]);
    run(&["--seconds", "1", "--rounds", "1"]).refused(2, &["cannot be used with"]);
    let broken = text(&program.file("broken.json", "{\"slew\": 3}"));
    program
        .run(&["sense", "schedule", "--instance", &broken])
        .refused(1, &["broken.json", "line 1"]);
    program
        .run(&["sense", "schedule", "--instance", "absent.json"])
        .refused(1, &["absent.json"]);
}

#[test]
fn watches_become_a_schedule() {
    let program = Program::new();
    let none = program.run(&["sense", "schedule", "--rounds", "1"]).ok();
    assert!(none.out.contains("nothing to observe"), "{none:?}");
    for (name, bbox, priority) in [
        ("one", "-35,-8.1,-34.8,-7.9", "1"),
        ("two", "-35.3,-6,-35.1,-5.8", "2"),
        ("three", "10,50,10.2,50.2", "5"),
    ] {
        let area = ["watch", "add", "--product", "water", "--area", bbox];
        let named = ["--name", name, "--priority", priority];
        program.run(&[&area[..], &named[..]].concat()).ok();
    }
    let arguments = ["sense", "schedule", "--rounds", "2", "--format", "json"];
    let plan = program.run(&arguments).ok().json();
    assert_eq!(plan, program.run(&arguments).ok().json(), "the same again");
    assert_eq!(plan["faults"], serde_json::json!([]), "{plan}");
    assert_eq!(plan["unmet"], serde_json::json!([]), "{plan}");
    let met: BTreeSet<&str> = plan["acquisitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["watch"].as_str().unwrap())
        .collect();
    assert_eq!(met, BTreeSet::from(["one", "two", "three"]));
    assert_eq!(plan["profit"], plan["bound"], "{plan}");
    let table = program
        .run(&["sense", "schedule", "--rounds", "1"])
        .ok()
        .out;
    assert!(
        table.contains("ahead (deg)") && table.contains("three"),
        "{table}"
    );
    let before = [
        "--from",
        "2026-08-23T00:00:00Z",
        "--to",
        "2026-08-22T00:00:00Z",
    ];
    program
        .run(&[&["sense", "schedule"][..], &before[..]].concat())
        .refused(1, &["2026-08-22T00:00:00Z"]);
}
