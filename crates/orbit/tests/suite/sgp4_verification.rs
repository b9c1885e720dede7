//! The verification set of Vallado et al. 2006 (AIAA 2006-6753): 33 cases, 667 states.

use crate::real_data;
use corridor_orbit::elements::{ElementSet, tle};
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;

/// The cases: each line 2 carries start, stop and step after column 69.
pub fn cases(text: &str) -> Vec<ElementSet> {
    // The set's own lines carry wrong or missing checksums and blanks, as of old; make them whole.
    let mut whole = String::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let body = format!("{:68}", &line[..line.len().min(68)]);
        let sum: u32 = body
            .bytes()
            .map(|b| match b {
                b'0'..=b'9' => u32::from(b - b'0'),
                b'-' => 1,
                _ => 0,
            })
            .sum();
        whole.push_str(&format!("{body}{}\n", sum % 10));
    }
    let parsed = tle::parse(&whole, "SGP4-VER.TLE");
    assert_eq!(parsed.faults, []);
    parsed.sets
}

/// One expected state: minutes, position in km, velocity in km/s.
pub type Row = (f64, [f64; 3], [f64; 3]);

/// The published states, case by case.
pub fn published(text: &str) -> Vec<(u32, Vec<Row>)> {
    let mut all: Vec<(u32, Vec<Row>)> = Vec::new();
    for line in text.lines() {
        let n: Vec<&str> = line.split_whitespace().collect();
        if n.len() == 2 && n[1] == "xx" {
            all.push((n[0].parse().unwrap(), Vec::new()));
        } else if n.len() >= 7 {
            let v: Vec<f64> = n[..7].iter().map(|x| x.parse().unwrap()).collect();
            all.last_mut()
                .unwrap()
                .1
                .push((v[0], [v[1], v[2], v[3]], [v[4], v[5], v[6]]));
        }
    }
    all
}

#[test]
fn all_states() {
    let (Some(tle), Some(out)) = (
        real_data::read("sense/sgp4-verification/SGP4-VER.TLE"),
        real_data::read("sense/sgp4-verification/tcppver.out"),
    ) else {
        return;
    };
    let (sets, expected) = (cases(&tle), published(&out));
    assert_eq!((sets.len(), expected.len()), (33, 33));
    let mut worst = (0.0_f64, 0, 0.0);
    let mut states = 0;
    for (set, (id, rows)) in sets.iter().zip(&expected) {
        assert_eq!(set.norad_id, *id);
        let trajectory = match Trajectory::from_elements(set) {
            Ok(t) => t,
            Err(e) => {
                println!("{id}: {e}");
                continue;
            }
        };
        for (minutes, r, v) in rows {
            match trajectory.state_teme(offset(set.epoch, minutes * 60.0)) {
                Ok(s) => {
                    states += 1;
                    for k in 0..3 {
                        let off_m = (s.r_m[k] - r[k] * 1e3).abs();
                        if off_m > worst.0 {
                            worst = (off_m, *id, *minutes);
                        }
                        assert!((s.v_m_s[k] - v[k] * 1e3).abs() < 2e-3, "{id} {minutes}");
                    }
                }
                Err(e) => println!("{id} {minutes}: {e}"),
            }
        }
    }
    println!("{states} states, worst {worst:?} m");
    assert!(worst.0 < 1e-2, "{worst:?}");
}
