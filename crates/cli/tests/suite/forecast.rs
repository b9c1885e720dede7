//! The forecast follows the area and the element sets.

use crate::program::{Program, repository, text};
use serde_json::Value;

/// Half a day after the epoch of the shipped element sets.
const SPAN: [&str; 4] = [
    "--from",
    "2026-08-22T00:00:00Z",
    "--to",
    "2026-08-22T12:00:00Z",
];

fn forecast(program: &Program, watch: &str) -> Value {
    let arguments = [
        &["watch", "forecast", watch][..],
        &SPAN,
        &["--format", "json"],
    ]
    .concat();
    program.run(&arguments).ok().json()
}

/// Satellite, instrument and observed start of each entry.
fn observed(forecast: &Value) -> Vec<(String, String, String)> {
    let all = forecast["entries"].as_array().unwrap().iter();
    let all = all.chain(forecast["undeliverable"].as_array().unwrap());
    let text = |v: &Value| v.as_str().unwrap().to_string();
    let mut seen: Vec<_> = all
        .map(|e| {
            (
                text(&e["satellite"]),
                text(&e["instrument"]),
                text(&e["observed_start"]),
            )
        })
        .collect();
    seen.sort();
    seen
}

#[test]
fn the_earliest_answer_is_on_top_and_every_format_tells_the_same() {
    let program = Program::new();
    program
        .run(&[
            "watch",
            "add",
            "--area",
            "-34.9150,-8.0390,-34.8275,-7.9520",
            "--product",
            "water",
            "--name",
            "Olinda coast",
        ])
        .ok();
    let whole = forecast(&program, "olinda-coast");
    let entries = whole["entries"].as_array().unwrap();
    assert!(entries.len() > 5, "{} entries", entries.len());
    let moment = |v: &Value| v.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    for pair in entries.windows(2) {
        assert!(moment(&pair[0]["in_hands"]) <= moment(&pair[1]["in_hands"]));
    }
    for entry in entries {
        let way = [
            "observed_start",
            "observed_end",
            "down",
            "at_node",
            "processed",
            "in_hands",
        ];
        for pair in way.windows(2) {
            assert!(
                moment(&entry[pair[0]]) <= moment(&entry[pair[1]]),
                "{pair:?} of {entry:#}"
            );
        }
        assert!(
            !entry["assumptions"].as_array().unwrap().is_empty(),
            "{entry:#}"
        );
        assert_eq!(
            entry["planned"].as_bool().unwrap(),
            entry["norad_id"].is_null(),
            "{entry:#}"
        );
    }
    assert!(
        entries.iter().any(|e| e["planned"] == true),
        "the planned constellation takes part"
    );
    assert_eq!(whole["faults"], serde_json::json!([]));
    let arguments = |format: &'static str| {
        [
            &["watch", "forecast", "olinda-coast"][..],
            &SPAN,
            &["--first", "3", "--format", format],
        ]
        .concat()
    };
    let csv = program.run(&arguments("csv")).ok().out;
    assert_eq!(csv.lines().count(), 4, "{csv}");
    let table = program.run(&arguments("table")).ok().out;
    let first = entries[0]["satellite"].as_str().unwrap();
    assert!(csv.lines().nth(1).unwrap().contains(first), "{csv}");
    assert!(table.contains(first), "{table}");
    let top = program.run(&arguments("json")).ok().json();
    assert_eq!(top["entries"].as_array().unwrap()[..], entries[..3]);
    // The settings behind the times are all there.
    let settings = program.run(&["settings", "--format", "json"]).ok().json();
    let keys: Vec<_> = settings
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["key"])
        .collect();
    for key in entries
        .iter()
        .flat_map(|e| e["assumptions"].as_array().unwrap())
    {
        assert!(keys.contains(&key), "{key} is no setting");
    }
}

#[test]
fn another_area_is_another_forecast() {
    let program = Program::new();
    for (name, area) in [
        ("Here", "-34.9,-8.0,-34.8,-7.9"),
        ("There", "22.1,45.1,22.2,45.2"),
    ] {
        program
            .run(&[
                "watch",
                "add",
                "--area",
                area,
                "--product",
                "water",
                "--name",
                name,
            ])
            .ok();
    }
    let (here, there) = (forecast(&program, "here"), forecast(&program, "there"));
    assert!(!observed(&here).is_empty() && !observed(&there).is_empty());
    assert_ne!(observed(&here), observed(&there));
}

