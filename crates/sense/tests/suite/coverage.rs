//! What holds for the windows and the coverage of every look.

use crate::reference::{ELEMENTS, from, instrument};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::elements::omm_csv;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::{Window, offset};
use corridor_sense::access::{Sensor, footprint, opportunities};
use corridor_sense::area::Area;
use corridor_sense::coverage::{Coverage, Take, coverage};
use corridor_sense::instrument::{Instrument, Look, View};
use corridor_sense::target::Target;
use geo::{Area as _, BooleanOps};
use proptest::prelude::*;

pub const HOURS: f64 = 24.0;

/// As in `make_coverage.py`.
pub const SATELLITES: [u32; 2] = [40_697, 31_698];

pub fn looking(id: &str) -> Instrument {
    let with = |look: Look, swath_km: f64, view: View| Instrument {
        look,
        swath_km,
        view,
        daylight_only: false,
        ..instrument("nadir185")
    };
    let field =
        |half: Option<f64>, along: Option<f64>, across: Option<f64>, roll: f64, pitch: f64| View {
            half_angle_deg: half,
            along_half_angle_deg: along,
            across_half_angle_deg: across,
            roll_deg: Some(roll),
            pitch_deg: Some(pitch),
            ..View::default()
        };
    let scan = |from: f64, to: f64| View {
        scan_from_deg: Some(from),
        scan_to_deg: Some(to),
        ..View::default()
    };
    let ground = |least: f64, most: f64| View {
        min_incidence_deg: Some(least),
        max_incidence_deg: Some(most),
        ..View::default()
    };
    let all = match id {
        "nadir290" => with(Look::Nadir, 290.0, View::default()),
        "cone10" => with(Look::Conical, 1.0, field(Some(10.0), None, None, 0.0, 0.0)),
        "cone6tilted" => with(
            Look::Conical,
            1.0,
            field(Some(6.0), None, None, -20.0, 10.0),
        ),
        "frame1x7tilted" => with(
            Look::Rectangular,
            1.0,
            field(None, Some(1.0), Some(7.0), 15.0, -5.0),
        ),
        "scan55" => with(Look::Scan, 1.0, scan(-55.0, 55.0)),
        "scanright" => with(Look::Scan, 1.0, scan(5.0, 30.0)),
        "left30to45" => with(Look::Left, 5000.0, ground(30.0, 45.0)),
        "right20to50" => with(Look::Right, 100.0, ground(20.0, 50.0)),
        "both25to40" => with(Look::Both, 80.0, ground(25.0, 40.0)),
        "agile60" => Instrument {
            max_off_nadir_deg: 35.0,
            ..with(Look::Agile, 60.0, View::default())
        },
        other => panic!("{other}"),
    };
    assert_eq!(all.check(), Ok(()), "{id}");
    all
}

pub fn target(id: &str) -> Target {
    let area = |w, s, e, n| Target::area(&Area::from_bbox(w, s, e, n).unwrap());
    match id {
        "fiji" => area(177.0, -19.0, -178.0, -16.0),
        "cap" => area(-180.0, 84.0, 180.0, 90.0),
        "wide" => area(20.0, 43.5, 30.0, 48.5),
        "road" => Target::lines(&[vec![[175.0, -10.0], [184.0, 2.0], [190.0, 20.0]]]).unwrap(),
        "meridian" => Target::lines(&[vec![[15.0, 70.0], [15.0, 88.0], [60.0, 89.0]]]).unwrap(),
        "pole" => Target::point(&Geodetic::on_ground(0.0, 90.0)).unwrap(),
        "dateline" => Target::point(&Geodetic::on_ground(180.0, 65.0)).unwrap(),
        other => panic!("{other}"),
    }
}

pub fn trajectories() -> Vec<Trajectory> {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    SATELLITES
        .iter()
        .map(|id| sets.iter().find(|s| s.norad_id == *id).unwrap())
        .map(|set| Trajectory::from_elements(set).unwrap())
        .collect()
}

fn sensors<'a>(trajectories: &'a [Trajectory], instrument: &'a Instrument) -> Vec<Sensor<'a>> {
    let sensor = |(trajectory, id): (&'a Trajectory, u32)| Sensor {
        satellite: "S",
        norad_id: Some(id),
        planned: false,
        trajectory,
        instrument,
    };
    trajectories.iter().zip(SATELLITES).map(sensor).collect()
}

pub fn covered(
    trajectories: &[Trajectory],
    instrument: &Instrument,
    target: &Target,
    take: Take,
    hours: f64,
) -> Coverage {
    let sensors = sensors(trajectories, instrument);
    let span = (from(), offset(from(), hours * 3600.0));
    let found = coverage(&sensors, target, span, take, 2, &|_, _| ()).unwrap();
    assert_eq!(found.faults, []);
    found
}

