//! What holds for every sensor and area.

use crate::reference::{ELEMENTS, area, from, instrument};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::elements::{designed, omm_csv};
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;
use corridor_sense::access::{AccessError, Sensor, opportunities, opportunities_of, point_windows};
use corridor_sense::area::Area;
use corridor_sense::instrument::Look;
use proptest::prelude::*;

fn sentinel() -> Trajectory {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    Trajectory::from_elements(&sets[0]).unwrap()
}

#[test]
fn a_wrong_span_is_named() {
    let trajectory = sentinel();
    let instrument = instrument("agile15");
    let sensor = Sensor {
        satellite: "S",
        norad_id: None,
        planned: false,
        trajectory: &trajectory,
        instrument: &instrument,
    };
    let (from, area) = (from(), area("olinda"));
    let error = opportunities(&sensor, &area, from, offset(from, -1.0)).unwrap_err();
    assert!(matches!(error, AccessError::Span { .. }));
    let error = opportunities(&sensor, &area, from, offset(from, 4e7)).unwrap_err();
    assert!(error.to_string().contains("longer than 400 days"));
    assert_eq!(opportunities(&sensor, &area, from, from), Ok(vec![]));
    let place = Geodetic::on_ground(0.0, 0.0);
    let error = point_windows(&trajectory, &place, -1.0, None, from, from).unwrap_err();
    assert!(error.to_string().starts_with("max_off_nadir_deg is -1;"));
}

#[test]
fn a_satellite_that_has_decayed_is_named() {
    let mut sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let mut set = sets.swap_remove(0);
    set.bstar = 0.5;
    set.mean_motion_rev_day = 16.2;
    let trajectory = Trajectory::from_elements(&set).unwrap();
    let instrument = instrument("agile15");
    let sensor = Sensor {
        satellite: "S",
        norad_id: Some(set.norad_id),
        planned: false,
        trajectory: &trajectory,
        instrument: &instrument,
    };
    let error = opportunities(&sensor, &area("olinda"), from(), offset(from(), 3e6)).unwrap_err();
    assert!(
        error.to_string().starts_with("sgp4 has no state of"),
        "{error}"
    );
}

#[test]
fn planned_satellites_take_part_and_threads_change_nothing() {
    let orbits = designed::walker_delta(24, 6, 1, 550.0, 53.0, 0.0, from(), "P").unwrap();
    let trajectories: Vec<Trajectory> = orbits
        .iter()
        .map(|o| Trajectory::from_designed(o).unwrap())
        .collect();
    let instrument = instrument("agile15");
    let sensors: Vec<Sensor<'_>> = orbits
        .iter()
        .zip(&trajectories)
        .map(|(o, trajectory)| Sensor {
            satellite: &o.name,
            norad_id: None,
            planned: true,
            trajectory,
            instrument: &instrument,
        })
        .collect();
    let (place, to) = (area("carpathian"), offset(from(), 86_400.0));
    let one = opportunities_of(&sensors, &place, from(), to, 1);
    let three = opportunities_of(&sensors, &place, from(), to, 3);
    assert_eq!(one, three);
    let all: Vec<_> = one.into_iter().flat_map(Result::unwrap).collect();
    assert!(all.len() > 10 && all.iter().all(|o| o.planned && o.element_age_days == 0.0));
}

#[test]
fn a_geostationary_imager_stares() {
    let trajectory = Trajectory::from_designed(&designed::DesignedOrbit {
        name: "G".into(),
        epoch: from(),
        semi_major_axis_km: 42_164.17,
        eccentricity: 0.0,
        inclination_deg: 0.0,
        raan_deg: 330.0,
        argument_of_perigee_deg: 0.0,
        mean_anomaly_deg: 0.0,
    })
    .unwrap();
    let mut instrument = instrument("nadir290");
    instrument.swath_km = 18_000.0;
    instrument.daylight_only = false;
    let sensor = Sensor {
        satellite: "G",
        norad_id: None,
        planned: true,
        trajectory: &trajectory,
        instrument: &instrument,
    };
    let to = offset(from(), 86_400.0);
    for place in ["olinda", "carpathian", "fiji"] {
        let found = opportunities(&sensor, &area(place), from(), to).unwrap();
        for o in found {
            assert!(o.end == to && o.start == from() && o.coverage > 0.99);
        }
    }
    let mut narrow = instrument.clone();
    narrow.look = Look::Agile;
    narrow.max_off_nadir_deg = 8.0;
    let sensor = Sensor {
        instrument: &narrow,
        ..sensor
    };
    assert!(
        opportunities(&sensor, &area("fiji"), from(), to)
            .unwrap()
            .len()
            < 2
    );
}

#[test]
fn a_pole_is_seen_every_revolution() {
    let trajectory = sentinel();
    let mut wide = instrument("nadir290");
    wide.daylight_only = false;
    wide.swath_km = 2_900.0;
    let sensor = Sensor {
        satellite: "S",
        norad_id: None,
        planned: false,
        trajectory: &trajectory,
        instrument: &wide,
    };
    let cap = Area::from_bbox(-180.0, 80.0, 180.0, 90.0).unwrap();
    let found = opportunities(&sensor, &cap, from(), offset(from(), 86_400.0)).unwrap();
    assert!((14..=15).contains(&found.len()), "{}", found.len());
    assert!(found.iter().all(|o| o.coverage > 0.5), "{found:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A larger field of regard sees at least as long, from as near, and covers as much.
    #[test]
    fn more_regard_sees_more(
        west in -179.0_f64..178.0,
        south in -80.0_f64..79.0,
        size in 0.05_f64..1.0,
        angle in 5.0_f64..40.0,
    ) {
        let trajectory = sentinel();
        let place = Area::from_bbox(west, south, west + size, south + size).unwrap();
        let to = offset(from(), 86_400.0);
        let seen = |max_off_nadir_deg: f64| {
            let mut instrument = instrument("agile15");
            instrument.max_off_nadir_deg = max_off_nadir_deg;
            let sensor = Sensor {
                satellite: "S",
                norad_id: None,
                planned: false,
                trajectory: &trajectory,
                instrument: &instrument,
            };
            opportunities(&sensor, &place, from(), to).unwrap()
        };
        let (less, more) = (seen(angle), seen(angle + 5.0));
        for o in &less {
            prop_assert!(o.start < o.end && (0.0..=1.0).contains(&o.coverage));
            prop_assert!(o.min_off_nadir_deg <= angle + 1e-6);
            let wider = more.iter().find(|m| m.start <= o.start && o.end <= m.end);
            prop_assert!(wider.is_some_and(|m| m.coverage >= o.coverage - 0.02), "{o:?} {more:?}");
        }
    }
}
