//! `corridor sense windows`: against windows of other tools, and on bad input.

use crate::program::{Program, Ran, real_data, text};
use std::collections::{BTreeMap, BTreeSet};

const SPAN: [&str; 4] = [
    "--from",
    "2026-08-22T00:00:00Z",
    "--to",
    "2026-08-29T00:00:00Z",
];

const COLUMNS: &str =
    "satellite,norad_id,place,start,end,max_elevation_deg,min_off_nadir_deg,timing_uncertainty_s";

/// Sentinel-2A of 2026-08-21 (CelesTrak).
const SENTINEL: &str = "SENTINEL-2A
1 40697U 15028A   26233.59929100  .00000369  00000+0  15721-3 0  9999
2 40697  98.5642 307.5091 0001305  84.4292 275.7039 14.30818402583083
";

/// Checksum of a line of a TLE put right, so that a test may change it.
fn summed(line: &str) -> String {
    let digits = line[..68].chars().map(|c| match c {
        '-' => 1,
        c => c.to_digit(10).unwrap_or(0),
    });
    format!("{}{}", &line[..68], digits.sum::<u32>() % 10)
}

/// Sentinel-2A with parts of its lines replaced.
fn changed(changes: &[(&str, &str)]) -> String {
    let mut all = SENTINEL.to_string();
    for (from, to) in changes {
        assert_eq!(from.len(), to.len());
        assert!(all.contains(from), "{from}");
        all = all.replace(from, to);
    }
    let lines: Vec<String> = all
        .lines()
        .map(|l| {
            if l.len() > 60 {
                summed(l)
            } else {
                l.to_string()
            }
        })
        .collect();
    lines.join("\n") + "\n"
}

fn windows(program: &Program, elements: &str, more: &[&str]) -> Ran {
    let file = text(&program.file("elements.tle", elements));
    let arguments = ["sense", "windows", "--elements", &file];
    program.run(&[&arguments[..], &SPAN[..], more].concat())
}

const BELEM: [&str; 4] = ["--at", "-34.9,-8.0", "--min-elevation", "10"];

fn csv(program: &Program, elements: &str, more: &[&str]) -> Vec<Vec<String>> {
    let out = windows(program, elements, &[more, &["--format", "csv"]].concat())
        .ok()
        .out;
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some(COLUMNS));
    lines
        .map(|l| l.split(',').map(str::to_string).collect())
        .collect()
}

#[test]
fn samples_of_other_tools_are_met() {
    let Some(data) = real_data("sense") else {
        return;
    };
    let (tle, program) = (text(&data.join("access/eo100.tle")), Program::new());
    let eop = text(&data.join("eop/finals2000A-2026-11-02.all.gz"));
    for (sample, places, sight) in [
        (
            "sample_passes_el5.csv",
            ["--stations", "access/stations30.json"],
            ["--min-elevation", "5"],
        ),
        (
            "sample_access_offnadir35.csv",
            ["--places", "access/aoi50.geojson"],
            ["--max-off-nadir", "35"],
        ),
    ] {
        let file = text(&data.join(places[1]));
        let arguments = ["sense", "windows", "--elements", &tle, places[0], &file];
        let more = ["--format", "csv", "--jobs", "2", "--eop", &eop];
        let out = program
            .run(&[&arguments[..], &sight[..], &SPAN[..], &more[..]].concat())
            .ok()
            .out;
        let rows: Vec<&str> = out.lines().skip(1).collect();
        assert!(rows.is_sorted_by_key(|row| {
            let f: Vec<&str> = row.split(',').collect();
            (f[0], f[2], f[3])
        }));
        assert!(!out.contains("NaN") && out.starts_with(COLUMNS));
        let mut found: BTreeMap<(&str, &str), Vec<(&str, &str)>> = BTreeMap::new();
        for row in rows {
            let f: Vec<&str> = row.split(',').collect();
            found.entry((f[1], f[2])).or_default().push((f[3], f[4]));
        }
        let expected = std::fs::read_to_string(data.join("access").join(sample)).unwrap();
        let (mut edges_ms, mut pairs) = (Vec::new(), BTreeSet::new());
        let at = |t: &str| t.parse::<jiff::Timestamp>().unwrap();
        for row in expected.lines().skip(1) {
            let f: Vec<&str> = row.split(',').collect();
            pairs.insert((f[0], f[2]));
            let (start, end) = (at(f[5]), at(f[6]));
            let same = found.get_mut(&(f[0], f[2])).and_then(|all| {
                all.iter()
                    .position(|w| at(w.0) < end && start < at(w.1))
                    .map(|k| all.remove(k))
            });
            let Some(same) = same else {
                assert!(
                    end.duration_since(start).as_secs_f64() < 5.0,
                    "{row} is lost"
                );
                continue;
            };
            for (a, b) in [(at(same.0), start), (at(same.1), end)] {
                edges_ms.push(a.duration_since(b).as_secs_f64().abs() * 1e3);
            }
        }
        for pair in pairs {
            for (start, end) in &found[&pair] {
                let length_s = at(end).duration_since(at(start)).as_secs_f64();
                assert!(length_s < 5.0, "{pair:?} {start} is invented");
            }
        }
        edges_ms.sort_by(f64::total_cmp);
        let at = |part: f64| edges_ms[((edges_ms.len() - 1) as f64 * part) as usize];
        // Both sides are printed to the millisecond.
        assert!(
            at(0.5) <= 2.0 && at(0.99) <= 20.0,
            "{} {}",
            at(0.5),
            at(0.99)
        );
    }
}

