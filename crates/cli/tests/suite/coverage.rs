//! `corridor sense windows --instrument` and `corridor sense coverage`: instruments over points, lines and
//! polygons, and on bad input.

use crate::program::{Program, Ran, text};
use serde_json::Value;

/// Sentinel-2A of 2026-08-21 (CelesTrak).
const SENTINEL: &str = "SENTINEL-2A
1 40697U 15028A   26233.59929100  .00000369  00000+0  15721-3 0  9999
2 40697  98.5642 307.5091 0001305  84.4292 275.7039 14.30818402583083
";

const SPAN: [&str; 4] = [
    "--from",
    "2026-08-22T00:00:00Z",
    "--to",
    "2026-08-25T00:00:00Z",
];

const WINDOWS: &str =
    "satellite,norad_id,place,start,end,max_elevation_deg,min_off_nadir_deg,timing_uncertainty_s";

const PLACES: &str = r#"{"type":"FeatureCollection","features":[
    {"type":"Feature","id":"fiji","properties":{},"geometry":{"type":"Polygon",
     "coordinates":[[[177,-19],[-178,-19],[-178,-16],[177,-16],[177,-19]]]}},
    {"type":"Feature","id":"road","properties":{},"geometry":{"type":"LineString",
     "coordinates":[[175,-10],[-176,2],[-170,20]]}},
    {"type":"Feature","id":"two","properties":{},"geometry":{"type":"MultiPolygon",
     "coordinates":[[[[10,45],[11,45],[11,46],[10,46],[10,45]]],[[[14,45],[15,45],[15,46],[14,46],[14,45]]]]}},
    {"type":"Feature","id":"cap","properties":{},"geometry":{"type":"Polygon",
     "coordinates":[[[-180,83],[180,83],[180,90],[-180,90],[-180,83]]]}},
    {"type":"Feature","id":"pole","properties":{},"geometry":{"type":"Point","coordinates":[0,90]}}]}"#;

const CONE: &str = r#"[[instrument]]
id = "cone"
name = "A cone"
kind = "optical"
look = "conical"
swath_km = 200.0
gsd_m = 10.0
[instrument.view]
half_angle_deg = 25.0
"#;

fn run(program: &Program, verb: &str, more: &[&str]) -> Ran {
    program.run(&[&["sense", verb][..], &SPAN[..], more].concat())
}

fn files(program: &Program) -> (String, String, String) {
    (
        text(&program.file("s2.tle", SENTINEL)),
        text(&program.file("places.geojson", PLACES)),
        text(&program.file("cone.toml", CONE)),
    )
}

#[test]
fn an_instrument_of_the_register_or_of_a_file_has_windows() {
    let program = Program::new();
    let (elements, places, cone) = files(&program);
    let rows = |more: &[&str]| -> Vec<Vec<String>> {
        let csv = ["--places", &places, "--format", "csv"];
        let out = run(&program, "windows", &[more, &csv[..]].concat())
            .ok()
            .out;
        let mut lines = out.lines();
        assert_eq!(lines.next(), Some(WINDOWS));
        assert!(!out.contains("NaN"));
        lines
            .map(|l| l.split(',').map(str::to_string).collect())
            .collect()
    };
    let registered = rows(&["--instrument", "sentinel-2-msi"]);
    let satellites: std::collections::BTreeSet<&str> =
        registered.iter().map(|r| r[0].as_str()).collect();
    assert!(satellites.len() >= 2, "{satellites:?}");
    assert!(registered.is_sorted_by_key(|r| (r[0].clone(), r[2].clone(), r[3].clone())));
    let own = rows(&["--elements", &elements, "--instrument", "sentinel-2-msi"]);
    assert!(!own.is_empty() && own.iter().all(|r| r[1] == "40697"));
    let wide = rows(&["--elements", &elements, "--instrument", &cone]);
    for place in ["fiji", "road", "two", "cap"] {
        let of = |rows: &[Vec<String>]| rows.iter().filter(|r| r[2] == place).count();
        assert!(of(&wide) > of(&own), "{place}");
        assert!(of(&wide) > 0, "{place}");
    }
    // 25 degrees from 800 km are 370 km; the satellite keeps 900 km from the pole.
    assert!(wide.iter().all(|r| r[2] != "pole"));
    for row in &wide {
        assert!(row[6].parse::<f64>().unwrap() <= 25.01);
        // Elevation is that at the middle, from which the ends of the long road are far.
        assert!(row[2] == "road" || row[5].parse::<f64>().unwrap() > 30.0);
        assert!(row[3].len() == 24 && row[3] < row[4] && row[7].parse::<f64>().unwrap() > 0.0);
    }
    let day = rows(&[
        "--elements",
        &elements,
        "--instrument",
        &cone,
        "--min-sun-elevation",
        "10",
    ]);
    assert!(!day.is_empty() && day.len() < wide.len());
    // What would have no effect is not taken in silence.
    let eop = [
        "--places",
        &places,
        "--instrument",
        &cone,
        "--eop",
        "finals.all",
    ];
    for verb in ["windows", "coverage"] {
        run(
            &program,
            verb,
            &[&["--elements", &elements], &eop[..]].concat(),
        )
        .refused(2, &["--eop finals.all"]);
    }
}

