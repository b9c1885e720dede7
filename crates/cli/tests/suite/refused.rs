//! Bad input: a clear error, the right exit status, and nothing changed.

use crate::program::{Program, demo_scenes, text};

/// Runs bad requests against a data folder with one good watch; the state must stay.
fn unchanged(program: &Program, bad: impl Fn(&Program)) {
    program
        .run(&[
            "watch",
            "add",
            "--area",
            "1,1,2,2",
            "--product",
            "water",
            "--name",
            "Good",
        ])
        .ok();
    let before = program.state();
    bad(program);
    assert_eq!(
        program.state(),
        before,
        "a refused request changed something"
    );
}

fn add(program: &Program, area: &str, product: &str) -> crate::program::Ran {
    program.run(&[
        "watch",
        "add",
        "--area",
        area,
        "--product",
        product,
        "--name",
        "Bad",
    ])
}

#[test]
fn areas_that_are_none() {
    unchanged(&Program::new(), |program| {
        add(program, "10,-91,11,10", "water").refused(1, &["-91", "-90 to 90"]);
        add(program, "10,10,11,90.5", "water").refused(1, &["90.5"]);
        add(program, "-181,0,1,1", "water").refused(1, &["-181"]);
        add(program, "1,1,1,2", "water").refused(1, &["no inside"]);
        add(program, "1,2,3", "water").refused(2, &["1,2,3", "W,S,E,N"]);
        add(program, "nan,1,2,2", "water").refused(1, &["area"]);
        add(program, "nowhere.geojson", "water").refused(2, &["nowhere.geojson"]);
        for (name, json, words) in [
            (
                "bow",
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}"#,
                &["not valid"][..],
            ),
            ("none", r#"{"type":"Polygon","coordinates":[]}"#, &["empty"]),
            (
                "few",
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}"#,
                &["positions"],
            ),
            (
                "open",
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#,
                &["closed"],
            ),
            (
                "point",
                r#"{"type":"Point","coordinates":[1,1]}"#,
                &["Point", "Polygon"],
            ),
            (
                "half",
                r#"{"type":"Polygon","coordinates":[[[0,0],"#,
                &["half.geojson", "GeoJSON"],
            ),
            (
                "north",
                r#"{"type":"Polygon","coordinates":[[[0,80],[9,80],[9,95],[0,95],[0,80]]]}"#,
                &["95"],
            ),
        ] {
            let file = text(&program.file(&format!("{name}.geojson"), json));
            add(program, &file, "water").refused(1, words);
        }
    });
}

#[test]
fn requests_that_name_nothing() {
    unchanged(&Program::new(), |program| {
        add(program, "1,1,2,2", "gold").refused(1, &["gold", "water", "vegetation"]);
        program
            .run(&["watch", "forecast", "nobody"])
            .refused(1, &["nobody", "known: good"]);
        program
            .run(&["register", "show", "NO SUCH"])
            .refused(1, &["NO SUCH"]);
        program
            .run(&[
                "watch",
                "forecast",
                "good",
                "--from",
                "2026-08-23T00:00:00Z",
                "--to",
                "2026-08-22T00:00:00Z",
            ])
            .refused(1, &["2026-08-22"]);
        program
            .run(&["watch", "forecast", "good", "--from", "yesterday"])
            .refused(2, &["yesterday"]);
        program
            .run(&["watch", "list", "--format", "xml"])
            .refused(2, &["xml"]);
        program.run(&["fly"]).refused(2, &["fly"]);
        program
            .run(&["serve", "--port", "0", "--bundles", "0.0.0.0:0"])
            .refused(2, &["loopback"]);
        for notify in ["ftp://example.org/x", "http://user:secret@example.org/"] {
            program
                .run(&[
                    "watch",
                    "add",
                    "--area",
                    "1,1,2,2",
                    "--product",
                    "water",
                    "--name",
                    "Bad",
                    "--notify",
                    notify,
                ])
                .refused(1, &["notify"]);
        }
    });
}

