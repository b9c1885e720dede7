//! Contacts from orbits against passes of others, a dense sampling and figures by hand.

use super::real_data::file;
use corridor_orbit::earth::{dot, sub};
use corridor_orbit::elements::designed::DesignedOrbit;
use corridor_orbit::elements::tle;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;
use corridor_transmit::plan::{self, Format};
use corridor_transmit::route::{OwltMargin, Query, Router};
use corridor_transmit::sky::ground::{self, Hours, Line, Outages};
use corridor_transmit::sky::{self, CrossLink, Downlink, SkyContact, cross, down};
use corridor_transmit::station::Station;
use jiff::Timestamp;
use serde_json::Value;

fn satellites() -> Option<Vec<(String, Trajectory)>> {
    let text = std::fs::read_to_string(file("transmit/scheduling/eo_sats_20260724.tle")?).unwrap();
    let sets = tle::parse(&text, "eo_sats").sets;
    Some(
        sets.iter()
            .map(|s| (s.name.trim().into(), Trajectory::from_elements(s).unwrap()))
            .collect(),
    )
}

fn station(name: &str, lon_deg: f64, lat_deg: f64) -> Station {
    Station {
        id: name.into(),
        name: name.into(),
        network: "KSAT".into(),
        lon_deg,
        lat_deg,
        height_m: 0.0,
        elevation_mask_deg: 5.0,
        mask: vec![],
        bands: vec!["X".into()],
        source: "test".into(),
    }
}

fn link(bands: &[&str]) -> Downlink {
    Downlink {
        rate_bit_s: 1e8,
        back_rate_bit_s: 0.0,
        setup_s: 0.0,
        bands: bands.iter().map(|b| b.to_string()).collect(),
    }
}

fn from() -> Timestamp {
    "2026-07-24T12:00:00Z".parse().unwrap()
}