#[test]
fn newer_element_sets_change_the_forecast_of_their_satellite_alone() {
    let program = Program::new();
    program
        .run(&[
            "watch",
            "add",
            "--area",
            "-34.9,-8.0,-34.8,-7.9",
            "--product",
            "water",
            "--name",
            "Here",
        ])
        .ok();
    let before = forecast(&program, "here");
    let first = before["entries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| !e["norad_id"].is_null());
    let norad_id = first.expect("a flying satellite brings an answer")["norad_id"]
        .as_u64()
        .unwrap();
    let name = first.unwrap()["satellite"].as_str().unwrap().to_string();
    let file = program.file("newer.tle", newer(norad_id));
    let ran = program.run(&["register", "import", &text(&file)]).ok();
    assert!(ran.out.contains("1 element set kept"), "{ran:?}");
    let after = forecast(&program, "here");
    let of = |forecast: &Value, this: bool| {
        let mut seen = observed(forecast);
        seen.retain(|(satellite, ..)| (*satellite == name) == this);
        seen
    };
    assert_ne!(
        of(&before, true),
        of(&after, true),
        "{name} passes at other times"
    );
    assert_eq!(of(&before, false), of(&after, false), "the others do not");
    let shown = program
        .run(&["register", "show", &norad_id.to_string()])
        .ok()
        .json();
    assert!(
        shown.to_string().contains("newer.tle"),
        "the source is named: {shown:#}"
    );
    // Older sets do not displace newer ones.
    let state = program.state();
    program
        .run(&[
            "register",
            "import",
            &text(&program.file("older.tle", tle(norad_id, 0.0, -1.0))),
        ])
        .ok();
    let kept = program
        .run(&["register", "list", "--format", "json"])
        .ok()
        .out;
    assert_eq!(kept, state["register list"]);
}

/// The shipped set of a satellite, one hour later and a quarter of a revolution further.
fn newer(norad_id: u64) -> String {
    tle(norad_id, 90.0, 1.0 / 24.0)
}

/// The shipped set as a TLE, its anomaly and epoch moved.
fn tle(norad_id: u64, anomaly_deg: f64, epoch_days: f64) -> String {
    let folder = repository().join("register/elements");
    let file = crate::program::files_below(&folder).pop().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let parsed = corridor_orbit::elements::omm_csv::parse(&text, "shipped");
    let set = parsed
        .sets
        .iter()
        .find(|s| u64::from(s.norad_id) == norad_id)
        .unwrap();
    let epoch = set.epoch.as_second() as f64 + epoch_days * 86_400.0;
    let epoch = jiff::Timestamp::from_second(epoch as i64)
        .unwrap()
        .to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let day = f64::from(epoch.day_of_year())
        + f64::from(
            i32::from(epoch.hour()) * 3600
                + i32::from(epoch.minute()) * 60
                + i32::from(epoch.second()),
        ) / 86_400.0;
    let line_1 = format!(
        "1 {norad_id:05}U {:8} {:02}{day:012.8}  .00000000  00000+0  00000+0 0  999",
        "15028A",
        epoch.year() % 100
    );
    let line_2 = format!(
        "2 {norad_id:05} {:8.4} {:8.4} {:07.0} {:8.4} {:8.4} {:11.8}    1",
        set.inclination_deg,
        set.raan_deg,
        set.eccentricity * 1e7,
        set.argument_of_perigee_deg,
        (set.mean_anomaly_deg + anomaly_deg).rem_euclid(360.0),
        set.mean_motion_rev_day,
    );
    format!(
        "{}\n{}{}\n{}{}\n",
        set.name,
        line_1,
        checksum(&line_1),
        line_2,
        checksum(&line_2)
    )
}

/// Digits count as themselves, minus signs as one, modulo ten.
fn checksum(line: &str) -> u32 {
    line.chars()
        .map(|c| {
            if c == '-' {
                1
            } else {
                c.to_digit(10).unwrap_or(0)
            }
        })
        .sum::<u32>()
        % 10
}

#[test]
fn the_checksum_is_that_of_a_published_set() {
    assert_eq!(
        checksum("1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  292"),
        7
    );
}

#[test]
fn every_answer_says_how_sure_its_times_are() {
    let program = Program::new();
    let box_ = ["watch", "add", "--area", "-34.915,-8.039,-34.8275,-7.952"];
    let named = ["--product", "water", "--name", "Coast"];
    program.run(&[&box_[..], &named[..]].concat()).ok();
    let moment = |v: &Value| v.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let fresh = forecast(&program, "coast");
    let (mut flying, mut planned) = (0, 0);
    for entry in fresh["entries"].as_array().unwrap() {
        assert_eq!(entry["stale"], false, "{entry}");
        if entry["planned"] == true {
            planned += 1;
            for field in [
                "timing_uncertainty_s",
                "in_hands_earliest",
                "in_hands_latest",
            ] {
                assert!(entry[field].is_null(), "{field} of {entry}");
            }
            continue;
        }
        flying += 1;
        let at = moment(&entry["in_hands"]);
        let (earliest, latest) = (
            moment(&entry["in_hands_earliest"]),
            moment(&entry["in_hands_latest"]),
        );
        let timing_s = entry["timing_uncertainty_s"].as_f64().unwrap();
        let later_s = latest.duration_since(at).as_secs_f64();
        // The contact comes after the observation, on older elements.
        assert!(later_s >= timing_s - 1e-6 && timing_s > 0.0, "{entry}");
        assert!((later_s - at.duration_since(earliest).as_secs_f64()).abs() < 1e-6);
        assert!(entry["cross_track_uncertainty_km"].as_f64().unwrap() > 0.0);
    }
    assert!(flying > 5, "{flying} {planned}");
    let later = [
        "--from",
        "2026-09-12T00:00:00Z",
        "--to",
        "2026-09-12T12:00:00Z",
    ];
    let arguments = ["watch", "forecast", "coast"];
    let old = program
        .run(&[&arguments[..], &later, &["--format", "json"]].concat())
        .ok()
        .json();
    let stale = old["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["planned"] == false);
    assert!(stale.clone().count() > 5 && stale.clone().all(|e| e["stale"] == true));
    let table = program.run(&[&arguments[..], &later].concat()).ok().out;
    assert!(
        table.contains("give or take") && table.contains("(stale)"),
        "{table}"
    );
}
