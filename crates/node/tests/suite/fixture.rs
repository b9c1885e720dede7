//! A chain with known contents, for tests and for the example server.
//!
//! - `series`: 25 items without files, a day apart, along 100 to 101 degrees east on the equator;
//! - `scenes`: one item with the real Landsat 7 pixels of the demo, and a text file;
//! - `secret`: one item with a file, for tests of what is not served.

use corridor_catalog::stac::{Band, Extent, Provider, media_type};
use corridor_catalog::{Asset, Bbox, Collection, Intake, Item, NewScene, digest};
use corridor_watch::chain::{Chain, ChainConfig};
use jiff::Timestamp;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Items of the collection `series`.
pub(crate) const SERIES_ITEMS: usize = 25;

/// The demo's Landsat scene.
pub(crate) fn scene_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/scenes/landsat-7-olinda.tif")
}

/// Opens a chain in `folder` and fills it.
pub(crate) async fn chain(folder: &Path) -> Arc<Chain> {
    let chain = Chain::open(ChainConfig::at(folder)).await.unwrap();
    let catalog = chain.catalog();
    for (id, description) in [
        ("series", "A day each, along the equator."),
        ("scenes", "Real pixels of Olinda, Brazil."),
        ("secret", "Not for others."),
    ] {
        let provider = Provider {
            name: "Corridor tests".into(),
            roles: vec!["host".into()],
            ..Provider::default()
        };
        let collection = Collection::new(id, description, "other")
            .with_title(id.to_uppercase())
            .with_extent(Extent::new(Bbox::WORLD, Some(day(0)), None))
            .with_provider(provider);
        catalog.put_collection(&collection).await.unwrap();
    }
    let items: Vec<Item> = (0..SERIES_ITEMS).map(series_item).collect();
    catalog.put_items(&items).await.unwrap();
    let intake = Intake::new(catalog, chain.assets());
    let note = folder.join("note.txt");
    std::fs::write(&note, note_text()).unwrap();
    let scene = scene_item("scenes", "olinda", [-35.0, -8.1, -34.8, -7.9]);
    let pixels = Asset::new("")
        .with_type(media_type::COG)
        .with_roles(["data"])
        .with_bands(bands())
        .with("proj:shape", json!([352, 349]));
    let text = || {
        Asset::new("")
            .with_type("text/plain; charset=utf-8")
            .with_roles(["metadata"])
    };
    accept(
        &intake,
        scene,
        vec![
            ("pixels".into(), scene_file(), pixels),
            ("note".into(), note.clone(), text()),
        ],
    )
    .await;
    let secret = scene_item("secret", "hidden", [-35.0, -8.1, -34.8, -7.9]);
    accept(&intake, secret, vec![("note".into(), note, text())]).await;
    chain
}

/// What stands in the text files of the fixture.
pub(crate) fn note_text() -> String {
    (0..5_000).map(|line| format!("line {line}\n")).collect()
}

pub(crate) async fn accept(intake: &Intake, item: Item, files: Vec<(String, PathBuf, Asset)>) {
    let sha256 = digest::sha256_json(&json!([item.id, item.collection]));
    intake
        .accept(NewScene {
            files,
            item,
            sha256,
        })
        .await
        .unwrap();
}

pub(crate) fn day(number: usize) -> Timestamp {
    let second = 1_600_000_000 + 86_400 * i64::try_from(number).unwrap();
    Timestamp::from_second(second).unwrap()
}

fn series_item(number: usize) -> Item {
    let west = 100.0 + number as f64 * 0.04;
    Item::new(format!("s{number:02}"))
        .in_collection("series")
        .at(day(number))
        .with_geometry(rectangle([west, -0.02, west + 0.03, 0.02]))
        .with("eo:cloud_cover", number as f64 * 4.0)
        .with(
            "platform",
            if number.is_multiple_of(2) {
                "even"
            } else {
                "odd"
            },
        )
        .with_asset(
            "about",
            Asset::new("https://example.org/about.json").with_type("application/json"),
        )
}

fn scene_item(collection: &str, id: &str, bbox: [f64; 4]) -> Item {
    Item::new(id)
        .in_collection(collection)
        .between(day(0), day(3))
        .with_geometry(rectangle(bbox))
        .with("title", format!("{collection}/{id}"))
        .with("license", "other")
}

fn bands() -> Vec<Band> {
    let named = [
        ("B1", "blue"),
        ("B2", "green"),
        ("B3", "red"),
        ("B4", "nir"),
        ("B5", "swir16"),
        ("B7", "swir22"),
    ];
    let statistics = json!({"minimum": 0.0, "maximum": 255.0, "mean": 80.0, "stddev": 25.0});
    named
        .map(|(name, common)| Band {
            statistics: statistics.as_object().cloned(),
            ..Band::new(name).with("eo:common_name", common)
        })
        .to_vec()
}

pub(crate) fn rectangle([west, south, east, north]: [f64; 4]) -> geojson::Geometry {
    let ring = [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
    ];
    serde_json::from_value(json!({ "type": "Polygon", "coordinates": [ring] })).unwrap()
}