#[test]
fn coverage_in_every_format() {
    let program = Program::new();
    let (elements, places, cone) = files(&program);
    let arguments = [
        "--elements",
        &elements,
        "--places",
        &places,
        "--instrument",
        &cone,
    ];
    let get = |format: &str| {
        run(
            &program,
            "coverage",
            &[&arguments[..], &["--format", format]].concat(),
        )
        .ok()
    };
    let json = get("json").json();
    let all = json["places"].as_array().unwrap();
    assert_eq!(all.len(), 5);
    let place = |id: &str| all.iter().find(|p| p["place"] == id).unwrap();
    for one in all {
        let mut last = 0.0;
        for w in one["coverage"].as_array().unwrap() {
            let n = |key: &str| w[key].as_f64().unwrap();
            assert!(
                (0.0..=1.0).contains(&n("share")) && n("cumulated_share") >= last,
                "{w}"
            );
            assert!(
                (n("cumulated_share") - last - n("new_share")).abs() < 1e-9,
                "{w}"
            );
            last = n("cumulated_share");
        }
        assert!(
            (one["share"].as_f64().unwrap() - last).abs() < 1e-12,
            "{one}"
        );
        let goals: Vec<Option<f64>> = one["time_to"]
            .as_array()
            .unwrap()
            .iter()
            .map(|g| g["after_s"].as_f64())
            .collect();
        assert!(goals.iter().flatten().is_sorted(), "{one}");
        assert_eq!(goals[0].is_some(), last >= 0.5, "{one}");
    }
    assert_eq!(place("road")["kind"], "line");
    assert!(
        (place("road")["length_km"].as_f64().unwrap() - 3_760.0).abs() < 60.0,
        "{}",
        place("road")["length_km"]
    );
    assert!((place("fiji")["area_km2"].as_f64().unwrap() - 176_000.0).abs() < 2_000.0);
    assert!(place("fiji")["share"].as_f64().unwrap() > 0.3);
    assert_eq!(place("pole")["share"], 0.0);
    let windows: usize = all
        .iter()
        .map(|p| p["coverage"].as_array().unwrap().len())
        .sum();

    let csv = get("csv").out;
    assert!(csv.starts_with(
        "satellite,norad_id,place,start,end,share,new_share,cumulated_share,min_off_nadir_deg,timing_uncertainty_s\n"
    ));
    assert_eq!(csv.lines().count(), windows + 1);
    let table = get("table").out;
    assert!(
        table.contains("fiji: ") && table.contains("50 % after"),
        "{table}"
    );
    assert!(
        table.contains("pole: 0.0 % seen in 0 windows; 50 % not in this span"),
        "{table}"
    );

    let map = get("geojson").json();
    let features = map["features"].as_array().unwrap();
    assert_eq!(features.len(), windows + 5);
    for feature in features {
        in_range(&feature["geometry"]["coordinates"]);
    }
}

