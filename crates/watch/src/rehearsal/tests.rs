//! The rehearsal against waits computed from passes that skyfield found, and its laws.

mod carried;
mod laws;
mod lines;

use super::*;
use crate::request::NewWatch;
use std::collections::BTreeMap;

/// Element sets of six satellites, and passes over five stations that skyfield found with them in 48 hours
/// from [`start`]; how, says the script beside them.
const ELEMENTS: &str = include_str!("../../../transmit/tests/reference/elements.csv");
const PASSES: &str = include_str!("../../../transmit/tests/reference/passes.csv");

fn start() -> Timestamp {
    "2026-08-22T00:00:00Z".parse().unwrap()
}

const STATIONS: &str = r#"
[[station]]
id = "svalbard"
name = "Svalbard"
network = "test"
lon_deg = 15.4078
lat_deg = 78.2307
height_m = 440.0
elevation_mask_deg = 5.0
bands = ["X"]

[[station]]
id = "matera"
name = "Matera"
network = "test"
lon_deg = 16.7046
lat_deg = 40.6486
height_m = 536.9
elevation_mask_deg = 5.0
bands = ["X", "Ka"]

[[station]]
id = "troll"
name = "Troll"
network = "test"
lon_deg = 2.5383
lat_deg = -72.0117
height_m = 1270.0
elevation_mask_deg = 2.0
bands = ["X"]
"#;

/// A mission of some of the six satellites, all with one instrument that sees far to both sides.
fn mission(satellites: &[(&str, u32)], stations: &[&str]) -> String {
    let stations: Vec<String> = stations.iter().map(|s| format!("{s:?}")).collect();
    let mut text = format!(
        r#"
[mission]
id = "made"
name = "made for tests"
operator = "test"
country = "none"
roles = ["remote sensing"]
status = "in orbit"
stations = [{}]
stations_source = "assumption: chosen"

[downlink]
rate_mbit_s = 520.0
band = "X"
source = "assumption: chosen"
volume_per_image_gbit = 40.0
volume_source = "assumption: chosen"

[[instrument]]
id = "made-sar"
name = "made"
kind = "sar"
look = "both"
swath_km = 80.0
max_off_nadir_deg = 50.0
min_off_nadir_deg = 1.0
gsd_m = 10.0
daylight_only = false
min_sun_elevation_deg = -90.0

[instrument.sources]
swath_km = "assumption: chosen"
max_off_nadir_deg = "assumption: chosen"
min_off_nadir_deg = "assumption: chosen"
gsd_m = "assumption: chosen"
look = "assumption: chosen"
daylight_only = "radar"
min_sun_elevation_deg = "radar"
"#,
        stations.join(", ")
    );
    for (name, norad_id) in satellites {
        text += &format!(
            "\n[[satellite]]\nname = {name:?}\nnorad_id = {norad_id}\ninstruments = [\"made-sar\"]\n"
        );
    }
    text
}

fn register(satellites: &[(&str, u32)], stations: &[&str]) -> Register {
    let files = BTreeMap::from([
        ("elements/made.csv".to_string(), ELEMENTS.to_string()),
        ("stations.toml".to_string(), STATIONS.to_string()),
        (
            "missions/made.toml".to_string(),
            mission(satellites, stations),
        ),
    ]);
    Register::from_files(&files, &[]).unwrap()
}

fn settings(overrides: &str) -> Settings {
    Settings::read(
        &crate::register::shipped_assumptions().unwrap(),
        Some(overrides),
    )
    .unwrap()
}

fn watches() -> Vec<(Watch, Product)> {
    let product = Product::shipped()
        .iter()
        .find(|p| p.id == "water")
        .unwrap()
        .clone();
    let make = |name: &str, bbox, priority| {
        let new = NewWatch {
            name: name.into(),
            product: "water".into(),
            area: None,
            bbox: Some(bbox),
            priority: Some(priority),
            deadline: None,
            notify: vec![],
        };
        (
            new.check(&["water".into()], start()).unwrap(),
            product.clone(),
        )
    };
    vec![
        make("olinda", [-34.95, -8.1, -34.8, -7.95], 3),
        make("dhaka", [90.2, 23.6, 90.6, 23.9], 1),
    ]
}

const ALL: [(&str, u32); 6] = [
    ("TERRA", 25994),
    ("RADARSAT-2", 32382),
    ("SENTINEL-2A", 40697),
    ("NOAA 20 (JPSS-1)", 43013),
    ("ICEYE-X2", 43800),
    ("LANDSAT 9", 49260),
];

fn script<'a>(
    register: &'a Register,
    settings: &'a Settings,
    watches: &'a [(Watch, Product)],
) -> Script<'a> {
    Script {
        register,
        settings,
        watches,
        relays: &[],
        from: start(),
        days: 1.0,
        seed: 1,
        failures: false,
        lost: &[],
        threads: 2,
        keys: None,
    }
}

fn quiet(_: Progress) {}

