//! Frames, Sun, Moon and shadow against astropy; `reference/frames/make.py` says how.

use crate::real_data;
use corridor_orbit::eclipse::{self, Part};
use corridor_orbit::elements::read;
use corridor_orbit::frame::{
    CelestialRotation, EarthOrientation, EarthRotation, Itrf, Position, Quality, Teme,
};
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::time::{Days, LeapSeconds, Utc};
use corridor_orbit::{moon, sun};
use jiff::{Timestamp, ToSpan};

fn rows(text: &str) -> impl Iterator<Item = (Timestamp, Vec<f64>)> {
    text.lines().filter_map(|line| {
        let mut cells = line.split(',');
        let time = cells.next()?.parse().ok()?;
        Some((time, cells.map(|c| c.parse().unwrap()).collect()))
    })
}

fn apart_m(a: [f64; 3], b: &[f64]) -> f64 {
    (a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)))
        .sum::<f64>()
        .sqrt()
}

/// The table holds the values of Bulletin A, astropy takes those of Bulletin B where they are out: they
/// differ by up to 0.06 ms, 0.2 m at 42,164 km.
const WORST_M: f64 = 0.3;

fn worst_itrf_m(earth: &EarthOrientation) -> f64 {
    let reference = include_str!("../reference/frames/itrf.csv");
    let mut worst_m = 0.0_f64;
    let mut seen = 0;
    for (t, n) in rows(reference) {
        let days = Days::utc(t);
        let teme: Position<Teme> = Position::new([n[0], n[1], n[2]]);
        let itrf = EarthRotation::at(days, &earth.at(days)).position(&teme);
        worst_m = worst_m.max(apart_m(itrf.r_m, &n[3..6]));
        seen += 1;
    }
    assert_eq!(seen, 300);
    worst_m
}

#[test]
fn teme_to_itrf_from_2004_to_2026() {
    let worst_m = worst_itrf_m(EarthOrientation::shipped());
    println!("TEME to ITRF, shipped table: off astropy by at most {worst_m:.4} m up to 42,164 km");
    assert!(worst_m < WORST_M, "{worst_m}");
}

#[test]
fn teme_to_itrf_by_a_table_from_a_file() {
    let Some(folder) = real_data::folder("sense/eop") else {
        return;
    };
    let name = "finals2000A-2026-11-02.all.gz";
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let earth = EarthOrientation::read(name, &bytes).unwrap();
    let worst_m = worst_itrf_m(&earth);
    println!("TEME to ITRF, table from a file: off astropy by at most {worst_m:.4} m");
    assert!(worst_m < WORST_M, "{worst_m}");
    // The file begins in 1973 and has its own leap seconds; the shipped table is a part of it.
    for days in (53_005..61_700).step_by(7) {
        let t = Days::<Utc>::since_j2000(f64::from(days) - 51_544.5 + 0.3);
        let (a, b) = (earth.at(t), EarthOrientation::shipped().at(t));
        assert!((a.ut1_minus_utc_s - b.ut1_minus_utc_s).abs() < 1e-5);
        assert!((a.xp_arcsec - b.xp_arcsec).abs() < 1e-4);
    }
    let before = Days::utc("1984-06-01T00:00:00Z".parse().unwrap());
    assert_eq!(earth.at(before).quality, Quality::Measured);
    let cut = EarthOrientation::read(name, &bytes[..bytes.len() / 2]).unwrap_err();
    assert!(cut.to_string().contains("unpacking"), "{cut}");
}

#[test]
fn a_leap_second_that_is_not_in_the_list_is_seen() {
    let row = |mjd: i64, ut1: f64| {
        format!("       {mjd}.00 P  0.100000 0.000000  0.300000 0.000000  P{ut1:>10.7} 0.0001000\n")
    };
    let text: String = (0..6)
        .map(|k| {
            row(
                61_770 + k,
                -0.6 - 0.001 * k as f64 + if k >= 3 { 1.0 } else { 0.0 },
            )
        })
        .collect();
    let earth = EarthOrientation::from_finals2000a(&text, "f").unwrap();
    let at = |days: f64| earth.at(Days::since_j2000(61_770.0 - 51_544.5 + days));
    assert!(
        (at(2.5).ut1_minus_utc_s + 0.6025).abs() < 1e-6,
        "{:?}",
        at(2.5)
    );
    assert!(
        (at(3.5).ut1_minus_utc_s - 0.3965).abs() < 1e-6,
        "{:?}",
        at(3.5)
    );
}

#[test]
fn the_list_of_leap_seconds_is_that_of_iers() {
    let Some(text) = real_data::read("sense/eop/Leap_Second.dat") else {
        return;
    };
    let list = LeapSeconds::from_iers(&text, "Leap_Second.dat").unwrap();
    assert_eq!(&list, LeapSeconds::shipped());
}

