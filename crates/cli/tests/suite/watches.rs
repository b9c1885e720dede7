//! `corridor watch`: add, list, show, remove, in every format.

use crate::program::{Program, text};

const SQUARE: &str = r#"{"type":"Feature","properties":{},"geometry":{"type":"Polygon",
    "coordinates":[[[10,50],[10.1,50],[10.1,50.1],[10,50.1],[10,50]]]}}"#;

#[test]
fn a_watch_is_added_listed_shown_and_removed() {
    let program = Program::new();
    let none = program.run(&["watch", "list"]).ok();
    assert!(none.out.contains("no watches yet"), "{none:?}");
    let file = text(&program.file("area.geojson", SQUARE));
    program
        .run(&[
            "watch",
            "add",
            "--area",
            &file,
            "--product",
            "water",
            "--name",
            "Rhön, east",
        ])
        .ok();
    program
        .run(&[
            "watch",
            "add",
            "--area",
            "-35,-8.1,-34.8,-7.9",
            "--product",
            "vegetation-change",
            "--name",
            "By box",
            "--priority",
            "1",
        ])
        .ok();
    let table = program.run(&["watch", "list"]).ok().out;
    assert!(
        table.contains("rhön-east") && table.contains("By box"),
        "{table}"
    );
    let json = program
        .run(&["watch", "list", "--format", "json"])
        .ok()
        .json();
    let ids: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["by-box", "rhön-east"], "the most urgent first");
    assert_eq!(
        json[0]["bbox"],
        serde_json::json!([-35.0, -8.1, -34.8, -7.9])
    );
    let csv = program.run(&["watch", "list", "--format", "csv"]).ok().out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 3, "{csv}");
    assert!(lines[0].starts_with("id,name,product"), "{csv}");
    assert!(
        lines[2].contains("\"Rhön, east\""),
        "a comma is quoted: {csv}"
    );
    let shown = program
        .run(&["watch", "show", "Rhön, east", "--format", "json"])
        .ok()
        .json();
    assert_eq!(shown["watch"]["id"], "rhön-east");
    assert_eq!(shown["answers"], serde_json::json!([]));
    program.run(&["watch", "remove", "rhön-east"]).ok();
    let left = program
        .run(&["watch", "list", "--format", "json"])
        .ok()
        .json();
    assert_eq!(left.as_array().unwrap().len(), 1);
    program
        .run(&["watch", "show", "rhön-east"])
        .refused(1, &["rhön-east", "known: by-box"]);
    program
        .run(&["watch", "remove", "rhön-east"])
        .refused(1, &["rhön-east"]);
}

#[test]
fn the_same_watch_twice_is_one_and_another_of_its_name_is_refused() {
    let program = Program::new();
    let add = |area: &str| {
        program.run(&[
            "watch",
            "add",
            "--area",
            area,
            "--product",
            "water",
            "--name",
            "Same",
        ])
    };
    add("1,1,2,2").ok();
    let before = program.state();
    add("1,1,2,2").ok();
    assert_eq!(
        program.state(),
        before,
        "the same request again is no change"
    );
    add("1,1,3,3").refused(1, &["same"]);
    assert_eq!(program.state(), before);
}

#[test]
fn listings_of_products_settings_and_the_register_are_complete_in_every_format() {
    let program = Program::new();
    for verb in [
        &["know", "products"][..],
        &["settings"],
        &["register", "list"],
    ] {
        let rows = program
            .run(&[verb, &["--format", "json"]].concat())
            .ok()
            .json();
        let rows = rows
            .as_array()
            .unwrap_or_else(|| panic!("{verb:?} lists records"))
            .len();
        assert!(rows >= 2, "{verb:?}: {rows}");
        let csv = program.run(&[verb, &["--format", "csv"]].concat()).ok().out;
        assert!(
            csv.lines().count() > rows,
            "{verb:?}: a header and {rows} lines"
        );
        let table = program.run(verb).ok().out;
        assert!(!table.contains('\u{1b}'), "{verb:?}: no colours in a pipe");
    }
    let all = program
        .run(&["register", "list", "--format", "json"])
        .ok()
        .json();
    let planned = all
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["planned"] == true);
    let planned: Vec<_> = planned.collect();
    assert!(!planned.is_empty());
    for satellite in planned {
        assert_eq!(satellite["status"], "planned");
        assert!(satellite["norad_id"].is_null());
    }
    let missions: std::collections::BTreeSet<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["mission"].as_str().unwrap())
        .collect();
    assert!(missions.len() >= 25, "{} missions", missions.len());
}
