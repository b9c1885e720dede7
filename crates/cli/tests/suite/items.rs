//! `corridor ingest` of STAC Items: real ones, those of another node, and broken ones.

use crate::program::{Program, real_data, text};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The folder of real Items with their files, or `None` (with a word) where it is absent.
fn romania() -> Option<PathBuf> {
    real_data("know/s2_romania")
}

#[test]
fn real_items_are_scenes_like_any_other() {
    let Some(folder) = romania() else { return };
    let program = Program::new();
    program
        .run(&[
            "watch",
            "add",
            "--name",
            "Forest",
            "--product",
            "vegetation-change",
            "--area",
            "22.1455,45.2001,22.1589,45.2095",
        ])
        .ok();
    let earlier = text(&folder.join("items/2019-07-01.json"));
    program.run(&["ingest", &earlier]).ok();
    let item = text(&folder.join("items/2020-06-30.json"));
    let ran = program.run(&["ingest", &item]).ok();
    let stored = "stored s2-l2a-romania/S2_L2A_romania_2020-06-30\n";
    assert!(ran.out.starts_with(stored), "{ran:?}");
    assert!(
        ran.out.contains("answer answers-vegetation-change/forest"),
        "{ran:?}"
    );
    let again = program.run(&["ingest", &item]).ok();
    assert!(again.out.starts_with("known "), "{again:?}");

    let server = program.serve();
    let items = server.items();
    let stored = &items["s2-l2a-romania/S2_L2A_romania_2020-06-30"];
    server.check_whole(stored);
    let original: Value = serde_json::from_str(&std::fs::read_to_string(item).unwrap()).unwrap();
    assert_eq!(stored["geometry"]["type"], "Polygon");
    assert_eq!(stored["properties"]["proj:code"], "EPSG:3035");
    let cover = "eo:cloud_cover";
    assert_eq!(stored["properties"][cover], original["properties"][cover]);
    let bands = stored["assets"]["10m"]["bands"].as_array().unwrap();
    let names: Vec<&Value> = bands.iter().map(|b| &b["eo:common_name"]).collect();
    assert_eq!(names, ["blue", "green", "red", "nir"]);
    for band in bands {
        assert_eq!(
            (&band["nodata"], &band["raster:scale"]),
            (&json!(0), &json!(0.0001))
        );
        assert!(band["statistics"]["mean"].is_number(), "{band}");
    }
    // Bands nobody named are called as their file.
    assert_eq!(stored["assets"]["SCL"]["bands"][0]["name"], "SCL");
}

#[test]
fn the_items_of_another_node_come_by_their_address() {
    let Some(folder) = romania() else { return };
    let (there, here) = (Program::new(), Program::new());
    let item = text(&folder.join("items/2018-07-06.json"));
    there.run(&["ingest", &item]).ok();
    let server = there.serve();
    let address = format!(
        "http://{}/stac/collections/s2-l2a-romania/items/S2_L2A_romania_2018-07-06",
        server.http
    );
    here.run(&["ingest", &address])
        .refused(1, &["private network", &server.http]);
    let ran = here.run(&["ingest", "--private", &address]).ok();
    assert!(ran.out.starts_with("stored s2-l2a-romania/"), "{ran:?}");
    let other = here.serve();
    let (sent, came) = (server.items(), other.items());
    let key = "s2-l2a-romania/S2_L2A_romania_2018-07-06";
    let (sent, came) = (&sent[key], &came[key]);
    other.check_whole(came);
    for (key, asset) in sent["assets"].as_object().unwrap() {
        for member in ["file:checksum", "bands", "roles", "proj:code"] {
            assert_eq!(asset[member], came["assets"][key][member], "{key} {member}");
        }
    }
    for member in ["geometry", "bbox", "collection"] {
        assert_eq!(sent[member], came[member], "{member}");
    }
    let links = came["links"].as_array().unwrap();
    let via = links.iter().find(|l| l["rel"] == "via").unwrap();
    assert_eq!(via["href"], address);

    let gone = format!("{address}-gone");
    here.run(&["ingest", "--private", &gone])
        .refused(1, &["404", "S2_L2A_romania_2018-07-06-gone"]);
    let page = format!("http://{}/api/status", server.http);
    here.run(&["ingest", "--private", &page])
        .refused(1, &["/type", "Feature"]);
}

#[test]
fn items_that_are_broken() {
    let Some(folder) = romania() else { return };
    let program = Program::new();
    for file in [
        "2018-07-06_10m.tif",
        "2018-07-06_20m.tif",
        "2018-07-06_SCL.tif",
    ] {
        std::fs::copy(folder.join("cog").join(file), program.desk().join(file)).unwrap();
    }
    let original = std::fs::read_to_string(folder.join("items/2018-07-06.json")).unwrap();
    let original = original.replace("../cog/", "");
    let good: Value = serde_json::from_str(&original).unwrap();
    let away = json!([[[-60.0, 0.0], [-59.0, 0.0], [-59.0, 1.0], [-60.0, 0.0]]]);
    for (pointer, value, words) in [
        (
            "/properties/datetime",
            json!("last summer"),
            ["last summer", "RFC 3339"],
        ),
        ("/geometry/coordinates", away, ["/geometry", "must meet"]),
        (
            "/properties/proj:epsg",
            json!(32634),
            ["32634", "is in EPSG:3035"],
        ),
        (
            "/assets/10m/proj:shape",
            json!([100, 90]),
            ["[100,90]", "[100, 100]"],
        ),
        (
            "/assets/10m/href",
            json!("lost.tif"),
            ["lost.tif", "No such file"],
        ),
        (
            "/assets/10m/href",
            json!("s3://bucket/a.tif"),
            ["s3://bucket/a.tif", "http"],
        ),
        (
            "/assets/20m/eo:bands",
            json!([{"name": "B8A"}]),
            ["B8A", "1 band is right"],
        ),
        (
            "/assets/SCL/bands",
            json!([{}, {}]),
            ["uint8", "2 bands are right"],
        ),
        (
            "/assets/SCL/raster:bands",
            json!([{}, {}]),
            ["2 bands", "has 1"],
        ),
        ("/assets", json!({}), ["0 with pixels", "image/tiff"]),
    ] {
        let mut item = good.clone();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        item.pointer_mut(parent).unwrap()[member] = value;
        let file = text(&program.file("item.json", item.to_string()));
        let ran = program.run(&["ingest", &file]);
        let place = match pointer {
            "/geometry/coordinates" => "/geometry",
            "/assets/20m/eo:bands" => "/assets/20m/raster:bands",
            "/assets/SCL/bands" => "/assets/SCL/raster:bands",
            other => other,
        };
        ran.refused(1, &["item.json", place, words[0], words[1]]);
    }
    let file = text(&program.file("item.json", "{\"type\":"));
    program
        .run(&["ingest", &file])
        .refused(1, &["item.json", "not JSON"]);
    let file = text(&program.file("item.json", good.to_string()));
    program.file("2018-07-06_20m.tif", b"GIF89a, not a TIFF");
    program
        .run(&["ingest", &file])
        .refused(1, &["item.json", "/assets/20m", "2018-07-06_20m.tif"]);
    assert!(!program.data.join("assets/scenes").exists());
}
