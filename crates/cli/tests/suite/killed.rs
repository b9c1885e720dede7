//! SIGKILL of the node in the middle of a delivery: nothing half shows, and sending again ends it.

use crate::program::{Program, Server, text};
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions, Compression};
use corridor_raster::grid::{Crs, Grid};
use std::path::PathBuf;
use std::time::Duration;

/// Scenes sent in one delivery.
const SCENES: usize = 3;
/// Side of a scene, pixels: with 16 bits each 8 MB, eight bundles.
const SIDE_PX: usize = 2000;
/// How often the node is killed before the delivery may end.
const KILLS: u64 = 6;

/// Scenes of noise, which no compression makes small.
fn scenes(program: &Program) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for n in 0..SCENES {
        let mut state = n as u64 + 1;
        let pixels = (0..SIDE_PX * SIDE_PX).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 48) as u16
        });
        let grid = Grid::new(
            Crs::epsg(32725).unwrap(),
            [288_000.0, 10.0, 0.0, 9_120_000.0, 0.0, -10.0],
            SIDE_PX,
            SIDE_PX,
        );
        let options = CogOptions {
            compression: Compression::None,
            overviews: false,
            ..CogOptions::default()
        };
        let file = program.desk().join(format!("noise-{n}.tif"));
        cog::write(&file, &grid, &[BandData::U16(pixels.collect())], &options).unwrap();
        let description = serde_json::json!({
            "id": format!("noise-{n}"),
            "collection": "noise",
            "properties": {"datetime": format!("2026-01-0{}T00:00:00Z", n + 1)},
            "files": {"data": format!("noise-{n}.tif")},
        });
        paths.push(program.file(&format!("noise-{n}.scene.json"), description.to_string()));
    }
    paths
}

/// Everything that shows is whole; gives the ids.
fn whole(server: &Server) -> Vec<String> {
    let items = server.items();
    items.values().for_each(|item| server.check_whole(item));
    items.into_keys().collect()
}

#[test]
fn a_node_killed_during_a_delivery_shows_no_half_scene_and_the_delivery_ends_later() {
    let program = Program::new();
    let scenes: Vec<String> = scenes(&program).iter().map(|p| text(p)).collect();
    let arguments = |to: &str| {
        let mut all = vec![
            "transmit".to_string(),
            "send".into(),
            "--to".into(),
            to.into(),
        ];
        all.extend(scenes.iter().cloned());
        all
    };
    let mut cut = 0;
    let mut acknowledged = Vec::new();
    for kill in 0..KILLS {
        let mut server = program.serve();
        let all = arguments(&server.bundles);
        let mut sender = program.start(&all.iter().map(String::as_str).collect::<Vec<_>>());
        // Spread over the delivery, which takes a second or a few.
        std::thread::sleep(Duration::from_millis(150 + 400 * kill));
        server.running.kill();
        let done = sender
            .child
            .try_wait()
            .unwrap()
            .is_some_and(|s| s.success());
        sender.kill();
        cut += u64::from(!done);
        if done {
            acknowledged = (0..SCENES).map(|n| format!("noise/noise-{n}")).collect();
        }
        let seen = whole(&program.serve());
        assert!(
            acknowledged.iter().all(|id| seen.contains(id)),
            "kill {kill}: {seen:?}"
        );
    }
    assert!(cut >= 1, "no kill came before the end of the delivery");
    let server = program.serve();
    let all = arguments(&server.bundles);
    let ran = program
        .run(&all.iter().map(String::as_str).collect::<Vec<_>>())
        .ok();
    assert_eq!(ran.out.lines().count(), SCENES, "{ran:?}");
    assert_eq!(
        whole(&server),
        ["noise/noise-0", "noise/noise-1", "noise/noise-2"]
    );
    let files = crate::program::files_below(&program.data.join("assets"));
    let tifs = files
        .iter()
        .filter(|f| f.extension().is_some_and(|e| e == "tif"))
        .count();
    assert_eq!(tifs, SCENES, "{files:?}");
    println!("{KILLS} kills, {cut} before the delivery's end");
}

#[test]
fn a_sender_killed_in_the_middle_goes_on_where_it_stopped() {
    let program = Program::new();
    let scenes: Vec<String> = scenes(&program).iter().map(|p| text(p)).collect();
    let server = program.serve();
    let all: Vec<&str> = ["transmit", "send", "--to", &server.bundles]
        .into_iter()
        .chain(scenes.iter().map(String::as_str))
        .collect();
    for wait_ms in [100, 300, 600] {
        let mut sender = program.start(&all);
        std::thread::sleep(Duration::from_millis(wait_ms));
        sender.kill();
        whole(&server);
    }
    program.run(&all).ok();
    assert_eq!(whole(&server).len(), SCENES);
    program.run(&all).ok();
    assert_eq!(whole(&server).len(), SCENES, "sent twice is one");
}
