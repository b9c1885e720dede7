//! Items as public catalogues write them: Sentinel-1 and -2, Landsat, aerial pictures, elevation.

use crate::schemas::folder;
use corridor_watch::scene::{Base, ItemScene};
use std::collections::BTreeMap;
use std::io::Read;

/// Items of an archive that read, and by the reason's place how many do not.
fn read(path: &std::path::Path) -> (Vec<ItemScene>, BTreeMap<String, usize>) {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let base = Base::Address("https://example.org/items/a.json".into());
    let (mut scenes, mut refused) = (Vec::new(), BTreeMap::new());
    for line in text.lines() {
        match ItemScene::parse(line, "item", &base) {
            Ok(scene) => scenes.push(scene),
            Err(e) => {
                let text = e.to_string();
                let why = match text.contains("s3://") {
                    true => "s3".to_string(),
                    false => text.split(": ").nth(1).unwrap_or_default().to_string(),
                };
                *refused.entry(why).or_insert(0) += 1;
            }
        }
    }
    (scenes, refused)
}

fn bands(scene: &ItemScene, asset: &str) -> Vec<(Option<String>, Option<String>)> {
    let bands = &scene.description.assets[asset].bands;
    bands
        .iter()
        .map(|b| (b.name.clone(), b.common_name().map(str::to_string)))
        .collect()
}

#[test]
fn items_of_public_catalogues_read() {
    let Some(folder) = folder("use/stac") else {
        return;
    };
    let some = |text: &str| Some(text.to_string());

    let (sentinel, refused) = read(&folder.join("sentinel2_1000.ndjson.gz"));
    assert_eq!((sentinel.len(), &refused), (1000, &BTreeMap::new()));
    for scene in &sentinel {
        assert_eq!(bands(scene, "B04"), [(some("B04"), some("red"))]);
        assert!(scene.left_out.iter().any(|l| l.starts_with("visual")));
        assert!(scene.description.geometry.is_some());
        let properties = &scene.description.properties;
        assert!(properties["eo:cloud_cover"].is_number());
        assert!(properties.keys().all(|k| !k.starts_with("proj:")));
    }

    // STAC 1.1, with the scale of each band.
    let (landsat, refused) = read(&folder.join("landsat_c2l2_100.ndjson.gz"));
    assert_eq!((landsat.len(), &refused), (100, &BTreeMap::new()));
    for scene in &landsat {
        let red = &scene.description.assets["red"].bands[0];
        assert_eq!(red.common_name(), Some("red"));
        assert_eq!(red.scale_and_offset(), (2.75e-5, -0.2));
    }

    let (aerial, refused) = read(&folder.join("naip.ndjson.gz"));
    assert_eq!((aerial.len(), &refused), (137, &BTreeMap::new()));
    assert_eq!(bands(&aerial[0], "image").len(), 4);

    let (mixed, refused) = read(&folder.join("earthsearch_mixed.ndjson.gz"));
    assert!(mixed.len() >= 7, "{} {refused:?}", mixed.len());
    // Files in a bucket have no web address.
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["s3"], "{refused:?}");
}
