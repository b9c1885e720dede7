//! Mean elements and ephemerides against what other tools make and read; `reference/elements/make.py`
//! says how.

use corridor_orbit::elements::{
    ElementSet, Format, format_of, omm_csv, omm_json, omm_kvn, read, xml,
};
use corridor_orbit::propagate::Trajectory;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

const CSV: &str = include_str!("../reference/elements/omm.csv");
const JSON: &str = include_str!("../reference/elements/omm.json");
const XML: &str = include_str!("../reference/elements/omm.xml");
const KVN: &str = include_str!("../reference/elements/omm.kvn");

const ISS: &str = "ISS (ZARYA)\n\
    1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927\n\
    2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537\n";

#[test]
fn four_forms_of_the_same_objects() {
    let csv = read("omm.csv", CSV.as_bytes());
    assert_eq!((&csv.faults, &csv.notes), (&vec![], &vec![]));
    assert_eq!(csv.sets.len(), 7);
    // Columns of the two-line sets, read by eye.
    let iss = &csv.sets[1];
    assert_eq!(
        (iss.norad_id, iss.cospar_id.as_str()),
        (25_544, "1998-067A")
    );
    assert_eq!(iss.epoch.to_string(), "2026-08-21T12:47:44.736288Z");
    assert_eq!(
        (
            iss.mean_motion_rev_day,
            iss.eccentricity,
            iss.inclination_deg
        ),
        (15.495_518_67, 0.000_767_3, 51.633_1)
    );
    assert_eq!((iss.bstar, iss.mean_motion_dot), (0.000_165_58, 8.864e-5));
    let new = &csv.sets[6];
    assert_eq!(
        (new.norad_id, new.name.as_str()),
        (123_456_789, "NEW & <LARGE>")
    );
    for (name, text, format) in [
        ("omm.json", JSON, Format::OmmJson),
        ("omm.xml", XML, Format::Xml),
        ("omm.kvn", KVN, Format::OmmKvn),
    ] {
        assert_eq!(format_of(text), format);
        let parsed = read(name, text.as_bytes());
        assert_eq!(parsed.faults, [], "{name}");
        assert_eq!(parsed.sets, csv.sets, "{name}");
        let marked = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(read(name, marked.as_bytes()).sets, csv.sets, "{name}");
    }
}

#[test]
fn a_bad_record_is_named_and_stops_nothing() {
    for (name, text, from, to, line) in [
        ("f.csv", CSV, "51.6331", "5l.6331", 3),
        ("f.json", JSON, "51.6331", "\"5l.6331\"", 35),
        ("f.xml", XML, ">51.6331", ">5l.6331", 45),
        ("f.kvn", KVN, "= 51.6331 [deg]", "= 5l.6331", 41),
    ] {
        let parsed = read(name, text.replacen(from, to, 1).as_bytes());
        assert_eq!(parsed.sets.len(), 6, "{name}");
        assert_eq!(parsed.faults.len(), 1);
        assert_eq!(
            parsed.faults[0].to_string(),
            format!("{name}:{line}: INCLINATION reads \"5l.6331\": should be a number")
        );
    }
    let broken = XML.replacen("</meanElements>", "</meanElement>", 1);
    let parsed = read("f.xml", broken.as_bytes());
    assert_eq!((parsed.sets.len(), parsed.faults.len()), (6, 1));
    let open = XML.replacen("</omm>", "", 1);
    let parsed = read("f.xml", open.as_bytes());
    assert_eq!((parsed.sets.len(), parsed.faults.len()), (6, 1));
    let unit = XML.replacen("units=\"deg\"", "units=\"rad\"", 1);
    let fault = read("f.xml", unit.as_bytes()).faults[0].to_string();
    assert!(
        fault.contains("reads \"[rad]\": should be in deg"),
        "{fault}"
    );
}

#[test]
fn empty_files_say_what_was_looked_for() {
    for text in ["", "\n\n", "# nothing\n", "[]", "<ndm></ndm>", "\u{feff}"] {
        let parsed = read("f", text.as_bytes());
        assert_eq!(parsed.faults.len(), 1, "{text:?}");
        assert!(
            parsed.faults[0].reason.contains("holds no element set"),
            "{text:?}"
        );
    }
}

