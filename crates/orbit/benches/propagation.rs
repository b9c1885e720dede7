//! States a second, positions and velocities, on one core, beside the `sgp4` and `satkit` crates:
//! `cargo bench -p corridor-orbit --bench propagation`. The catalogue of 2026-08-22 (CelesTrak, in
//! the shared data), each object at each minute of that day; each figure is the best of some
//! rounds, by processor time. Making the constants ready is not in the figures of either side.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures"
)]

use corridor_orbit::elements::{ElementSet, tle};
use corridor_orbit::propagate::{Batch, States, Trajectory};
use jiff::{SignedDuration, Timestamp};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

const NEAR: usize = 4_000;
const MINUTES: usize = 1_440;
const ROUNDS: usize = 5;
/// Every so many objects for what takes long.
const FEW: usize = 20;

/// Best rate over the rounds of something that makes `states` states.
fn rate(states: usize, mut run: impl FnMut()) -> f64 {
    (0..ROUNDS)
        .map(|_| {
            let (wall, processor) = (Instant::now(), processor_s());
            run();
            let wall_s = wall.elapsed().as_secs_f64();
            let took_s = processor_s().zip(processor).map(|(to, from)| to - from);
            states as f64 / took_s.unwrap_or(wall_s)
        })
        .fold(0.0, f64::max)
}

/// Processor time of this thread, seconds, where the kernel tells: other work on the machine does
/// not count in it.
fn processor_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}

fn catalogue() -> Option<String> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    std::fs::read_to_string(root.join("sense/catalog/active-2026-08-22.3le")).ok()
}

fn main() {
    let Some(text) = catalogue() else {
        println!("skipped: the catalogue is absent");
        return;
    };
    let from: Timestamp = "2026-08-22T00:00:00Z".parse().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let objects = lines.chunks_exact(3).map(|lines| Object {
        set: tle::parse(&lines.join("\n"), "active.3le").sets.remove(0),
        lines: [lines[1], lines[2]],
    });
    let (deep, mut near): (Vec<_>, Vec<_>) =
        objects.partition(|o| o.set.period_s() >= 225.0 * 60.0);
    near.truncate(NEAR);
    for (what, objects) in [("near Earth", &near), ("deep space", &deep)] {
        println!("{what}: {} objects x {MINUTES} minutes", objects.len());
        measure(objects, from);
    }
}

/// An object of the catalogue, read and as it stands there.
struct Object<'a> {
    set: ElementSet,
    lines: [&'a str; 2],
}

fn measure(objects: &[Object<'_>], from: Timestamp) {
    let states = objects.len() * MINUTES;
    let trajectories: Vec<Trajectory> = objects
        .iter()
        .map(|o| Trajectory::from_elements(&o.set).unwrap())
        .collect();
    let offsets_s: Vec<f64> = (0..MINUTES).map(|m| m as f64 * 60.0).collect();
    let mut out = States::new();
    let peers = [sgp4_crate(objects, from), satkit_crate(objects, from)];
    println!(
        "  {:<40} {:>10} {:>8} {:>8}",
        "", "states/s", "/ sgp4", "/ satkit"
    );
    let print = |what: &str, rate: f64| {
        let [by_sgp4, by_satkit] = peers.map(|peer| rate / peer);
        println!(
            "  {what:<40} {:>8.2} M {by_sgp4:>8.1} {by_satkit:>8.1}",
            rate / 1e6
        );
    };
    print("sgp4 2.4 crate", peers[0]);
    print("satkit 0.24 crate", peers[1]);
    let series = rate(states, || {
        for trajectory in &trajectories {
            trajectory.fill_teme(from, &offsets_s, &mut out);
            black_box(&out);
        }
    });
    print("ours, one satellite at many times", series);
    let batch = Batch::new(&trajectories);
    let times: Vec<Timestamp> = (0..MINUTES)
        .map(|m| from + SignedDuration::from_mins(m as i64))
        .collect();
    let batch = rate(states, || {
        for t in &times {
            batch.fill_teme(*t, &mut out);
            black_box(&out);
        }
    });
    print("ours, many satellites at one time", batch);
    let scalar = rate(states.div_ceil(FEW), || {
        for trajectory in trajectories.iter().step_by(FEW) {
            for t in &times {
                let _ = black_box(trajectory.state_teme(*t));
            }
        }
    });
    print("ours, state by state", scalar);
}

/// The `sgp4` crate, its constants made beforehand.
fn sgp4_crate(objects: &[Object<'_>], from: Timestamp) -> f64 {
    let ready: Vec<(sgp4::Constants, f64)> = objects
        .iter()
        .step_by(FEW)
        .map(|o| {
            let s = &o.set;
            let orbit = sgp4::Orbit::from_kozai_elements(
                &sgp4::WGS72,
                s.inclination_deg.to_radians(),
                s.raan_deg.to_radians(),
                s.eccentricity,
                s.argument_of_perigee_deg.to_radians(),
                s.mean_anomaly_deg.to_radians(),
                s.mean_motion_rev_day * std::f64::consts::TAU / 1440.0,
            )
            .unwrap();
            let days = s
                .epoch
                .duration_since("2000-01-01T12:00:00Z".parse().unwrap());
            let constants = sgp4::Constants::new(
                sgp4::WGS72,
                sgp4::iau_epoch_to_sidereal_time,
                days.as_secs_f64() / 86_400.0 / 365.25,
                s.bstar,
                orbit,
            )
            .unwrap();
            let after = from.duration_since(s.epoch).as_secs_f64() / 60.0;
            (constants, after)
        })
        .collect();
    rate(ready.len() * MINUTES, || {
        for (constants, after) in &ready {
            for minute in 0..MINUTES {
                let t = sgp4::MinutesSinceEpoch(after + minute as f64);
                let _ = black_box(constants.propagate(t));
            }
        }
    })
}

/// The `satkit` crate; its constants are made at the first call and kept.
fn satkit_crate(objects: &[Object<'_>], from: Timestamp) -> f64 {
    let mut ready: Vec<satkit::TLE> = objects
        .iter()
        .step_by(FEW)
        .map(|o| satkit::TLE::load_2line(o.lines[0], o.lines[1]).unwrap())
        .collect();
    let times: Vec<satkit::Instant> = (0..MINUTES)
        .map(|m| {
            let seconds = from.as_second() + 60 * m as i64;
            satkit::Instant::from_unixtime_microseconds(seconds * 1_000_000)
        })
        .collect();
    rate(ready.len() * MINUTES, || {
        for tle in &mut ready {
            let (gravity, mode) = (
                satkit::sgp4::GravConst::WGS72,
                satkit::sgp4::OpsMode::IMPROVED,
            );
            let _ = black_box(satkit::sgp4::sgp4_full(tle, &times, gravity, mode));
        }
    })
}