#[test]
fn every_format_holds_the_same_windows() {
    let program = Program::new();
    let rows = csv(&program, SENTINEL, &BELEM);
    assert!(rows.len() > 20, "{rows:?}");
    for row in &rows {
        assert_eq!(
            (row[0].as_str(), row[1].as_str(), row[2].as_str()),
            ("SENTINEL-2A", "40697", "at")
        );
        assert!(row[3].len() == 24 && row[3] < row[4]);
        assert!(row[5].parse::<f64>().unwrap() >= 10.0 && row[7].parse::<f64>().unwrap() > 0.0);
    }
    let json = windows(
        &program,
        SENTINEL,
        &[&BELEM[..], &["--format", "json"]].concat(),
    )
    .ok()
    .json();
    assert_eq!(json["windows"].as_array().unwrap().len(), rows.len());
    assert_eq!(json["windows"][0]["start"], rows[0][3].as_str());
    assert_eq!(json["windows"][0]["stale"], false);
    let map = windows(
        &program,
        SENTINEL,
        &[&BELEM[..], &["--format", "geojson"]].concat(),
    )
    .ok()
    .json();
    assert_eq!(map["features"].as_array().unwrap().len(), rows.len());
    assert_eq!(map["features"][0]["geometry"]["coordinates"][0], -34.9);
    let table = windows(&program, SENTINEL, &BELEM).ok().out;
    assert!(table.contains("max_elevation_deg") && table.contains(&rows[0][3]));
}

#[test]
fn conditions_hold_together() {
    let program = Program::new();
    let count = |more: &[&str]| csv(&program, SENTINEL, &[&BELEM[..], more].concat()).len();
    let all = count(&[]);
    let day = count(&["--min-sun-elevation", "0"]);
    let night = count(&["--max-sun-elevation", "0"]);
    assert!(
        day + night == all && day > 0 && night > 0,
        "{all} {day} {night}"
    );
    let (sunlit, umbra) = (count(&["--light", "sunlit"]), count(&["--light", "umbra"]));
    assert!(sunlit >= day && umbra > 0 && sunlit + umbra <= all + 3);
    let near = csv(
        &program,
        SENTINEL,
        &[&BELEM[..], &["--max-range", "1000"]].concat(),
    );
    assert!(!near.is_empty() && near.len() < all);
    let ring = ["--max-off-nadir", "50", "--min-off-nadir", "30"];
    assert!(
        csv(&program, SENTINEL, &[&BELEM[..], &ring[..]].concat())
            .iter()
            .all(|r| r[6].parse::<f64>().unwrap() >= 29.999)
    );
}

