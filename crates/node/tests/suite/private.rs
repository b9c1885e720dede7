//! A private collection is nowhere: its answers are those of one that does not exist.

use crate::data::TestNode;
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_private_collection_is_nowhere() {
    let open = TestNode::open().await;
    let item = open
        .get("/stac/collections/secret/items/hidden")
        .await
        .json();
    let href = item["assets"]["note"]["href"].as_str().unwrap();
    let file = href
        .strip_prefix("http://127.0.0.1:8080")
        .unwrap()
        .to_string();
    assert_eq!(open.get(&file).await.status, StatusCode::OK);

    let node = TestNode::with_secret().await;
    for path in [
        "/stac",
        "/stac/collections",
        "/stac/queryables",
        "/stac/search?limit=1000",
        "/stac/search?ids=hidden",
    ] {
        let answer = node.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.text().contains("secret"), "{path}");
    }
    let count = |answer: crate::data::Answer| answer.json()["numberMatched"].as_u64().unwrap();
    let all = count(open.get("/stac/search").await);
    assert_eq!(count(node.get("/stac/search").await), all - 1);
    assert_eq!(count(node.get("/stac/search?collections=secret").await), 0);
    let body = json!({"collections": ["secret", "scenes"]});
    assert_eq!(count(node.post("/stac/search", &body).await), 1);
    assert_eq!(
        node.get("/stac/collections").await.json()["numberMatched"],
        2
    );

    for (secret, missing) in [
        ("/stac/collections/secret", "/stac/collections/absent"),
        (
            "/stac/collections/secret/items",
            "/stac/collections/absent/items",
        ),
        (
            "/stac/collections/secret/queryables",
            "/stac/collections/absent/queryables",
        ),
        (
            "/stac/collections/secret/items/hidden",
            "/stac/collections/absent/items/hidden",
        ),
        (
            "/tiles/secret/hidden/note/tilejson.json",
            "/tiles/absent/hidden/note/tilejson.json",
        ),
        (
            "/tiles/secret/hidden/note/1/0/0.png",
            "/tiles/absent/hidden/note/1/0/0.png",
        ),
        (
            "/tiles/secret/hidden/note/map/tiles/WebMercatorQuad",
            "/tiles/absent/hidden/note/map/tiles/WebMercatorQuad",
        ),
        (
            "/tiles/secret/hidden/note/map/tiles/WebMercatorQuad/0/0/0.png",
            "/tiles/absent/hidden/note/map/tiles/WebMercatorQuad/0/0/0.png",
        ),
        (
            "/stac/collections/secret/map/tiles",
            "/stac/collections/absent/map/tiles",
        ),
        (
            "/stac/collections/secret/map/tiles/WebMercatorQuad",
            "/stac/collections/absent/map/tiles/WebMercatorQuad",
        ),
        (
            "/stac/collections/secret/map/tiles/WebMercatorQuad/0/0/0.png",
            "/stac/collections/absent/map/tiles/WebMercatorQuad/0/0/0.png",
        ),
        (
            "/api/answers/secret/hidden/trace",
            "/api/answers/absent/hidden/trace",
        ),
        (
            "/api/answers/secret/hidden/picture",
            "/api/answers/absent/hidden/picture",
        ),
        (file.as_str(), &file.replace("/secret/", "/absent/")),
    ] {
        let (hidden, absent) = (node.get(secret).await, node.get(missing).await);
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{secret}");
        assert_eq!(
            hidden.text().replace("secret", "absent"),
            absent.text(),
            "{secret}"
        );
        assert_eq!(hidden.headers, absent.headers, "{secret}");
    }
}
