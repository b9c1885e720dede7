//! Windows computed with python-sgp4 and IERS data, cross-checked against Orekit, for three
//! satellites over seven days.

use crate::real_data;
use corridor_orbit::earth::Geodetic;
use corridor_orbit::elements::tle;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::sun;
use corridor_orbit::visibility;
use corridor_orbit::window::{WindowSet, offset};
use jiff::Timestamp;
use std::collections::BTreeMap;

const FROM: &str = "2026-08-22T00:00:00Z";

type Expected = BTreeMap<(u32, String), Vec<(f64, f64)>>;

fn expected(csv: &str) -> Expected {
    let mut rows = Expected::new();
    for line in csv.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        rows.entry((f[0].parse().unwrap(), f[2].to_string()))
            .or_default()
            .push((f[3].parse().unwrap(), f[4].parse().unwrap()));
    }
    rows
}

fn satellites() -> Option<BTreeMap<u32, Trajectory>> {
    let parsed = tle::parse(&real_data::read("sense/access/eo100.tle")?, "eo100.tle");
    assert_eq!((parsed.sets.len(), parsed.faults.len()), (100, 0));
    Some(
        parsed
            .sets
            .iter()
            .map(|s| (s.norad_id, Trajectory::from_elements(s).unwrap()))
            .collect(),
    )
}

fn places(file: &str, id: &str, lon: &str, lat: &str) -> Option<BTreeMap<String, Geodetic>> {
    let json: serde_json::Value = serde_json::from_str(&real_data::read(file)?).unwrap();
    let list = json
        .as_array()
        .or_else(|| json["features"].as_array())
        .unwrap();
    let place = |v: &serde_json::Value| {
        let p = v.get("properties").unwrap_or(v);
        let number = |key: &str| p[key].as_f64().unwrap();
        (
            v[id].as_str().unwrap().to_string(),
            Geodetic::on_ground(number(lon), number(lat)),
        )
    };
    Some(list.iter().map(place).collect())
}

/// Compares and returns the edge differences in seconds, sorted.
fn compare(found: &WindowSet, expected: &[(f64, f64)], what: &str) -> Vec<f64> {
    let from: Timestamp = FROM.parse().unwrap();
    let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64();
    let mut off = Vec::new();
    // Windows shorter than 5 s may differ in being there at all.
    let long = |s: f64, e: f64| e - s >= 5.0;
    let a: Vec<_> = found
        .windows()
        .iter()
        .map(|w| (seconds(w.start), seconds(w.end)))
        .collect();
    for (s, e) in expected {
        match a.iter().find(|(x, y)| x < e && s < y) {
            Some((x, y)) => off.extend([(x - s).abs(), (y - e).abs()]),
            None => assert!(!long(*s, *e), "{what}: window {s}..{e} is lost"),
        }
    }
    for (x, y) in &a {
        let known = expected.iter().any(|(s, e)| x < e && s < y);
        assert!(
            known || !long(*x, *y),
            "{what}: window {x}..{y} is invented"
        );
    }
    off
}

fn report(what: &str, mut off: Vec<f64>) {
    off.sort_by(f64::total_cmp);
    let at = |part: f64| off[((off.len() - 1) as f64 * part) as usize] * 1e3;
    println!(
        "{what}: {} edges, off by median {:.3} ms, p99 {:.3} ms, max {:.3} ms",
        off.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    assert!(at(0.5) <= 2.0 && at(0.99) <= 20.0 && at(1.0) <= 1000.0);
}

#[test]
fn passes_at_five_degrees() {
    let (Some(csv), Some(all), Some(sites)) = (
        real_data::read("sense/access/sample_passes_el5.csv"),
        satellites(),
        places("sense/access/stations30.json", "id", "lon", "lat"),
    ) else {
        return;
    };
    let from: Timestamp = FROM.parse().unwrap();
    let to = offset(from, 7.0 * 86_400.0);
    let expected = expected(&csv);
    let mut off = Vec::new();
    for id in [39_634_u32, 44_883, 31_698] {
        for (name, site) in &sites {
            let found = visibility::passes(&all[&id], site, 5.0, from, to).unwrap();
            let none = Vec::new();
            let rows = expected.get(&(id, name.clone())).unwrap_or(&none);
            off.extend(compare(&found, rows, name));
        }
    }
    report("passes", off);
}

#[test]
fn sights_at_35_degrees() {
    let (Some(csv), Some(sunny), Some(all), Some(areas)) = (
        real_data::read("sense/access/sample_access_offnadir35.csv"),
        real_data::read("sense/access/sample_access_offnadir35_sun10.csv"),
        satellites(),
        places(
            "sense/access/aoi50.geojson",
            "id",
            "target_lon",
            "target_lat",
        ),
    ) else {
        return;
    };
    let from: Timestamp = FROM.parse().unwrap();
    let to = offset(from, 7.0 * 86_400.0);
    let (expected, sunny) = (expected(&csv), expected(&sunny));
    let (mut off, mut off_sunny) = (Vec::new(), Vec::new());
    for id in [39_634_u32, 44_883, 31_698] {
        for (name, place) in &areas {
            let found = visibility::sights(&all[&id], place, 35.0, from, to).unwrap();
            let none = Vec::new();
            let key = (id, name.clone());
            off.extend(compare(&found, expected.get(&key).unwrap_or(&none), name));
            if id == 44_883 {
                let day = sun::daylight(place, 10.0, from, to);
                let rows = sunny.get(&key).unwrap_or(&none);
                off_sunny.extend(compare(&found.and(&day), rows, name));
            }
        }
    }
    report("sights", off);
    report("sights by day", off_sunny);
}