fn in_range(coordinates: &Value) {
    let all = coordinates.as_array().unwrap();
    if let Some([lon, lat]) = all
        .first()
        .zip(all.get(1))
        .and_then(|(a, b)| Some([a.as_f64()?, b.as_f64()?]))
    {
        assert!(
            (-190.0..=190.0).contains(&lon) && (-90.0..=90.0).contains(&lat),
            "{lon} {lat}"
        );
        return;
    }
    all.iter().for_each(in_range);
}

#[test]
fn a_cone_and_a_reach_see_no_less() {
    let program = Program::new();
    let (elements, places, _) = files(&program);
    let share = |more: &[&str]| {
        let base = [
            "--elements",
            &elements,
            "--places",
            &places,
            "--format",
            "json",
        ];
        let json = run(&program, "coverage", &[&base[..], more].concat())
            .ok()
            .json();
        json["places"][2]["share"].as_f64().unwrap()
    };
    let (narrow, wide) = (
        share(&["--max-off-nadir", "8"]),
        share(&["--max-off-nadir", "30"]),
    );
    assert!(narrow <= wide && wide > 0.5, "{narrow} {wide}");
    let pointed = |more: &[&str]| share(&[&["--instrument", "palsar-2"][..], more].concat());
    // Sums of shares differ by rounding.
    assert!(pointed(&[]) <= pointed(&["--reach"]) + 1e-9);
}

#[test]
fn wrong_instruments_and_arguments_are_named() {
    let program = Program::new();
    let (elements, places, cone) = files(&program);
    let at = ["--places", &places];
    let with = |verb: &str, more: &[&str]| run(&program, verb, &[&at[..], more].concat());
    for verb in ["windows", "coverage"] {
        with(verb, &["--instrument", "nobody"]).refused(2, &["nobody", "no such instrument"]);
        with(verb, &["--elements", &elements]).refused(2, &["--instrument"]);
        with(verb, &["--instrument", &cone]).refused(2, &["--elements", "cone.toml"]);
        with(
            verb,
            &["--elements", &elements, "--instrument", "absent.toml"],
        )
        .refused(1, &["absent.toml"]);
        for (from, to, words) in [
            (
                "half_angle_deg = 25.0",
                "half_angle_deg = 95.0",
                &["half_angle_deg is 95", "0.001 to 85"][..],
            ),
            (
                "half_angle_deg = 25.0",
                "half_angle = 25.0",
                &["half_angle"],
            ),
            (
                "half_angle_deg = 25.0",
                "scan_to_deg = 25.0",
                &["view.half_angle_deg is missing"],
            ),
            ("swath_km = 200.0", "swath_km = -1.0", &["swath_km is -1"]),
            ("conical", "comical", &["comical"]),
            ("[[instrument]]", "[[instrument]]\ncolour = 3", &["colour"]),
        ] {
            let bad = text(&program.file("bad.toml", CONE.replace(from, to)));
            with(verb, &["--elements", &elements, "--instrument", &bad])
                .refused(1, &[&["bad.toml"][..], words].concat());
        }
        with(
            verb,
            &[
                "--elements",
                &elements,
                "--instrument",
                &cone,
                "--min-sun-elevation",
                "91",
            ],
        )
        .refused(2, &["min_sun_elevation_deg is 91"]);
        let empty = text(&program.file(
            "empty.geojson",
            r#"{"type":"FeatureCollection","features":[]}"#,
        ));
        run(
            &program,
            verb,
            &[
                "--places",
                &empty,
                "--elements",
                &elements,
                "--instrument",
                &cone,
            ],
        )
        .refused(1, &["empty.geojson", "holds no features"]);
        let back = [
            "--from",
            "2026-08-23T00:00:00Z",
            "--to",
            "2026-08-22T00:00:00Z",
        ];
        program
            .run(
                &[
                    &["sense", verb][..],
                    &back,
                    &at,
                    &["--instrument", "sentinel-2-msi"],
                ]
                .concat(),
            )
            .refused(2, &["--to 2026-08-22T00:00:00Z is not after"]);
    }
    with(
        "windows",
        &[
            "--elements",
            &elements,
            "--instrument",
            &cone,
            "--max-off-nadir",
            "20",
        ],
    )
    .refused(2, &["--max-off-nadir", "--instrument"]);
    with(
        "coverage",
        &["--elements", &elements, "--max-off-nadir", "0"],
    )
    .refused(2, &["half_angle_deg is 0"]);
    // In the register the same is refused, by file.
    let missions = program.data.join("register/missions");
    std::fs::create_dir_all(&missions).unwrap();
    let mission = format!(
        "[mission]\nid = \"m\"\nname = \"M\"\noperator = \"O\"\ncountry = \"C\"\nroles = [\"remote sensing\"]\n\
         status = \"in orbit\"\n\n{}",
        CONE.replace("half_angle_deg", "half_angle")
    );
    std::fs::write(missions.join("m.toml"), &mission).unwrap();
    program
        .run(&["register", "list"])
        .refused(1, &["m.toml", "half_angle"]);
    std::fs::write(
        missions.join("m.toml"),
        mission.replace("half_angle", "scan_to_deg = 1\nhalf_angle_deg"),
    )
    .unwrap();
    program
        .run(&["register", "list"])
        .refused(1, &["m.toml", "scan_to_deg"]);
}

