//! The Sensor Tasking API: documents, paging, searches at once and later, orders.

use crate::data::{Answer, TestNode, request};
use crate::own::check;
use axum::body::Body;
use axum::http::{StatusCode, header};
use corridor_catalog::stac::{Extent, Provider};
use corridor_catalog::{Bbox, Collection, Item};
use corridor_node::NodeConfig;
use corridor_node::stapi::StapiVersion;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) const PRODUCT: &str = "/stapi/products/sentinel-2-msi";

/// A day on which the register's elements are good, and the end of the days after it.
pub(crate) fn days(node: &TestNode, days: i64) -> (Timestamp, Timestamp) {
    let from = node.chain.status().forecast_epoch;
    (from, from + SignedDuration::from_hours(24 * days))
}

pub(crate) fn span(node: &TestNode, length_days: i64) -> String {
    let (from, to) = days(node, length_days);
    format!("{from}/{to}")
}

pub(crate) fn point() -> Value {
    json!({"type": "Point", "coordinates": [13.4, 52.5]})
}

pub(crate) fn search(node: &TestNode, length_days: i64) -> Value {
    json!({"datetime": span(node, length_days), "geometry": point()})
}

pub(crate) fn order(node: &TestNode, length_days: i64) -> Value {
    let mut body = search(node, length_days);
    body["order_parameters"] = json!({});
    body
}

pub(crate) async fn with_version(version: StapiVersion) -> TestNode {
    let mut config = NodeConfig::default();
    config.stapi.version = version;
    TestNode::with(config).await
}

pub(crate) async fn post_async(node: &TestNode, path: &str, body: &Value) -> Answer {
    let asked = request("POST", path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("Prefer", "respond-async");
    node.send(asked.body(Body::from(body.to_string())).unwrap())
        .await
}

pub(crate) fn link<'a>(document: &'a Value, rel: &str) -> Option<&'a Value> {
    let links = document["links"].as_array().unwrap();
    links.iter().find(|link| link["rel"] == rel)
}

/// The path of an absolute address of the node.
#[track_caller]
pub(crate) fn path(href: &Value) -> String {
    let href = href.as_str().unwrap();
    href.strip_prefix("http://127.0.0.1:8080").unwrap().into()
}

/// What a refusal says: the place and the message.
#[track_caller]
pub(crate) fn refused(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    let detail = &answer.json()["detail"][0];
    let place: Vec<&str> = detail["loc"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part.as_str().unwrap())
        .collect();
    (place.join("."), detail["msg"].as_str().unwrap().to_string())
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    for version in [StapiVersion::V0_1_0, StapiVersion::V0_2_0] {
        let node = with_version(version).await;
        let document = node.get("/api/openapi.json").await.json();
        let landing = node.get("/stapi/").await;
        assert_eq!(landing.status, StatusCode::OK);
        assert_eq!(landing.body, node.get("/stapi").await.body);
        let landing = landing.json();
        check(&document, "/stapi", "get", "200", &landing);
        let core = format!("https://stapi.example.com/v{}/core", version.as_str());
        assert!(
            landing["conformsTo"]
                .as_array()
                .unwrap()
                .contains(&json!(core))
        );
        let product = node.get(PRODUCT).await.json();
        check(
            &document,
            "/stapi/products/{product}",
            "get",
            "200",
            &product,
        );
        assert_eq!(product["stapi_version"], version.as_str());
        let links = [&landing, &product].map(|d| d["links"].as_array().unwrap().clone());
        for link in links.iter().flatten().filter(|l| l["method"] != "POST") {
            let answer = node.get(&path(&link["href"])).await;
            assert_eq!(answer.status, StatusCode::OK, "{link}");
            let media_type = link["type"].as_str().unwrap();
            assert!(
                answer.header("content-type").starts_with(media_type),
                "{link}"
            );
        }
        let classes = node.get(&format!("{PRODUCT}/conformance")).await.json();
        assert_eq!(classes["conformsTo"], product["conformsTo"]);
        for name in ["queryables", "order-parameters"] {
            let schema = node.get(&format!("{PRODUCT}/{name}")).await.json();
            let at = format!("/stapi/products/{{product}}/{name}");
            check(&document, &at, "get", "200", &schema);
            jsonschema::draft7::new(&schema).unwrap();
        }
    }
}

