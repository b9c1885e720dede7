//! Two access problems, timed: `cargo bench -p corridor-sense --bench access`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use corridor_orbit::earth::Geodetic;
use corridor_orbit::elements::tle;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::visibility::Limits;
use corridor_orbit::window::offset;
use corridor_sense::windows::{Conditions, Period, windows_of};
use std::time::Instant;

const FROM: &str = "2026-08-22T00:00:00Z";
const DAYS: f64 = 7.0;
const THREADS: usize = 2;

fn shared() -> std::path::PathBuf {
    std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        Into::into,
    )
}

fn read(name: &str) -> Option<String> {
    std::fs::read_to_string(shared().join("sense").join(name)).ok()
}

fn places(text: &str, lon: &str, lat: &str) -> Vec<Geodetic> {
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let list = json
        .as_array()
        .or_else(|| json["features"].as_array())
        .unwrap();
    list.iter()
        .map(|v| {
            let p = v.get("properties").unwrap_or(v);
            Geodetic::on_ground(p[lon].as_f64().unwrap(), p[lat].as_f64().unwrap())
        })
        .collect()
}

fn satellites(text: &str) -> Vec<Trajectory> {
    tle::parse(text, "elements")
        .sets
        .iter()
        .filter_map(|set| Trajectory::from_elements(set).ok())
        .collect()
}

fn conditions(limits: Limits) -> Conditions {
    Conditions {
        limits,
        ..Conditions::default()
    }
}

/// Windows found and the seconds it took.
fn run(satellites: &[Trajectory], places: &[Geodetic], limits: Limits) -> (usize, f64) {
    let from = FROM.parse().unwrap();
    let period = Period::new(from, offset(from, DAYS * 86_400.0));
    let started = Instant::now();
    let found = windows_of(
        satellites,
        places,
        &conditions(limits),
        period,
        THREADS,
        &|_| {},
    )
    .unwrap();
    let windows = found.iter().map(|f| f.windows.len()).sum();
    (windows, started.elapsed().as_secs_f64())
}

fn best(mut f: impl FnMut() -> (usize, f64)) -> (usize, f64) {
    (0..5)
        .map(|_| f())
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
}

fn main() {
    let (Some(tle), Some(stations), Some(areas), Some(catalogue)) = (
        read("access/eo100.tle"),
        read("access/stations30.json"),
        read("access/aoi50.geojson"),
        read("catalog/active-2026-08-22.3le"),
    ) else {
        println!("skipped: no shared data at {}", shared().display());
        return;
    };
    let stations = places(&stations, "lon", "lat");
    let areas = places(&areas, "target_lon", "target_lat");
    let hundred = satellites(&tle);
    let passes = best(|| run(&hundred, &stations, Limits::elevation(5.0)));
    println!(
        "100 satellites x 30 stations at 5 deg x 7 d: {} windows, {:.3} s",
        passes.0, passes.1
    );
    let sights = best(|| run(&hundred, &areas, Limits::off_nadir(35.0)));
    println!(
        "100 satellites x 50 places at 35 deg x 7 d: {} windows, {:.3} s",
        sights.0, sights.1
    );
    println!(
        "together: {:.3} s on {THREADS} threads",
        passes.1 + sights.1
    );
    let started = Instant::now();
    let all = satellites(&catalogue);
    println!(
        "{} objects read in {:.3} s",
        all.len(),
        started.elapsed().as_secs_f64()
    );
    let place = [Geodetic::on_ground(11.58, 48.14)];
    for (what, limits) in [
        ("elevation of 10 deg", Limits::elevation(10.0)),
        ("35 deg off nadir", Limits::off_nadir(35.0)),
    ] {
        let (windows, s) = best(|| run(&all, &place, limits));
        println!(
            "{} objects x 1 place, {what} x 7 d: {windows} windows, {s:.3} s",
            all.len()
        );
    }
}
