//! Whatever is asked, nothing fails on this side: no 5xx, and errors are problems.

use crate::data::{TestNode, request};
use axum::body::Body;
use axum::http::header;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Parts of requests that are nearly right, and some that are not at all.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("0,0,1,1".to_string()),
        Just("-180,-90,180,90".to_string()),
        Just("170,-10,-170,10".to_string()),
        Just("1e308,-1e308,nan,inf".to_string()),
        Just("2020-01-01T00:00:00Z/..".to_string()),
        Just("9999-12-31T23:59:59Z".to_string()),
        Just("99999999999999999999".to_string()),
        Just("%7B%22type%22:%22Point%22,%22coordinates%22:[]%7D".to_string()),
        Just("%7B%22type%22:%22Polygon%22,%22coordinates%22:[[[0,0],[1,1],[0,0]]]%7D".to_string()),
        Just("%7B%22type%22:%22GeometryCollection%22,%22geometries%22:[]%7D".to_string()),
        "[a-z0-9,.:/+-]{0,40}",
        "(%[0-9a-f]{2}){0,20}",
    ]
}

fn paths() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("search".to_string()),
        Just("bbox".into()),
        Just("datetime".into()),
        Just("limit".into()),
        Just("ids".into()),
        Just("collections".into()),
        Just("intersects".into()),
        Just("token".into()),
        Just("sortby".into()),
        Just("fields".into()),
        Just("bands".into()),
        Just("rescale".into()),
        Just("from".into()),
        Just("to".into()),
        Just("step_s".into()),
        Just("satellite".into()),
    ];
    let path = prop_oneof![
        Just("/stac/search".to_string()),
        Just("/stac/collections/series/items".into()),
        Just("/tiles/scenes/olinda/pixels/tilejson.json".into()),
        Just("/tiles/scenes/olinda/note/3/2/4.png".into()),
        Just("/api/tracks".into()),
        Just("/api/watches/x/forecast".into()),
        values().prop_map(|part| format!("/stac/collections/{}", part.replace('/', "%2f"))),
        values().prop_map(|part| format!("/assets/scenes/{part}")),
        values().prop_map(|part| format!("/tiles/scenes/olinda/pixels/{part}")),
        values().prop_map(|part| format!("/{part}")),
    ];
    (path, prop::collection::vec((name, values()), 0..4)).prop_map(|(path, pairs)| {
        let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        format!("{path}?{}", pairs.join("&"))
    })
}

#[test]
fn no_query_makes_the_node_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let node = runtime.block_on(TestNode::open());
    let mut runner = TestRunner::new(Config {
        cases: 500,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&paths(), |path| {
            let Ok(asked) = request("GET", &path).body(Body::empty()) else {
                return Ok(());
            };
            let answer = runtime.block_on(node.send(asked));
            let status = answer.status.as_u16();
            prop_assert!(
                status < 500 || path.starts_with("/?") || not_built(&answer),
                "{status} {path}: {}",
                answer.text()
            );
            if status >= 400 && !not_built(&answer) {
                prop_assert_eq!(answer.header("content-type"), "application/problem+json");
            }
            Ok(())
        })
        .unwrap();
}

/// The page was not built: 503 with a page that says so.
fn not_built(answer: &crate::data::Answer) -> bool {
    answer.status.as_u16() == 503 && answer.text().contains("npm run build")
}

#[test]
fn no_body_makes_the_node_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let node = runtime.block_on(TestNode::open());
    let member = prop_oneof![
        Just("bbox"),
        Just("datetime"),
        Just("limit"),
        Just("ids"),
        Just("collections"),
        Just("intersects"),
        Just("token"),
        Just("sortby"),
        Just("fields"),
        Just("name"),
        Just("product"),
        Just("area"),
        Just("priority"),
        Just("notify"),
    ];
    let value = prop_oneof![
        Just("null".to_string()),
        Just("[]".into()),
        Just("{}".into()),
        Just("-1".into()),
        Just("1e400".into()),
        Just("\"\\u0000\"".into()),
        Just("[[[[[[[[[[]]]]]]]]]]".into()),
        Just("[0,0,1,1]".into()),
        Just("[\"a\",\"\"]".into()),
        Just("{\"type\":\"Polygon\",\"coordinates\":[]}".into()),
        Just("{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[0,0],[0,0],[0,0]]]]}".into()),
        Just("[{\"field\":\"a'b\\\"\",\"direction\":\"asc\"}]".into()),
        "\"[a-z0-9/:.]{0,20}\"",
    ];
    let bodies = prop::collection::vec((member, value), 0..4).prop_map(|members| {
        let members: Vec<String> = members
            .iter()
            .map(|(k, v)| format!("\"{k}\":{v}"))
            .collect();
        format!("{{{}}}", members.join(","))
    });
    let mut runner = TestRunner::new(Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(
            &(
                prop_oneof![Just("/stac/search"), Just("/api/watches")],
                bodies,
            ),
            |(path, body)| {
                let asked = request("POST", path)
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Body::from(body.clone()))
                    .unwrap();
                let answer = runtime.block_on(node.send(asked));
                prop_assert!(answer.status.as_u16() < 500, "{body}: {}", answer.text());
                Ok(())
            },
        )
        .unwrap();
}
