//! Contact plans of others, and our own there and back.
#![allow(
    clippy::float_cmp,
    reason = "figures worked out by hand are met exactly"
)]

use super::real_data::file;
use corridor_transmit::plan::{self, Builder, ContactPlan, Format, Read};
use proptest::prelude::*;

fn real(name: &str) -> Option<Read> {
    let path = file(&format!("transmit/contact_plans/{name}"))?;
    Some(plan::read(&std::fs::read_to_string(path).unwrap(), name).unwrap())
}

#[test]
fn real_plans_are_read_whole() {
    // File, nodes, contacts, dropped: counted in the files.
    let files = [
        ("hdtn_cgrTutorial.json", 5, 16, 0),
        ("hdtn_10nodes.json", 14, 362, 6),
        ("asabr_contact_plans_ion_format.cp", 6, 5, 0),
        ("asabr_contact_plans_asabr_format_static.cp", 6, 5, 0),
        ("asabr_contact_plans_tvgutil_format.cp", 9, 18, 0),
        ("asabr_dijkstra_accuracy_contact_plan_1.cp", 4, 4, 0),
        ("asabr_dijkstra_accuracy_contact_plan_2.cp", 5, 5, 0),
        ("asabr_ptvg_sample1.json", 206, 16_138, 0),
        ("dtnsim_Ion_4nodes_long.txt", 4, 4, 0),
        ("toy.ionrc", 5, 8, 0),
    ];
    for (name, nodes, contacts, dropped) in files {
        let Some(read) = real(name) else { return };
        let found = (
            read.plan.nodes.len(),
            read.plan.contacts.len(),
            read.dropped.len(),
        );
        assert_eq!(
            found,
            (nodes, contacts, dropped),
            "{name}: {:?}",
            read.dropped.first()
        );
    }
}

#[test]
fn dropped_contacts_name_file_line_and_reason() {
    let Some(read) = real("hdtn_10nodes.json") else {
        return;
    };
    for dropped in &read.dropped {
        assert!(dropped.line > 1, "{dropped}");
        assert!(
            dropped.to_string().starts_with("hdtn_10nodes.json:"),
            "{dropped}"
        );
        assert!(dropped.reason.contains("is not after start"), "{dropped}");
    }
}

#[test]
fn one_plan_in_two_formats_is_one_plan() {
    let (Some(ion), Some(asabr)) = (
        real("asabr_contact_plans_ion_format.cp"),
        real("asabr_contact_plans_asabr_format_static.cp"),
    ) else {
        return;
    };
    assert_eq!(ion.plan.contacts, asabr.plan.contacts);
    assert_eq!(ion.plan.contacts[0].rate_bit_s, 80_000.0);
}

#[test]
fn lines_that_cannot_be_are_reported_one_by_one() {
    let text = "a contact +50 +40 1 2 1000\na contact +0 +10 1 2 -5\na contact +0 +10 1 x 5\n\
        a contact +0 NaN 1 2 5\na contact +0 +10 1\na contact +0 +10 3 4 5\na range +0 +10 1 2 1\n\
        a range +9 +1 1 2 1\nx y\nm horizon +0\n# a comment\na contact +0 +20 1 2 5 # cut to its range\n\
        a contact +0 +10 1 2 inf\n";
    let read = plan::read(text, "bad.ionrc").unwrap();
    let lines: Vec<usize> = read.dropped.iter().map(|d| d.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 8, 9, 13], "{:#?}", read.dropped);
    assert_eq!(read.plan.contacts.len(), 1);
    assert_eq!(read.plan.contacts[0].end_s, 10.0);
    let json = r#"{"contacts": [
{"source": 1, "dest": 2, "startTime": 0, "endTime": 5, "rateBitsPerSec": -1, "owlt": 1},
{"source": 1, "dest": 2, "startTime": 0, "endTime": "NaN", "rateBitsPerSec": 1, "owlt": 1},
{"source": 1, "startTime": 0, "endTime": 5, "rateBitsPerSec": 1, "owlt": 1},
{"source": 1.5, "dest": 2, "startTime": 0, "endTime": 5, "rateBitsPerSec": 1, "owlt": 1},
{"source": 1, "dest": 1, "startTime": 0, "endTime": 5, "rateBitsPerSec": 1, "owlt": 1},
{"source": 1, "dest": 2, "startTime": 0, "endTime": 5, "rateBitsPerSec": 1, "owlt": -1},
{"source": 1, "dest": 2, "startTime": 0, "endTime": 5, "rateBitsPerSec": [8], "owlt": 1},
{"source": 1, "dest": 2, "startTime": 0, "endTime": 5, "rateBitsPerSec": 8, "owlt": 1}]}"#;
    let read = plan::read(json, "bad.json").unwrap();
    let lines: Vec<usize> = read.dropped.iter().map(|d| d.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8], "{:#?}", read.dropped);
    assert_eq!(read.plan.contacts.len(), 1);
}

