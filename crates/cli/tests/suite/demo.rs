//! The demo: two questions, from the satellite to the answer, on the ordinary program.

use crate::program::{Program, demo, text};
use serde_json::Value;

const WATCHES: [(&str, &str); 2] = [
    ("olinda-coast", "water"),
    ("carpathian-forest", "vegetation-change"),
];

#[test]
fn the_demo_answers_both_questions() {
    let (program, ran) = demo();
    assert!(ran.out.matches("  Answer: ").count() >= 2, "{}", ran.out);
    assert!(ran.out.contains("replay of a real scene"), "{}", ran.out);
    assert!(
        ran.out.contains("From question to answer in"),
        "{}",
        ran.out
    );
    for (id, product) in WATCHES {
        let shown = program
            .run(&["watch", "show", id, "--format", "json"])
            .ok()
            .json();
        assert_eq!(shown["watch"]["product"], product);
        let answers = shown["answers"].as_array().unwrap();
        assert!(!answers.is_empty(), "{id} has no answer: {shown:#}");
        for answer in answers {
            assert_eq!(answer["replay"], true, "{answer:#}");
            assert!(
                answer["valid_fraction"].as_f64().unwrap() > 0.0,
                "{answer:#}"
            );
            assert!(
                !answer["headline"].as_str().unwrap().is_empty(),
                "{answer:#}"
            );
        }
    }
    let water = program
        .run(&["watch", "show", "olinda-coast", "--format", "json"])
        .ok()
        .json();
    let area_km2 = water["answers"][0]["area_km2"].as_f64().unwrap();
    // The box is 9.64 km x 9.62 km; the sea fills its east.
    assert!(
        (10.0..93.0).contains(&area_km2),
        "{area_km2} km2 of water off Olinda"
    );
}

#[test]
fn the_demo_again_doubles_nothing() {
    let program = Program::after_demo();
    let before = program.state();
    program
        .run(&["demo", "--no-serve", "--data-dir", &text(&program.data)])
        .ok();
    let after = program.state();
    let keys =
        |s: &std::collections::BTreeMap<String, String>| s.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&after), keys(&before));
    for (key, value) in &before {
        assert_eq!(&after[key], value, "{key} changed");
    }
}

#[test]
fn the_way_of_each_answer_is_traced_to_the_pixels() {
    let program = Program::after_demo();
    let server = program.serve();
    let items = server.items();
    assert!(
        items.keys().any(|k| k.starts_with("landsat-7-etm/")),
        "{:?}",
        items.keys()
    );
    for item in items.values() {
        server.check_whole(item);
    }
    for (id, _) in WATCHES {
        let answers = server.json(&format!("/api/watches/{id}/answers"));
        for answer in answers.as_array().unwrap() {
            let collection = answer["collection"].as_str().unwrap();
            let item = answer["item_id"].as_str().unwrap();
            let trace = server.json(&format!("/api/answers/{collection}/{item}/trace"));
            check_trace(&trace, &items);
        }
    }
}

/// All steps, in order of time, each output of one stage an input of a later one.
fn check_trace(trace: &Value, items: &std::collections::BTreeMap<String, Value>) {
    let steps = trace["steps"].as_array().unwrap();
    let kinds: Vec<&str> = steps.iter().map(|s| s["step"].as_str().unwrap()).collect();
    let expected = [
        "request",
        "observation",
        "downlink",
        "transfer",
        "intake",
        "catalogue",
        "process",
        "publish",
        "notify",
    ];
    assert_eq!(kinds, expected, "{trace:#}");
    assert_eq!(trace["clock"]["mode"], "replay", "{trace:#}");
    let times: Vec<&str> = steps.iter().filter_map(|s| s["actual"].as_str()).collect();
    let moment = |t: &str| t.parse::<jiff::Timestamp>().unwrap();
    for pair in times.windows(2) {
        assert!(
            moment(pair[0]) <= moment(pair[1]),
            "{} then {}: {trace:#}",
            pair[0],
            pair[1]
        );
    }
    let step = |kind: &str| steps.iter().find(|s| s["step"] == kind).unwrap();
    assert!(
        step("observation")["actual"].is_null(),
        "a replay was not observed: {trace:#}"
    );
    for kind in ["downlink", "transfer", "process", "publish"] {
        assert!(
            step(kind)["planned"].is_string(),
            "{kind} was promised: {trace:#}"
        );
        assert!(
            step(kind)["actual"].is_string(),
            "{kind} happened: {trace:#}"
        );
        assert!(
            step(kind)["difference_s"].is_number(),
            "{kind} differs: {trace:#}"
        );
    }
    // Names are whole, in the sentence and on the terminal.
    let said = &step("downlink")["said"];
    for name in ["satellite", "station"] {
        let name = said[name].as_str().unwrap();
        let title = step("downlink")["title"].as_str().unwrap();
        assert!(title.contains(name), "{name}: {title}");
        assert!(demo().1.out.contains(&format!("    {title}\n")), "{title}");
    }
    let digests = |kind: &str, side: &str| -> Vec<String> {
        let all = step(kind)[side].as_array().unwrap();
        all.iter()
            .map(|d| d["sha256"].as_str().unwrap().to_string())
            .collect()
    };
    let (down, taken) = (digests("downlink", "outputs"), digests("intake", "inputs"));
    assert!(!down.is_empty() && down == taken, "{trace:#}");
    let stored = digests("catalogue", "outputs");
    let read = digests("process", "inputs");
    assert!(
        !stored.is_empty() && stored.iter().all(|d| read.contains(d)),
        "{trace:#}"
    );
    let made = digests("process", "outputs");
    let answer = &items[trace["answer"].as_str().unwrap()];
    for asset in answer["assets"].as_object().unwrap().values() {
        let checksum = asset["file:checksum"]
            .as_str()
            .unwrap()
            .trim_start_matches("1220");
        assert!(
            made.iter().any(|d| d == checksum),
            "{checksum} is not in the trace: {trace:#}"
        );
    }
}
