//! `corridor know product`: figures, files and refusals.

use crate::program::{Program, demo_scenes, repository, text};

const OLINDA: &str = "-34.915,-8.039,-34.8275,-7.952";

fn with_scenes(names: &[&str]) -> Program {
    let program = Program::new();
    for name in names {
        let file = text(&demo_scenes().join(format!("{name}.scene.json")));
        program.run(&["ingest", &file]).ok();
    }
    program
}

#[test]
fn a_product_is_computed_printed_and_written() {
    let program = with_scenes(&["landsat-7-olinda"]);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| text(&folder.path().join(name));
    let ran = program.run(&[
        "know",
        "product",
        "water",
        "--area",
        OLINDA,
        "--format",
        "json",
        "-o",
        &file("w.tif"),
        "-o",
        &file("w.png"),
        "-o",
        &file("w.geojson"),
    ]);
    let json = ran.ok().json();
    let area = json["area_km2"].as_f64().unwrap();
    assert!((13.5..14.5).contains(&area), "{json:#}");
    assert_eq!(json["alternative"], "optical");
    assert_eq!(json["scenes"][0]["item"], "landsat-7-olinda");
    let info = program
        .run(&["raster", "info", &file("w.tif"), "--format", "json"])
        .ok()
        .json();
    assert_eq!(
        (&info["dtype"], &info["bands"]),
        (&"uint8".into(), &1.into()),
        "{info:#}"
    );
    let water = json["statistics"]["pixels_class_1"].as_f64().unwrap();
    assert!(info["band_sum"][0].as_f64().unwrap() >= water);
    let layers = program
        .run(&["raster", "info", &file("w-layers.tif"), "--format", "json"])
        .ok()
        .json();
    assert_eq!(
        layers["bands"],
        json["statistics"]
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| name.ends_with("_mean"))
            .count()
    );
    let picture = std::fs::read(folder.path().join("w.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let polygons = std::fs::read_to_string(folder.path().join("w.geojson")).unwrap();
    let polygons: serde_json::Value = serde_json::from_str(&polygons).unwrap();
    let count = polygons["features"].as_array().unwrap().len();
    assert_eq!(json["statistics"]["polygons"], count);
    let table = program
        .run(&["know", "product", "water", "--area", OLINDA])
        .ok()
        .out;
    assert!(
        table.contains("13.9") && table.contains("landsat-7-olinda"),
        "{table}"
    );
    let csv = program
        .run(&[
            "know", "product", "water", "--area", OLINDA, "--format", "csv",
        ])
        .ok()
        .out;
    assert!(csv.starts_with("figure,value\n"), "{csv}");
    let printed = program
        .run(&[
            "know", "product", "water", "--area", OLINDA, "--format", "geojson",
        ])
        .ok()
        .json();
    assert_eq!(printed["features"].as_array().unwrap().len(), count);
}

#[test]
fn a_change_takes_the_first_and_the_last_scene() {
    let days = ["2019-06-26", "2019-07-01", "2020-06-30"];
    let names = days.map(|day| format!("sentinel-2-romania-{day}"));
    let program = with_scenes(&names.each_ref().map(String::as_str));
    let change = |from: &str| {
        program
            .run(&[
                "know",
                "product",
                "vegetation-change",
                "--area",
                "22.1455,45.2001,22.1589,45.2095",
                "--from",
                from,
                "--format",
                "json",
            ])
            .ok()
            .json()
    };
    assert_eq!(change("2019-06-01")["scenes"][0]["item"], names[0].as_str());
    let later = change("2019-07-01");
    assert_eq!(later["scenes"][0]["item"], names[1].as_str());
    assert_eq!(later["scenes"][1]["item"], names[2].as_str());
}

const NETWORK: &str = r#"
id = "small"
title = "Small network"
product = "clouds"
network = "network.onnx"
bands = ["blue", "green", "red"]
classes = [0, 1, 2]
tile_px = 64
"#;

/// A network that means nothing, as a user would bring it; gives its path.
fn put_network(folder: &std::path::Path) -> std::path::PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let network = folder.join("network.onnx");
    let own = repository().join("crates/know/tests/reference/network.onnx");
    std::fs::copy(own, &network).unwrap();
    std::fs::write(network.with_extension("toml"), NETWORK).unwrap();
    network
}

