//! The STAC API: shape, paging, filters, errors, and the official schemas.

use crate::data::{self, TestNode};
use crate::fixture::SERIES_ITEMS;
use axum::http::StatusCode;
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn ids(page: &Value) -> Vec<String> {
    let features = page["features"].as_array().unwrap();
    features
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_string())
        .collect()
}

fn link<'a>(document: &'a Value, rel: &str) -> Option<&'a Value> {
    document["links"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["rel"] == rel)
}

/// The path of an absolute address of the node.
fn path(href: &Value) -> String {
    href.as_str()
        .unwrap()
        .strip_prefix("http://127.0.0.1:8080")
        .unwrap()
        .to_string()
}

#[tokio::test]
async fn every_link_of_the_landing_page_leads_somewhere() {
    let node = TestNode::open().await;
    let landing = node.get("/stac").await;
    assert_eq!(landing.status, StatusCode::OK);
    assert_eq!(landing.header("content-type"), "application/json");
    let landing = landing.json();
    for link in landing["links"].as_array().unwrap() {
        if link["method"] == "POST" {
            continue;
        }
        let answer = node.get(&path(&link["href"])).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}");
        let media_type = link["type"].as_str().unwrap();
        assert!(
            answer.header("content-type").starts_with(media_type),
            "{link}"
        );
    }
    assert_eq!(
        landing["conformsTo"],
        node.get("/stac/conformance").await.json()["conformsTo"]
    );
}

#[tokio::test]
async fn pages_hold_every_item_once_in_order() {
    let node = TestNode::open().await;
    for start in [
        "/stac/collections/series/items?limit=4",
        "/stac/search?collections=series&limit=7&sortby=-properties.eo:cloud_cover",
        "/stac/search?collections=series&limit=1&datetime=2020-09-01T00:00:00Z/..",
        "/stac/search?limit=10&bbox=99,-1,102,1",
    ] {
        let (mut next, mut seen, mut pages) = (Some(start.to_string()), Vec::new(), 0);
        while let Some(at) = next {
            let page = node.get(&at).await;
            assert_eq!(page.header("content-type"), "application/geo+json", "{at}");
            let page = page.json();
            if pages == 0 {
                assert_eq!(page["numberMatched"], SERIES_ITEMS, "{at}");
            }
            assert_eq!(path(&link(&page, "self").unwrap()["href"]), at);
            seen.extend(ids(&page));
            next = link(&page, "next").map(|link| path(&link["href"]));
            pages += 1;
            assert!(pages <= SERIES_ITEMS, "{start} does not end");
        }
        let mut newest_first: Vec<String> = seen
            .iter()
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        newest_first.reverse();
        assert_eq!(seen, newest_first, "{start}");
        assert_eq!(seen.len(), SERIES_ITEMS, "{start}");
    }
}

