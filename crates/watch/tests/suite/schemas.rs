//! The Items of the demo's scenes and of their answers validate against the official schemas.

use crate::made;
use corridor_catalog::Search;
use corridor_catalog::stac::Link;
use corridor_watch::receive::Way;
use corridor_watch::request::NewWatch;
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of real data, or `None` after saying that the test is skipped.
pub(crate) fn folder(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(path);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("CORRIDOR_REQUIRE_SHARED_DATA").is_ok_and(|v| v == "1");
    assert!(!required, "{} is missing and required", folder.display());
    println!("skipped: {} is missing", folder.display());
    None
}

/// Answers a schema's address with the file in the folder.
struct FromFolder(PathBuf);

impl Retrieve for FromFolder {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let address = uri.as_str().trim_end_matches('#');
        let name = address.rsplit('/').next().unwrap_or_default();
        let path = if address.contains("geojson.org") {
            self.0.join("geojson").join(name)
        } else if address.contains("json-schema.org") {
            self.0.join("json-schema/draft-07.json")
        } else {
            self.0.join("v1.1.0").join(name)
        };
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }
}

fn validator(folder: &Path, schema: &str) -> Validator {
    let text = std::fs::read_to_string(folder.join("v1.1.0").join(schema)).unwrap();
    jsonschema::options()
        .with_retriever(FromFolder(folder.to_owned()))
        .should_validate_formats(true)
        .build(&serde_json::from_str(&text).unwrap())
        .unwrap()
}

fn faults(validator: &Validator, document: &Value) -> Vec<String> {
    validator
        .iter_errors(document)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_scenes_and_answers_validate() {
    let Some(schemas) = folder("use/stac-schemas") else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let chain = made::open(data.path()).await;
    for (name, product, bbox) in [
        ("Olinda", "water", [-34.9150, -8.0390, -34.8275, -7.9520]),
        (
            "Forest",
            "vegetation-change",
            [22.1455, 45.2001, 22.1589, 45.2095],
        ),
    ] {
        let new = NewWatch {
            name: name.into(),
            product: product.into(),
            area: None,
            bbox: Some(bbox),
            priority: None,
            deadline: None,
            notify: vec![],
        };
        chain.add_watch(new).await.unwrap();
    }
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/scenes");
    let mut scenes = 0;
    for entry in std::fs::read_dir(demo).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".scene.json") {
            chain.ingest(&path, None, Way::Ingest).await.unwrap();
            scenes += 1;
        }
    }
    let worker = chain.worker().unwrap().unwrap();
    let worked = chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
    assert!(worked.answers.len() >= 2, "{worked:?}");
    let items = validator(&schemas, "item.json");
    let search = Search {
        limit: Some(1000),
        ..Search::default()
    };
    let found = chain.catalog().search(&search).await.unwrap().items;
    assert_eq!(found.len(), scenes + worked.answers.len());
    for mut item in found {
        // The links of the tree are the server's to write; an Item of a collection must have this one.
        item.links
            .push(Link::new("collection", "../collection.json"));
        let document = serde_json::to_value(&item).unwrap();
        assert_eq!(
            faults(&items, &document),
            Vec::<String>::new(),
            "{document:#}"
        );
        let extensions = document["stac_extensions"].to_string();
        for extension in ["projection", "raster", "file"] {
            assert!(extensions.contains(extension), "{}: {extensions}", item.id);
        }
    }
    let collections = validator(&schemas, "collection.json");
    for collection in chain.catalog().collections().await.unwrap() {
        let document = serde_json::to_value(&collection).unwrap();
        assert_eq!(
            faults(&collections, &document),
            Vec::<String>::new(),
            "{document:#}"
        );
    }
}
