//! Interpolated positions and the sieve of planes, held against exact propagation over the real
//! catalogue, and windows against a plain search that knows neither.

use crate::real_data;
use corridor_orbit::earth::{self, Geodetic, angle_between, dot, sub};
use corridor_orbit::elements::tle;
use corridor_orbit::event::{Bounded, Search, Span, find_spans};
use corridor_orbit::frame::{EarthOrientation, Position};
use corridor_orbit::grid::Grids;
use corridor_orbit::propagate::{PropagateError, Trajectory};
use corridor_orbit::visibility::{Flight, Limits, Plane, Seen, Site, sight_rate_max_rad_s};
use corridor_orbit::window::offset;
use jiff::Timestamp;

const FROM: &str = "2026-08-22T00:00:00Z";

fn catalogue(every: usize) -> Option<Vec<Trajectory>> {
    let text = real_data::read("sense/catalog/active-2026-08-22.3le")?;
    let sets = tle::parse(&text, "active.3le").sets;
    Some(
        sets.iter()
            .step_by(every)
            .filter_map(|set| Trajectory::from_elements(set).ok())
            .collect(),
    )
}

fn grids(days: f64) -> Grids<'static> {
    let from: Timestamp = FROM.parse().unwrap();
    let to = offset(from, days * 86_400.0);
    Grids::new(from, to, EarthOrientation::shipped())
}

#[test]
fn interpolation_is_within_its_stated_error() {
    let Some(all) = catalogue(20) else { return };
    let grids = grids(2.0);
    let whole = [Span {
        start_s: 0.0,
        end_s: grids.duration_s(),
    }];
    // Low orbits, slow ones, eccentric ones.
    let mut worst = [(0.0_f64, 0.0_f64); 3];
    for (k, trajectory) in all.iter().enumerate() {
        let mut flight = Flight::new(trajectory, &grids);
        flight.near([0.0, 0.0, 1.0], 3.2, &whole);
        let track = trajectory.track(grids.origin());
        let class = match trajectory {
            t if t.eccentricity() > 0.1 => 2,
            t if t.period_s() > 13_500.0 => 1,
            _ => 0,
        };
        for j in 0..60 {
            let t_s = (f64::from(j) * 2_879.0 + k as f64 * 37.0) % grids.duration_s();
            let (Some(found), Ok(exact)) = (flight.state(t_s), track.state_itrf(t_s)) else {
                continue;
            };
            let off = sub(found.r_m, exact.r_m);
            let radius = dot(exact.r_m, exact.r_m).sqrt();
            let (off_m, part) = (dot(off, off).sqrt(), dot(off, off).sqrt() / radius);
            worst[class] = (worst[class].0.max(off_m), worst[class].1.max(part));
        }
    }
    println!("interpolation off by at most (m, part of radius) low, slow, eccentric: {worst:?}");
    assert!(worst[0].0 < 2.0 && worst[1].0 < 5.0 && worst[2].0 < 5.0);
}

#[test]
fn a_satellite_is_never_off_its_plane_by_more_than_the_room() {
    let Some(all) = catalogue(1) else { return };
    let from: Timestamp = FROM.parse().unwrap();
    let duration_s = 7.0 * 86_400.0;
    let (mut kept, mut steady) = (0.0, 0);
    let place = earth::unit(earth::from_geodetic(&Geodetic::on_ground(11.6, 48.1)).r_m);
    for (k, trajectory) in all.iter().enumerate() {
        let Some(plane) = Plane::new(trajectory, from, duration_s) else {
            continue;
        };
        steady += 1;
        let mut spans = Vec::new();
        plane.near(place, 0.25, &mut spans);
        kept += spans.iter().map(|s| s.end_s - s.start_s).sum::<f64>() / duration_s;
        let t_s = (k as f64 * 7_919.0) % duration_s;
        let Ok(position) = trajectory.position_itrf(offset(from, t_s)) else {
            continue;
        };
        // With no reach but the room's half, the plane at an instant passes by the satellite itself.
        let mut through = Vec::new();
        plane.near(position.r_m, -0.005, &mut through);
        let inside = through.iter().any(|s| s.start_s <= t_s && t_s <= s.end_s);
        assert!(inside, "satellite {k} at {t_s} s");
    }
    println!(
        "{steady} planes; near 48 N for {:.2} of the time",
        kept / f64::from(steady)
    );
}