#[test]
fn gcrf_to_teme() {
    let reference = include_str!("../reference/frames/itrf.csv");
    let (mut worst_m, mut worst_mas) = (0.0_f64, 0.0_f64);
    for (t, n) in rows(reference) {
        let teme: Position<Teme> = Position::new([n[0], n[1], n[2]]);
        let rotation = CelestialRotation::at(Days::utc(t));
        let gcrf = rotation.position_back(&teme);
        let off_m = apart_m(gcrf.r_m, &n[6..9]);
        worst_m = worst_m.max(off_m);
        worst_mas = worst_mas.max((off_m / teme.radius_m()).to_degrees() * 3.6e6);
        assert!(apart_m(rotation.position(&gcrf).r_m, &n[0..3]) < 1e-3);
    }
    println!("GCRF and TEME: off astropy by at most {worst_m:.3} m, {worst_mas:.2} mas");
    // The series (1.5 mas) and the observed pole offsets, which are left out (0.5 mas).
    assert!(worst_mas < 2.5 && worst_m < 0.5, "{worst_mas}");
}

#[test]
fn sun_and_moon() {
    let (mut sun_deg, mut moon_deg, mut sun_off, mut moon_km) =
        (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    let mut seen = 0;
    for (t, n) in rows(include_str!("../reference/frames/sky.csv")) {
        let utc = Days::utc(t);
        sun_deg = sun_deg.max(apart_m(sun::direction(t), &n[0..3]).to_degrees());
        sun_off = sun_off.max((sun::position_teme(utc).radius_m() / 1e3 / n[3] - 1.0).abs());
        moon_deg = moon_deg.max(apart_m(moon::direction(t), &n[4..7]).to_degrees());
        moon_km = moon_km.max((moon::position_teme(utc).radius_m() / 1e3 - n[7]).abs());
        seen += 1;
    }
    assert_eq!(seen, 300);
    println!(
        "Sun: {sun_deg:.5} degrees, {:.4} %; Moon: {moon_deg:.5} degrees, {moon_km:.0} km off astropy",
        sun_off * 100.0
    );
    assert!(sun_deg < 0.005 && sun_off < 2e-4);
    assert!(moon_deg < 0.012 && moon_km < 200.0);
}

#[test]
fn eclipses_begin_and_end_when_another_tool_says() {
    let Some(text) = real_data::read("sense/catalog/active-2026-08-22.3le") else {
        return;
    };
    let sets = read("active.3le", text.as_bytes()).sets;
    let reference: Vec<(u32, Part, Timestamp, Timestamp)> =
        include_str!("../reference/frames/eclipse.csv")
            .lines()
            .filter_map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                let part = match *cells.get(1)? {
                    "umbra" => Part::Umbra,
                    "penumbra" => Part::Penumbra,
                    _ => return None,
                };
                let time = |k: usize| cells[k].parse().unwrap();
                Some((cells[0].parse().unwrap(), part, time(2), time(3)))
            })
            .collect();
    assert_eq!(reference.len(), 88);
    let mut off_s: Vec<f64> = Vec::new();
    for id in [25_544, 40_697, 39_634, 41_866] {
        let set = sets.iter().find(|s| s.norad_id == id).unwrap();
        let trajectory = Trajectory::from_elements(set).unwrap();
        for part in [Part::Penumbra, Part::Umbra] {
            let expected: Vec<_> = (reference.iter())
                .filter(|(i, p, ..)| *i == id && *p == part)
                .collect();
            let day = expected[0].2.strftime("%Y-%m-%dT00:00:00Z").to_string();
            let from: Timestamp = day.parse().unwrap();
            let found = eclipse::windows(&trajectory, part, from, from + 24.hours()).unwrap();
            // Windows that a day's end cuts are not in the reference.
            let whole: Vec<_> = (found.windows().iter())
                .filter(|w| w.start > from && w.end < from + 24.hours())
                .collect();
            assert_eq!(whole.len(), expected.len(), "{id} {part:?}");
            for (window, (.., start, end)) in whole.iter().zip(expected) {
                off_s.push(window.start.duration_since(*start).as_secs_f64().abs());
                off_s.push(window.end.duration_since(*end).as_secs_f64().abs());
            }
        }
    }
    off_s.sort_by(f64::total_cmp);
    let (median_s, worst_s) = (off_s[off_s.len() / 2], off_s[off_s.len() - 1]);
    println!(
        "{} eclipse edges: off by median {median_s:.3} s, max {worst_s:.3} s",
        off_s.len()
    );
    // 0.004 degrees of the Sun's direction are 0.06 s in low orbit, 1 s in geostationary orbit.
    assert!(median_s < 0.06 && worst_s < 1.0, "{median_s} {worst_s}");
}

#[test]
fn the_sun_lights_the_side_it_should() {
    let t: Timestamp = "2026-08-22T12:00:00Z".parse().unwrap();
    let utc = Days::utc(t);
    let rotation = EarthRotation::at(utc, &EarthOrientation::shipped().at(utc));
    let sun = rotation.position(&sun::position_teme(utc));
    let noon: Position<Itrf> = Position::new([7e6, 0.0, 0.0]);
    let midnight: Position<Itrf> = Position::new([-7e6, 0.0, 0.0]);
    assert_eq!(eclipse::lit_fraction(&noon, &sun), 1.0);
    assert_eq!(eclipse::lit_fraction(&midnight, &sun), 0.0);
}
