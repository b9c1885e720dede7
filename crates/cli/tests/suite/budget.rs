//! `corridor transmit budget` from outside.

use crate::program::{Program, Ran};

const PATH: [&str; 8] = [
    "--site",
    "-0.14,51.5,31.4",
    "--frequency-ghz",
    "14.25",
    "--elevation-deg",
    "31.077",
    "--unavailability-percent",
    "0.01",
];

fn budget(arguments: &[&str]) -> Ran {
    let mut all = vec!["transmit", "budget"];
    all.extend(arguments);
    Program::new().run(&all)
}

/// The first of the ITU-R's examples of P.618-13 for 0.01 %: gases 0.2269, clouds 0.4552, rain 6.798,
/// scintillation 0.628, total 7.507 dB; the maps' steps leave 2 %.
#[test]
fn the_itu_example_comes_out() {
    let mut arguments = PATH.to_vec();
    arguments.extend([
        "--tilt-deg",
        "0",
        "--efficiency",
        "0.65",
        "--format",
        "json",
    ]);
    let found = budget(&arguments).ok().json();
    for (key, expected) in [
        ("gas_db", 0.2269),
        ("cloud_db", 0.4552),
        ("rain_db", 6.798),
        ("scintillation_db", 0.6283),
        ("total_db", 7.507),
    ] {
        let value = found[key].as_f64().unwrap();
        assert!((value - expected).abs() < 0.02 * expected, "{key}: {value}");
    }
}

#[test]
fn a_link_is_added_up_and_coded() {
    let mut arguments = PATH.to_vec();
    arguments.extend([
        "--eirp-dbw",
        "20",
        "--g-over-t-db-k",
        "32",
        "--range-km",
        "1200",
    ]);
    arguments.extend(["--rate-mbaud", "200", "--coding", "dvb-s2x"]);
    let table = budget(&arguments).ok();
    assert!(
        table.out.contains("free space") && table.out.contains("Mbit/s"),
        "{}",
        table.out
    );
    arguments.extend(["--format", "json"]);
    let found = budget(&arguments).ok().json();
    // 20 log10 (4 pi d f / c)
    assert!(
        (found["free_space_db"].as_f64().unwrap() - 177.11).abs() < 0.01,
        "{found}"
    );
    assert!(found["modcod"].is_string() && found["margin_db"].as_f64().unwrap() >= 1.0);
}

#[test]
fn figures_that_cannot_be_are_refused() {
    for (at, value, word) in [
        (3, "NaN", "frequency_ghz is NaN"),
        (3, "80", "frequency_ghz is 80"),
        (5, "2", "elevation_deg is 2"),
        (5, "-3", "elevation_deg is -3"),
        (7, "0", "unavailability_percent is 0"),
        (1, "10,95", "latitude"),
    ] {
        let mut arguments = PATH;
        arguments[at] = value;
        budget(&arguments).refused(2, &[word]);
    }
}

#[test]
fn a_link_that_cannot_be_is_refused() {
    let link = ["--eirp-dbw", "20", "--g-over-t-db-k", "32"];
    let with = |more: &[&str], word: &str| {
        let arguments = [&PATH[..], &link[..], more].concat();
        budget(&arguments).refused(2, &[word]);
    };
    with(&["--range-km", "-5"], "range_km is -5");
    let coded = ["--range-km", "1200", "--rate-mbaud", "10", "--margin-db"];
    for margin in ["NaN", "-1000", "inf"] {
        let word = format!("margin_db is {margin}");
        with(&[&coded[..], &[margin]].concat(), &word);
    }
}