#[test]
fn a_network_stands_in_for_the_rules_of_clouds() {
    let program = with_scenes(&["landsat-7-olinda"]);
    let folder = tempfile::tempdir().unwrap();
    let network = text(&put_network(folder.path()));
    let clouds = |arguments: &[&str]| {
        let more = ["--area", OLINDA, "--format", "json"];
        program.run(&[&["know", "product"], arguments, &more].concat())
    };
    let given = clouds(&["clouds", "--model", &network]).ok().json();
    assert_eq!(given["product"], "clouds-small");
    assert_eq!(given["alternative"], "small");
    clouds(&["water", "--model", &network]).refused(1, &["takes none"]);
    clouds(&["clouds", "--model", "nothing.onnx"]).refused(1, &["nothing.toml", "beside it"]);

    // A network in the data folder is one more product, and a process of graphs.
    put_network(&program.data.join("models"));
    let listed = program.run(&["know", "products", "--format", "json"]).ok();
    assert!(listed.out.contains("clouds-small"), "{}", listed.out);
    let own = clouds(&["clouds-small"]).ok().json();
    assert_eq!(own["statistics"], given["statistics"]);
    let graph = serde_json::json!({
        "load": {"process_id": "load_collection", "arguments": {
            "id": given["scenes"][0]["collection"], "spatial_extent": null, "temporal_extent": null,
            "bands": ["blue", "green", "red"]}},
        "judge": {"process_id": "predict_onnx", "arguments": {
            "data": {"from_node": "load"}, "model": "small"}, "result": true}
    });
    let unknown = graph.to_string().replace("\"small\"", "\"large\"");
    let (graph, unknown) = (
        text(&program.file("judge.json", graph.to_string())),
        text(&program.file("unknown.json", unknown)),
    );
    let out = text(&folder.path().join("judged.tif"));
    program
        .run(&["know", "run", &graph, "--area", OLINDA, "-o", &out])
        .ok();
    let info = program
        .run(&["raster", "info", &out, "--format", "json"])
        .ok();
    assert_eq!(info.json()["bands"], 2);
    program
        .run(&["know", "run", &unknown, "--area", OLINDA, "-o", &out])
        .refused(1, &["ModelNotFound", "large", "small"]);
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let program = with_scenes(&["landsat-7-olinda"]);
    let product = |arguments: &[&str]| program.run(&[&["know", "product"], arguments].concat());
    product(&["gold"]).refused(1, &["gold", "water", "disturbance"]);
    product(&["water", "--area", "1,2,3"]).refused(2, &["1,2,3"]);
    product(&["water", "--from", "soon"]).refused(2, &["soon", "2020-07-30"]);
    product(&["water", "-o", "water.xyz"]).refused(2, &["water.xyz", ".geojson"]);
    product(&["water", "--set", "method"]).refused(2, &["NAME=VALUE"]);
    product(&["water", "--set", "method=magic"]).refused(1, &["magic", "otsu"]);
    product(&["water", "--area", "10,10,11,11"]).refused(1, &["no scene"]);
    product(&["water", "--to", "1990-01-01"]).refused(1, &["no scene"]);
    product(&["disturbance"]).refused(1, &["SCL"]);
    product(&["burn"]).refused(1, &["two scenes"]);
    product(&["water-change", "--area", OLINDA]).refused(1, &["two scenes"]);
}

/// The chunks of a PNG by their type.
fn chunks(png: &[u8], kind: &str) -> Vec<u8> {
    let mut all = Vec::new();
    let mut rest = &png[8..];
    while rest.len() >= 12 {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        if &rest[4..8] == kind.as_bytes() {
            all.extend_from_slice(&rest[8..8 + length]);
        }
        rest = &rest[12 + length..];
    }
    all
}

#[test]
fn a_picture_speaks_the_language_asked_for() {
    let program = with_scenes(&["landsat-7-olinda"]);
    let folder = tempfile::tempdir().unwrap();
    let picture = |lang: &str| {
        let path = folder.path().join(format!("{lang}.png"));
        let ran = program
            .run(&[
                "know",
                "product",
                "water",
                "--area",
                OLINDA,
                "--lang",
                lang,
                "-o",
                &text(&path),
            ])
            .ok();
        let png = std::fs::read(&path).unwrap();
        let told = String::from_utf8_lossy(&chunks(&png, "iTXt")).into_owned();
        (ran, chunks(&png, "IDAT"), told)
    };
    let (_, english, told) = picture("en");
    assert!(
        told.contains("Surface water") && told.contains("km²"),
        "{told}"
    );
    let (ran, drawn, told) = picture("ro");
    assert!(told.contains("Ape de suprafață"), "{told}");
    assert!(!told.contains("Surface water"), "{told}");
    assert_ne!(drawn, english);
    assert!(!ran.err.contains("English"), "{ran:?}");
    // No letters for Chinese: drawn in English, told in Chinese.
    let (ran, drawn, told) = picture("zh");
    assert_eq!(drawn, english);
    assert!(
        told.contains("地表水") && told.contains("are English"),
        "{told}"
    );
    assert!(ran.err.contains("drawn in English"), "{ran:?}");
    let (ran, drawn, _) = picture("xx");
    assert_eq!(drawn, english);
    assert!(ran.err.contains("no words in"), "{ran:?}");
}

#[test]
fn an_answers_picture_is_served_in_a_language() {
    let (program, _) = crate::program::demo();
    let server = program.serve();
    let answers: serde_json::Value = server.json("/api/watches/olinda-coast/answers");
    let trace = answers[0]["links"]["trace"].as_str().unwrap();
    let place = trace.strip_suffix("/trace").unwrap();
    let picture = |lang: &str| {
        let sent = server.send("GET", &format!("{place}/picture?lang={lang}"), None);
        let sent = sent.unwrap();
        assert!(sent.head.contains(" 200 "), "{}", sent.head);
        let told = String::from_utf8_lossy(&chunks(&sent.body, "iTXt")).into_owned();
        (
            sent.head.to_ascii_lowercase(),
            chunks(&sent.body, "IDAT"),
            told,
        )
    };
    let (head, english, _) = picture("en");
    assert!(head.contains("content-language: en"), "{head}");
    let stored = answers[0]["links"]["picture"].as_str().unwrap();
    let stored = &stored[stored.find("/assets/").unwrap()..];
    assert_eq!(english, chunks(&server.get(stored), "IDAT"));
    let (head, romanian, told) = picture("ro-RO");
    assert!(head.contains("content-language: ro"), "{head}");
    assert!(told.contains("Ape de suprafață"), "{told}");
    assert_ne!(romanian, english);
    let (head, drawn, told) = picture("ar");
    assert!(head.contains("content-language: en"), "{head}");
    assert!(told.contains("المياه"), "{told}");
    assert_eq!(drawn, english);
    let wrong = server.send("GET", &format!("{place}/picture?langs=ro"), None);
    assert!(wrong.unwrap().head.contains(" 400 "));
}
