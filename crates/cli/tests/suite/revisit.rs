//! `corridor sense revisit`: points, grids, polygons and countries; tables, files and pictures; bad input.

use crate::program::{Program, Ran, text};

const SPAN: [&str; 4] = [
    "--from",
    "2026-08-22T00:00:00Z",
    "--to",
    "2026-08-24T00:00:00Z",
];

/// Two triangles, one of them over the antimeridian.
const AREAS: &str = r#"{"type":"FeatureCollection","features":[
    {"type":"Feature","id":"east","properties":{"name":"East"},"geometry":{"type":"Polygon",
        "coordinates":[[[10,40],[16,40],[13,47],[10,40]]]}},
    {"type":"Feature","id":"seam","properties":{},"geometry":{"type":"Polygon",
        "coordinates":[[[178,-20],[-178,-20],[180,-14],[178,-20]]]}}]}"#;

fn revisit(program: &Program, more: &[&str]) -> Ran {
    program.run(&[&["sense", "revisit"][..], &SPAN[..], more].concat())
}

const ALIKE: [&str; 4] = ["--mission", "sentinel-2", "--max-off-nadir", "30"];

#[test]
fn a_point_with_the_registers_instruments_and_alike() {
    let program = Program::new();
    let alike = ["--at", "-34.9,-8", "--format", "csv"];
    let csv = revisit(&program, &[&ALIKE[..], &alike[..]].concat())
        .ok()
        .out;
    let (header, row) = csv.split_once('\n').unwrap();
    assert!(
        header.starts_with(
            "place,lon_deg,lat_deg,area_km2,accesses,access_s,mean_gap_s,median_gap_s"
        )
    );
    assert!(row.starts_with("at,-34.9,-8,,"), "{row}");
    assert!(!csv.contains("NaN"), "{csv}");
    let own = [
        "--at",
        "-34.9,-8",
        "--mission",
        "sentinel-1",
        "--format",
        "json",
    ];
    let json = revisit(&program, &own).ok().json();
    let place = &json["places"][0];
    assert_eq!(json["satellites"].as_u64(), Some(3), "{json}");
    if place["accesses"].as_u64().unwrap() > 0 {
        let response = |key: &str| place[key].as_f64().unwrap();
        assert!(
            response("mean_response_s") <= response("max_response_s"),
            "{json}"
        );
    }
    let table = revisit(&program, &["--at", "0,89.9", "--max-off-nadir", "60"])
        .ok()
        .out;
    // The names of columns may stand in two lines.
    assert!(
        table.contains("longest") && table.contains("mean gap"),
        "{table}"
    );
}

#[test]
fn a_grid_is_told_whole_and_by_cell() {
    let program = Program::new();
    let grid = ["--grid", "10", "--bbox", "160,-30,-170,10"];
    let with = |more: &[&str]| revisit(&program, &[&ALIKE[..], &grid[..], more].concat()).ok();
    let table = with(&[]).out;
    assert!(
        table.contains("12 cells") && table.contains("Seen at least once after"),
        "{table}"
    );
    let csv = with(&["--format", "csv"]).out;
    assert_eq!(csv.lines().count(), 13, "{csv}");
    assert!(csv.contains("\n\"175,-25\",175,-25,"), "{csv}");
    let json = with(&["--format", "json"]).json();
    let region = &json["regions"][0];
    let cells = json["places"].as_array().unwrap();
    let sum: f64 = cells.iter().map(|c| c["area_km2"].as_f64().unwrap()).sum();
    assert!(
        (sum / region["area_km2"].as_f64().unwrap() - 1.0).abs() < 1e-9,
        "{json}"
    );
    let coverage = region["coverage"].as_array().unwrap();
    assert_eq!(
        coverage.last().unwrap()["share"],
        region["seen_share"],
        "{json}"
    );
    let geojson = with(&["--format", "geojson"]).json();
    assert_eq!(geojson["features"].as_array().unwrap().len(), 12);
    assert_eq!(geojson["features"][0]["geometry"]["type"], "Polygon");
}

#[test]
fn polygons_and_pictures() {
    let program = Program::new();
    let areas = text(&program.file("areas.geojson", AREAS));
    let (map, heat) = (program.data.join("map.png"), program.data.join("heat.png"));
    let (map_name, heat_name) = (text(&map), text(&heat));
    let pictures = [
        "--picture",
        &map_name,
        "--heat-map",
        &heat_name,
        "--figure",
        "response",
    ];
    let csv = ["--grid", "1", "--places", &areas, "--format", "csv"];
    let csv = revisit(&program, &[&ALIKE[..], &csv[..], &pictures[..]].concat())
        .ok()
        .out;
    assert!(
        csv.starts_with("place,name,cells,area_km2,seen_share,accesses"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 3, "{csv}");
    let areas_of = |line: &str| line.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    // Triangles of 6 by 7 and 4 by 6 degrees at 42.3 and 18 degrees of latitude: within 1 % of plane ones.
    let plane = |base: f64, height: f64, lat: f64| {
        0.5 * base * height * 111.32 * 111.1 * lat.to_radians().cos()
    };
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    assert!(
        (areas_of(rows[0]) / plane(6.0, 7.0, 42.3) - 1.0).abs() < 0.01,
        "{csv}"
    );
    assert!(
        (areas_of(rows[1]) / plane(4.0, 6.0, 18.0) - 1.0).abs() < 0.01,
        "{csv}"
    );
    for path in [map, heat] {
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            bytes.starts_with(b"\x89PNG") && bytes.len() > 5_000,
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_country_has_a_row() {
    let program = Program::new();
    let asked = ["--countries", "--grid", "10", "--format", "csv"];
    let csv = revisit(&program, &[&ALIKE[..], &asked[..]].concat())
        .ok()
        .out;
    assert_eq!(csv.lines().count(), 242);
    assert!(
        csv.contains("\n076,Brazil,") && csv.contains("\n702,Singapore,1,"),
        "{csv}"
    );
    assert!(!csv.contains("NaN"));
}

#[test]
fn what_is_wrong_is_said() {
    let program = Program::new();
    let refused = |more: &[&str], code, words: &[&str]| {
        revisit(&program, &[&ALIKE[..], more].concat()).refused(code, words);
    };
    refused(&[], 2, &["--grid", "--countries", "where"]);
    refused(&["--grid", "0"], 2, &["0 degrees", "0.01 to 30"]);
    refused(&["--grid", "0.1"], 2, &["at most 300000"]);
    refused(&["--grid", "1", "--bbox", "0,5,10,5"], 2, &["no inside"]);
    refused(
        &["--grid", "1", "--bbox", "0,5,10"],
        2,
        &["west,south,east,north"],
    );
    refused(&["--bbox", "0,5,10,15"], 2, &["--grid"]);
    refused(&["--countries", "--at", "0,0"], 2, &["cannot be used with"]);
    refused(&["--grid", "1", "--at", "0,0"], 2, &["no inside"]);
    let none = text(&program.file(
        "none.geojson",
        r#"{"type":"FeatureCollection","features":[]}"#,
    ));
    refused(&["--places", &none], 1, &["none.geojson", "holds no"]);
    refused(
        &["--at", "0,0", "--picture", "/no/such/folder/map.png"],
        1,
        &["/no/such/folder/map.png"],
    );
    program
        .run(&[
            "sense",
            "revisit",
            "--from",
            "2026-08-24T00:00:00Z",
            "--to",
            "2026-08-22T00:00:00Z",
            "--at",
            "0,0",
        ])
        .refused(2, &["is not after"]);
    revisit(&program, &["--at", "0,0", "--mission", "nobody"]).refused(2, &["nobody"]);
}
