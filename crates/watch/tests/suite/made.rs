//! Small scenes made for tests: water in the west, land in the east, noise that tells them apart.

use corridor_catalog::digest;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::{Crs, Grid};
use corridor_watch::chain::{Chain, ChainConfig};
use corridor_watch::receive::{Delivered, Way};
use corridor_watch::request::NewWatch;
use corridor_watch::scene::{SceneDescription, SceneFile};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

/// Side of a scene, pixels of 10 m.
const SIDE_PX: usize = 64;
/// Asset keys of a scene: one file each.
const ASSETS: [&str; 2] = ["bands", "more"];

/// A small generator of repeatable noise (SplitMix64).
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Opens a data folder whose webhooks may go to this machine.
pub(crate) async fn open(folder: &Path) -> Arc<Chain> {
    let mut config = ChainConfig::at(folder);
    config.webhooks_to_private_addresses = true;
    Chain::open(config).await.unwrap()
}

/// The id of scene `n`.
pub(crate) fn id_of(n: u64) -> String {
    format!("made-{n}")
}

/// Scene `n`, always the same bytes, its files written to `folder`.
pub(crate) fn scene(folder: &Path, n: u64) -> Delivered {
    let mut noise = Noise(n);
    let grid = Grid::new(
        Crs::epsg(32633).unwrap(),
        [500_000.0, 10.0, 0.0, 5_000_000.0, 0.0, -10.0],
        SIDE_PX,
        SIDE_PX,
    );
    let mut files = Vec::new();
    for key in ASSETS {
        let mut band = |water: u16, land: u16| {
            let pixels = (0..SIDE_PX * SIDE_PX).map(|i| {
                let value = if i % SIDE_PX < SIDE_PX / 2 {
                    water
                } else {
                    land
                };
                value + (noise.next() % 60) as u16
            });
            BandData::U16(pixels.collect())
        };
        let bands = [band(1000, 900), band(300, 3000), band(200, 2500)];
        let name = format!("{}-{key}.tif", id_of(n));
        let path = folder.join(&name);
        cog::write(&path, &grid, &bands, &CogOptions::default()).unwrap();
        let (sha256, size_bytes) = digest::sha256_file(&path).unwrap();
        files.push(SceneFile {
            key: key.into(),
            path,
            name,
            sha256,
            size_bytes,
        });
    }
    let bands = serde_json::json!([
        {"name": "B3", "eo:common_name": "green"},
        {"name": "B8", "eo:common_name": "nir"},
        {"name": "B11", "eo:common_name": "swir16"},
    ]);
    let other = serde_json::json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]);
    let description = serde_json::json!({
        "id": id_of(n),
        "collection": "made",
        "properties": {"datetime": "2026-01-01T00:00:00Z", "eo:cloud_cover": 0},
        "files": files.iter().map(|f| (f.key.clone(), f.name.clone()))
            .collect::<std::collections::BTreeMap<_, _>>(),
        "assets": {"bands": {"bands": bands, "gsd": 10}, "more": {"bands": other}},
    });
    let description = SceneDescription::parse(&description.to_string(), "made.scene.json").unwrap();
    let now = Timestamp::now();
    Delivered {
        description,
        files,
        way: Way::Ingest,
        contact: None,
        first_byte_at: now,
        whole_at: now,
        bundles: 0,
    }
}

/// A watch for water inside the made scenes (UTM 33, 500 000 E, 5 000 000 N).
pub(crate) fn watch(name: &str, notify: Vec<String>) -> NewWatch {
    NewWatch {
        name: name.into(),
        product: "water".into(),
        area: None,
        bbox: Some([15.001, 45.147, 15.007, 45.152]),
        priority: None,
        deadline: None,
        notify,
    }
}
