//! Figures of merit against another way to them (`tests/reference/make_merit.py`), and one way against another.

use crate::reference::{ELEMENTS, from};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::elements::omm_csv;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::visibility::Limits;
use corridor_orbit::window::offset;
use corridor_sense::merit::{Figures, Found, Looks, Region, cells_in_box, seen_under, survey};
use corridor_sense::windows::{Conditions, Light, Period};

const REFERENCE: &str = include_str!("../reference/merit.csv");
const SPAN_S: f64 = 3.0 * 86_400.0;

fn satellites() -> Vec<Trajectory> {
    let parsed = omm_csv::parse(ELEMENTS, "elements.csv");
    let sets = parsed.sets.iter();
    sets.map(|set| Trajectory::from_elements(set).unwrap())
        .collect()
}

fn looks(limits: Limits) -> Looks {
    Looks {
        conditions: Conditions {
            limits,
            ..Conditions::default()
        },
        satellites: satellites(),
    }
}

fn period() -> Period<'static> {
    Period::new(from(), offset(from(), SPAN_S))
}

/// Bars: the reference has its edges in straight lines between instants a second apart and leaves out
/// polar motion and UT1's last tenths: 0.1 s in any gap; its responses are those of instants in the
/// middle of seconds: 0.3 s in a mean, a second in a greatest or percentile. 0.1 s an access in the sum of them.
#[test]
fn figures_are_those_of_instants_one_by_one() {
    for line in REFERENCE.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let limits = match cells[0] {
            "off_nadir_35" => Limits::off_nadir(35.0),
            _ => Limits::elevation(10.0),
        };
        let number = |k: usize| cells[k].parse::<f64>().unwrap();
        let place = Geodetic::on_ground(number(2), number(3));
        let found = survey(&[looks(limits)], &[place], period(), 2, &|_, _| {}).unwrap();
        assert!(found.faults.is_empty());
        let f = found.places[0].figures;
        let what = format!("{} {}", cells[0], cells[1]);
        assert_eq!(f.accesses.to_string(), cells[4], "{what}");
        let own = [
            Some(f.access_s),
            f.mean_gap_s,
            f.median_gap_s,
            f.p90_gap_s,
            f.max_gap_s,
            f.mean_response_s,
            f.median_response_s,
            f.p90_response_s,
            f.max_response_s,
            f.first_access_s,
        ];
        let accesses = f.accesses as f64;
        let bars_s = [0.1 * accesses, 0.1, 0.1, 0.1, 0.1, 0.3, 1.1, 1.1, 1.1, 0.1];
        for (k, (own, bar_s)) in own.into_iter().zip(bars_s).enumerate() {
            let off = own.unwrap() - number(5 + k);
            assert!(
                off.abs() < bar_s,
                "{what}, figure {k}: {own:?} beside {}",
                number(5 + k)
            );
        }
        assert_eq!(
            found.places[0].by_hour.iter().sum::<u32>() as usize,
            f.accesses
        );
    }
}

/// The survey, which keeps no windows, gives the figures of the windows themselves, light and Sun too.
#[test]
fn a_survey_is_the_windows() {
    let places: Vec<Geodetic> = (-8..=8)
        .map(|k| Geodetic::on_ground(20.0 * f64::from(k), 11.0 * f64::from(k)))
        .collect();
    let sun = Conditions {
        limits: Limits::off_nadir(45.0),
        min_sun_elevation_deg: Some(5.0),
        light: Some(Light::Sunlit),
        ..Conditions::default()
    };
    let near = Conditions {
        limits: Limits::elevation(20.0),
        ..Conditions::default()
    };
    for conditions in [sun, near] {
        let group = Looks {
            conditions,
            satellites: satellites(),
        };
        let found = survey(&[group], &places, period(), 3, &|_, _| {}).unwrap();
        let seen = seen_under(&satellites(), &places, &conditions, period(), 2).unwrap();
        for (found, windows) in found.places.iter().zip(&seen.windows) {
            let to = offset(from(), SPAN_S);
            let other = Found::new(windows, from(), to);
            assert_eq!(found.figures.accesses, other.figures.accesses);
            assert_eq!(found.by_hour, other.by_hour);
            assert!((found.figures.access_s - other.figures.access_s).abs() < 0.05);
            let gap = |f: &Figures| f.max_gap_s.unwrap_or(0.0);
            assert!((gap(&found.figures) - gap(&other.figures)).abs() < 0.01);
        }
    }
}

/// More satellites: no cell waits longer, no less is seen, and coverage only grows with time.
#[test]
fn more_satellites_cover_more() {
    let cells = cells_in_box([160.0, -60.0, -160.0, 60.0], 8.0).unwrap();
    let places: Vec<Geodetic> = cells.iter().map(|c| c.place).collect();
    let all = looks(Limits::off_nadir(30.0));
    let mut before: Option<(Vec<Found>, Region)> = None;
    for count in [1, 2, 5, 10] {
        let some = Looks {
            satellites: all.satellites[..count].to_vec(),
            ..all.clone()
        };
        let found = survey(&[some], &places, period(), 2, &|_, _| {})
            .unwrap()
            .places;
        let region = Region::new(cells.iter().map(|c| c.area_km2).zip(&found), SPAN_S);
        assert!(
            region
                .coverage
                .windows(2)
                .all(|pair| pair[0].share <= pair[1].share)
        );
        if let Some((fewer, less)) = &before {
            for (a, b) in fewer.iter().zip(&found) {
                let waits = |f: &Found| {
                    let f = f.figures;
                    [
                        f.mean_response_s,
                        f.p90_response_s,
                        f.max_response_s,
                        f.first_access_s,
                    ]
                };
                for (a, b) in waits(a).into_iter().zip(waits(b)) {
                    assert!(a.is_none_or(|a| b.unwrap() <= a + 1e-6));
                }
            }
            let shares = less.coverage.iter().zip(&region.coverage);
            assert!(shares.clone().all(|(a, b)| a.share <= b.share + 1e-12));
        }
        before = Some((found, region));
    }
}

#[test]
fn nothing_to_look_with_sees_nothing() {
    let place = [Geodetic::on_ground(0.0, 0.0)];
    let none = survey(&[], &place, period(), 2, &|_, _| {}).unwrap();
    assert_eq!(none.places[0].figures, Figures::default());
    assert!(
        survey(&[], &[], period(), 2, &|_, _| {})
            .unwrap()
            .places
            .is_empty()
    );
    let back = Period::new(offset(from(), 1.0), from());
    assert!(survey(&[], &place, back, 2, &|_, _| {}).is_err());
}
