//! Tiles of a real scene.

use crate::data::{TestNode, request};
use axum::body::Body;
use axum::http::{StatusCode, header};

const ASSET: &str = "/tiles/scenes/olinda/pixels";

#[tokio::test]
async fn the_tile_document_leads_to_tiles() {
    let node = TestNode::open().await;
    let document = node
        .get(&format!("{ASSET}/tilejson.json?bands=3,2,1"))
        .await;
    assert_eq!(document.status, StatusCode::OK, "{}", document.text());
    let document = document.json();
    let bounds: Vec<f64> = document["bounds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect();
    // Olinda, Brazil.
    assert!(
        bounds[0] > -35.1 && bounds[2] < -34.7 && bounds[1] > -8.2 && bounds[3] < -7.8,
        "{bounds:?}"
    );
    let template = document["tiles"][0].as_str().unwrap();
    let zoom = document["maxzoom"].as_u64().unwrap();
    assert!((10..=14).contains(&zoom), "{zoom}");
    let (x, y) = tile_at(
        zoom,
        (bounds[0] + bounds[2]) / 2.0,
        (bounds[1] + bounds[3]) / 2.0,
    );
    let address = template
        .replace("{z}", &zoom.to_string())
        .replace("{x}", &x.to_string())
        .replace("{y}", &y.to_string());
    let address = address.strip_prefix("http://127.0.0.1:8080").unwrap();
    let tile = node.get(address).await;
    assert_eq!(tile.status, StatusCode::OK, "{}", tile.text());
    assert_eq!(tile.header("content-type"), "image/png");
    assert!(tile.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(tile.header("cache-control").contains("max-age"));
    let again = request("GET", address)
        .header(header::IF_NONE_MATCH, tile.header("etag"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(node.send(again).await.status, StatusCode::NOT_MODIFIED);
    let plain = node.get(&format!("{ASSET}/{zoom}/{x}/{y}.png")).await;
    assert_ne!(plain.header("etag"), "");
    let other = node
        .get(&format!("{ASSET}/{zoom}/{x}/{y}.png?bands=4"))
        .await;
    assert_ne!(other.body, tile.body);
    assert_ne!(other.header("etag"), tile.header("etag"));
}

fn tile_at(zoom: u64, lon_deg: f64, lat_deg: f64) -> (u64, u64) {
    let tiles = (1_u64 << zoom) as f64;
    let lat = lat_deg.to_radians();
    let x = (lon_deg + 180.0) / 360.0 * tiles;
    let y = (1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0 * tiles;
    (x as u64, y as u64)
}

#[tokio::test]
async fn nothing_there_is_no_content_and_no_address_is_404() {
    let node = TestNode::open().await;
    assert_eq!(
        node.get(&format!("{ASSET}/5/0/0.png")).await.status,
        StatusCode::NO_CONTENT
    );
    for path in ["5/0/0.gif", "5/99/0.png", "x/0/0.png", "99/0/0.png"] {
        assert_eq!(
            node.get(&format!("{ASSET}/{path}")).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    for path in [
        "/tiles/scenes/olinda/none/5/0/0.png",
        "/tiles/scenes/none/pixels/5/0/0.png",
        "/tiles/none/x/y/5/0/0.png",
    ] {
        assert_eq!(node.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn wrong_styles_are_400_and_wrong_files_422() {
    let node = TestNode::open().await;
    for query in [
        "bands=0",
        "bands=1,2",
        "rescale=5",
        "rescale=2,1",
        "colour=red",
    ] {
        let answer = node.get(&format!("{ASSET}/5/0/0.png?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let (x, y) = tile_at(12, -34.9, -8.0);
    let answer = node.get(&format!("{ASSET}/12/{x}/{y}.png?bands=77")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    let answer = node.get("/tiles/scenes/olinda/note/5/0/0.png").await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text()
    );
}