#[test]
fn broken_old_decayed_and_high_satellites() {
    let program = Program::new();
    let (_, places, cone) = files(&program);
    let look = |verb: &str, elements: &str| {
        let file = text(&program.file("e.tle", elements));
        run(
            &program,
            verb,
            &[
                "--elements",
                &file,
                "--places",
                &places,
                "--instrument",
                &cone,
            ],
        )
    };
    for verb in ["windows", "coverage"] {
        let broken = SENTINEL
            .replace("307.5091", "307.5092")
            .replace("SENTINEL-2A", "BROKEN");
        let ran = look(verb, &format!("{broken}{SENTINEL}"));
        assert!(ran.out.contains("SENTINEL-2A"), "{verb}");
        ran.refused(1, &["e.tle:3", "checksum"]);
        let twice = look(verb, &format!("{SENTINEL}{SENTINEL}")).ok();
        assert_eq!(twice.out, look(verb, SENTINEL).ok().out, "{verb}");
        // 60 days old.
        let old = changed(&[("26233.59929100", "26174.59929100")]);
        assert!(look(verb, &old).ok().err.contains("stale"), "{verb}");
        // 16.5 revolutions a day and strong drag: it comes down within the span.
        let fallen = changed(&[
            ("14.30818402", "16.50818402"),
            ("15721-3", "15721-1"),
            ("40697", "40698"),
        ]);
        let both = format!("{}{SENTINEL}", fallen.replace("SENTINEL-2A", "FALLEN"));
        let ran = look(verb, &both).ok();
        assert!(
            ran.err.contains("FALLEN") && ran.err.contains("not answered"),
            "{verb}: {}",
            ran.err
        );
        assert!(ran.out.contains("SENTINEL-2A"), "{verb}");
        // Geostationary and Molniya.
        for (motion, eccentricity, inclination) in [
            (" 1.00273790", "0000100", " 0.0100"),
            (" 2.00613016", "7222000", "63.4000"),
        ] {
            let high = changed(&[
                ("14.30818402", motion),
                ("0001305", eccentricity),
                ("98.5642", inclination),
            ]);
            let ran = look(verb, &high).ok();
            assert!(!ran.out.contains("NaN"), "{verb} {motion}");
        }
    }
}

/// Sentinel-2A with parts of its lines replaced and the checksums put right.
fn changed(changes: &[(&str, &str)]) -> String {
    let mut all = SENTINEL.to_string();
    for (from, to) in changes {
        assert!(from.len() == to.len() && all.contains(from), "{from}");
        all = all.replace(from, to);
    }
    let summed = |line: &str| {
        let value = |c: char| {
            if c == '-' {
                1
            } else {
                c.to_digit(10).unwrap_or(0)
            }
        };
        let sum: u32 = line[..68].chars().map(value).sum();
        format!("{}{}", &line[..68], sum % 10)
    };
    let lines = all.lines().map(|l| {
        if l.len() > 60 {
            summed(l)
        } else {
            l.to_string()
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}
