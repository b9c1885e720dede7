//! Figures of merit of the world, timed: `cargo bench -p corridor-sense --bench merit`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use corridor_orbit::earth::Geodetic;
use corridor_orbit::elements::tle;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::visibility::Limits;
use corridor_orbit::window::offset;
use corridor_sense::merit::{Looks, cells_in_box, survey};
use corridor_sense::windows::{Conditions, Period};
use std::time::Instant;

const DAYS: f64 = 7.0;

fn main() {
    let shared = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        Into::into,
    );
    let Ok(text) = std::fs::read_to_string(shared.join("sense/access/eo100.tle")) else {
        println!("skipped: no shared data at {}", shared.display());
        return;
    };
    let satellites: Vec<Trajectory> = tle::parse(&text, "elements")
        .sets
        .iter()
        .filter_map(|set| Trajectory::from_elements(set).ok())
        .collect();
    let from = "2026-08-22T00:00:00Z".parse().unwrap();
    let period = Period::new(from, offset(from, DAYS * 86_400.0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for (step_deg, off_nadir_deg, sun) in [
        (4.0, 35.0, None),
        (1.0, 20.0, None),
        (1.0, 35.0, None),
        (1.0, 35.0, Some(10.0)),
    ] {
        let cells = cells_in_box([-180.0, -90.0, 180.0, 90.0], step_deg).unwrap();
        let places: Vec<Geodetic> = cells.iter().map(|c| c.place).collect();
        let looks = [Looks {
            conditions: Conditions {
                limits: Limits::off_nadir(off_nadir_deg),
                min_sun_elevation_deg: sun,
                ..Conditions::default()
            },
            satellites: satellites.clone(),
        }];
        let started = Instant::now();
        let found = survey(&looks, &places, period, threads, &|_, _| {}).unwrap();
        let accesses: usize = found.places.iter().map(|p| p.figures.accesses).sum();
        println!(
            "{} satellites x {} places at {off_nadir_deg} deg, Sun {sun:?} x {DAYS} d: {accesses} accesses, {:.1} s on {threads} threads",
            satellites.len(),
            places.len(),
            started.elapsed().as_secs_f64()
        );
    }
}