#[test]
fn an_object_that_stands_twice_is_kept_once() {
    // The epoch a day later, and the sum with it.
    let newer = ISS
        .replace("08264.5", "08265.5")
        .replace("0  2927", "0  2928");
    for (text, line, kept) in [
        (format!("{ISS}{newer}"), 2, "2008-09-21"),
        (format!("{newer}{ISS}"), 5, "2008-09-21"),
        (format!("{ISS}{ISS}"), 2, "2008-09-20"),
    ] {
        let parsed = read("f.tle", text.as_bytes());
        assert_eq!((parsed.sets.len(), parsed.faults.len()), (1, 0));
        assert!(parsed.sets[0].epoch.to_string().starts_with(kept));
        let [note] = &parsed.notes[..] else {
            panic!("{:?}", parsed.notes)
        };
        assert_eq!((note.line, note.value.as_str()), (line, "25544"));
        assert!(note.reason.starts_with("stands twice"), "{note}");
    }
}

#[test]
fn an_orbit_that_ends_in_the_ground_is_noted() {
    // 17.6 revolutions a day: an orbit 40 km below the ground.
    let low = ISS.replace("15.72125391563537", "17.60000000563535");
    let parsed = read("f.tle", low.as_bytes());
    assert_eq!((parsed.faults, parsed.sets.len()), (vec![], 1));
    let note = parsed.notes[0].to_string();
    assert!(
        note.contains("object 25544 has decayed or is about to"),
        "{note}"
    );
}

#[test]
fn bytes_that_are_no_text_cost_no_more_than_themselves() {
    let mut bytes = b"S\xc3TELLITE \xff\n".to_vec();
    bytes.extend(
        ISS.lines()
            .skip(1)
            .flat_map(|l| [l.as_bytes(), b"\n"].concat()),
    );
    let parsed = read("f", &bytes);
    assert_eq!((parsed.sets.len(), parsed.faults.len()), (1, 0));
    assert!(parsed.sets[0].name.starts_with('S'));
    assert!(read("f", &[0xff; 100]).sets.is_empty());
}

#[test]
fn faults_without_end_are_counted() {
    let parsed = read("f", "x\n".repeat(20_000).as_bytes());
    assert_eq!(parsed.faults.len(), 10_000);
    assert_eq!(parsed.faults.len() + parsed.faults_left_out, 20_000);
}

/// Reference states come from the `oem` package and astropy. Celestial frames are off by what the short
/// series of the pole is: 1.5 milliarcseconds, 5 cm in low orbit, 20 cm at a GPS satellite.
#[test]
fn ephemerides_as_another_tool_interpolates_them() {
    let rows: Vec<Vec<&str>> = include_str!("../reference/elements/oem.csv")
        .lines()
        .filter(|l| !l.starts_with(['#', 'm']) || l.contains("Z,"))
        .map(|l| l.split(',').collect())
        .collect();
    for (name, kvn, xml, bound_m) in [
        (
            "teme-lagrange",
            include_str!("../reference/elements/teme-lagrange.oem"),
            include_str!("../reference/elements/teme-lagrange.xml"),
            1e-3,
        ),
        (
            "eme2000-hermite",
            include_str!("../reference/elements/eme2000-hermite.oem"),
            include_str!("../reference/elements/eme2000-hermite.xml"),
            0.05,
        ),
        (
            "icrf-hermite",
            include_str!("../reference/elements/icrf-hermite.oem"),
            include_str!("../reference/elements/icrf-hermite.xml"),
            0.1,
        ),
        (
            "itrf-lagrange",
            include_str!("../reference/elements/itrf-lagrange.oem"),
            include_str!("../reference/elements/itrf-lagrange.xml"),
            0.02,
        ),
    ] {
        let parsed = read(name, kvn.as_bytes());
        assert_eq!(parsed.faults, []);
        let from_xml = read(name, xml.as_bytes());
        assert_eq!(from_xml.faults, []);
        assert_eq!(parsed.ephemerides, from_xml.ephemerides);
        let trajectory = Trajectory::from_ephemeris(parsed.ephemerides[0].clone()).unwrap();
        let rows: Vec<_> = rows.iter().filter(|r| r[0] == name).collect();
        assert_eq!(rows.len(), 41);
        let (mut worst_m, mut worst_m_s) = (0.0_f64, 0.0_f64);
        for row in rows {
            let state = trajectory.state_teme(row[1].parse().unwrap()).unwrap();
            let figures: Vec<f64> = row[2..].iter().map(|x| x.parse().unwrap()).collect();
            for k in 0..3 {
                worst_m = worst_m.max((state.r_m[k] - figures[k]).abs());
                worst_m_s = worst_m_s.max((state.v_m_s[k] - figures[k + 3]).abs());
            }
        }
        println!("{name}: off by at most {worst_m:.4} m, {worst_m_s:.7} m/s");
        assert!(worst_m < bound_m, "{name}: {worst_m} m");
        assert!(worst_m_s < 0.002, "{name}: {worst_m_s} m/s");
        let (from, to) = trajectory.covers().unwrap();
        for at in [from - 1.second(), to + 1.second()] {
            let refused = trajectory.state_teme(at).unwrap_err().to_string();
            assert!(refused.contains("covers 2026-08-22T"), "{refused}");
        }
        assert!(trajectory.state_teme(from).is_ok() && trajectory.state_teme(to).is_ok());
        assert_eq!(trajectory.age_days(to), 0.0);
    }
}

