//! Contacts against passes computed with skyfield (see `tests/reference/README.md`).

use corridor_orbit::{elements::omm_csv, propagate::Trajectory};
use corridor_transmit::{
    contact::{ContactError, contacts},
    station::Station,
};
use jiff::{SignedDuration, Timestamp};

const ELEMENTS: &str = include_str!("../reference/elements.csv");
const PASSES: &str = include_str!("../reference/passes.csv");

/// Agreement asked for, s: what the chain promises.
const TOLERANCE_S: f64 = 1.0;

/// Agreement of the highest elevation, degrees.
const PEAK_TOLERANCE_DEG: f64 = 0.05;

fn start() -> Timestamp {
    "2026-08-22T00:00:00Z".parse().unwrap()
}

fn station(id: &str) -> Station {
    let (lon_deg, lat_deg, height_m, elevation_mask_deg) = match id {
        "svalbard" => (15.4078, 78.2307, 440.0, 5.0),
        "matera" => (16.7046, 40.6486, 536.9, 5.0),
        "cuiaba" => (-56.0697, -15.5551, 230.0, 5.0),
        "troll" => (2.5383, -72.0117, 1270.0, 2.0),
        _ => (7.0, 46.0, 1500.0, 5.0),
    };
    let horizon = [
        (0.0, 3.0),
        (45.0, 22.0),
        (90.0, 12.0),
        (170.0, 4.0),
        (200.0, 30.0),
        (210.0, 8.0),
        (300.0, 15.0),
        (350.0, 6.0),
    ];
    Station {
        id: id.into(),
        name: id.into(),
        network: "test".into(),
        lon_deg,
        lat_deg,
        height_m,
        elevation_mask_deg,
        mask: if id == "valley" {
            horizon.to_vec()
        } else {
            Vec::new()
        },
        bands: Vec::new(),
        source: "test".into(),
    }
}

struct Pass {
    rise_s: f64,
    set_s: f64,
    peak_deg: f64,
}

fn reference(satellite: &str, station: &str) -> Vec<Pass> {
    let rows = PASSES
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|row| row[0] == satellite && row[1] == station)
        .map(|row| Pass {
            rise_s: row[2].parse().unwrap(),
            set_s: row[3].parse().unwrap(),
            peak_deg: row[4].parse().unwrap(),
        })
        .collect()
}

#[test]
fn contacts_agree_with_skyfield_to_a_second() {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    assert_eq!(sets.len(), 6);
    let end = start() + SignedDuration::from_hours(48);
    let (mut count, mut worst_s, mut worst_deg) = (0, 0.0_f64, 0.0_f64);
    for set in &sets {
        let trajectory = Trajectory::from_elements(set).unwrap();
        for id in ["svalbard", "matera", "cuiaba", "troll", "valley"] {
            let found = contacts(
                &set.name,
                &trajectory,
                &station(id),
                520e6,
                0.0,
                start(),
                end,
            )
            .unwrap();
            // Grazing stretches under 2 s are a matter of the search's own step.
            let expected: Vec<Pass> = reference(&set.name, id)
                .into_iter()
                .filter(|p| p.set_s - p.rise_s > 2.0)
                .collect();
            let long = found
                .iter()
                .filter(|c| c.end.duration_since(c.start).as_secs_f64() > 2.0);
            let long: Vec<_> = long.collect();
            assert_eq!(long.len(), expected.len(), "{} over {id}", set.name);
            for (contact, pass) in long.iter().zip(&expected) {
                let rise_s = contact.start.duration_since(start()).as_secs_f64();
                let set_s = contact.end.duration_since(start()).as_secs_f64();
                worst_s = worst_s
                    .max((rise_s - pass.rise_s).abs())
                    .max((set_s - pass.set_s).abs());
                worst_deg = worst_deg.max((contact.max_elevation_deg - pass.peak_deg).abs());
                let volume_bytes = 520e6 * (set_s - rise_s) / 8.0;
                assert!((contact.volume_bytes as f64 - volume_bytes).abs() < 100.0);
                count += 1;
            }
        }
    }
    println!("{count} passes: edges within {worst_s:.3} s, peaks within {worst_deg:.4} degrees");
    assert!(count > 300, "{count}");
    assert!(worst_s < TOLERANCE_S, "{worst_s}");
    assert!(worst_deg < PEAK_TOLERANCE_DEG, "{worst_deg}");
}

#[test]
fn set_up_takes_from_the_volume_and_short_passes_fall_out() {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let trajectory = Trajectory::from_elements(&sets[0]).unwrap();
    let end = start() + SignedDuration::from_hours(48);
    let plain = contacts(
        "x",
        &trajectory,
        &station("svalbard"),
        8e6,
        0.0,
        start(),
        end,
    )
    .unwrap();
    let set_up = contacts(
        "x",
        &trajectory,
        &station("svalbard"),
        8e6,
        300.0,
        start(),
        end,
    )
    .unwrap();
    let longer = plain
        .iter()
        .filter(|c| c.volume_bytes > 300_000_000)
        .count();
    assert!(longer < plain.len());
    assert_eq!(set_up.len(), longer);
    for contact in &set_up {
        let full = plain.iter().find(|c| c.start == contact.start).unwrap();
        assert!(
            full.volume_bytes
                .abs_diff(contact.volume_bytes + 300_000_000)
                <= 1
        );
        assert_eq!(
            contact.data_start().duration_since(contact.start),
            SignedDuration::from_secs(300)
        );
    }
}

#[test]
fn unusable_figures_are_named() {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let trajectory = Trajectory::from_elements(&sets[0]).unwrap();
    let end = start() + SignedDuration::from_hours(48);
    let call = |rate, setup, from, to| {
        contacts("x", &trajectory, &station("matera"), rate, setup, from, to)
    };
    for rate in [f64::NAN, -1.0, f64::INFINITY] {
        assert!(matches!(
            call(rate, 0.0, start(), end),
            Err(ContactError::OutOfRange {
                field: "rate_bit_s",
                ..
            })
        ));
        assert!(matches!(
            call(1.0, rate, start(), end),
            Err(ContactError::OutOfRange {
                field: "setup_s",
                ..
            })
        ));
    }
    assert!(matches!(
        call(1.0, 0.0, end, start()),
        Err(ContactError::Span { .. })
    ));
    assert!(matches!(
        call(1.0, 0.0, start(), start()),
        Err(ContactError::Span { .. })
    ));
    let far = start() + SignedDuration::from_hours(24 * 32);
    assert!(matches!(
        call(1.0, 0.0, start(), far),
        Err(ContactError::Span { .. })
    ));
}