#[tokio::test]
async fn a_search_by_body_pages_by_body() {
    let node = TestNode::open().await;
    let mut body = json!({"collections": ["series"], "limit": 10, "sortby": [{"field": "id", "direction": "asc"}]});
    let mut seen = Vec::new();
    loop {
        let page = node.post("/stac/search", &body).await.json();
        seen.extend(ids(&page));
        let Some(next) = link(&page, "next") else {
            break;
        };
        assert_eq!(
            (&next["method"], &next["merge"]),
            (&json!("POST"), &json!(false))
        );
        body = next["body"].clone();
    }
    let expected: Vec<String> = (0..SERIES_ITEMS).map(|n| format!("s{n:02}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn filters_agree_by_query_and_by_body() {
    let node = TestNode::open().await;
    let polygon = json!({"type": "Polygon", "coordinates": [[[100.0, -1.0], [100.1, -1.0], [100.1, 1.0], [100.0, 1.0], [100.0, -1.0]]]});
    let escaped: String = polygon.to_string().replace('"', "%22").replace(' ', "");
    for (query, body, expected) in [
        (
            "ids=s03,s04".to_string(),
            json!({"ids": ["s03", "s04"]}),
            vec!["s04", "s03"],
        ),
        (
            "ids=s03&collections=scenes".into(),
            json!({"ids": ["s03"], "collections": ["scenes"]}),
            vec![],
        ),
        (
            "collections=scenes".into(),
            json!({"collections": ["scenes"]}),
            vec!["olinda"],
        ),
        (
            "collections=none".into(),
            json!({"collections": ["none"]}),
            vec![],
        ),
        (
            "bbox=100,-1,100.05,1&collections=series".into(),
            json!({"bbox": [100, -1, 100.05, 1], "collections": ["series"]}),
            vec!["s01", "s00"],
        ),
        (
            format!("intersects={escaped}"),
            json!({"intersects": polygon}),
            vec!["s02", "s01", "s00"],
        ),
        (
            "datetime=2020-09-15T00:00:00+02:00/2020-09-16T00:00:00%2B02:00&collections=series"
                .into(),
            json!({"datetime": "2020-09-15T00:00:00+02:00/2020-09-16T00:00:00+02:00", "collections": ["series"]}),
            vec!["s02"],
        ),
    ] {
        let by_query = node.get(&format!("/stac/search?{query}")).await;
        assert_eq!(
            by_query.status,
            StatusCode::OK,
            "{query}: {}",
            by_query.text()
        );
        assert_eq!(ids(&by_query.json()), expected, "{query}");
        assert_eq!(
            ids(&node.post("/stac/search", &body).await.json()),
            expected,
            "{body}"
        );
    }
}

#[tokio::test]
async fn filters_in_cql2_text_and_json() {
    let node = TestNode::open().await;
    let text = "platform='even' AND eo:cloud_cover<10";
    let json = json!({"op": "and", "args": [
        {"op": "=", "args": [{"property": "platform"}, "even"]},
        {"op": "<", "args": [{"property": "eo:cloud_cover"}, 10]},
    ]});
    let escape = |text: &str| {
        text.replace('%', "%25")
            .replace(' ', "%20")
            .replace('"', "%22")
            .replace('<', "%3C")
    };
    let by_text = format!("/stac/search?filter={}", escape(text));
    let by_json = format!(
        "/stac/search?filter-lang=cql2-json&filter={}",
        escape(&json.to_string())
    );
    let of_collection = format!(
        "/stac/collections/series/items?filter-lang=cql2-text&filter={}",
        escape(text)
    );
    for path in [by_text, by_json, of_collection] {
        let answer = node.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        assert_eq!(ids(&answer.json()), ["s02", "s00"], "{path}");
    }
    for body in [
        json!({"filter": json}),
        json!({"filter": text, "filter-lang": "cql2-text"}),
    ] {
        assert_eq!(
            ids(&node.post("/stac/search", &body).await.json()),
            ["s02", "s00"],
            "{body}"
        );
    }
}

#[tokio::test]
async fn fields_choose_members() {
    let node = TestNode::open().await;
    let page = node
        .get("/stac/search?ids=s03&fields=id,properties.platform")
        .await
        .json();
    assert_eq!(
        page["features"][0]["properties"],
        json!({"platform": "odd"})
    );
    assert!(page["features"][0].get("assets").is_none());
    let body = json!({"ids": ["s03"], "fields": {"exclude": ["geometry"]}});
    let page = node.post("/stac/search", &body).await.json();
    assert!(page["features"][0].get("geometry").is_none());
    assert!(page["features"][0]["properties"]["platform"].is_string());
}

#[tokio::test]
async fn what_is_wrong_is_named_with_400() {
    let node = TestNode::open().await;
    for (query, named) in [
        ("bbox=1,2,3", "bbox"),
        ("bbox=0,2,1,1", "bbox"),
        ("bbox=0,0,1,91", "bbox"),
        ("bbox=[0,0,1,1]", "bbox"),
        (
            "bbox=0,0,1,1&intersects=%7B%22type%22:%22Point%22,%22coordinates%22:[0,0]%7D",
            "intersects",
        ),
        ("intersects=%7B%22type%22:%22Circle%22%7D", "intersects"),
        ("datetime=yesterday", "datetime"),
        ("datetime=../..", "datetime"),
        (
            "datetime=2021-01-01T00:00:00Z/2020-01-01T00:00:00Z",
            "datetime",
        ),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("token=forged", "token"),
        ("sortby=", ""),
        ("filter=a%20%3D%3D%201", "filter"),
        ("filter=a%3D1&filter-lang=sql", "filter-lang"),
        ("filter=a%3D1&filter-crs=EPSG:3857", "filter-crs"),
        ("query=%7B%7D", "query"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = node.get(&format!("/stac/search?{query}")).await;
        if named.is_empty() {
            assert_eq!(answer.status, StatusCode::OK, "{query}");
            continue;
        }
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{query}"
        );
        let problem = answer.json();
        assert_eq!(
            (&problem["status"], &problem["title"]),
            (&json!(400), &json!("Bad Request"))
        );
        assert!(
            problem["detail"].as_str().unwrap().contains(named),
            "{query}: {problem}"
        );
    }
    for body in [
        json!({"bbox": "0,0,1,1"}),
        json!({"bbox": [0, 1, 1, 0]}),
        json!({"limit": 0}),
        json!({"fields": null}),
        json!({"query": {}}),
        json!([]),
    ] {
        let answer = node.post("/stac/search", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let node = TestNode::open().await;
    for path in [
        "/stac/collections/none",
        "/stac/collections/none/items",
        "/stac/collections/none/queryables",
        "/stac/collections/none/items/x",
        "/stac/collections/series/items/none",
        "/stac/nothing",
    ] {
        let answer = node.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["code"], "not-found", "{path}");
    }
    assert_eq!(
        node.post("/stac/collections", &json!({})).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
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
        } else if address.contains("/v1.0.0/") {
            self.0.join("v1.0.0").join(name)
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

#[tokio::test]
async fn what_is_served_fits_the_official_schemas() {
    let Some(folder) = data::folder("use/stac-schemas") else {
        return;
    };
    let node = TestNode::open().await;
    let check = |schema: &str, document: &Value| {
        let faults: Vec<String> = validator(&folder, schema)
            .iter_errors(document)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{schema}: {faults:?} in {document:#}");
    };
    check("catalog.json", &node.get("/stac").await.json());
    for collection in node.get("/stac/collections").await.json()["collections"]
        .as_array()
        .unwrap()
    {
        check("collection.json", collection);
    }
    for item in node.get("/stac/search?limit=100").await.json()["features"]
        .as_array()
        .unwrap()
    {
        check("item.json", item);
    }
}