prop_compose! {
    fn any_set()(
        name in "[^\\pC\\pZ][^\\pC]{0,18}[^\\pC\\pZ]",
        norad_id in 1_u32..1_000_000_000,
        epoch_ns in 0_i64..4_000_000_000_000_000_000,
        eccentricity in 0.0_f64..0.99,
        angles in prop::array::uniform4(0.0_f64..180.0),
        mean_motion_rev_day in 0.1_f64..17.0,
        small in prop::array::uniform3(-1.0_f64..1.0),
        counts in prop::array::uniform2(any::<u32>()),
    ) -> ElementSet {
        ElementSet {
            norad_id, name, eccentricity, mean_motion_rev_day,
            cospar_id: "2026-001A".into(),
            epoch: Timestamp::from_nanosecond(epoch_ns.into()).unwrap(),
            inclination_deg: angles[0], raan_deg: angles[1],
            argument_of_perigee_deg: angles[2], mean_anomaly_deg: angles[3],
            mean_motion_dot: small[0], mean_motion_ddot: small[1], bstar: small[2],
            element_set_no: counts[0], rev_at_epoch: counts[1],
        }
    }
}

proptest! {
    #[test]
    fn written_reads_back(sets in prop::collection::vec(any_set(), 1..4)) {
        for (form, text) in [
            ("csv", omm_csv::write(&sets, &["a"])),
            ("json", omm_json::write(&sets)),
            ("kvn", omm_kvn::write(&sets, "a")),
            ("xml", xml::write(&sets, "a")),
        ] {
            let parsed = match form {
                "csv" => omm_csv::parse(&text, form),
                "json" => omm_json::parse(&text, form),
                "kvn" => omm_kvn::parse(&text, form),
                _ => xml::parse(&text, form),
            };
            prop_assert_eq!(&parsed.faults, &vec![], "{}", text);
            prop_assert_eq!(&parsed.sets, &sets, "{}", text);
        }
    }

    #[test]
    fn nothing_panics(
        which in 0_usize..8,
        at in any::<prop::sample::Index>(),
        cut in any::<bool>(),
        with in any::<u8>(),
    ) {
        let all = [
            CSV, JSON, XML, KVN, ISS,
            include_str!("../reference/elements/eme2000-hermite.oem"),
            include_str!("../reference/elements/eme2000-hermite.xml"),
            include_str!("../reference/elements/itrf-lagrange.oem"),
        ];
        let mut bytes = all[which].as_bytes().to_vec();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = with;
        }
        let _ = read("f", &bytes);
    }
}