#[test]
fn wrong_arguments_are_named() {
    let program = Program::new();
    let said = |more: &[&str], words: &[&str]| windows(&program, SENTINEL, more).refused(2, words);
    said(&["--min-elevation", "10"], &["--at"]);
    said(&["--at", "0,0"], &["--min-elevation"]);
    said(&["--at", "0,95", "--min-elevation", "10"], &["latitude 95"]);
    said(
        &["--at", "200,5", "--min-elevation", "10"],
        &["longitude 200"],
    );
    said(&["--at", "east", "--min-elevation", "10"], &["LON,LAT"]);
    said(
        &["--at", "0,0", "--min-elevation", "95"],
        &["min_elevation_deg is 95"],
    );
    said(
        &["--at", "0,0", "--max-off-nadir", "-1"],
        &["max_off_nadir_deg is -1"],
    );
    said(&["--at", "0,0", "--min-elevation", "nan"], &["NaN"]);
    said(&[&BELEM[..], &["--jobs", "0"]].concat(), &["--jobs"]);
    let file = text(&program.file("e.tle", SENTINEL));
    let span = [
        "--from",
        "2026-08-23T00:00:00Z",
        "--to",
        "2026-08-22T00:00:00Z",
    ];
    let arguments = ["sense", "windows", "--elements", &file];
    program
        .run(&[&arguments[..], &span[..], &BELEM[..]].concat())
        .refused(
            2,
            &["--to 2026-08-22T00:00:00Z is not after --from 2026-08-23T00:00:00Z"],
        );
    let long = [
        "--from",
        "2026-08-23T00:00:00Z",
        "--to",
        "2029-08-22T00:00:00Z",
    ];
    program
        .run(&[&arguments[..], &long[..], &BELEM[..]].concat())
        .refused(2, &["longer than 400 days"]);
}

#[test]
fn files_that_hold_nothing_are_named() {
    let program = Program::new();
    let empty = text(&program.file(
        "empty.geojson",
        r#"{"type":"FeatureCollection","features":[]}"#,
    ));
    let sight = ["--min-elevation", "10"];
    windows(
        &program,
        SENTINEL,
        &[&["--places", &empty][..], &sight[..]].concat(),
    )
    .refused(1, &["empty.geojson", "holds no features"]);
    let none = text(&program.file("none.json", "[]"));
    windows(
        &program,
        SENTINEL,
        &[&["--stations", &none][..], &sight[..]].concat(),
    )
    .refused(1, &["none.json", "holds no stations"]);
    windows(
        &program,
        SENTINEL,
        &["--stations", "absent.json", "--min-elevation", "5"],
    )
    .refused(1, &["absent.json"]);
    windows(&program, "", &BELEM).refused(1, &["elements.tle", "no element set"]);
    let bad = text(&program.file("eop.txt", "no table"));
    windows(&program, SENTINEL, &[&BELEM[..], &["--eop", &bad]].concat()).refused(1, &["eop.txt"]);
}

#[test]
fn a_broken_record_is_named_and_the_rest_answered() {
    let program = Program::new();
    let broken = SENTINEL
        .replace("307.5091", "307.5092")
        .replace("SENTINEL-2A", "BROKEN");
    let ran = windows(
        &program,
        &format!("{broken}{SENTINEL}"),
        &[&BELEM[..], &["--format", "csv"]].concat(),
    );
    assert_eq!(
        ran.out.lines().count(),
        csv(&program, SENTINEL, &BELEM).len() + 1
    );
    ran.refused(1, &["elements.tle:3", "checksum", "1 record was refused"]);
}

#[test]
fn of_a_number_that_stands_twice_the_newest_counts() {
    let program = Program::new();
    let older = changed(&[("26233.59929100", "26223.59929100")]);
    let one = windows(
        &program,
        SENTINEL,
        &[&BELEM[..], &["--format", "csv"]].concat(),
    )
    .ok();
    for both in [format!("{older}{SENTINEL}"), format!("{SENTINEL}{older}")] {
        let ran = windows(
            &program,
            &both,
            &[&BELEM[..], &["--format", "csv"]].concat(),
        )
        .ok();
        assert_eq!(ran.out, one.out);
        assert!(ran.err.contains("stands twice"), "{}", ran.err);
    }
    let (a, b) = (
        program.file("a.tle", &older),
        program.file("b.tle", SENTINEL),
    );
    let arguments = [
        "sense",
        "windows",
        "--elements",
        &text(&a),
        &text(&b),
        "--format",
        "csv",
    ];
    let ran = program
        .run(&[&arguments[..], &SPAN[..], &BELEM[..]].concat())
        .ok();
    assert_eq!(ran.out, one.out);
    assert!(ran.err.contains("40697 stands in"), "{}", ran.err);
}

