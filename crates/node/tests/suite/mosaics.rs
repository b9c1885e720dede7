//! Mosaics made for tiles, formats, tile matrix sets and the documents about them.

use crate::data::{Answer, TestNode, request};
use crate::fixture::{accept, day, rectangle};
use axum::body::Body;
use axum::http::{StatusCode, header};
use corridor_catalog::stac::{Band, Extent, media_type};
use corridor_catalog::{Asset, Bbox, Collection, Intake, Item};
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::{Crs, Grid};
use serde_json::{Value, json};

/// Pixels on a side of the test scenes, which are half a degree wide.
const SIDE: usize = 100;
/// A tile over all of them: zoom 8 at 10.55 degrees east, 0.3 degrees north.
const TILE: &str = "WebMercatorQuad/8/127/135";

/// A node with two overlapping scenes in `strips`, and one over both in `secret`, the newest.
async fn node(secret: bool) -> TestNode {
    let node = if secret {
        TestNode::with_secret().await
    } else {
        TestNode::open().await
    };
    let strips = Collection::new("strips", "Overlapping scenes.", "other")
        .with_extent(Extent::new(Bbox::WORLD, Some(day(0)), None));
    node.chain.catalog().put_collection(&strips).await.unwrap();
    for (collection, id, west, value, number, cloud) in [
        ("strips", "a", 10.1, 10, 1, 5.0),
        ("strips", "b", 10.35, 20, 2, 50.0),
        ("secret", "c", 10.1, 99, 3, 1.0),
    ] {
        add(&node, collection, id, west, value, number, cloud).await;
    }
    node
}

async fn add(
    node: &TestNode,
    collection: &str,
    id: &str,
    west: f64,
    value: u8,
    number: usize,
    cloud: f64,
) {
    let folder = tempfile::tempdir().unwrap();
    let (file, second) = (folder.path().join("b1.tif"), folder.path().join("b2.tif"));
    let step = 0.5 / SIDE as f64;
    let grid = Grid::new(Crs::wgs84(), [west, step, 0.0, 0.5, 0.0, -step], SIDE, SIDE);
    // The upper half of every scene is nodata.
    let values = |value: u8| -> Vec<u8> {
        let rows = (0..SIDE * SIDE).map(|i| if i / SIDE < SIDE / 2 { 0 } else { value });
        rows.collect()
    };
    let options = CogOptions {
        nodata: Some(0.0),
        ..CogOptions::default()
    };
    cog::write(&file, &grid, &[BandData::U8(values(value))], &options).unwrap();
    cog::write(&second, &grid, &[BandData::U8(values(2 * value))], &options).unwrap();
    let item = Item::new(id)
        .in_collection(collection)
        .at(day(number))
        .with_geometry(rectangle([west, 0.0, west + 0.5, 0.5]))
        .with("eo:cloud_cover", cloud);
    let statistics = json!({"minimum": 0.0, "maximum": 100.0});
    let band = Band {
        statistics: statistics.as_object().cloned(),
        ..Band::new("one")
    };
    let asset = || {
        Asset::new("")
            .with_type(media_type::COG)
            .with_roles(["data"])
            .with_bands(vec![band.clone()])
    };
    let files = vec![
        ("first".into(), file, asset()),
        ("second".into(), second, asset()),
    ];
    let intake = Intake::new(node.chain.catalog(), node.chain.assets());
    accept(&intake, item, files).await;
}

/// Values of a tile sent as NPY: of the one band, by longitude and latitude; `None` without.
fn value_at(answer: &Answer, lon: f64, lat: f64) -> Option<u8> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-npy");
    let start = answer.body.len() - 2 * 256 * 256;
    let pixels = &answer.body[start..];
    let n = 256.0 * 256.0;
    let x = (lon + 180.0) / 360.0 * n - 135.0 * 256.0;
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * n - 127.0 * 256.0;
    let index = y as usize * 256 + x as usize;
    (pixels[256 * 256 + index] == 255).then(|| pixels[index])
}

fn strips(query: &str) -> String {
    format!("/stac/collections/strips/map/tiles/{TILE}.npy?{query}")
}

/// In `a` alone, in both, in `b` alone.
const PLACES: [f64; 3] = [10.2, 10.5, 10.7];

