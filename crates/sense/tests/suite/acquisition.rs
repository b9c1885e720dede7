//! Plans made of opportunities.

use crate::reference::{ELEMENTS, from, instrument};
use corridor_orbit::earth::{Geodetic, from_geodetic, nadir, off_nadir_deg};
use corridor_orbit::elements::omm_csv;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;
use corridor_sense::access::{Sensor, opportunities};
use corridor_sense::area::Area;
use corridor_sense::instrument::Instrument;
use corridor_sense::opportunity::Opportunity;
use corridor_sense::schedule::acquisition::{
    Acquisition, Offer, PlanError, Platform, Request, Tasking, plan, profit_of_priority,
};
use corridor_sense::schedule::check::check;
use corridor_sense::schedule::problem::Spacecraft;

/// Places a few tens of kilometres apart: they cannot all be had in one pass.
const PLACES: [(f64, f64, u8); 8] = [
    (-34.9, -8.0, 1),
    (-34.9, -7.1, 2),
    (-35.2, -5.8, 3),
    (-35.7, -9.6, 3),
    (-37.1, -10.9, 4),
    (-38.5, -3.7, 4),
    (-36.0, -8.9, 5),
    (-38.4, -12.9, 5),
];

struct Scene {
    trajectories: Vec<Trajectory>,
    instruments: [Instrument; 2],
}

impl Scene {
    fn new() -> Self {
        let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
        let of = |set| Trajectory::from_elements(set).unwrap();
        Self {
            trajectories: sets.iter().take(4).map(of).collect(),
            instruments: ["agile15", "right250"].map(instrument),
        }
    }

    fn platforms(&self) -> Vec<Platform<'_>> {
        let of = |(k, trajectory): (usize, _)| Platform {
            sensor: Sensor {
                satellite: ["A", "B", "C", "D"][k],
                norad_id: Some(k as u32),
                planned: false,
                trajectory,
                instrument: &self.instruments[k % 2],
            },
            craft: Spacecraft {
                name: ["A", "B", "C", "D"][k].into(),
                settle_s: 5.0,
                slew_rate_deg_s: 1.0,
                max_images: Some(6),
                duty_cycle: None,
                memory: None,
            },
            observation_s: 10.0,
        };
        self.trajectories.iter().enumerate().map(of).collect()
    }
}

fn area((lon, lat, _): (f64, f64, u8)) -> Area {
    Area::from_bbox(lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05).unwrap()
}

