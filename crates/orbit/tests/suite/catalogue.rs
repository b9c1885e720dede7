//! The whole catalogue of 2026-08-22.

use crate::real_data;
use corridor_orbit::elements::{omm_csv, tle};
use corridor_orbit::propagate::Trajectory;

#[test]
fn every_object_reads_and_propagates() {
    let Some(text) = real_data::read("sense/catalog/active-2026-08-22.3le") else {
        return;
    };
    let parsed = tle::parse(&text, "active.3le");
    assert_eq!(parsed.faults, []);
    assert_eq!(parsed.sets.len(), 16_069);
    let again = omm_csv::parse(&omm_csv::write(&parsed.sets, &["test"]), "again.csv");
    assert_eq!(again, parsed);
    let to = "2026-08-22T12:00:00Z".parse().unwrap();
    let failed = parsed.sets.iter().filter(|s| {
        !Trajectory::from_elements(s)
            .and_then(|t| t.position_itrf(to))
            .is_ok_and(|p| p.radius_m() > 6.4e6 && p.radius_m() < 6e8)
    });
    assert!(failed.count() < 10);
}