#[test]
fn element_sets_that_are_broken() {
    unchanged(&Program::new(), |program| {
        let good = "SENTINEL-2A\n\
            1 40697U 15028A   26233.59999993  .00000369  00000+0  15721-3 0  9993\n\
            2 40697  98.5642 307.5091 0001305  84.4292 275.7039 14.30818402583088\n";
        let wrong_sum = text(&program.file("sum.tle", good.replace("98.5642", "98.5643")));
        program
            .run(&["register", "import", &wrong_sum])
            .refused(1, &["refused"]);
        let cut = text(&program.file("cut.tle", &good[..60]));
        program.run(&["register", "import", &cut]).refused(1, &[]);
        let csv = "OBJECT_NAME,EPOCH,NORAD_CAT_ID\nX,tomorrow,1\n";
        let csv = text(&program.file("bad.csv", csv));
        program.run(&["register", "import", &csv]).refused(1, &[]);
        let binary = text(&program.file("noise.tle", [0xffu8, 0, 1, 2, 254, 10, 13]));
        program
            .run(&["register", "import", &binary])
            .refused(1, &["noise.tle"]);
        let empty = text(&program.file("empty.tle", ""));
        program
            .run(&["register", "import", &empty])
            .refused(1, &["empty.tle"]);
        program
            .run(&["register", "import", "absent.tle"])
            .refused(1, &["absent.tle"]);
    });
}

#[test]
fn scenes_that_are_broken() {
    unchanged(&Program::new(), |program| {
        let id = "landsat-7-olinda";
        let description = std::fs::read_to_string(demo_scenes().join(format!("{id}.scene.json")));
        let description = description.unwrap();
        let tif = std::fs::read(demo_scenes().join(format!("{id}.tif"))).unwrap();
        let scene = program.scene(id);
        let ingest = || program.run(&["ingest", &text(&scene)]);
        for (part, length) in [
            ("header", 6),
            ("directory", 300),
            ("pixels", tif.len() / 2),
            ("last", tif.len() - 64),
        ] {
            program.file(&format!("{id}.tif"), &tif[..length]);
            let ran = ingest().refused(1, &[&format!("{id}.tif")]);
            assert!(ran.err.len() < 2_000, "{part}: {ran:?}");
        }
        program.file(&format!("{id}.tif"), b"GIF89a, not a TIFF");
        ingest().refused(1, &[&format!("{id}.tif")]);
        std::fs::remove_file(program.desk().join(format!("{id}.tif"))).unwrap();
        ingest().refused(1, &[&format!("{id}.tif")]);
        program.file(&format!("{id}.tif"), &tif);
        for (from, to, word) in [
            (
                "\"start_datetime\": \"1999-04-15T00:00:00Z\",",
                "",
                "go together",
            ),
            ("1999-04-15T00:00:00Z", "2030-04-15T00:00:00Z", "backwards"),
            ("1999-04-15T00:00:00Z", "once", "once"),
            (
                "\"landsat-7-olinda.tif\"",
                "\"../landsat-7-olinda.tif\"",
                "plain file name",
            ),
            (
                "\"name\": \"B1\",",
                "\"name\": \"B0\"}, {\"name\": \"B1\",",
                "bands",
            ),
        ] {
            let broken = description.replacen(from, to, 1);
            assert_ne!(broken, description, "{from} is in the description");
            program.file(&format!("{id}.scene.json"), broken);
            ingest().refused(1, &[word]);
        }
        let mut undated: serde_json::Value = serde_json::from_str(&description).unwrap();
        let properties = undated["properties"].as_object_mut().unwrap();
        for field in ["datetime", "start_datetime", "end_datetime"] {
            properties.remove(field);
        }
        program.file(&format!("{id}.scene.json"), undated.to_string());
        ingest().refused(1, &["datetime is missing", id]);
        let bare = text(&program.file("bare.tif", &tif));
        program
            .run(&["ingest", &bare])
            .refused(1, &["bare.tif", "--datetime"]);
    });
}

#[test]
fn a_data_folder_that_does_not_read_is_named() {
    let program = Program::new();
    std::fs::create_dir_all(&program.data).unwrap();
    std::fs::write(program.data.join("settings.toml"), "no such setting = 1\n").unwrap();
    program.run(&["watch", "list"]).refused(1, &["settings"]);
    std::fs::write(program.data.join("settings.toml"), "").unwrap();
    std::fs::create_dir_all(program.data.join("products/water")).unwrap();
    std::fs::write(program.data.join("products/water/product.toml"), "id = 3\n").unwrap();
    program
        .run(&["watch", "list"])
        .refused(1, &["product.toml"]);
    std::fs::remove_dir_all(program.data.join("products")).unwrap();
    program.run(&["watch", "list"]).ok();
}