#[test]
fn what_is_no_plan_is_refused_with_the_file() {
    let wrong = [
        "",
        "hello",
        "{}",
        "{\"contacts\": 3}",
        "{\"contacts\": [",
        "[1,2]",
    ];
    for text in wrong {
        let error = plan::read(text, "x.json").unwrap_err().to_string();
        assert!(error.starts_with("x.json: "), "{error}");
    }
    assert!(plan::read("{\"contacts\": [{\"start_s\": NaN}]}", "x").is_err());
    let unknown = plan::read(
        "node 0 a\ncontact 0 7 0 1 1 0\nnode 0 b\ncontact 0 0 0 1 1\n",
        "x",
    );
    assert_eq!(unknown.unwrap().dropped.len(), 3);
}

#[test]
fn dates_and_names_of_ion_come_back() {
    let text = "a range 2026/08/22-05:30:00 2026/08/22-06:30:00 1 2 3\na contact 2026/08/22-05:30:00 2026/08/22-05:40:00 2 1 100\n";
    let read = plan::read(text, "dates").unwrap();
    assert_eq!(
        read.plan.epoch,
        Some("2026-08-22T05:30:00Z".parse().unwrap())
    );
    let contact = read.plan.contacts[0];
    assert_eq!(
        (contact.start_s, contact.end_s, contact.owlt_s),
        (0.0, 600.0, 3.0)
    );
}

/// Plans in whole seconds, whole bytes a second and whole light times, which every format can say.
fn any_plan(names: bool) -> impl Strategy<Value = ContactPlan> {
    let one = (
        0_u8..6,
        0_u8..6,
        0_i32..5_000,
        1_i32..900,
        1_u32..1_000_000,
        0_u8..9,
    );
    prop::collection::vec(one, 0..40).prop_map(move |rows| {
        let mut plan = Builder::new("made");
        let name = |n: u8| {
            if names {
                format!("node {n}")
            } else {
                (n + 1).to_string()
            }
        };
        // Ranges in ION hold both ways and for all rates: one light time a pair, no overlap.
        let mut free = std::collections::HashMap::new();
        for (from, to, wait, length, rate, owlt) in rows {
            if from == to {
                continue;
            }
            let pair = (from.min(to), from.max(to));
            let start = *free.get(&pair).unwrap_or(&0) + wait;
            free.insert(pair, start + length);
            plan.contact(
                0,
                &name(from),
                &name(to),
                start.into(),
                (start + length).into(),
                f64::from(rate) * 8.0,
                owlt.into(),
            );
        }
        plan.finish(None).plan
    })
}

/// Nodes without contacts are not in every format.
fn bare(plan: &ContactPlan) -> Vec<(String, String, String)> {
    let row = |c: &plan::PlanContact| {
        let figures = format!("{} {} {} {}", c.start_s, c.end_s, c.rate_bit_s, c.owlt_s);
        (plan.name(c.from).into(), plan.name(c.to).into(), figures)
    };
    plan.contacts.iter().map(row).collect()
}

proptest! {
    #[test]
    fn every_format_gives_back_what_it_was_given(plan in any_plan(false), named in any_plan(true)) {
        for plan in [&plan, &named] {
            if plan.contacts.is_empty() {
                continue;
            }
            for format in [Format::Own, Format::Hdtn, Format::Ion, Format::Asabr, Format::Tvgutil] {
                let (text, left_out) = plan::write(plan, format);
                prop_assert!(left_out.is_empty());
                let read = plan::read(&text, "written").unwrap();
                prop_assert!(read.dropped.is_empty(), "{format:?} {:?}", read.dropped);
                prop_assert_eq!(bare(&read.plan), bare(plan), "{:?}\n{}", format, text);
            }
        }
    }

    #[test]
    fn formats_round_nothing_or_inwards(start_s in -1e9_f64..1e9, length_s in 1e-3_f64..1e6, rate in 1e-3_f64..1e12, owlt_s in 0.0_f64..1e5) {
        let mut plan = Builder::new("made");
        plan.contact(0, "a", "b", start_s, start_s + length_s, rate, owlt_s);
        let plan = plan.finish(None).plan;
        for format in [Format::Own, Format::Tvgutil] {
            // The JSON reader is right to one unit in the last place.
            let (read, given) = (plan::read(&plan::write(&plan, format).0, "x").unwrap().plan.contacts[0], plan.contacts[0]);
            let figures = [(read.start_s, given.start_s), (read.end_s, given.end_s), (read.rate_bit_s, given.rate_bit_s), (read.owlt_s, given.owlt_s)];
            for (read, given) in figures {
                prop_assert!((read - given).abs() <= given.abs() * f64::EPSILON, "{read} {given}");
            }
        }
        // Whole seconds never promise more than there is.
        for format in [Format::Hdtn, Format::Ion] {
            let (text, _) = plan::write(&plan, format);
            let Ok(read) = plan::read(&text, "x") else { continue };
            for c in read.plan.contacts {
                prop_assert!(c.start_s >= start_s && c.end_s <= start_s + length_s);
                prop_assert!(c.rate_bit_s <= rate && c.owlt_s >= owlt_s);
            }
        }
    }
}
