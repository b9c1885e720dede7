//! Designed orbits against published ones and against their own promise to repeat.

use crate::reference::from;
use corridor_orbit::earth::{from_geodetic, sub, to_geodetic};
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;
use corridor_sense::design::repeat::{
    Cycle, Plane, RepeatError, raan_of_local_time_deg, repeat_orbit, repeat_satellites,
};
use proptest::prelude::*;

const NOON: Plane = Plane::SunSynchronous {
    ascending_node_h: 12.0,
};

fn cycle(revolutions: u32, days: u32) -> Cycle {
    Cycle { revolutions, days }
}

/// Sentinel-1: 693 km, 98.18 degrees (ESA, Sentinel-1 mission facts). Sentinel-2: mean altitude 786 km,
/// 98.62 degrees (ESA, Sentinel-2 user handbook). Landsat 7 to 9: 705 km at the equator, 98.2 degrees
/// (USGS, Landsat data users handbooks). Tolerances: 3 km and 0.08 degrees: published figures are
/// rounded, and real orbits feel more than J2.
#[test]
fn published_orbits() {
    for (name, revolutions, days, mean_km, equator_km, inclination_deg) in [
        ("Sentinel-1", 175, 12, Some(693.0), None, 98.18),
        ("Sentinel-2", 143, 10, Some(786.0), None, 98.62),
        ("Landsat", 233, 16, None, Some(705.0), 98.2),
    ] {
        let orbit = repeat_orbit(cycle(revolutions, days), NOON).unwrap();
        println!(
            "{name}: {:.2} km mean, {:.2} km over the equator, {:.3} degrees, {:.1} s",
            orbit.altitude_km,
            orbit.equator_altitude_km,
            orbit.inclination_deg,
            orbit.nodal_period_s
        );
        for (found, published) in [
            (orbit.altitude_km, mean_km),
            (orbit.equator_altitude_km, equator_km),
        ] {
            assert!(
                published.is_none_or(|p: f64| (found - p).abs() < 1.0),
                "{name}: {orbit:?}"
            );
        }
        assert!(
            (orbit.inclination_deg - inclination_deg).abs() < 0.08,
            "{name}: {orbit:?}"
        );
        assert!(
            (orbit.nodal_period_s * f64::from(revolutions) / f64::from(days) - 86_400.0).abs()
                < 1e-3
        );
    }
}

/// Where the satellite is over the ground after a cycle, as the crow flies, metres.
fn miss_m(trajectory: &Trajectory, cycle_s: f64) -> f64 {
    let ground = |t_s: f64| {
        let position = trajectory.position_itrf(offset(from(), t_s)).unwrap();
        let mut place = to_geodetic(&position);
        place.height_m = 0.0;
        from_geodetic(&place).r_m
    };
    let apart = sub(ground(1_000.0), ground(1_000.0 + cycle_s));
    apart.iter().map(|d| d * d).sum::<f64>().sqrt()
}

#[test]
fn tracks_repeat_when_propagated() {
    let inclined = Plane::Inclined {
        inclination_deg: 53.0,
        raan_deg: 20.0,
    };
    for (revolutions, days, plane) in [(143, 10, NOON), (175, 12, NOON), (15, 1, inclined)] {
        let cycle = cycle(revolutions, days);
        let orbit = repeat_orbit(cycle, plane).unwrap();
        let first = repeat_satellites(cycle, plane, 1, from(), "S")
            .unwrap()
            .remove(0);
        let trajectory = Trajectory::from_designed(&first).unwrap();
        let miss_m = miss_m(&trajectory, orbit.nodal_period_s * f64::from(revolutions));
        // The rotation of the Earth by UT1, its pole and the equinox move the rest.
        println!("{revolutions}/{days}: {miss_m:.0} m beside its first track");
        assert!(miss_m < 50.0, "{revolutions}/{days}: {miss_m} m");
    }
}

#[test]
fn the_node_keeps_its_local_time() {
    // 22:30 at the ascending node is 10:30 at the descending one: at the March equinox the mean Sun
    // stands near right ascension 0, 10.5 h after noon is 157.5 degrees.
    let equinox = "2026-03-20T14:46:00Z".parse().unwrap();
    let raan = raan_of_local_time_deg(22.5, equinox);
    // The equation of time puts the mean Sun up to 4 degrees off the true one.
    assert!((raan - 157.5).abs() < 4.1, "{raan}");
    let day = raan_of_local_time_deg(22.5, offset(equinox, 86_400.0)) - raan;
    assert!((day - 0.985_647).abs() < 1e-5, "{day}");
}

#[test]
fn satellites_share_the_orbit_evenly() {
    let satellites = repeat_satellites(cycle(143, 10), NOON, 2, from(), "S2-").unwrap();
    assert_eq!(satellites[1].name, "S2-2");
    assert!((satellites[1].mean_anomaly_deg - 180.0).abs() < 1e-9);
    assert!((satellites[0].raan_deg - satellites[1].raan_deg).abs() < 1e-9);
}

#[test]
fn what_is_no_orbit_is_named() {
    let said = |c, p| repeat_orbit(c, p).unwrap_err().to_string();
    assert!(said(cycle(350, 24), NOON).contains("without a common divisor"));
    assert!(said(cycle(0, 1), NOON).starts_with("0 revolutions"));
    assert!(said(cycle(17, 1), NOON).contains("repeats after 17 revolutions in 1 days Sun-sync"));
    assert!(said(cycle(3, 1), NOON).contains("Sun-synchronously"));
    let late = Plane::SunSynchronous {
        ascending_node_h: 24.0,
    };
    assert!(said(cycle(143, 10), late).starts_with("local time of the ascending node is 24"));
    let steep = Plane::Inclined {
        inclination_deg: 181.0,
        raan_deg: 0.0,
    };
    assert!(said(cycle(15, 1), steep).starts_with("inclination is 181"));
    let none = repeat_satellites(cycle(15, 1), NOON, 0, from(), "X");
    assert!(matches!(
        none,
        Err(RepeatError::Field {
            field: "satellites",
            ..
        })
    ));
}

proptest! {
    #[test]
    fn every_design_repeats_by_its_own_rates(
        revolutions in 1_u32..200, days in 1_u32..20, inclination_deg in 0.0..180.0_f64,
    ) {
        let plane = Plane::Inclined { inclination_deg, raan_deg: 0.0 };
        if let Ok(orbit) = repeat_orbit(cycle(revolutions, days), plane) {
            let rates = corridor_orbit::elements::designed::SecularRates::new(
                orbit.semi_major_axis_km, 0.0, inclination_deg);
            let cycle_s = orbit.nodal_period_s * f64::from(revolutions);
            let below = corridor_orbit::frame::EARTH_ROTATION_RAD_S - rates.node_rad_s;
            let turns = cycle_s * below / std::f64::consts::TAU;
            prop_assert!((turns - f64::from(days)).abs() < 1e-9);
        }
    }
}