/// All opportunities of two days, with their platform and request.
fn found(platforms: &[Platform<'_>]) -> Vec<(usize, usize, Opportunity)> {
    let mut all = Vec::new();
    for (p, platform) in platforms.iter().enumerate() {
        for (r, place) in PLACES.into_iter().enumerate() {
            let to = offset(from(), 48.0 * 3600.0);
            let list = opportunities(&platform.sensor, &area(place), from(), to).unwrap();
            all.extend(list.into_iter().map(|o| (p, r, o)));
        }
    }
    all
}

fn planned(scene: &Scene) -> (Vec<Acquisition>, Vec<(usize, usize, Opportunity)>) {
    let platforms = scene.platforms();
    let found = found(&platforms);
    let requests = PLACES.map(|(lon, lat, priority)| Request {
        aim: Geodetic::on_ground(lon, lat),
        priority,
    });
    let offer = |(platform, request, opportunity)| Offer {
        platform,
        request,
        opportunity,
    };
    let offers: Vec<Offer<'_>> = found.iter().map(|(p, r, o)| offer((*p, *r, o))).collect();
    let tasking = Tasking {
        platforms: &platforms,
        requests: &requests,
        offers: &offers,
        from: from(),
        step_s: 5.0,
    };
    let plan = plan(&tasking, 3, 2, |rounds| f64::from(rounds) / 10.0).unwrap();
    assert_eq!(
        check(&plan.problem, &plan.schedule.selected),
        Ok(plan.schedule.profit)
    );
    assert!(plan.schedule.bound >= plan.schedule.profit);
    (plan.acquisitions, found)
}

#[test]
fn acquisitions_lie_in_opportunities_and_look_at_their_requests() {
    let scene = Scene::new();
    let (acquisitions, found) = planned(&scene);
    assert!(acquisitions.len() >= 5, "{acquisitions:#?}");
    let platforms = scene.platforms();
    for acquisition in &acquisitions {
        let own = |(p, r, o): &&(usize, usize, Opportunity)| {
            *r == acquisition.request
                && platforms[*p].sensor.satellite == acquisition.satellite
                && o.start <= acquisition.start
                && acquisition.end <= offset(o.end, 10.0)
        };
        let (platform, request, _) = found.iter().find(own).expect("an opportunity");
        let sensor = &platforms[*platform].sensor;
        let middle = offset(
            acquisition.start,
            acquisition
                .end
                .duration_since(acquisition.start)
                .as_secs_f64()
                / 2.0,
        );
        let satellite = sensor.trajectory.position_itrf(middle).unwrap();
        let (lon, lat, _) = PLACES[*request];
        let aim = Geodetic::on_ground(lon, lat);
        let off_nadir = off_nadir_deg(&satellite, &aim).unwrap();
        let (along, across) = (acquisition.along_track_deg, acquisition.across_track_deg);
        let tilt = along.to_radians().tan().hypot(across.to_radians().tan());
        // The aim may lie past the greatest angle where only the area's edge is within; a radar
        // looks broadside, and its strip's middle is not the aim.
        let wanted = off_nadir.min(sensor.instrument.max_off_nadir_deg);
        let apart = (tilt.atan().to_degrees() - wanted).abs();
        assert!(apart < 0.7, "{acquisition:?}: {off_nadir}");
        if sensor.instrument.id == "right250" {
            assert!(across > 0.0 && along.abs() < 1e-9, "{acquisition:?}");
            // The right of the track, worked out another way.
            let v = sensor.trajectory.state_itrf(middle).unwrap().v_m_s;
            let down = nadir(&satellite);
            let to = from_geodetic(&aim).r_m;
            let sight: Vec<f64> = (0..3).map(|k| to[k] - satellite.r_m[k]).collect();
            let right = [
                down[1] * v[2] - down[2] * v[1],
                down[2] * v[0] - down[0] * v[2],
                down[0] * v[1] - down[1] * v[0],
            ];
            assert!((0..3).map(|k| right[k] * sight[k]).sum::<f64>() > 0.0);
        }
    }
    let mut requests: Vec<usize> = acquisitions.iter().map(|a| a.request).collect();
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), acquisitions.len(), "each request once");
}

#[test]
fn a_first_priority_outweighs_three_of_the_next() {
    for priority in 1..5 {
        assert!(profit_of_priority(priority) > 3.0 * profit_of_priority(priority + 1));
    }
}

#[test]
fn wrong_taskings_are_named() {
    let scene = Scene::new();
    let platforms = scene.platforms();
    let mut tasking = Tasking {
        platforms: &platforms,
        requests: &[],
        offers: &[],
        from: from(),
        step_s: 5.0,
    };
    assert_eq!(plan(&tasking, 0, 1, |_| 1.0).unwrap().acquisitions, vec![]);
    tasking.step_s = 0.0;
    assert!(matches!(
        plan(&tasking, 0, 1, |_| 1.0),
        Err(PlanError::Step(_))
    ));
    tasking.step_s = 5.0;
    let requests = [Request {
        aim: Geodetic::on_ground(0.0, 0.0),
        priority: 6,
    }];
    tasking.requests = &requests;
    let error = plan(&tasking, 0, 1, |_| 1.0).unwrap_err().to_string();
    assert_eq!(
        error,
        "request 0: priority is 6; should be 1 (first) to 5 (last)"
    );
}
