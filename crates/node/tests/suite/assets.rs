//! Files over HTTP: whole, in parts, unchanged, and only those that are catalogued.

use crate::data::{TestNode, request};
use crate::fixture::{note_text, scene_file};
use axum::body::Body;
use axum::http::{StatusCode, header};

async fn href(node: &TestNode, asset: &str) -> String {
    let item = node
        .get("/stac/collections/scenes/items/olinda")
        .await
        .json();
    let href = item["assets"][asset]["href"].as_str().unwrap().to_string();
    href.strip_prefix("http://127.0.0.1:8080")
        .unwrap()
        .to_string()
}

#[tokio::test]
async fn a_file_comes_whole_with_its_type_and_tag() {
    let node = TestNode::open().await;
    let pixels = node.get(&href(&node, "pixels").await).await;
    assert_eq!(pixels.status, StatusCode::OK);
    assert_eq!(pixels.body, std::fs::read(scene_file()).unwrap());
    assert!(pixels.header("content-type").contains("cloud-optimized"));
    assert_eq!(pixels.header("accept-ranges"), "bytes");
    assert_eq!(
        pixels.header("content-length"),
        pixels.body.len().to_string()
    );
    assert!(pixels.header("content-security-policy").contains("sandbox"));
    let again = request("GET", &href(&node, "pixels").await)
        .header(header::IF_NONE_MATCH, pixels.header("etag"))
        .body(Body::empty())
        .unwrap();
    let again = node.send(again).await;
    assert_eq!(
        (again.status, again.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
}

#[tokio::test]
async fn parts_are_those_of_the_file() {
    let node = TestNode::open().await;
    let at = href(&node, "note").await;
    let whole = note_text().into_bytes();
    let size = whole.len();
    for (range, part) in [
        ("bytes=0-9", 0..10),
        ("bytes=100-", 100..size),
        ("bytes=-7", size - 7..size),
        ("bytes=5-99999999", 5..size),
    ] {
        let asked = request("GET", &at)
            .header(header::RANGE, range)
            .body(Body::empty())
            .unwrap();
        let answer = node.send(asked).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.body, &whole[part.clone()], "{range}");
        let content_range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        assert_eq!(answer.header("content-range"), content_range);
    }
    let past = request("GET", &at)
        .header(header::RANGE, "bytes=99999999-")
        .body(Body::empty())
        .unwrap();
    let past = node.send(past).await;
    assert_eq!(past.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(past.header("content-range"), format!("bytes */{size}"));
    let head = node
        .send(request("HEAD", &at).body(Body::empty()).unwrap())
        .await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), size.to_string());
}

#[tokio::test]
async fn no_path_leads_out_of_the_catalogue() {
    let node = TestNode::open().await;
    let at = href(&node, "note").await;
    let folder = at.rsplit_once('/').unwrap().0;
    for path in [
        "/assets/../corridor.db".to_string(),
        "/assets/%2e%2e/corridor.db".into(),
        "/assets/..%2f..%2fcorridor.db".into(),
        "/assets/scenes/scenes/olinda/../../../../corridor.db".into(),
        "/assets/scenes/scenes/olinda/%2e%2e/%2e%2e/%2e%2e/%2e%2e/corridor.db".into(),
        "/assets//etc/passwd".into(),
        "/assets/%2fetc%2fpasswd".into(),
        "/assets/scenes".into(),
        "/assets/scenes/scenes/olinda".into(),
        format!("{folder}/"),
        format!("{folder}/other.txt"),
        format!("{at}%00"),
        format!("{at}/"),
    ] {
        let answer = node.get(&path).await;
        assert_eq!(
            answer.status,
            StatusCode::NOT_FOUND,
            "{path}: {}",
            answer.text()
        );
    }
}