#[test]
fn what_is_drawn_holds_what_is_counted() {
    let trajectories = trajectories();
    for look in [
        "nadir290",
        "cone10",
        "cone6tilted",
        "frame1x7tilted",
        "scanright",
        "right20to50",
        "agile60",
    ] {
        let instrument = looking(look);
        let area = Area::from_bbox(20.0, 43.5, 30.0, 48.5).unwrap();
        let place = Target::area(&area);
        let found = covered(&trajectories, &instrument, &place, Take::Strip, HOURS);
        let sensors = sensors(&trajectories, &instrument);
        let mut seen = 0;
        for w in &found.windows {
            let window = Window::new(w.opportunity.start, w.opportunity.end).unwrap();
            let drawn = footprint(&sensors[w.sensor], &place, window, &w.ground, 0.0).unwrap();
            // Planar areas in degrees: true to some parts in a thousand over five degrees of latitude.
            let share =
                drawn.intersection(area.polygon()).unsigned_area() / area.polygon().unsigned_area();
            assert!(
                (share - w.opportunity.coverage).abs() < 0.02,
                "{look}: {share} {w:?}"
            );
            seen += 1;
        }
        assert!(seen > 0, "{look}");
    }
}

#[test]
fn footprints_at_the_pole_and_over_the_antimeridian_are_cut_as_they_should() {
    let trajectories = trajectories();
    let instrument = looking("scan55");
    for (id, least_deg2) in [("pole", 300.0), ("fiji", 10.0)] {
        let place = target(id);
        let found = covered(&trajectories, &instrument, &place, Take::Strip, 12.0);
        let sensors = sensors(&trajectories, &instrument);
        let w = &found.windows[0];
        let window = Window::new(w.opportunity.start, w.opportunity.end).unwrap();
        let drawn = footprint(&sensors[w.sensor], &place, window, &w.ground, 30.0).unwrap();
        let points = || drawn.iter().flat_map(|p| p.exterior().coords());
        assert!(points().all(|c| (-180.0..=180.0).contains(&c.x) && (-90.0..=90.0).contains(&c.y)));
        assert!(
            drawn.unsigned_area() > least_deg2,
            "{id}: {}",
            drawn.unsigned_area()
        );
        assert!(
            id != "pole" || points().any(|c| (c.y - 90.0).abs() < 1e-9),
            "{drawn:?}"
        );
    }
}

#[test]
fn two_lists_of_sensors_see_together_what_they_see_apart() {
    let trajectories = trajectories();
    for look in ["nadir290", "cone6tilted", "left30to45"] {
        let instrument = looking(look);
        let place = target("wide");
        let span = (from(), offset(from(), HOURS * 3600.0));
        let all = sensors(&trajectories, &instrument);
        let of = |sensors: &[Sensor<'_>]| {
            coverage(sensors, &place, span, Take::Reach, 1, &|_, _| ()).unwrap()
        };
        let (both, one, other) = (of(&all), of(&all[..1]), of(&all[1..]));
        let union: f64 = place
            .samples()
            .iter()
            .zip(one.first_seen.iter().zip(&other.first_seen))
            .filter(|(_, (a, b))| a.is_some() || b.is_some())
            .map(|(s, _)| s.share)
            .sum();
        assert!(
            (both.share - union).abs() < 1e-9,
            "{look}: {} {union}",
            both.share
        );
        for (a, (b, c)) in both
            .first_seen
            .iter()
            .zip(one.first_seen.iter().zip(&other.first_seen))
        {
            let least = [*b, *c].into_iter().flatten().min();
            assert_eq!(*a, least);
        }
    }
}

/// The satellite with its orbit turned about the Earth's axis.
fn turned(by_deg: f64) -> Trajectory {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let mut set = sets
        .into_iter()
        .find(|s| s.norad_id == SATELLITES[0])
        .unwrap();
    set.raan_deg = (set.raan_deg + by_deg).rem_euclid(360.0);
    Trajectory::from_elements(&set).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Shares are within 0..=1, what is seen together never grows less and is no less than any part; and a wider
    /// field of view of the same kind sees no less.
    #[test]
    fn shares_are_shares_and_wider_sees_no_less(
        west in -180.0_f64..180.0, south in -85.0_f64..80.0, size in 0.5_f64..6.0,
        kind in 0..5_usize, width in 4.0_f64..20.0,
    ) {
        let east = (west + size + 180.0).rem_euclid(360.0) - 180.0;
        let place = Target::area(&Area::from_bbox(west, south, east, south + size).unwrap());
        let trajectories = trajectories();
        let seen = |width: f64| {
            let mut instrument = looking(["cone10", "frame1x7tilted", "scanright", "left30to45", "agile60"][kind]);
            match kind {
                0 => instrument.view.half_angle_deg = Some(width),
                1 => instrument.view.across_half_angle_deg = Some(width),
                2 => instrument.view.scan_to_deg = Some(5.0 + width),
                3 => instrument.view.max_incidence_deg = Some(30.0 + width),
                _ => instrument.max_off_nadir_deg = width,
            }
            covered(&trajectories, &instrument, &place, Take::Reach, 24.0)
        };
        let (less, more) = (seen(width), seen(width + 5.0));
        for found in [&less, &more] {
            let mut last = 0.0;
            for w in &found.windows {
                prop_assert!((0.0..=1.0).contains(&w.opportunity.coverage));
                prop_assert!(w.cumulated_share >= last && w.cumulated_share <= 1.0);
                prop_assert!(w.cumulated_share >= w.opportunity.coverage - 1e-9);
                prop_assert!((w.cumulated_share - last - w.new_share).abs() < 1e-9);
                last = w.cumulated_share;
            }
            prop_assert_eq!(found.share, last);
        }
        for (a, b) in less.first_seen.iter().zip(&more.first_seen) {
            // Walking in steps misses what grazes the edge for less than a tenth of a percent.
            if let Some(a) = a {
                prop_assert!(b.is_some_and(|b| b <= offset(*a, 1.0)), "{a} {b:?}");
            }
        }
    }

    /// Orbit and place turned about the axis together see the same: nothing is special about a meridian.
    #[test]
    fn longitude_does_not_matter(
        lon in -180.0_f64..180.0, south in -89.0_f64..84.0, size in 0.5_f64..5.0,
        by in 0.0_f64..360.0, kind in 0..4_usize,
    ) {
        let wrap = |x: f64| (x + 180.0).rem_euclid(360.0) - 180.0;
        let instrument = looking(["cone10", "frame1x7tilted", "scan55", "left30to45"][kind]);
        let seen = |by: f64| {
            let place = Target::area(
                &Area::from_bbox(wrap(lon + by), south, wrap(lon + by + size), south + size).unwrap(),
            );
            covered(&[turned(by)], &instrument, &place, Take::Strip, 24.0)
        };
        let (here, there) = (seen(0.0), seen(by));
        // Polar motion and precession of TEME's origin turn not with it: some metres.
        prop_assert!((here.share - there.share).abs() < 2e-3, "{} {}", here.share, there.share);
        let count = |c: &Coverage| c.windows.iter().filter(|w| w.opportunity.coverage > 1e-3).count();
        prop_assert!(count(&here).abs_diff(count(&there)) <= 1);
    }
}

