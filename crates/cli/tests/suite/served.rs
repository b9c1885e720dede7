//! `corridor serve`: the watched folder and the answers that come of it.

use crate::program::{Program, demo_scenes};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_dropped_scene_is_taken_in_and_answered_and_a_broken_one_put_away() {
    let program = Program::new();
    program
        .run(&[
            "watch",
            "add",
            "--area",
            "-34.9150,-8.0390,-34.8275,-7.9520",
            "--product",
            "water",
            "--name",
            "Olinda",
        ])
        .ok();
    let server = program.serve();
    let inbox = program.data.join("inbox");
    let id = "landsat-7-olinda";
    let (tif, description) = (format!("{id}.tif"), format!("{id}.scene.json"));
    let pixels = std::fs::read(demo_scenes().join(&tif)).unwrap();
    // Dropped in pieces, the description first, as a slow copy would.
    std::fs::copy(demo_scenes().join(&description), inbox.join(&description)).unwrap();
    std::fs::write(inbox.join(&tif), &pixels[..1000]).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    std::fs::write(inbox.join(&tif), &pixels).unwrap();
    std::fs::write(inbox.join("bad.scene.json"), "{\"id\": 1}").unwrap();
    let item = format!("/stac/collections/landsat-7-etm/items/{id}");
    server.wait_for(PATIENCE, "the dropped scene", |s| {
        s.try_get(&item).is_some()
    });
    server.check_whole(&server.json(&item));
    server.wait_for(PATIENCE, "the answer", |s| {
        s.json("/api/watches/olinda/answers")
            .as_array()
            .is_some_and(|a| a.len() == 1)
    });
    server.wait_for(PATIENCE, "an empty inbox", |_| {
        !inbox.join(&tif).exists() && !inbox.join(&description).exists()
    });
    server.wait_for(PATIENCE, "the refusal", |_| {
        inbox.join("rejected/bad.scene.json").exists()
    });
    let reason = std::fs::read_to_string(inbox.join("rejected/bad.scene.json.reason.txt")).unwrap();
    assert!(reason.contains("bad.scene.json"), "{reason}");
    // The same once more is no second one, nor a second answer.
    std::fs::copy(demo_scenes().join(&tif), inbox.join(&tif)).unwrap();
    std::fs::copy(demo_scenes().join(&description), inbox.join(&description)).unwrap();
    server.wait_for(PATIENCE, "the second drop to go", |_| {
        !inbox.join(&description).exists()
    });
    assert_eq!(server.items().len(), 2, "{:?}", server.items().keys());
}

#[test]
fn verbs_and_the_server_share_a_data_folder() {
    let program = Program::new();
    let server = program.serve();
    program
        .run(&[
            "watch",
            "add",
            "--area",
            "1,1,2,2",
            "--product",
            "water",
            "--name",
            "Late",
        ])
        .ok();
    let watches = server.json("/api/watches");
    assert_eq!(watches[0]["id"], "late", "{watches:#}");
    program.run(&["watch", "remove", "late"]).ok();
    assert_eq!(server.json("/api/watches"), serde_json::json!([]));
}
