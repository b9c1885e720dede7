//! The whole catalogue of 2026-08-22.

use crate::real_data;
use corridor_orbit::elements::{omm_csv, omm_json, omm_kvn, read, xml};
use corridor_orbit::propagate::Trajectory;

fn catalogue() -> Option<String> {
    real_data::read("sense/catalog/active-2026-08-22.3le")
}

#[test]
fn every_object_reads_and_propagates() {
    let Some(text) = catalogue() else { return };
    let parsed = read("active.3le", text.as_bytes());
    assert_eq!(parsed.faults, []);
    // Two of the Cluster satellites, by these elements on their last revolutions.
    let notes: Vec<&str> = parsed.notes.iter().map(|n| n.value.as_str()).collect();
    assert_eq!(notes, ["0.44877167", "0.44464409"]);
    assert!(
        parsed.notes[0]
            .reason
            .contains("object 26410 has decayed or is about to")
    );
    assert_eq!(parsed.sets.len(), 16_069);
    let to = "2026-08-22T12:00:00Z".parse().unwrap();
    let failed = parsed.sets.iter().filter(|s| {
        !Trajectory::from_elements(s)
            .and_then(|t| t.position_itrf(to))
            .is_ok_and(|p| p.radius_m() > 6.4e6 && p.radius_m() < 6e8)
    });
    assert!(failed.count() < 10);
}

#[test]
fn every_form_of_it_holds_the_same() {
    let Some(text) = catalogue() else { return };
    let sets = read("active.3le", text.as_bytes()).sets;
    for (name, written) in [
        ("active.csv", omm_csv::write(&sets, &["test"])),
        ("active.json", omm_json::write(&sets)),
        ("active.kvn", omm_kvn::write(&sets, "test")),
        ("active.xml", xml::write(&sets, "test")),
    ] {
        let again = read(name, written.as_bytes());
        assert!(again.faults.is_empty(), "{name}: {}", again.faults[0]);
        assert!(again.sets == sets, "{name} holds other sets");
    }
}

#[test]
fn other_catalogues_read_whole() {
    let Some(folder) = real_data::folder("sense/catalog") else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.display().to_string();
            let parsed = read(&name, &std::fs::read(&path).unwrap());
            assert!(parsed.faults.is_empty(), "{}", parsed.faults[0]);
            assert!(!parsed.sets.is_empty(), "{name}");
        }
    }
}