#[tokio::test]
async fn products_are_the_instruments_that_are_carried_each_once() {
    let node = TestNode::open().await;
    let register = node.chain.register();
    let mut carried: Vec<String> = register
        .satellites()
        .iter()
        .flat_map(|s| s.instruments.clone())
        .collect();
    carried.sort();
    carried.dedup();
    assert!(carried.len() > 20, "{carried:?}");
    let (mut next, mut seen) = (Some("/stapi/products?limit=7".to_string()), Vec::new());
    while let Some(at) = next {
        let page = node.get(&at).await.json();
        assert_eq!(page["numberMatched"], carried.len());
        for product in page["products"].as_array().unwrap() {
            seen.push(product["id"].as_str().unwrap().to_string());
        }
        next = link(&page, "next").map(|link| path(&link["href"]));
        assert!(seen.len() <= carried.len(), "the list does not end");
    }
    assert_eq!(seen, carried);
}

#[tokio::test]
async fn opportunities_are_those_of_the_chain() {
    let node = TestNode::open().await;
    let document = node.get("/api/openapi.json").await.json();
    let at = format!("{PRODUCT}/opportunities");
    let mut body = search(&node, 14);
    body["limit"] = json!(3);
    let mut seen = Vec::new();
    let matched = loop {
        let answer = node.post(&at, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/geo+json");
        assert_eq!(answer.header("preference-applied"), "wait");
        let page = answer.json();
        let template = "/stapi/products/{product}/opportunities";
        check(&document, template, "post", "200", &page);
        seen.extend(page["features"].as_array().unwrap().clone());
        let Some(next) = link(&page, "next") else {
            break page["numberMatched"].as_u64().unwrap();
        };
        assert_eq!(path(&next["href"]), at);
        body = next["body"].clone();
    };
    let (from, to) = days(&node, 14);
    let asked = corridor_watch::opportunity::OpportunityRequest {
        instrument: "sentinel-2-msi".into(),
        geometry: point(),
        from,
        to,
        filter: None,
    };
    let found = node.chain.opportunities(&asked).await.unwrap();
    assert!(found.opportunities.len() > 3);
    assert_eq!(seen.len() as u64, matched);
    assert_eq!(seen.len(), found.opportunities.len());
    for (shown, opportunity) in seen.iter().zip(&found.opportunities) {
        let datetime = format!("{}/{}", opportunity.start, opportunity.end);
        assert_eq!(shown["properties"]["datetime"], datetime);
        assert_eq!(shown["properties"]["platform"], opportunity.satellite);
        assert_eq!(shown["bbox"], json!([13.4, 52.5, 13.4, 52.5]));
    }
}

#[tokio::test]
async fn filters_keep_what_they_ask_for() {
    let node = TestNode::open().await;
    let at = format!("{PRODUCT}/opportunities");
    let mut body = search(&node, 14);
    body["limit"] = json!(1000);
    let all = node.post(&at, &body).await.json()["features"].clone();
    let all = all.as_array().unwrap().clone();
    let platform = all[0]["properties"]["platform"]
        .as_str()
        .unwrap()
        .to_string();
    body["filter"] = json!({"op": "and", "args": [
        {"op": "=", "args": [{"property": "platform"}, platform]},
        {"op": "<", "args": [{"property": "view:off_nadir"}, 8]},
    ]});
    let kept = node.post(&at, &body).await.json();
    let expected: Vec<&Value> = all
        .iter()
        .map(|f| &f["properties"])
        .filter(|p| p["platform"] == *platform && p["view:off_nadir"].as_f64().unwrap() < 8.0)
        .collect();
    let kept: Vec<&Value> = kept["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["properties"])
        .collect();
    assert!(!expected.is_empty() && expected.len() < all.len());
    assert_eq!(kept, expected);
    // An empty object is no filter.
    body["filter"] = json!({});
    let kept = node.post(&at, &body).await.json();
    assert_eq!(kept["numberMatched"], all.len());
    body["filter"] = json!({"op": "=", "args": [{"property": "exclusivity_days"}, 30]});
    let (place, said) = refused(&node.post(&at, &body).await);
    assert_eq!(place, "body.filter");
    assert!(
        said.contains("exclusivity_days") && said.contains("platform"),
        "{said}"
    );
}

#[tokio::test]
async fn a_search_is_answered_later() {
    for version in [StapiVersion::V0_1_0, StapiVersion::V0_2_0] {
        let node = with_version(version).await;
        let document = node.get("/api/openapi.json").await.json();
        let at = format!("{PRODUCT}/opportunities");
        let body = search(&node, 10);
        let kept = post_async(&node, &at, &body).await;
        assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text());
        assert_eq!(kept.header("preference-applied"), "respond-async");
        let record = kept.json();
        let template = "/stapi/products/{product}/opportunities";
        check(&document, template, "post", "201", &record);
        let place = path(&json!(kept.header("location")));
        assert_eq!(path(&link(&record, "self").unwrap()["href"]), place);
        let mut done = node.get(&place).await.json();
        for _ in 0..600 {
            if done["status"]["status_code"] == "completed" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            done = node.get(&place).await.json();
        }
        assert_eq!(done["status"]["status_code"], "completed", "{done}");
        let template = "/stapi/searches/opportunities/{search}";
        check(&document, template, "get", "200", &done);
        let found = node
            .get(&path(&link(&done, "opportunities").unwrap()["href"]))
            .await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.text());
        let found = found.json();
        let template = "/stapi/products/{product}/opportunities/{collection}";
        check(&document, template, "get", "200", &found);
        assert_eq!(found["id"], done["id"]);
        let at_once = node.post(&at, &body).await.json();
        assert_eq!(found["features"], at_once["features"]);
        assert_eq!(path(&link(&found, "search-record").unwrap()["href"]), place);
        let statuses = node
            .get(&path(&link(&done, "monitor").unwrap()["href"]))
            .await
            .json();
        let template = "/stapi/searches/opportunities/{search}/statuses";
        check(&document, template, "get", "200", &statuses);
        let codes: Vec<&Value> = statuses["statuses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| &s["status_code"])
            .collect();
        assert_eq!(codes, ["completed", "in_progress", "received"]);
        // The same search is one; it is found in the list, and under no other product.
        assert_eq!(post_async(&node, &at, &body).await.json()["id"], done["id"]);
        let list = node.get("/stapi/searches/opportunities").await.json();
        check(
            &document,
            "/stapi/searches/opportunities",
            "get",
            "200",
            &list,
        );
        let (records, other) = match version {
            StapiVersion::V0_1_0 => ("search_records", "records"),
            StapiVersion::V0_2_0 => ("records", "search_records"),
        };
        assert_eq!(list[records].as_array().unwrap().len(), 1);
        assert!(list.get(other).is_none());
        let id = done["id"].as_str().unwrap();
        let elsewhere = node
            .get(&format!("/stapi/products/landsat-oli/opportunities/{id}"))
            .await;
        assert_eq!(
            elsewhere.status,
            StatusCode::NOT_FOUND,
            "{}",
            elsewhere.text()
        );
    }
}

#[tokio::test]
async fn an_order_becomes_a_watch() {
    let node = TestNode::open().await;
    let document = node.get("/api/openapi.json").await.json();
    let at = format!("{PRODUCT}/orders");
    // An opportunity is ordered by following its link.
    let found = node
        .post(&format!("{PRODUCT}/opportunities"), &search(&node, 10))
        .await
        .json();
    let flying = found["features"].as_array().unwrap().iter();
    let create = flying
        .filter_map(|feature| link(feature, "create-order"))
        .next()
        .unwrap();
    assert_eq!(path(&create["href"]), at);
    let placed = node.post(&at, &create["body"]).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text());
    assert_eq!(placed.header("content-type"), "application/geo+json");
    let order = placed.json();
    let template = "/stapi/products/{product}/orders";
    check(&document, template, "post", "201", &order);
    let ordered = create["body"]["datetime"].as_str().unwrap();
    let end: Timestamp = ordered.split_once('/').unwrap().1.parse().unwrap();
    // Where the register's elements are old, the span is over when it is ordered.
    let standing = if end <= Timestamp::now() {
        "expired"
    } else {
        "accepted"
    };
    assert_eq!(order["properties"]["status"]["status_code"], standing);
    assert_eq!(
        order["properties"]["search_parameters"]["datetime"],
        create["body"]["datetime"]
    );
    let place = path(&json!(placed.header("location")));
    let again = node.post(&at, &create["body"]).await.json();
    assert_eq!(again["id"], order["id"]);
    let watch = node
        .get(&path(&link(&order, "watch").unwrap()["href"]))
        .await
        .json();
    assert_eq!(node.get("/api/watches").await.json(), json!([watch]));

    // Whatever else is listed, the order is, under its product and under no other.
    let orders = node.get("/stapi/orders").await;
    assert_eq!(orders.header("content-type"), "application/geo+json");
    check(&document, "/stapi/orders", "get", "200", &orders.json());
    assert_eq!(orders.json()["features"], json!([order]));
    assert_eq!(node.get(&at).await.json()["features"], json!([order]));
    let other = node.get("/stapi/products/landsat-oli/orders").await.json();
    assert_eq!(other["features"], json!([]));

    deliver(&node, &watch).await;
    let order = node.get(&place).await.json();
    check(&document, "/stapi/orders/{order}", "get", "200", &order);
    assert_eq!(order["properties"]["status"]["status_code"], "completed");
    let item = node
        .get(&path(&link(&order, "stac").unwrap()["href"]))
        .await;
    assert_eq!(item.status, StatusCode::OK);
    assert_eq!(item.json()["id"], "delivered");
    let statuses = node
        .get(&format!("{place}/statuses?order_id=x"))
        .await
        .json();
    let template = "/stapi/orders/{order}/statuses";
    check(&document, template, "get", "200", &statuses);
    let codes: Vec<&Value> = statuses["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["status_code"])
        .collect();
    assert_eq!(codes, ["completed", "accepted", "received"]);
    assert!(link(&statuses["statuses"][0], "stac").is_some());
    assert!(link(&statuses["statuses"][1], "stac").is_none());
}

/// Catalogues an answer of `watch`, observed at the middle of what it waits for.
async fn deliver(node: &TestNode, watch: &Value) {
    let product = watch["product"].as_str().unwrap();
    let id = format!("answers-{product}");
    let collection = Collection::new(&*id, "Answers.", "other")
        .with_extent(Extent::new(Bbox::WORLD, None, None))
        .with_provider(Provider {
            name: "Corridor tests".into(),
            ..Provider::default()
        });
    let catalog = node.chain.catalog();
    catalog.put_collection(&collection).await.unwrap();
    let deadline: Timestamp = watch["deadline"].as_str().unwrap().parse().unwrap();
    let item = Item::new("delivered")
        .in_collection(&*id)
        .at(deadline - SignedDuration::from_millis(1))
        .with_geometry(serde_json::from_value(watch["area"].clone()).unwrap())
        .with("corridor:watch", watch["id"].clone())
        .with("corridor:product", product)
        .with("corridor:headline", "2.5 km² of water")
        .with("created", Timestamp::now().to_string());
    catalog.put_items(&[item]).await.unwrap();
}

#[tokio::test]
async fn what_was_delivered_privately_is_not_linked() {
    let mut config = NodeConfig::default();
    let open = TestNode::open().await;
    let products: Vec<String> = open.chain.products().map(|p| p.id.clone()).collect();
    config.policy.private_collections = products.iter().map(|p| format!("answers-{p}")).collect();
    let node = TestNode::with(config).await;
    let placed = node
        .post(&format!("{PRODUCT}/orders"), &order(&node, 10))
        .await;
    let watch = node.get("/api/watches").await.json()[0].clone();
    deliver(&node, &watch).await;
    let place = path(&json!(placed.header("location")));
    for at in [
        place.clone(),
        format!("{place}/statuses"),
        "/stapi/orders".into(),
    ] {
        let answer = node.get(&at).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            !answer.text().contains("answers-"),
            "{at}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn orders_are_paged_and_say_why_they_are_refused() {
    let node = with_version(StapiVersion::V0_2_0).await;
    let document = node.get("/api/openapi.json").await.json();
    let at = format!("{PRODUCT}/orders");
    let (from, to) = days(&node, 10);
    for priority in 1..=5 {
        let parameters = json!({"datetime": format!("{from}/{to}"), "geometry": point()});
        let body =
            json!({"search_parameters": parameters, "order_parameters": {"priority": priority}});
        let placed = node.post(&at, &body).await;
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text());
        let request = &placed.json()["properties"]["order_request"];
        assert_eq!(request["order_parameters"]["priority"], priority);
        assert_eq!(request["search_parameters"], parameters);
    }
    let (mut next, mut seen) = (Some("/stapi/orders?limit=2".to_string()), Vec::new());
    while let Some(at) = next {
        let page = node.get(&at).await.json();
        check(&document, "/stapi/orders", "get", "200", &page);
        assert_eq!(page["stapi_type"], "OrderCollection");
        for order in page["features"].as_array().unwrap() {
            let request = &order["properties"]["order_request"];
            seen.push(request["order_parameters"]["priority"].as_i64().unwrap());
        }
        next = link(&page, "next").map(|link| path(&link["href"]));
        assert!(seen.len() <= 5, "the list does not end");
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);

    // Nothing can see the place within a second; version 0.2.0 needs no order parameters.
    let soon = from + SignedDuration::from_secs(1);
    let body = json!({"datetime": format!("{from}/{soon}"), "geometry": point()});
    let placed = node.post(&at, &body).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text());
    let status = placed.json()["properties"]["status"].clone();
    assert_eq!(status["status_code"], "rejected");
    assert_eq!(status["reason_code"], "no_opportunity");
    assert!(link(&placed.json(), "watch").is_none());
    // A filter that nothing meets.
    let mut body = search(&node, 10);
    body["filter"] = json!({"op": "=", "args": [{"property": "platform"}, "SPUTNIK"]});
    let status = node.post(&at, &body).await.json()["properties"]["status"].clone();
    assert_eq!(status["reason_code"], "no_opportunity");
}

#[tokio::test]
async fn places_of_every_kind() {
    let node = TestNode::open().await;
    let at = format!("{PRODUCT}/opportunities");
    let square = |west: f64| {
        json!([[
            [west, 50.0],
            [west + 1.0, 50.0],
            [west + 1.0, 51.0],
            [west, 51.0],
            [west, 50.0]
        ]])
    };
    for (geometry, bounds) in [
        (point(), json!([13.4, 52.5, 13.4, 52.5])),
        (
            json!({"type": "Point", "coordinates": [13.4, 52.5, 34.0]}),
            json!([13.4, 52.5, 13.4, 52.5]),
        ),
        (
            json!({"type": "Polygon", "coordinates": square(10.0)}),
            json!([10.0, 50.0, 11.0, 51.0]),
        ),
        (
            json!({"type": "MultiPolygon", "coordinates": [square(10.0), square(12.0)]}),
            json!([10.0, 50.0, 13.0, 51.0]),
        ),
    ] {
        let body = json!({"datetime": span(&node, 10), "geometry": geometry});
        let answer = node.post(&at, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let first = &answer.json()["features"][0];
        assert_eq!(first["bbox"], bounds, "{geometry}");
        assert_eq!(first["geometry"], geometry);
    }
}