#[test]
fn high_orbits_see_areas_too() {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let mut set = sets[0].clone();
    (set.mean_motion_rev_day, set.eccentricity) = (1.002_737_9, 1e-4);
    set.inclination_deg = 0.05;
    let geostationary = Trajectory::from_elements(&set).unwrap();
    let below = {
        let state = geostationary.track(from()).state_itrf(0.0).unwrap();
        corridor_orbit::earth::to_geodetic(&state.position())
    };
    let wrap = |x: f64| (x + 180.0).rem_euclid(360.0) - 180.0;
    let (west, east) = (wrap(below.lon_deg - 3.0), wrap(below.lon_deg + 3.0));
    let place = Target::area(&Area::from_bbox(west, -3.0, east, 3.0).unwrap());
    // Half of it, a little more, is within the cone: 0.45 degrees from 35,786 km are 281 km.
    let mut cone = looking("cone10");
    cone.view.half_angle_deg = Some(0.45);
    let found = covered(
        std::slice::from_ref(&geostationary),
        &cone,
        &place,
        Take::Strip,
        1.0,
    );
    let exact = std::f64::consts::PI * (35_786.0 * 0.45_f64.to_radians().tan()).powi(2)
        / (6.0_f64 * 111.32 * 6.0 * 110.57);
    assert!(
        (found.share - exact).abs() < 0.02,
        "{} {exact}",
        found.share
    );
    // A frame of 200 km takes a disc of 200 km.
    let mut agile = looking("agile60");
    agile.swath_km = 200.0;
    agile.max_off_nadir_deg = 8.0;
    let found = covered(
        std::slice::from_ref(&geostationary),
        &agile,
        &place,
        Take::Strip,
        1.0,
    );
    let exact = std::f64::consts::PI * 100.0_f64.powi(2) / (6.0 * 111.32 * 6.0 * 110.57);
    assert!(
        (found.share - exact).abs() < 0.01,
        "{} {exact}",
        found.share
    );
    let reach = covered(&[geostationary], &agile, &place, Take::Reach, 1.0);
    assert!(reach.share > 0.999, "{}", reach.share);
}

#[test]
fn opportunities_of_areas_have_the_same_windows() {
    let trajectories = trajectories();
    let area = Area::from_bbox(177.0, -19.0, -178.0, -16.0).unwrap();
    for look in ["cone10", "scan55", "both25to40"] {
        let instrument = looking(look);
        let found = covered(
            &trajectories,
            &instrument,
            &Target::area(&area),
            Take::Strip,
            24.0,
        );
        let to = offset(from(), 86_400.0);
        let sensors = sensors(&trajectories, &instrument);
        let all = sensors
            .iter()
            .flat_map(|s| opportunities(s, &area, from(), to).unwrap());
        let all: Vec<_> = all.collect();
        assert!(!found.windows.is_empty() && found.windows.len() <= all.len());
        for o in &all {
            let same = found
                .windows
                .iter()
                .find(|w| w.opportunity.start == o.start);
            let share = same.map_or(0.0, |w| w.opportunity.coverage);
            assert!(o.timing_uncertainty_s.is_some_and(|s| s > 0.0) && !o.stale);
            assert!(
                (share - o.coverage).abs() < 0.02 || look == "both25to40",
                "{look} {share} {o:?}"
            );
        }
    }
}
