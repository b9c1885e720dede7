//! Opportunities against values of an independent tool (`tests/reference/README.md`).

use corridor_orbit::elements::omm_csv;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;
use corridor_sense::access::{Sensor, opportunities};
use corridor_sense::area::Area;
use corridor_sense::instrument::{Instrument, InstrumentKind, Look, View};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub const ELEMENTS: &str = include_str!("../reference/elements.csv");
const ACCESS: &str = include_str!("../reference/access.csv");

pub fn from() -> Timestamp {
    "2026-08-22T00:00:00Z".parse().unwrap()
}

pub fn instrument(id: &str) -> Instrument {
    let (look, swath_km, near, far, sun) = match id {
        "nadir290" => (Look::Nadir, 290.0, 0.0, 0.0, Some(10.0)),
        "nadir185" => (Look::Nadir, 185.0, 0.0, 0.0, None),
        "right250" => (Look::Right, 250.0, 20.0, 40.0, None),
        "both50" => (Look::Both, 50.0, 15.0, 45.0, None),
        "agile15" => (Look::Agile, 15.0, 0.0, 35.0, None),
        "agile60" => (Look::Agile, 60.0, 0.0, 30.0, Some(10.0)),
        other => panic!("{other}"),
    };
    let radar = matches!(look, Look::Right | Look::Both);
    Instrument {
        id: id.into(),
        name: id.into(),
        kind: if radar {
            InstrumentKind::Sar
        } else {
            InstrumentKind::Optical
        },
        swath_km,
        max_off_nadir_deg: far,
        min_off_nadir_deg: near,
        look,
        view: View::default(),
        gsd_m: 10.0,
        daylight_only: sun.is_some(),
        min_sun_elevation_deg: sun.unwrap_or(-90.0),
        data_rate_mbit_s: None,
        bands: vec![],
        level_products: vec![],
        note: None,
        sources: BTreeMap::new(),
    }
}

pub fn area(id: &str) -> Area {
    let [w, s, e, n] = match id {
        "olinda" => [-34.93, -8.06, -34.83, -7.96],
        "carpathian" => [
            22.144939241132857,
            45.199617876037735,
            22.159485787826533,
            45.209957857544005,
        ],
        "wide" => [20.0, 43.5, 30.0, 48.5],
        "fiji" => [177.0, -19.0, -178.0, -16.0],
        other => panic!("{other}"),
    };
    Area::from_bbox(w, s, e, n).unwrap()
}

#[derive(Debug)]
struct Row {
    start_s: f64,
    end_s: f64,
    off_nadir_deg: f64,
    coverage: f64,
    sun_deg: f64,
}

fn rows() -> BTreeMap<(u32, String, String), Vec<Row>> {
    let mut rows: BTreeMap<_, Vec<Row>> = BTreeMap::new();
    for line in ACCESS.lines().filter(|l| !l.starts_with('#')).skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let n = |k: usize| f[k].parse::<f64>().unwrap();
        rows.entry((f[0].parse().unwrap(), f[1].into(), f[2].into()))
            .or_default()
            .push(Row {
                start_s: n(3),
                end_s: n(4),
                off_nadir_deg: n(5),
                coverage: n(6),
                sun_deg: n(7),
            });
    }
    rows
}

/// What each satellite of the reference looked with: as in `make.py`.
const CHOICE: [(u32, &[&str]); 10] = [
    (40_697, &["nadir290", "agile15"]),
    (42_063, &["nadir290"]),
    (60_989, &["nadir290"]),
    (39_084, &["nadir185"]),
    (49_260, &["nadir185", "agile60"]),
    (39_634, &["right250", "agile15"]),
    (62_261, &["right250"]),
    (44_883, &["agile60", "nadir185"]),
    (25_994, &["nadir290"]),
    (31_698, &["both50", "agile15"]),
];

#[derive(Debug, Default)]
struct Worst {
    edge_s: f64,
    off_nadir_deg: f64,
    coverage: f64,
    sun_deg: f64,
    windows: usize,
}

#[test]
fn opportunities_agree_with_skyfield() {
    let expected = rows();
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let (from, to) = (from(), offset(from(), 72.0 * 3600.0));
    let mut worst = Worst::default();
    for (id, instruments) in CHOICE {
        let set = sets.iter().find(|s| s.norad_id == id).unwrap();
        let trajectory = Trajectory::from_elements(set).unwrap();
        for name in instruments {
            let instrument = instrument(name);
            let sensor = Sensor {
                satellite: &set.name,
                norad_id: Some(id),
                planned: false,
                trajectory: &trajectory,
                instrument: &instrument,
            };
            for place in ["olinda", "carpathian", "wide", "fiji"] {
                let found = opportunities(&sensor, &area(place), from, to).unwrap();
                let none = Vec::new();
                let key = (id, place.to_string(), (*name).to_string());
                let want = expected.get(&key).unwrap_or(&none);
                assert_eq!(found.len(), want.len(), "{key:?}: {found:#?} {want:#?}");
                for (o, w) in found.iter().zip(want) {
                    let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64();
                    let edge_s = (seconds(o.start) - w.start_s)
                        .abs()
                        .max((seconds(o.end) - w.end_s).abs());
                    let off_nadir_deg = (o.min_off_nadir_deg - w.off_nadir_deg).abs();
                    let coverage = (o.coverage - w.coverage).abs();
                    let sun_deg = (o.sun_elevation_deg - w.sun_deg).abs();
                    if edge_s > 0.2 || coverage > 0.03 || off_nadir_deg > 0.1 {
                        println!("{key:?} {edge_s:.3} {off_nadir_deg:.3} {coverage:.3}: {w:?}");
                    }
                    worst.edge_s = worst.edge_s.max(edge_s);
                    worst.off_nadir_deg = worst.off_nadir_deg.max(off_nadir_deg);
                    worst.coverage = worst.coverage.max(coverage);
                    worst.sun_deg = worst.sun_deg.max(sun_deg);
                    worst.windows += 1;
                }
            }
        }
    }
    println!("{worst:#?}");
    assert!(worst.edge_s <= 1.0 && worst.off_nadir_deg < 0.2);
    assert!(worst.coverage < 0.05 && worst.sun_deg < 0.02);
}