#[test]
fn old_elements_are_answered_and_said_to_be_stale() {
    let program = Program::new();
    let old = changed(&[("26233.59929100", "26174.59929100")]);
    let ran = windows(
        &program,
        &old,
        &[&BELEM[..], &["--format", "json"]].concat(),
    )
    .ok();
    assert!(
        ran.err.contains("SENTINEL-2A: elements are stale, 5"),
        "{}",
        ran.err
    );
    let all = ran.json();
    let window = &all["windows"][0];
    assert_eq!(window["stale"], true, "{window}");
    assert!(window["timing_uncertainty_s"].as_f64().unwrap() > 10.0);
    let fresh = csv(&program, SENTINEL, &BELEM);
    let fresh_s: f64 = fresh[0][7].parse().unwrap();
    assert!(fresh_s < 2.0, "{fresh_s}");
}

#[test]
fn a_decayed_satellite_is_warned_of() {
    let program = Program::new();
    // 16.5 revolutions a day and strong drag: it comes down within the span.
    let decayed = changed(&[("14.30818402", "16.50818402"), ("15721-3", "15721-1")]);
    let both = format!(
        "{}{SENTINEL}",
        decayed
            .replace("SENTINEL-2A", "FALLEN")
            .replace("40697", "40698")
    );
    let both: String = both
        .lines()
        .map(|l| {
            if l.len() > 60 {
                summed(l) + "\n"
            } else {
                format!("{l}\n")
            }
        })
        .collect();
    let ran = windows(
        &program,
        &both,
        &[&BELEM[..], &["--format", "csv"]].concat(),
    )
    .ok();
    assert!(
        ran.err.contains("FALLEN: not answered for the whole span"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("SENTINEL-2A") && ran.out.lines().count() > 20);
}

#[test]
fn high_orbits_poles_and_the_antimeridian() {
    let program = Program::new();
    let slow = |motion: &str, eccentricity: &str, inclination: &str| {
        changed(&[
            ("14.30818402", motion),
            ("0001305", eccentricity),
            ("98.5642", inclination),
        ])
    };
    // A geostationary satellite stands over one side for good; windows open at both ends are cut there.
    let geo = slow(" 1.00273790", "0000100", " 0.0100");
    let (from, to) = ("2026-08-22T00:00:00.000Z", "2026-08-29T00:00:00.000Z");
    let mut always = 0;
    for lon in ["-150", "-90", "-30", "30", "90", "150"] {
        let at = format!("{lon},0");
        let rows = csv(&program, &geo, &["--at", &at, "--min-elevation", "10"]);
        assert!(rows.len() <= 1, "{rows:?}");
        always += rows
            .iter()
            .filter(|r| r[3] == from && r[4] == to && r[7].is_empty())
            .count();
    }
    assert!((1..=3).contains(&always), "{always}");
    // Molniya: long passes over the north.
    let heo = slow(" 2.00613016", "7222000", "63.4000");
    let rows = csv(
        &program,
        &heo,
        &["--at", "37.6,55.7", "--min-elevation", "10"],
    );
    assert!((7..=21).contains(&rows.len()), "{rows:?}");
    // A pole sees a polar satellite on every revolution, by any longitude.
    for pole in ["0,90", "123,90", "0,-90"] {
        let rows = csv(&program, SENTINEL, &["--at", pole, "--min-elevation", "5"]);
        assert!((99..=101).contains(&rows.len()), "{pole}: {}", rows.len());
    }
    let fiji = r#"{"type":"Feature","id":"fiji","properties":{},"geometry":{"type":"Polygon",
        "coordinates":[[[177,-19],[-178,-19],[-178,-16],[177,-16],[177,-19]]]}}"#;
    let file = text(&program.file("fiji.geojson", fiji));
    let rows = csv(
        &program,
        SENTINEL,
        &["--places", &file, "--max-off-nadir", "35"],
    );
    let middle = csv(
        &program,
        SENTINEL,
        &["--at", "179.5,-17.5", "--max-off-nadir", "35"],
    );
    let times = |rows: &[Vec<String>]| rows.iter().map(|r| r[3].clone()).collect::<Vec<_>>();
    assert!(!rows.is_empty() && rows[0][2] == "fiji");
    assert_eq!(times(&rows), times(&middle));
}