#[tokio::test]
async fn the_order_says_which_scene_is_on_top() {
    let node = node(true).await;
    let a_b = [Some(10), Some(20), Some(20)];
    let b_a = [Some(10), Some(10), Some(20)];
    for (query, expected) in [
        ("", a_b),
        ("order=newest", a_b),
        ("order=oldest", b_a),
        ("order=least_cloud", b_a),
        ("ids=a,b&order=ids", b_a),
        ("ids=b,a&order=ids", a_b),
        ("sortby=eo:cloud_cover", b_a),
        ("limit=1", [None, Some(20), Some(20)]),
        (
            "datetime=../2020-09-14T23:59:59Z",
            [Some(10), Some(10), None],
        ),
        ("filter=eo:cloud_cover%3C20", [Some(10), Some(10), None]),
        ("bbox=10.0,0.0,10.3,0.4", [Some(10), Some(10), None]),
        ("assets=second", [Some(20), Some(40), Some(40)]),
        (
            "ids=a&intersects=%7B%22type%22:%22Point%22,%22coordinates%22:%5B10.2,0.1%5D%7D",
            [Some(10), Some(10), None],
        ),
    ] {
        let answer = node.get(&strips(query)).await;
        let values = PLACES.map(|lon| value_at(&answer, lon, 0.1));
        assert_eq!(values, expected, "{query}");
        // Nodata is filled by nobody.
        assert_eq!(value_at(&answer, 10.5, 0.4), None, "{query}");
    }
    // The expression over bands in files of their own; floats.
    let answer = node
        .get(&strips("assets=first,second&expression=b2/b1"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let header = String::from_utf8_lossy(&answer.body[..128]).into_owned();
    assert!(
        header.contains("'<f4'") && header.contains("(2, 256, 256)"),
        "{header}"
    );
    let floats = answer.body[answer.body.len() - 2 * 4 * 256 * 256..].chunks_exact(4);
    let twos = floats.filter(|c| *c == 2.0_f32.to_le_bytes()).count();
    assert!(twos > 1_000, "{twos}");
}

#[tokio::test]
async fn private_scenes_are_in_no_mosaic() {
    let (open, closed) = (node(false).await, node(true).await);
    let all = format!("/stac/map/tiles/{TILE}.npy");
    let answer = open.get(&all).await;
    assert_eq!(value_at(&answer, 10.5, 0.1), Some(99));
    for query in [
        "",
        "?collections=strips,secret",
        "?ids=a,b,c",
        "?order=least_cloud",
    ] {
        let answer = closed.get(&format!("{all}{query}")).await;
        assert_ne!(value_at(&answer, 10.5, 0.1), Some(99), "{query}");
        assert!(value_at(&answer, 10.5, 0.1).is_some(), "{query}");
    }
    for query in ["?collections=secret", "?ids=c"] {
        let hidden = closed.get(&format!("{all}{query}")).await;
        let absent = closed
            .get(&format!(
                "{all}{}",
                query.replace("secret", "absent").replace("=c", "=x")
            ))
            .await;
        assert_eq!(hidden.status, StatusCode::NO_CONTENT, "{query}");
        assert_eq!(hidden.headers, absent.headers, "{query}");
    }
}

#[tokio::test]
async fn tiles_are_tagged_by_what_they_show() {
    let node = node(true).await;
    let path = format!("/stac/collections/strips/map/tiles/{TILE}.png");
    let first = node.get(&path).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let again = request("GET", &path)
        .header(header::IF_NONE_MATCH, first.header("etag"))
        .body(Body::empty())
        .unwrap();
    let again = node.send(again).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty() && again.header("cache-control").contains("max-age"));
    let other = node.get(&format!("{path}?colormap=viridis")).await;
    assert_ne!(other.header("etag"), first.header("etag"));
    assert_ne!(other.body, first.body);
    // A scene that comes under the tile changes it.
    add(&node, "strips", "d", 10.4, 60, 4, 0.0).await;
    let later = node.get(&path).await;
    assert_ne!(later.header("etag"), first.header("etag"));
    assert_ne!(later.body, first.body);
}

#[tokio::test]
async fn formats_follow_the_ending_or_accept() {
    let node = node(true).await;
    let path = format!("/stac/collections/strips/map/tiles/{TILE}");
    for (ending, kind, start) in [
        ("png", "image/png", b"\x89PNG".as_slice()),
        ("webp", "image/webp", b"RIFF"),
        ("jpg", "image/jpeg", b"\xff\xd8"),
        ("npy", "application/x-npy", b"\x93NUMPY"),
    ] {
        let answer = node.get(&format!("{path}.{ending}")).await;
        assert_eq!(answer.header("content-type"), kind);
        assert!(
            answer.body.starts_with(start) && answer.header("vary").is_empty(),
            "{ending}"
        );
        let asked = request("GET", &path)
            .header(header::ACCEPT, kind)
            .body(Body::empty())
            .unwrap();
        let negotiated = node.send(asked).await;
        assert_eq!(negotiated.body, answer.body, "{ending}");
        assert_eq!(negotiated.header("vary"), "accept");
    }
    let raw = node.get(&format!("{path}.raw")).await;
    assert_eq!(raw.body.len(), 256 * 256 * 4);
    assert_eq!(node.get(&path).await.header("content-type"), "image/png");
    let asked = request("GET", &path)
        .header(header::ACCEPT, "text/html")
        .body(Body::empty())
        .unwrap();
    assert_eq!(node.send(asked).await.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn wrong_questions_are_named() {
    let node = node(true).await;
    for (query, word) in [
        ("order=best", "order"),
        ("order=ids", "ids"),
        ("order=newest&sortby=datetime", "sortby"),
        ("token=x", "token"),
        ("fields=id", "fields"),
        ("collections=scenes", "strips"),
        ("assets=", ""),
        ("expression=b1%2B", "expression"),
        ("expression=b1+b2", "%2B"),
        ("expression=b1&bands=1", "bands"),
        ("colormap=none", "viridis"),
        ("rescale=1,2", "values"),
        ("resampling=lanczos", "bilinear"),
        ("limit=0", "limit"),
        ("bands=2", "item \"b\""),
    ] {
        let answer = node.get(&strips(query)).await;
        if word.is_empty() {
            assert_eq!(answer.status, StatusCode::OK, "{query}");
            continue;
        }
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{query}: {}",
            answer.text()
        );
        let problem = answer.json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{query}: {detail}");
    }
    let png = strips("bands=1,2").replace(".npy", ".png");
    assert_eq!(node.get(&png).await.status, StatusCode::BAD_REQUEST);
    for (path, word) in [
        (strips("assets=third"), "third"),
        (
            strips("").replace("WebMercatorQuad", "NoQuad"),
            "WorldCRS84Quad",
        ),
        (strips("").replace("/8/127/", "/8/999/"), "999"),
    ] {
        let answer = node.get(&path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().contains(word), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn documents_lead_to_tiles_in_any_set() {
    let node = node(true).await;
    let local = |href: &Value| {
        let href = href.as_str().unwrap();
        href.strip_prefix("http://127.0.0.1:8080")
            .unwrap()
            .to_owned()
    };
    let link = |document: &Value, rel: &str| {
        let links = document["links"].as_array().unwrap();
        let found = links
            .iter()
            .find(|l| l["rel"].as_str().unwrap().ends_with(rel));
        local(&found.unwrap_or_else(|| panic!("{rel}: {document}"))["href"])
    };
    let landing = node.get("/stac").await.json();
    let sets = node.get(&link(&landing, "/tiling-schemes")).await.json();
    assert!(sets["tileMatrixSets"].as_array().unwrap().len() >= 11);
    let collection = node.get("/stac/collections/strips").await.json();
    let plain = "?rescale=0,100";
    for (start, query) in [
        // The middle of all scenes lies in the sea between them.
        (
            link(&landing, "/tilesets-map"),
            "?rescale=0,100&collections=strips",
        ),
        (link(&collection, "/tilesets-map"), plain),
        ("/tiles/strips/b/first/map/tiles".to_owned(), plain),
    ] {
        let list = node.get(&format!("{start}{query}")).await;
        assert_eq!(list.status, StatusCode::OK, "{start}: {}", list.text());
        let mut drawn = 0;
        for entry in list.json()["tilesets"].as_array().unwrap() {
            let tileset = node.get(&link(entry, "self")).await;
            assert_eq!(tileset.status, StatusCode::OK, "{}", tileset.text());
            let tileset = tileset.json();
            let set = node.get(&link(&tileset, "/tiling-scheme")).await.json();
            assert_eq!(set["crs"], tileset["crs"]);
            let id = set["id"].as_str().unwrap();
            if !matches!(
                id,
                "WebMercatorQuad" | "WorldCRS84Quad" | "WGS1984Quad" | "WorldMercatorWGS84Quad"
            ) {
                continue;
            }
            // The middle of the finest matrix named has something to show.
            let limits = tileset["tileMatrixSetLimits"].as_array().unwrap();
            let last = limits.last().unwrap();
            let middle = |a: &str, b: &str| {
                (last[a].as_u64().unwrap() + last[b].as_u64().unwrap()).div_ceil(2)
            };
            let address = link(&tileset, "item")
                .replace("{tileMatrix}", last["tileMatrix"].as_str().unwrap())
                .replace("{tileRow}", &middle("minTileRow", "maxTileRow").to_string())
                .replace("{tileCol}", &middle("minTileCol", "maxTileCol").to_string());
            assert!(address.ends_with(&format!(".png{query}")), "{address}");
            let tile = node.get(&address).await;
            assert!(tile.status.is_success(), "{address}: {}", tile.text());
            drawn += usize::from(tile.status == StatusCode::OK);
        }
        assert!(drawn >= 2, "{start}: {drawn}");
    }
    let tilejson = "/stac/collections/strips/map/tiles/WebMercatorQuad?f=tilejson&order=oldest";
    let tilejson = node.get(tilejson).await.json();
    assert_eq!(tilejson["tilejson"], "3.0.0");
    let template = local(&tilejson["tiles"][0]);
    assert!(
        template.ends_with("/WebMercatorQuad/{z}/{y}/{x}.png?order=oldest"),
        "{template}"
    );
    let bounds = tilejson["bounds"].as_array().unwrap();
    assert!(
        (bounds[0].as_f64().unwrap() - 10.1).abs() < 1e-6,
        "{bounds:?}"
    );
    let wrong = "/stac/collections/strips/map/tiles/WorldCRS84Quad?f=tilejson";
    assert_eq!(node.get(wrong).await.status, StatusCode::BAD_REQUEST);
}