/// Passes of 22 satellites over the KSAT stations of the same names: sgp4 with a plain GMST rotation, edges
/// to 0.1 s; those of 60 s and more are listed.
#[test]
fn passes_agree_with_the_published_ones() {
    let (Some(satellites), Some(ksat), Some(passes)) = (
        satellites(),
        file("transmit/stations/brahe_ksat.json"),
        file("transmit/scheduling/passes_20260724T12.json"),
    ) else {
        return;
    };
    let read =
        |path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (ksat, passes): (Value, Value) = (read(ksat), read(passes));
    let to = offset(from(), 86_400.0);
    let (mut compared, mut edge_s, mut range_km) = (0, 0.0_f64, 0.0_f64);
    for name in ["Svalbard", "Inuvik", "Troll", "Singapore", "Hartebeesthoek"] {
        let place = ksat["features"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["properties"]["name"] == name);
        let at = &place.unwrap()["geometry"]["coordinates"];
        let station = station(name, at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        for (satellite, trajectory) in &satellites {
            let found = down((satellite, trajectory), &station, &link(&[]), from(), to).unwrap();
            let seconds = |t: Timestamp| t.duration_since(from()).as_secs_f64();
            let found: Vec<&SkyContact> = found
                .iter()
                .filter(|c| seconds(c.end) - seconds(c.start) >= 62.0)
                .collect();
            for contact in &found {
                let twin = passes.as_array().unwrap().iter().find(|p| {
                    p["sat"] == *satellite
                        && p["station"] == name
                        && (p["start"].as_f64().unwrap() - seconds(contact.start)).abs() < 20.0
                });
                let Some(twin) = twin else {
                    panic!(
                        "{satellite} over {name} at {} is not published",
                        contact.start
                    )
                };
                compared += 1;
                edge_s =
                    edge_s.max((twin["start"].as_f64().unwrap() - seconds(contact.start)).abs());
                edge_s = edge_s.max((twin["end"].as_f64().unwrap() - seconds(contact.end)).abs());
                let least_km = contact.profile.unwrap().range_min_m / 1e3;
                range_km = range_km.max((twin["min_range_km"].as_f64().unwrap() - least_km).abs());
            }
        }
    }
    println!("{compared} passes: edges within {edge_s:.2} s, least range within {range_km:.2} km");
    assert!(compared > 700);
    // Their positions turn by GMST without UT1 and polar motion; ranges are sampled at 33 points here.
    assert!(edge_s < 3.0, "{edge_s}");
    assert!(range_km < 25.0, "{range_km}");
}

#[test]
fn cross_links_agree_with_a_dense_sampling() {
    let Some(satellites) = satellites() else {
        return;
    };
    let to = offset(from(), 6.0 * 3_600.0);
    let link = CrossLink {
        range_max_m: 4e6,
        ..CrossLink::default()
    };
    let mut windows = 0;
    for other in satellites.iter().skip(3).take(9) {
        let (a, b) = (&satellites[0], other);
        let found = cross((&a.0, &a.1), (&b.0, &b.1), &link, from(), to).unwrap();
        windows += found.len();
        for second in (0..21_600).step_by(7) {
            let t = offset(from(), f64::from(second));
            let (p, q) = (
                a.1.position_itrf(t).unwrap().r_m,
                b.1.position_itrf(t).unwrap().r_m,
            );
            // Steps along the line, each by its height over the ellipsoid.
            let lowest_m = (0..=400)
                .map(|k| {
                    let s = f64::from(k) / 400.0;
                    let r: Vec<f64> = (0..3).map(|i| p[i] + s * (q[i] - p[i])).collect();
                    let radius_m = 6_378_137.0;
                    ((r[0] * r[0] + r[1] * r[1]).sqrt().powi(2)
                        + (r[2] / (1.0 - 1.0 / 298.257_223_563)).powi(2))
                    .sqrt()
                        - radius_m
                })
                .fold(f64::INFINITY, f64::min);
            let apart = sub(q, p);
            let range_m = dot(apart, apart).sqrt();
            // Where the sampled line is within its own coarseness of the rule, either answer is right.
            if (lowest_m - 1e5).abs() < 2_000.0 || (range_m - 4e6).abs() < 20_000.0 {
                continue;
            }
            let seen = lowest_m > 1e5 && range_m < 4e6;
            let inside = found.iter().any(|c| c.start <= t && t < c.end);
            assert_eq!(inside, seen, "{} {} at {t}: {lowest_m} {range_m}", a.0, b.0);
        }
        for c in &found {
            let profile = c.profile.unwrap();
            assert!(profile.range_max_m <= 4e6 + 100.0 && profile.range_min_m > 0.0);
            assert!((c.owlt_s - profile.range_max_m / 299_792_458.0).abs() < 1e-12);
        }
    }
    assert!(windows > 3, "{windows}");
}

fn geostationary(name: &str, lon_deg: f64) -> Trajectory {
    Trajectory::from_designed(&DesignedOrbit {
        name: name.into(),
        epoch: from(),
        semi_major_axis_km: 42_164.17,
        eccentricity: 0.0,
        inclination_deg: 0.0,
        raan_deg: lon_deg,
        argument_of_perigee_deg: 0.0,
        mean_anomaly_deg: 0.0,
    })
    .unwrap()
}

/// Two geostationary satellites see each other over 100 km of air while less than
/// 2 acos(6478.1 / 42164.2) = 162.3 degrees apart.
#[test]
fn geostationary_satellites_see_each_other_past_the_limb() {
    let a = geostationary("a", 0.0);
    let to = offset(from(), 3_600.0);
    for (apart_deg, sees) in [(10.0, true), (162.0, true), (162.6, false), (180.0, false)] {
        let b = geostationary("b", apart_deg);
        let found = cross(("a", &a), ("b", &b), &CrossLink::default(), from(), to).unwrap();
        assert_eq!(found.len(), usize::from(sees), "{apart_deg}");
        if let Some(contact) = found.first() {
            let range_m = 2.0 * 42_164_170.0 * (apart_deg.to_radians() / 2.0).sin();
            let profile = contact.profile.unwrap();
            assert!(
                (profile.range_max_m - range_m).abs() < 20_000.0,
                "{profile:?}"
            );
            assert!(profile.range_rate_max_m_s.abs() < 5.0);
        }
    }
    let near = CrossLink {
        range_max_m: 1e6,
        ..CrossLink::default()
    };
    let b = geostationary("b", 10.0);
    assert!(
        cross(("a", &a), ("b", &b), &near, from(), to)
            .unwrap()
            .is_empty()
    );
    let wrong = CrossLink {
        range_min_m: f64::NAN,
        ..CrossLink::default()
    };
    assert!(cross(("a", &a), ("b", &b), &wrong, from(), to).is_err());
    assert!(cross(("a", &a), ("b", &b), &near, to, from()).is_err());
}

#[test]
fn range_rate_is_the_change_of_range_and_shifts_the_carrier() {
    let Some(satellites) = satellites() else {
        return;
    };
    let (name, trajectory) = &satellites[0];
    let svalbard = station("svalbard", 15.41, 78.23);
    let passes = down(
        (name, trajectory),
        &svalbard,
        &link(&[]),
        from(),
        offset(from(), 43_200.0),
    )
    .unwrap();
    let pass = passes
        .iter()
        .find(|p| p.max_elevation_deg > Some(30.0))
        .unwrap();
    let profile = pass.profile.unwrap();
    // A low satellite closes at 6 to 7.5 km/s at rise and opens as fast at set.
    assert!(profile.range_rate_min_m_s < -5_500.0 && profile.range_rate_max_m_s > 5_500.0);
    let length_s = pass.end.duration_since(pass.start).as_secs_f64();
    let mean_m_s = (profile.range_end_m - profile.range_start_m) / length_s;
    assert!(profile.range_rate_min_m_s < mean_m_s && mean_m_s < profile.range_rate_max_m_s);
    // X band, 8.2 GHz, closing at 7 km/s: up by 191.5 kHz.
    assert!((sky::doppler_hz(-7_000.0, 8.2e9) - 191_465.8).abs() < 1.0);
}

#[test]
fn bands_have_to_meet_where_both_are_known() {
    let Some(satellites) = satellites() else {
        return;
    };
    let svalbard = station("svalbard", 15.41, 78.23);
    let (name, trajectory) = &satellites[0];
    let count = |bands: &[&str]| {
        down(
            (name, trajectory),
            &svalbard,
            &link(bands),
            from(),
            offset(from(), 43_200.0),
        )
        .unwrap()
        .len()
    };
    assert!(count(&[]) > 0);
    assert_eq!(count(&["S", "X"]), count(&[]));
    assert_eq!(count(&["Ka"]), 0);
}

fn line(hours: Hours, outages: Option<Outages>) -> Line {
    Line {
        from: "svalbard".into(),
        to: "home".into(),
        rate_bit_s: 1e9,
        delay_s: 0.03,
        hours,
        outages,
    }
}

#[test]
fn lines_on_the_ground_keep_their_hours_and_fail_by_their_seed() {
    let days = 200.0;
    let to = offset(from(), days * 86_400.0);
    let always = ground::contacts(&line(Hours::Always, None), from(), to).unwrap();
    assert_eq!(
        (always.len(), always[0].start, always[0].end),
        (1, from(), to)
    );
    let night = Hours::Daily {
        start_s: 79_200.0,
        end_s: 3_600.0,
    };
    let nights =
        ground::contacts(&line(night, None), from(), offset(from(), 2.0 * 86_400.0)).unwrap();
    let starts: Vec<String> = nights.iter().map(|c| c.start.to_string()).collect();
    assert_eq!(starts, ["2026-07-24T22:00:00Z", "2026-07-25T22:00:00Z"]);
    assert_eq!(nights[0].end.to_string(), "2026-07-25T01:00:00Z");
    let random = |seed| Outages {
        mean_up_s: 36_000.0,
        mean_down_s: 4_000.0,
        seed,
    };
    let once = ground::contacts(&line(Hours::Always, Some(random(1))), from(), to).unwrap();
    let again = ground::contacts(&line(Hours::Always, Some(random(1))), from(), to).unwrap();
    let other = ground::contacts(&line(Hours::Always, Some(random(2))), from(), to).unwrap();
    assert_eq!(once, again);
    assert_ne!(once, other);
    let up_s: f64 = once
        .iter()
        .map(|c| c.end.duration_since(c.start).as_secs_f64())
        .sum();
    // 432 outages of 4,000 s each on average: within 4 deviations of 90 %.
    assert!((up_s / (days * 86_400.0) - 0.9).abs() < 0.02, "{up_s}");
    let wrong = Outages {
        mean_up_s: 0.0,
        ..random(1)
    };
    assert!(ground::contacts(&line(Hours::Always, Some(wrong)), from(), to).is_err());
    assert!(
        ground::contacts(
            &Line {
                rate_bit_s: f64::NAN,
                ..line(night, None)
            },
            from(),
            to
        )
        .is_err()
    );
}

#[test]
fn a_low_satellite_reaches_home_sooner_over_a_relay() {
    let Some(satellites) = satellites() else {
        return;
    };
    let (name, trajectory) = &satellites[0];
    let relay = geostationary("relay", 120.0);
    let to = offset(from(), 86_400.0);
    let maspalomas = station("maspalomas", -15.64, 27.77);
    let down_link = Downlink {
        back_rate_bit_s: 1e6,
        ..link(&[])
    };
    let mut contacts = down((name, trajectory), &maspalomas, &down_link, from(), to).unwrap();
    let direct = sky::plan(&contacts, from()).plan;
    let query = |plan: &plan::ContactPlan| Query {
        from: plan.node(name).unwrap(),
        to: plan.node("maspalomas").unwrap(),
        size_bytes: 1e9,
        ..Query::default()
    };
    let first = Router::new(&direct, OwltMargin::default())
        .unwrap()
        .route(&query(&direct))
        .unwrap()
        .unwrap();
    contacts.extend(
        cross(
            (name, trajectory),
            ("relay", &relay),
            &CrossLink::default(),
            from(),
            to,
        )
        .unwrap(),
    );
    contacts.extend(down(("relay", &relay), &maspalomas, &down_link, from(), to).unwrap());
    let read = sky::plan(&contacts, from());
    assert!(read.dropped.is_empty());
    let second = Router::new(&read.plan, OwltMargin::default())
        .unwrap()
        .route(&query(&read.plan))
        .unwrap()
        .unwrap();
    println!(
        "direct {:.0} s, with a relay {:.0} s",
        first.arrival_s, second.arrival_s
    );
    assert!(second.arrival_s <= first.arrival_s);
    for format in [Format::Own, Format::Hdtn, Format::Ion] {
        let (text, _) = plan::write(&read.plan, format);
        let again = plan::read(&text, "again").unwrap();
        assert!(again.dropped.is_empty());
        assert_eq!(again.plan.nodes.len(), 3, "{format:?}");
    }
}
