//! Products on scenes that are in a catalogue, with the demo's own files.

use corridor_catalog::stac::media_type;
use corridor_catalog::store::sqlite::SqliteCatalog;
use corridor_catalog::{Asset, AssetStore, Band, Catalog, Collection, Item};
use corridor_know::error::KnowError;
use corridor_know::graph::RunLimits;
use corridor_know::product::{
    Product, ProductInputs, ProductResult, SceneQuery, SceneRef, run_product, select,
};
use corridor_know::source::CatalogSource;
use corridor_raster::dataset::Dataset;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn scenes_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/scenes")
}

/// Puts a scene of the demo into the catalogue, as its sidecar describes it.
async fn put(catalog: &dyn Catalog, assets: &AssetStore, name: &str) -> SceneRef {
    let folder = scenes_folder();
    let text = std::fs::read_to_string(folder.join(format!("{name}.scene.json"))).unwrap();
    let sidecar: Value = serde_json::from_str(&text).unwrap();
    let collection = sidecar["collection"].as_str().unwrap();
    if catalog.collection(collection).await.is_err() {
        let made = Collection::new(collection, "scenes of the demo", "other");
        catalog.put_collection(&made).await.unwrap();
    }
    let time = |key: &str| {
        sidecar["properties"][key]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    let mut item = Item::new(name)
        .in_collection(collection)
        .between(time("start_datetime"), time("end_datetime"));
    for (key, file) in sidecar["files"].as_object().unwrap() {
        let path = folder.join(file.as_str().unwrap());
        let bands: Vec<Band> =
            serde_json::from_value(sidecar["assets"][key]["bands"].clone()).unwrap();
        let stored = assets
            .put_file(&format!("scenes/{name}/{key}.tif"), &path)
            .await
            .unwrap();
        let asset = Asset::new(stored.href)
            .with_type(media_type::COG)
            .with_bands(bands);
        item = item.with_asset(key, asset);
        if item.geometry.is_none() {
            let ring = Dataset::open(&path)
                .unwrap()
                .grid()
                .footprint_wgs84()
                .unwrap();
            let mut ring: Vec<_> = ring.into_iter().map(|[x, y]| (x, y)).collect();
            ring.push(ring[0]);
            let polygon = geo::Polygon::new(ring.into(), Vec::new());
            item = item.with_geometry(geojson::Geometry::new(geojson::GeometryValue::from(
                &polygon,
            )));
        }
    }
    catalog.put_item(&item).await.unwrap();
    SceneRef {
        collection: collection.to_string(),
        item: name.to_string(),
    }
}

async fn run_on(product: &str, names: &[&str], bbox: [f64; 4]) -> Result<ProductResult, KnowError> {
    let folder = tempfile::tempdir().unwrap();
    let catalog: Arc<dyn Catalog> = Arc::new(
        SqliteCatalog::open(&folder.path().join("c.db"))
            .await
            .unwrap(),
    );
    let assets = Arc::new(AssetStore::local(&folder.path().join("assets")).unwrap());
    let mut scenes = Vec::new();
    for name in names {
        scenes.push(put(catalog.as_ref(), &assets, name).await);
    }
    let source = CatalogSource::new(catalog, assets);
    let [west, south, east, north] = bbox;
    let area = geo::Rect::new((west, south), (east, north)).to_polygon();
    let inputs = ProductInputs {
        area: Some(geo::MultiPolygon(vec![area])),
        scenes,
        since: None,
        parameters: Map::new(),
    };
    let product = Product::find(product).unwrap();
    let result = run_product(product, &inputs, &source, &RunLimits::default()).await;
    if let (Ok(result), Some(pictures)) = (&result, std::env::var_os("CORRIDOR_PICTURES")) {
        let name = format!("{}.png", names.join("_"));
        std::fs::write(Path::new(&pictures).join(name), &result.picture).unwrap();
    }
    result
}

#[tokio::test]
async fn water_of_olinda_from_the_catalogue() {
    let bbox = [-34.9150, -8.0390, -34.8275, -7.9520];
    let result = run_on("water", &["landsat-7-olinda"], bbox).await.unwrap();
    println!(
        "{}; {}",
        result.headline,
        Value::Object(result.statistics.clone())
    );
    assert_eq!(result.alternative, "optical");
    assert!(result.valid_fraction > 0.97, "{}", result.valid_fraction);
    // scikit-image's Otsu threshold of the whole scene is 0.29666560.
    let threshold = result.statistics["threshold"].as_f64().unwrap();
    assert!((threshold - 0.296_665_6).abs() < 0.01, "{threshold}");
    assert!(
        (13.5..14.5).contains(&result.area_km2),
        "{}",
        result.area_km2
    );
    let polygons = result.statistics["polygon_area_km2"].as_f64().unwrap();
    assert!(
        (polygons / result.area_km2 - 1.0).abs() < 1e-5,
        "{polygons}"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mask.tif");
    result.write_mask_cog(&path).unwrap();
    let mask = Dataset::open(&path).unwrap();
    assert!(corridor_raster::cog::is_cog(&mask));
    assert_eq!(mask.grid(), &result.grid);
    let path = folder.path().join("layers.tif");
    assert!(result.write_layers_cog(&path).unwrap());
    assert_eq!(Dataset::open(&path).unwrap().bands(), result.layers.len());
}

#[tokio::test]
async fn vegetation_change_of_the_forest_from_the_catalogue() {
    let bbox = [22.1455, 45.2001, 22.1589, 45.2095];
    let names = [
        "sentinel-2-romania-2019-07-01",
        "sentinel-2-romania-2020-06-30",
    ];
    let result = run_on("vegetation-change", &names, bbox).await.unwrap();
    println!(
        "{}; {}",
        result.headline,
        Value::Object(result.statistics.clone())
    );
    assert_eq!(result.alternative, "cloud-masked");
    assert!(result.valid_fraction > 0.85, "{}", result.valid_fraction);
    let mean = result.statistics["ndvi_before_mean"].as_f64().unwrap();
    assert!((0.8..0.9).contains(&mean), "{mean}");
}

/// Days of the Romanian scenes chosen for a product.
async fn chosen(
    catalog: &dyn Catalog,
    product: &str,
    query: &SceneQuery,
) -> Result<Vec<Vec<String>>, KnowError> {
    let all = select(Product::find(product).unwrap(), catalog, query).await?;
    let day = |scene: &SceneRef| scene.item.replace("sentinel-2-romania-", "");
    Ok(all
        .iter()
        .map(|s| s.scenes.iter().map(day).collect())
        .collect())
}

#[tokio::test]
async fn scenes_are_chosen_by_area_time_and_bands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    let catalog: Arc<dyn Catalog> = Arc::new(SqliteCatalog::open(&path).await.unwrap());
    let assets = AssetStore::local(&folder.path().join("assets")).unwrap();
    let days = [
        "2018-07-01",
        "2019-06-26",
        "2019-07-01",
        "2020-02-16",
        "2020-06-30",
    ];
    for day in days {
        put(
            catalog.as_ref(),
            &assets,
            &format!("sentinel-2-romania-{day}"),
        )
        .await;
    }
    put(catalog.as_ref(), &assets, "landsat-7-olinda").await;
    let forest = SceneQuery {
        bbox: Some([22.1455, 45.2001, 22.1589, 45.2095]),
        ..SceneQuery::default()
    };
    let within = |from: &str, to: &str| SceneQuery {
        from: Some(format!("{from}T00:00:00Z").parse().unwrap()),
        to: Some(format!("{to}T00:00:00Z").parse().unwrap()),
        ..forest.clone()
    };
    let catalog = catalog.as_ref();
    // One date: the newest first. The end is not meant any more.
    let water = chosen(catalog, "water", &within("2019-01-01", "2020-02-16")).await;
    assert_eq!(water.unwrap(), [["2019-07-01"], ["2019-06-26"]]);
    let change = chosen(catalog, "vegetation-change", &forest).await;
    assert_eq!(change.unwrap(), [["2018-07-01", "2020-06-30"]]);
    // A series takes its history with it.
    let series = chosen(catalog, "disturbance", &within("2020-01-01", "2021-01-01")).await;
    assert_eq!(series.unwrap(), [days]);
    let fault = |error: KnowError| error.to_string();
    let early = chosen(catalog, "disturbance", &within("2018-01-01", "2019-01-01")).await;
    assert!(fault(early.unwrap_err()).contains("0 of 1"));
    let one = chosen(
        catalog,
        "vegetation-change",
        &within("2020-06-01", "2021-01-01"),
    )
    .await;
    assert!(fault(one.unwrap_err()).contains("two scenes"));
    let none = chosen(catalog, "water", &within("2000-01-01", "2001-01-01")).await;
    assert!(fault(none.unwrap_err()).contains("no scene"));
    let bands = chosen(catalog, "burn", &forest).await;
    assert!(fault(bands.unwrap_err()).contains("lacks swir22"));
    // Two collections suit where no place is said.
    let both = chosen(catalog, "water", &SceneQuery::default()).await;
    let both = fault(both.unwrap_err());
    assert!(
        both.contains("sentinel-2-l2a") && both.contains("landsat"),
        "{both}"
    );
    let named = SceneQuery {
        collection: Some("sentinel-2-l2a".to_string()),
        ..SceneQuery::default()
    };
    assert_eq!(
        chosen(catalog, "water", &named).await.unwrap().len(),
        days.len()
    );
    let unknown = SceneQuery {
        collection: Some("nowhere".to_string()),
        ..SceneQuery::default()
    };
    let unknown = chosen(catalog, "water", &unknown).await;
    assert!(fault(unknown.unwrap_err()).contains("nowhere"));
}
