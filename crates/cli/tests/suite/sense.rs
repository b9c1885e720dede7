//! `corridor sense`: schedules of instance files and of watches, designs, comparisons.

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

#[test]
fn a_design_is_taken_by_the_register_and_compared() {
    let program = Program::new();
    let repeat = [
        "sense",
        "design",
        "repeat",
        "--revolutions",
        "143",
        "--days",
        "10",
    ];
    let design = |more: &[&str]| program.run(&[&repeat[..], more].concat());
    let json = design(&["--ltdn", "10:30", "--satellites", "2", "--format", "json"])
        .ok()
        .json();
    let figure = |key: &str| json["repeat"][key].as_f64().unwrap();
    // ESA's figures of Sentinel-2: 786 km, 98.62 degrees.
    assert!((figure("altitude_km") - 786.0).abs() < 1.0, "{json}");
    assert!((figure("inclination_deg") - 98.62).abs() < 0.08, "{json}");
    assert_eq!(json["satellites"][1]["mean_anomaly_deg"], 180.0, "{json}");
    let table = design(&["--ltan", "22:30"]).ok().out;
    assert!(
        table.starts_with("143 revolutions in 10 days: 786.12 km mean"),
        "{table}"
    );
    design(&[]).refused(2, &["--ltan"]);
    design(&["--ltan", "25:00"]).refused(2, &["time of day"]);
    program
        .run(&[
            "sense",
            "design",
            "repeat",
            "--revolutions",
            "30",
            "--days",
            "2",
            "--ltan",
            "6:00",
        ])
        .refused(2, &["without a common divisor"]);

    let walker = [
        "sense",
        "design",
        "walker",
        "--total",
        "6",
        "--planes",
        "3",
        "--phasing",
        "1",
        "--altitude-km",
        "560",
        "--inclination-deg",
        "53",
        "--epoch",
        "2026-08-22T00:00:00Z",
        "--name",
        "Trial",
        "--instrument",
        "sentinel-2-msi",
        "--format",
        "toml",
    ];
    let text_of_it = program.run(&walker).ok().out;
    let file = text(&program.file("trial.toml", &text_of_it));
    let compare = |more: &[&str]| {
        let span = [
            "--from",
            "2026-08-22T00:00:00Z",
            "--to",
            "2026-08-25T00:00:00Z",
        ];
        program.run(&[&["sense", "compare"][..], &span[..], more].concat())
    };
    let alike = [
        "--at",
        "-34.9,-8",
        "--max-off-nadir",
        "35",
        "--mission",
        "sentinel-2",
    ];
    let json = compare(&[&alike[..], &["--planned", &file, "--format", "json"]].concat())
        .ok()
        .json();
    assert_eq!(json["planned_satellites"], 6, "{json}");
    let of = |fleet: &str, key: &str| json["places"][0][fleet][key].as_f64().unwrap();
    assert!(of("both", "accesses") > of("flying", "accesses"), "{json}");
    assert!(
        of("both", "mean_gap_s") < of("flying", "mean_gap_s"),
        "{json}"
    );
    let csv = compare(&[&alike[..], &["--planned", &file, "--format", "csv"]].concat())
        .ok()
        .out;
    assert!(
        csv.starts_with("place,fleet,accesses,access_s,mean_gap_s,max_gap_s"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 4, "{csv}");
    // With their own instruments, over an area.
    let area = text(&program.file(
        "area.geojson",
        r#"{"type":"Feature","id":"rhoen","properties":{},"geometry":{"type":"Polygon",
            "coordinates":[[[10,50],[10.1,50],[10.1,50.1],[10,50.1],[10,50]]]}}"#,
    ));
    let own = [
        "--places",
        &area,
        "--mission",
        "sentinel-2",
        "--planned",
        &file,
    ];
    let table = compare(&own).ok().out;
    assert!(
        table.contains("rhoen") && table.contains('\u{2192}'),
        "{table}"
    );
    compare(&["--at", "200,0"]).refused(2, &["longitude 200"]);
    compare(&["--at", "0,0", "--mission", "nobody"]).refused(2, &["nobody"]);

    // In the data folder it joins the register.
    let missions = program.data.join("register/missions");
    std::fs::create_dir_all(&missions).unwrap();
    std::fs::write(missions.join("trial.toml"), text_of_it).unwrap();
    let list = program
        .run(&["register", "list", "--format", "csv"])
        .ok()
        .out;
    assert!(list.contains("Trial-3-2"), "{list}");
}