/// Windows by a plain search on exact states, knowing only how fast directions turn.
fn plain(
    trajectory: &Trajectory,
    site: &Site,
    limits: &Limits,
    duration_s: f64,
) -> Result<Vec<Span>, PropagateError> {
    let track = trajectory.track(FROM.parse().unwrap());
    let value = |t_s: f64| -> Result<f64, PropagateError> {
        let r_m = track.position_itrf(t_s)?.r_m;
        let sight = sub(r_m, site.r_m);
        let range = dot(sight, sight).sqrt();
        let elevation = (dot(sight, site.up) / range).clamp(-1.0, 1.0).asin();
        let down = earth::nadir(&Position::new(r_m));
        let off_nadir = angle_between(down, sub(site.r_m, r_m));
        let mut least = f64::INFINITY;
        if let Some(mask) = limits.min_elevation_deg {
            least = least.min(elevation - mask.to_radians());
        }
        if let Some(most) = limits.max_off_nadir_deg {
            least = least.min(most.to_radians() - off_nadir).min(elevation);
        }
        if let Some(inner) = limits.min_off_nadir_deg {
            least = least.min(off_nadir - inner.to_radians());
        }
        Ok(least)
    };
    let mut condition = Bounded {
        value,
        rate_max: sight_rate_max_rad_s(trajectory),
    };
    let search = Search {
        min_window_s: 1.0,
        tolerance_s: 1e-3,
    };
    find_spans(&mut condition, duration_s, search)
}

fn agree(found: &[Seen], plain: &[Span], what: &str, worst_s: &mut f64) {
    let long = |s: &Span| s.end_s - s.start_s >= 2.0;
    for s in plain.iter().filter(|s| long(s)) {
        let same = found
            .iter()
            .find(|f| f.span.start_s < s.end_s && s.start_s < f.span.end_s);
        let Some(f) = same else {
            panic!("{what}: window {s:?} is lost");
        };
        let off = (f.span.start_s - s.start_s)
            .abs()
            .max((f.span.end_s - s.end_s).abs());
        // A window that grazes its limit has soft edges.
        if s.end_s - s.start_s > 30.0 {
            *worst_s = worst_s.max(off);
        }
    }
    for f in found.iter().filter(|f| long(&f.span)) {
        let known = plain
            .iter()
            .any(|s| f.span.start_s < s.end_s && s.start_s < f.span.end_s);
        assert!(known, "{what}: window {:?} is invented", f.span);
    }
}

#[test]
fn windows_are_those_of_a_plain_search() {
    let Some(all) = catalogue(23) else { return };
    let grids = grids(1.0);
    let whole = [Span {
        start_s: 0.0,
        end_s: grids.duration_s(),
    }];
    let sites = [
        Geodetic::on_ground(11.6, 48.1),
        Geodetic::on_ground(179.9, -17.0),
        Geodetic::on_ground(0.0, 90.0),
        Geodetic::on_ground(-100.0, 0.0),
        Geodetic {
            lon_deg: 26.0,
            lat_deg: -77.0,
            height_m: 3_200.0,
        },
    ];
    let radar = Limits {
        min_off_nadir_deg: Some(20.0),
        ..Limits::off_nadir(45.0)
    };
    let both = Limits {
        min_elevation_deg: Some(20.0),
        ..Limits::off_nadir(60.0)
    };
    let kinds = [
        Limits::elevation(10.0),
        Limits::elevation(-2.0),
        Limits::off_nadir(35.0),
        Limits::off_nadir(80.0),
        radar,
        both,
    ];
    let (mut windows, mut worst_s) = (0, 0.0);
    for (k, trajectory) in all.iter().enumerate() {
        let mut flight = Flight::new(trajectory, &grids);
        let (site, limits) = (Site::new(&sites[k % 5]), &kinds[k % 6]);
        let mut found = Vec::new();
        flight.windows(&site, limits, &whole, &mut found);
        let Ok(expected) = plain(trajectory, &site, limits, grids.duration_s()) else {
            continue;
        };
        windows += expected.len();
        let what = format!("satellite {k} ({} s)", trajectory.period_s());
        agree(&found, &expected, &what, &mut worst_s);
        for seen in &found {
            let inside = |deg: Option<f64>, at: f64, sign: f64| {
                deg.is_none_or(|deg| sign * (at - deg) > -1e-3)
            };
            assert!(inside(
                limits.min_elevation_deg,
                seen.max_elevation_deg,
                1.0
            ));
            assert!(inside(
                limits.max_off_nadir_deg,
                seen.min_off_nadir_deg,
                -1.0
            ));
        }
    }
    println!(
        "{windows} windows of {} satellites, edges within {worst_s:.4} s",
        all.len()
    );
    assert!(windows > 1_500 && worst_s < 0.02);
}
