//! Passes against skyfield's (`tests/reference/passes_skyfield.csv`, made by
//! `crates/sense/tests/reference/make.py`).

use corridor_orbit::earth::Geodetic;
use corridor_orbit::elements::omm_csv;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::visibility::passes;
use corridor_orbit::window::offset;
use jiff::Timestamp;
use std::collections::BTreeMap;

const ELEMENTS: &str = include_str!("../../../sense/tests/reference/elements.csv");
const PASSES: &str = include_str!("../reference/passes_skyfield.csv");

#[test]
fn passes_agree_with_skyfield() {
    let from: Timestamp = "2026-08-22T00:00:00Z".parse().unwrap();
    let to = offset(from, 72.0 * 3600.0);
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let mut expected: BTreeMap<(u32, &str), Vec<Vec<&str>>> = BTreeMap::new();
    for line in PASSES.lines().filter(|l| !l.starts_with('#')).skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        expected
            .entry((f[0].parse().unwrap(), f[1]))
            .or_default()
            .push(f);
    }
    assert!(expected.len() > 30);
    let mut off_s: Vec<f64> = Vec::new();
    for ((id, station), rows) in &expected {
        let set = sets.iter().find(|s| s.norad_id == *id).unwrap();
        let trajectory = Trajectory::from_elements(set).unwrap();
        let n = |k: usize| rows[0][k].parse::<f64>().unwrap();
        let site = Geodetic {
            lon_deg: n(2),
            lat_deg: n(3),
            height_m: n(4),
        };
        let found = passes(&trajectory, &site, n(5), from, to).unwrap();
        assert_eq!(found.len(), rows.len(), "{id} {station}");
        for (w, row) in found.windows().iter().zip(rows) {
            for (t, text) in [(w.start, row[6]), (w.end, row[7])] {
                if let Ok(s) = text.parse::<f64>() {
                    off_s.push((t.duration_since(from).as_secs_f64() - s).abs());
                }
            }
        }
    }
    off_s.sort_by(f64::total_cmp);
    let at = |part: f64| off_s[((off_s.len() - 1) as f64 * part) as usize];
    println!(
        "{} edges, off skyfield by median {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        off_s.len(),
        at(0.5) * 1e3,
        at(0.99) * 1e3,
        at(1.0) * 1e3
    );
    assert!(at(1.0) < 1.0);
}
