//! What is built validates against the official STAC schemas, read from the folder of real data.

use std::path::{Path, PathBuf};

use corridor_catalog::Bbox;
use corridor_catalog::stac::{
    Asset, Band, Collection, Extent, Item, Link, Provider, eo, file, media_type, processing,
    projection, raster, sar, summarise,
};
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};

use crate::{catalog_suite, real_data};

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
        } else if address.contains("/v1.0.0/") {
            self.0.join("v1.0.0").join(name)
        } else {
            self.0.join("v1.1.0").join(name)
        };
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }
}

fn validator(folder: &Path, schema: &str) -> Validator {
    let text = std::fs::read_to_string(folder.join(schema)).unwrap();
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

fn scene() -> Item {
    let grid = projection::Projection {
        code: Some("EPSG:32725".into()),
        shape: Some([352, 349]),
        gdal_transform: Some([288_776.25, 28.5, 0.0, 9_120_760.75, 0.0, -28.5]),
        bbox: Some([288_776.25, 9_110_728.75, 298_722.75, 9_120_760.75]),
        ..Default::default()
    };
    let green = raster::scaled(
        eo::band(Band::new("B02"), Some("green"), Some(0.56), None).with_data_type("uint8"),
        0.5,
        -1.0,
    );
    let green = raster::with_statistics(
        green.with_nodata(f64::NAN).with_unit("W m-2 sr-1 um-1"),
        &raster::Statistics {
            minimum: 1.0,
            maximum: 255.0,
            mean: 64.5,
            stddev: 12.0,
            valid_percent: 99.5,
            count: 122_848,
        },
    );
    let mut data = Asset::new("/assets/scenes/x.tif")
        .with_type(media_type::COG)
        .with_title("six bands")
        .with_roles(["data"])
        .with_bands(vec![green]);
    file::describe(&mut data, 1024, &"ab".repeat(32));
    let mut item = Item::new("L7_ETMs")
        .in_collection("landsat-7-etm")
        .with_geometry(catalog_suite::square(-34.9, -8.0))
        .between(
            "1999-04-15T00:00:00Z".parse().unwrap(),
            "2003-05-31T23:59:59Z".parse().unwrap(),
        )
        .with("platform", "landsat-7")
        .with("instruments", json!(["etm+"]))
        .with("gsd", 28.5)
        .with("corridor:replay", true)
        .with_asset("data", data)
        .with_link(Link::new("collection", "../landsat-7-etm").with_type(media_type::JSON));
    grid.apply(&mut item);
    eo::set_cloud_cover(&mut item, 3.5);
    item.extend_with(raster::SCHEMA);
    file::name_in(&mut item);
    item
}

fn answer() -> Item {
    let mut item = Item::new("olinda-water-1")
        .in_collection("answers-water")
        .with_geometry(catalog_suite::square(-34.9, -8.0))
        .at("2026-11-23T12:00:00Z".parse().unwrap())
        .with("corridor:watch", "Olinda coast")
        .with("corridor:area_km2", 12.25)
        .with_asset(
            "picture",
            Asset::new("p.png")
                .with_type(media_type::PNG)
                .with_roles(["thumbnail"]),
        )
        .with_link(Link::new("collection", "../answers-water"))
        .with_link(corridor_catalog::stac::derived_from(
            "../landsat-7-etm/items/L7_ETMs",
        ));
    processing::Processing {
        expression: Some(("openeo".into(), json!({"ndwi": {"process_id": "ndvi"}}))),
        level: Some("L3".into()),
        facility: Some("corridor".into()),
        datetime: Some("2026-11-23T12:00:05Z".parse().unwrap()),
        version: Some("0.1.0".into()),
        software: [("corridor".to_owned(), "0.1.0".to_owned())].into(),
        ..Default::default()
    }
    .apply(&mut item);
    item
}

fn radar() -> Item {
    let mut item = catalog_suite::item("s1", 0.0, 40.0, "2018-09-14T05:54:00Z")
        .with_link(Link::new("collection", "../scenes"));
    sar::Sar {
        instrument_mode: "IW".into(),
        frequency_band: "C".into(),
        polarizations: vec!["VV".into(), "VH".into()],
        center_frequency_ghz: Some(5.405),
        observation_direction: Some("right".into()),
    }
    .apply(&mut item);
    item
}

fn collection() -> Collection {
    let host = Provider {
        name: "Corridor".into(),
        roles: vec!["host".into()],
        url: Some("https://example.org".into()),
        ..Default::default()
    };
    Collection::new("landsat-7-etm", "Landsat 7 ETM+ scenes", "CC0-1.0")
        .with_title("Landsat 7")
        .with_keywords(["landsat", "optical"])
        .with_provider(host)
        .with_extent(Extent::new(
            Bbox::new(-35.1, -8.1, -34.7, -7.9).unwrap(),
            Some("1999-04-15T00:00:00Z".parse().unwrap()),
            None,
        ))
        .with_summaries(summarise([&scene(), &answer(), &radar()]))
}

#[test]
fn items_and_collections_that_are_built_validate() {
    let Some(folder) = real_data::folder("use/stac-schemas") else {
        return;
    };
    let items = validator(&folder, "v1.1.0/item.json");
    for item in [scene(), answer(), radar()] {
        let document = serde_json::to_value(&item).unwrap();
        assert_eq!(
            faults(&items, &document),
            Vec::<String>::new(),
            "{document:#}"
        );
        assert_eq!(serde_json::from_value::<Item>(document).unwrap(), item);
    }
    let document = serde_json::to_value(collection()).unwrap();
    let collections = validator(&folder, "v1.1.0/collection.json");
    assert_eq!(
        faults(&collections, &document),
        Vec::<String>::new(),
        "{document:#}"
    );
    // The check can fail.
    let mut broken = serde_json::to_value(scene()).unwrap();
    broken["properties"]
        .as_object_mut()
        .unwrap()
        .remove("end_datetime");
    assert!(!faults(&items, &broken).is_empty());
    let mut broken = serde_json::to_value(scene()).unwrap();
    broken["assets"]["data"]
        .as_object_mut()
        .unwrap()
        .remove("href");
    assert!(!faults(&items, &broken).is_empty());
}

#[test]
fn real_items_still_validate_after_reading_and_writing() {
    let Some(folder) = real_data::folder("use/stac-schemas") else {
        return;
    };
    let Some(stac) = real_data::folder("use/stac") else {
        return;
    };
    let (old, new) = (
        validator(&folder, "v1.0.0/item.json"),
        validator(&folder, "v1.1.0/item.json"),
    );
    let mut valid = 0;
    for document in real_data::documents(&stac, |name| !name.starts_with("collections")) {
        let schema = match document["stac_version"].as_str() {
            Some("1.1.0") => &new,
            Some("1.0.0") => &old,
            _ => continue,
        };
        if !schema.is_valid(&document) {
            continue;
        }
        valid += 1;
        let item: Item = serde_json::from_value(document).unwrap();
        let written = serde_json::to_value(&item).unwrap();
        assert_eq!(
            faults(schema, &written),
            Vec::<String>::new(),
            "{}",
            item.id
        );
    }
    assert!(
        valid > 1000,
        "only {valid} real items are valid to begin with"
    );
}

#[test]
fn projection_is_written_in_the_order_of_its_extension() {
    let transform = &scene().properties.fields["proj:transform"];
    assert_eq!(
        *transform,
        json!([28.5, 0.0, 288_776.25, 0.0, -28.5, 9_120_760.75])
    );
    let asset = &scene().assets["data"];
    assert_eq!(file::sha256(asset), Some("ab".repeat(32).as_str()));
    assert_eq!(file::size_bytes(asset), Some(1024));
    let band = &asset.bands[0];
    assert_eq!(band.common_name(), Some("green"));
    assert_eq!(band.nodata, Some(json!("nan")));
    assert!(band.nodata_value().unwrap().is_nan());
    let (scale, offset) = band.scale_and_offset();
    assert!((scale - 0.5).abs() < 1e-12 && (offset + 1.0).abs() < 1e-12);
}