/// One satellite, one station, nothing fails: each observation is down when the passes that skyfield found
/// have carried what was observed before and it, first in, first out.
#[test]
fn waits_are_those_of_passes_found_by_others() {
    // Fragments of 0.15 s, of which one may not fit in at the end of each contact; edges of passes agree with
    // skyfield to 0.1 s.
    let settings =
        settings("\"rehearsal.bundle_gbit\" = 0.64\n\"rehearsal.fragment_gbit\" = 0.08\n");
    let mut watches = watches();
    for (watch, _) in &mut watches {
        watch.priority = 3;
    }
    let passes = |satellite: &str, station: &str| -> Vec<(f64, f64)> {
        let rows = PASSES
            .lines()
            .skip(1)
            .map(|l| l.split(',').collect::<Vec<_>>());
        rows.filter(|r| r[0] == satellite && r[1] == station)
            .map(|r| (r[2].parse().unwrap(), r[3].parse().unwrap()))
            .collect()
    };
    let (mut compared, mut split) = (0, 0);
    let pairs = ["svalbard", "matera", "troll"]
        .into_iter()
        .flat_map(|station| [2, 5].map(|number| (ALL[number], station)));
    for (satellite, station) in pairs {
        let register = register(&[satellite], &[station]);
        let report = rehearse(&script(&register, &settings, &watches), &quiet).unwrap();
        let mut due: Vec<&Observation> = report.observations.iter().collect();
        due.sort_by_key(|o| o.observed_end);
        let seconds = |t: Timestamp| t.duration_since(start()).as_secs_f64();
        let mut free_s = 0.0_f64;
        // Passes with the instant from which data flows over them, once they are taken.
        let mut passes: Vec<(f64, f64, Option<f64>)> = passes(satellite.0, station)
            .into_iter()
            .map(|(rise_s, set_s)| (rise_s, set_s, None))
            .collect();
        for o in due {
            let ready_s = seconds(o.observed_end) + 60.0;
            let (mut left_s, mut down_s, mut used) = (40e9_f64 / 520e6, None, 0);
            for (rise_s, set_s, flows_s) in &mut passes {
                let from_s = rise_s.max(ready_s - 20.0);
                let data_s = flows_s.unwrap_or(from_s + 20.0).max(ready_s).max(free_s);
                let too_short = flows_s.is_none() && *set_s - from_s < 60.0;
                if too_short || *set_s <= data_s || down_s.is_some() {
                    continue;
                }
                flows_s.get_or_insert(from_s + 20.0);
                used += 1;
                let sent_s = left_s.min(*set_s - data_s);
                left_s -= sent_s;
                free_s = data_s + sent_s;
                if left_s <= 1e-6 {
                    down_s = Some(free_s);
                }
            }
            match (down_s, o.down) {
                (Some(expected_s), Some(down)) => {
                    let error_s = seconds(down) - expected_s;
                    assert!(error_s.abs() < 0.5, "{station}: {o:?} is {error_s} s off");
                    compared += 1;
                    split += usize::from(used > 1);
                }
                // The passes of skyfield end after 48 hours, the rehearsal's stations book until then.
                (expected_s, down) => assert!(
                    down.is_none() == expected_s.is_none(),
                    "{o:?} {expected_s:?}"
                ),
            }
        }
        assert_eq!(report.bytes.lost, 0);
    }
    println!("{compared} observations compared, {split} of them sent in several passes");
    assert!(compared >= 15, "{compared}");
}

/// Alone on its station and with nothing failing, a satellite keeps what the forecast promises: bundles
/// that go on before the last is down make it early by at most the image's time on the line.
#[test]
fn promises_are_kept_where_nothing_stands_in_the_way() {
    let (register, watches) = (
        register(&[("TERRA", 25994)], &["svalbard", "troll", "matera"]),
        watches(),
    );
    let settings = settings("");
    let report = rehearse(&script(&register, &settings, &watches), &quiet).unwrap();
    let line_bit_s = settings.value("station_to_node.rate_mbit_s").unwrap() * 1e6;
    let early_s = 40e9 / line_bit_s + 0.1;
    let mut kept = 0;
    for o in &report.observations {
        let (Some(promised), Some(came)) = (o.promised, o.in_hands) else {
            continue;
        };
        let late_s = came.duration_since(promised).as_secs_f64();
        // Two observations within minutes share a pass, which each promise had for itself: no more than an
        // image's time on the pass and on the line, and the run before.
        assert!(
            (-early_s..800.0).contains(&late_s),
            "{o:?} late by {late_s} s"
        );
        kept += usize::from(late_s < 0.01);
    }
    assert!(kept >= 3, "{kept} of {}", report.observations.len());
}

#[test]
fn the_same_seed_is_the_same_report_on_any_number_of_threads() {
    let (register, settings, watches) = (
        register(&ALL, &["svalbard", "matera"]),
        settings(ROUGH),
        watches(),
    );
    let run = |seed, threads| {
        let script = Script {
            seed,
            threads,
            failures: true,
            ..script(&register, &settings, &watches)
        };
        serde_json::to_string(&rehearse(&script, &quiet).unwrap()).unwrap()
    };
    let one = run(1, 1);
    assert_eq!(one, run(1, 5));
    assert_ne!(one, run(2, 1));
}

/// Failures far more often than anywhere.
const ROUGH: &str = "\"rehearsal.station_up_h\" = 6\n\"rehearsal.station_down_h\" = 2\n\
    \"rehearsal.contact_lost_share\" = 0.2\n\"rehearsal.safe_mode_every_d\" = 1\n\"rehearsal.safe_mode_h\" = 3\n\
    \"rehearsal.satellite_lost_every_y\" = 0.01\n\"rehearsal.slow_share\" = 0.3\n\"rehearsal.rain_margin_db\" = 0.1\n\
    \"rehearsal.damaged_share\" = 0.02\n";

/// A geostationary relay over 9 degrees east, by its designed orbit.
fn relay() -> Relay {
    // 42,164 km once a sidereal day; the longitude follows from node and anomaly at the epoch.
    let orbit = corridor_orbit::elements::designed::DesignedOrbit {
        name: "relay".into(),
        epoch: start(),
        semi_major_axis_km: 42_164.17,
        eccentricity: 0.0,
        inclination_deg: 0.05,
        raan_deg: 0.0,
        argument_of_perigee_deg: 0.0,
        mean_anomaly_deg: 340.0,
    };
    Relay {
        name: "relay".into(),
        trajectory: corridor_orbit::propagate::Trajectory::from_designed(&orbit).unwrap(),
        stations: vec!["matera".into()],
    }
}

/// Bytes on board of a satellite that is lost are lost; everything else still comes.
#[test]
fn a_lost_satellite_takes_what_it_holds_with_it() {
    let (register, settings, watches) = (register(&ALL, &["svalbard"]), settings(""), watches());
    let calm = rehearse(&script(&register, &settings, &watches), &quiet).unwrap();
    let first = calm
        .observations
        .iter()
        .find(|o| o.satellite == "TERRA")
        .unwrap();
    let lost = [(
        "TERRA".to_string(),
        first.observed_end + SignedDuration::from_secs(1),
    )];
    let script = Script {
        lost: &lost,
        ..script(&register, &settings, &watches)
    };
    let report = rehearse(&script, &quiet).unwrap();
    let of = |state: &str| {
        report
            .observations
            .iter()
            .filter(|o| o.state == state)
            .count()
    };
    let own = report
        .observations
        .iter()
        .filter(|o| o.satellite == "TERRA")
        .count();
    assert_eq!(of("lost"), 1, "{:?}", report.observations);
    assert_eq!(of("missed"), own - 1);
    assert_eq!(report.bytes.lost, 5_000_000_000);
    assert_eq!(
        report.bytes.observed,
        report.bytes.delivered + report.bytes.stored + report.bytes.lost
    );
    assert_eq!(report.failed.satellites_lost, 1);
}

#[test]
fn what_a_change_names_must_be_there() {
    let register = register(&ALL, &["svalbard", "matera"]);
    let apply = |change: Change| change::apply(&register, &[], &[change]);
    for (change, word) in [
        (Change::Without("nowhere".into()), "nowhere"),
        (Change::WithPlanned("TERRA".into()), "TERRA"),
    ] {
        let error = apply(change).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let (less, _) = apply(Change::Without("matera".into())).unwrap();
    assert!(less.satellites().iter().all(|s| s.stations == ["svalbard"]));
    let (less, _) = apply(Change::Without("TERRA".into())).unwrap();
    assert_eq!(less.satellites().len(), ALL.len() - 1);
    let (settings, watches) = (settings(""), watches());
    let days = Script {
        days: 31.0,
        ..script(&register, &settings, &watches)
    };
    assert!(
        rehearse(&days, &quiet)
            .unwrap_err()
            .to_string()
            .contains("31")
    );
}

/// A relay that sees half the Earth brings answers sooner than one station at the pole.
#[test]
fn a_relay_shortens_the_wait_for_a_downlink() {
    let (register, settings, watches) = (
        register(&ALL, &["troll", "matera"]),
        settings(""),
        watches(),
    );
    let before = rehearse(&script(&register, &settings, &watches), &quiet).unwrap();
    let relays = [relay()];
    let with = Script {
        relays: &relays,
        ..script(&register, &settings, &watches)
    };
    let after = rehearse(&with, &quiet).unwrap();
    let carried = after
        .stations
        .iter()
        .find(|s| s.relay)
        .map_or(0, |s| s.carried_bytes);
    assert!(carried > 0, "{:?}", after.stations);
    let wait = |report: &Report| {
        report
            .watches
            .iter()
            .map(|w| w.parts_s.waiting_for_a_downlink_s)
            .sum::<f64>()
    };
    assert!(
        wait(&after) < wait(&before),
        "{} {}",
        wait(&after),
        wait(&before)
    );
}
