//! CQL2: what the standard's own forms mean, and that stores give what a plain filter gives.

use std::collections::BTreeSet;

use corridor_catalog::Filter;
use corridor_catalog::filter::FilterError;
use corridor_catalog::store::{Catalog, Search};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::real_items::{all_ids, loaded};

fn item() -> Value {
    json!({
        "id": "one", "collection": "scenes",
        "geometry": {"type": "Polygon",
                     "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]},
        "properties": {
            "datetime": "2026-01-02T12:00:00Z", "start_datetime": "2026-01-02T00:00:00Z",
            "end_datetime": "2026-01-03T00:00:00Z", "updated": "2026-02-01T00:00:00.000+00:00",
            "eo:cloud_cover": 12.5, "platform": "Landsat-8", "gsd": 30,
            "instruments": ["oli", "tirs"], "replay": true, "nothing": null, "note": "it's 50%"
        }
    })
}

#[test]
fn conditions_in_text() {
    let yes = [
        "eo:cloud_cover < 20",
        "eo:cloud_cover = 12.5 AND gsd = 30",
        "properties.gsd >= 30 and gsd <= 3e1",
        "20 > eo:cloud_cover",
        "platform <> 'landsat-8'",
        "CASEI(platform) = CASEI('LANDSAT-8')",
        "platform LIKE 'Land%' AND platform NOT LIKE 'land%'",
        "casei(platform) like casei('LAND%')",
        "note = 'it''s 50%' AND note LIKE '%50\\%'",
        "gsd BETWEEN 10 AND 30 AND gsd NOT BETWEEN 31 AND 40",
        "platform IN ('a', 'Landsat-8') AND gsd NOT IN (10, 20)",
        "nothing IS NULL AND missing IS NULL AND gsd IS NOT NULL",
        "replay AND replay = TRUE AND NOT replay = false",
        "NOT (gsd = 10 OR gsd = 20)",
        "gsd = 10 OR gsd = 20 OR gsd = 30",
        "missing = 1 OR gsd = 30",
        "gsd * 2 + 1 = 61 AND gsd / 4 = 7.5 AND gsd div 4 = 7 AND gsd % 4 = 2 AND 2 ^ 3 = 8",
        "-gsd = -30 AND gsd - -1 = 31",
        "eo:cloud_cover < gsd",
        "datetime > TIMESTAMP('2026-01-01T00:00:00Z')",
        "datetime = TIMESTAMP('2026-01-02T13:00:00+01:00')",
        "datetime >= '2026-01-02T12:00:00.000Z'",
        "datetime > DATE('2026-01-01') AND datetime = DATE('2026-01-02')",
        "updated = TIMESTAMP('2026-02-01T00:00:00Z')",
        "T_AFTER(datetime, TIMESTAMP('2026-01-01T00:00:00Z'))",
        "T_DURING(datetime, INTERVAL('2026-01-01', '2026-01-03'))",
        "T_INTERSECTS(datetime, INTERVAL('2026-01-02T12:00:00Z', '..'))",
        "T_CONTAINS(INTERVAL(start_datetime, end_datetime), datetime)",
        "T_BEFORE(INTERVAL('..', '2025-01-01'), datetime)",
        "T_MEETS(INTERVAL(start_datetime, datetime), INTERVAL(datetime, end_datetime))",
        "S_INTERSECTS(geometry, POINT(1 1))",
        "S_INTERSECTS(geometry, BBOX(-1, -1, 0.5, 0.5))",
        "S_WITHIN(geometry, POLYGON((-1 -1, 3 -1, 3 3, -1 3, -1 -1)))",
        "S_CONTAINS(geometry, LINESTRING(0.5 0.5, 1 1.5))",
        "S_CROSSES(LINESTRING(-1 1, 1 1), geometry)",
        "S_TOUCHES(geometry, POINT(0 1))",
        "S_DISJOINT(geometry, MULTIPOINT((5 5), (6 6)))",
        "S_EQUALS(geometry, POLYGON((0 0, 0 2, 2 2, 2 0, 0 0)))",
        "S_OVERLAPS(geometry, MULTIPOLYGON(((1 1, 3 1, 3 3, 1 3, 1 1))))",
        "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(9 9), LINESTRING Z (1 1 5, 2 2 5)))",
        "A_CONTAINS(instruments, ('oli')) AND A_OVERLAPS(instruments, ('tirs', 'x'))",
        "A_EQUALS(instruments, ('oli', 'tirs')) AND A_CONTAINEDBY(instruments, ('tirs', 'oli', 'x'))",
        "id = 'one' AND collection = 'scenes' AND \"eo:cloud_cover\" > 1",
    ];
    for text in yes {
        let filter = Filter::from_text(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert!(filter.matches(&item()), "{text}");
        // The same in JSON.
        let again = Filter::from_json(&filter.to_json()).unwrap();
        assert_eq!(again.to_json(), filter.to_json(), "{text}");
        assert!(again.matches(&item()), "{text}");
    }
    let no = [
        "missing = 1",
        "NOT missing = 1",
        "missing <> 1",
        "missing = 1 AND gsd = 30",
        "gsd = 'thirty'",
        "gsd / 0 > 1",
        "S_INTERSECTS(geometry, POINT(3 3))",
        "S_WITHIN(geometry, POINT(1 1))",
        "A_CONTAINS(instruments, ('oli', 'x'))",
        "T_DISJOINT(datetime, INTERVAL('2026-01-01', '2026-01-03'))",
        "false",
        "platform",
    ];
    for text in no {
        assert!(!Filter::from_text(text).unwrap().matches(&item()), "{text}");
    }
}

#[test]
fn conditions_in_json() {
    let filter = Filter::from_json(&json!({"op": "and", "args": [
        {"op": "<=", "args": [{"property": "eo:cloud_cover"}, 12.5]},
        {"op": "in", "args": [{"property": "platform"}, ["Landsat-8", "Landsat-9"]]},
        {"op": "between", "args": [{"property": "gsd"}, 10, 60]},
        {"op": "isNull", "args": [{"property": "missing"}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 1, 5, 5]}]},
        {"op": "t_during", "args": [{"property": "datetime"}, {"interval": ["2026-01-01", ".."]}]},
        {"op": "a_contains", "args": [{"property": "instruments"}, ["tirs"]]},
        {"op": "=", "args": [{"op": "casei", "args": [{"property": "platform"}]}, "landsat-8"]},
        {"op": ">=", "args": [{"property": "datetime"}, {"timestamp": "2026-01-01T00:00:00Z"}]}
    ]}))
    .unwrap();
    assert!(filter.matches(&item()));
    assert_eq!(
        filter.properties(),
        [
            "datetime",
            "eo:cloud_cover",
            "geometry",
            "gsd",
            "instruments",
            "missing",
            "platform"
        ]
    );
}

#[test]
fn what_is_not_cql2_is_refused_with_its_place() {
    for text in [
        "",
        "gsd =",
        "= 3",
        "gsd = 3 gsd",
        "gsd = 'open",
        "(gsd = 3",
        "gsd == 3",
        "gsd ! 3",
        "gsd IN 3",
        "gsd BETWEEN 1",
        "gsd IS 3",
        "gsd NOT 3",
        "AND gsd = 3",
        "1",
        "'text'",
        "POINT(1 1)",
        "S_INTERSECTS(geometry, 5)",
        "S_INTERSECTS(geometry)",
        "S_INTERSECTS(geometry, POINT(200 0))",
        "S_INTERSECTS(geometry, POINT(1))",
        "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 0)))",
        "S_INTERSECTS(geometry, POINT(1 1)",
        "BBOX(1, 2, 3)",
        "TIMESTAMP('yesterday') > datetime",
        "T_AFTER(datetime, 5)",
        "T_DURING(datetime, INTERVAL('2026-01-01'))",
        "gsd = (1, 2)",
        "\u{0}",
        "é = 1 AND",
        "gsd = 1e",
        "gsd > DATE('2026-13-01')",
    ] {
        assert!(
            Filter::from_text(text).is_err(),
            "{text:?} should be refused"
        );
    }
    let error = Filter::from_text("gsd = 3 OR OR").unwrap_err();
    assert!(
        matches!(error, FilterError::Syntax { at: 11, .. }),
        "{error}"
    );
    for (text, named) in [
        ("ACCENTI(platform) = 'a'", "ACCENTI"),
        ("myfunction(gsd) = 1", "myfunction"),
    ] {
        let error = Filter::from_text(text).unwrap_err();
        assert!(matches!(error, FilterError::Unsupported(_)), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
    for value in [
        json!(null),
        json!({}),
        json!([]),
        json!("x"),
        json!({"op": "and"}),
        json!({"op": "and", "args": []}),
        json!({"op": "=", "args": [1]}),
        json!({"op": "=", "args": [1, null]}),
        json!({"op": "nope", "args": [1]}),
        json!({"function": {"name": "f"}}),
        json!({"op": 5, "args": []}),
        json!({"op": "in", "args": [{"property": "a"}, 5]}),
        json!({"op": "=", "args": [{"property": "a\"b"}, 5]}),
    ] {
        assert!(
            Filter::from_json(&value).is_err(),
            "{value} should be refused"
        );
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = format!("{}gsd = 1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(matches!(
        Filter::from_text(&deep),
        Err(FilterError::TooLarge { .. })
    ));
    let nots = format!("{} gsd = 1", "NOT ".repeat(5000));
    assert!(matches!(
        Filter::from_text(&nots),
        Err(FilterError::TooLarge { .. })
    ));
    let minus = format!("gsd = {}1", "-".repeat(5000));
    assert!(matches!(
        Filter::from_text(&minus),
        Err(FilterError::TooLarge { .. })
    ));
    let sums = format!("gsd = {}1", "1 + ".repeat(2000));
    assert!(matches!(
        Filter::from_text(&sums),
        Err(FilterError::TooLarge { .. })
    ));
    let long = format!("gsd = 1{}", " OR gsd = 1".repeat(10_000));
    assert!(matches!(
        Filter::from_text(&long),
        Err(FilterError::TooLarge { .. })
    ));
    let many = format!("gsd IN ({}1)", "1,".repeat(5000));
    assert!(matches!(
        Filter::from_text(&many),
        Err(FilterError::TooLarge { .. })
    ));
    let mut nested = json!({"op": "=", "args": [{"property": "a"}, 1]});
    for _ in 0..100 {
        nested = json!({"op": "not", "args": [nested]});
    }
    assert!(matches!(
        Filter::from_json(&nested),
        Err(FilterError::TooLarge { .. })
    ));
}

#[tokio::test]
async fn filters_on_real_items_equal_a_plain_filter() {
    let Some((_data, store, documents)) = loaded().await else {
        return;
    };
    let mut hits = Vec::new();
    for text in [
        "eo:cloud_cover < 5",
        "eo:cloud_cover <= 0.5 OR eo:cloud_cover > 99",
        "NOT eo:cloud_cover < 5",
        "eo:cloud_cover IS NULL",
        "eo:cloud_cover IS NOT NULL AND gsd = 30",
        "platform = 'landsat-8'",
        "CASEI(platform) LIKE 'sentinel-2_'",
        "platform IN ('landsat-8', 'landsat-9', 'sentinel-2b')",
        "collection = 'naip' AND id LIKE '%2023%'",
        "view:sun_elevation BETWEEN 50 AND 60",
        "datetime >= TIMESTAMP('2024-08-01T00:00:00Z') AND datetime < TIMESTAMP('2024-08-10T00:00:00Z')",
        "T_DURING(datetime, INTERVAL('2016-01-01T00:00:00Z', '2016-12-31T23:59:59Z'))",
        "S_INTERSECTS(geometry, BBOX(-105, 38, -100, 42)) AND eo:cloud_cover < 50",
        "S_WITHIN(geometry, POLYGON((-130 30, -100 30, -100 50, -130 50, -130 30)))",
        "S_DISJOINT(geometry, BBOX(-130, 30, -60, 50))",
        "A_CONTAINS(instruments, ('oli'))",
        "proj:epsg = 32613 OR proj:code = 'EPSG:32610'",
        "s2:mgrs_tile = '13TEF'",
        "gsd > eo:cloud_cover",
    ] {
        let filter = Filter::from_text(text).unwrap();
        let expected: BTreeSet<(String, String)> = documents
            .iter()
            .filter(|d| filter.matches(d))
            .map(|d| (d["id"].to_string(), d["collection"].to_string()))
            .collect();
        let search = Search {
            filter: Some(filter),
            count: true,
            ..Search::default()
        };
        let matched = store.search(&search).await.unwrap().matched;
        assert_eq!(matched, Some(expected.len() as u64), "{text}");
        let found: Vec<String> = all_ids(&store, search).await;
        assert_eq!(found.len(), expected.len(), "{text}");
        let ids: BTreeSet<String> = expected
            .into_iter()
            .map(|(id, _)| id.trim_matches('"').to_owned())
            .collect();
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), ids, "{text}");
        hits.push(ids.len());
    }
    assert!(hits.iter().filter(|n| **n > 0).count() >= 17, "{hits:?}");
    // Once by hand, so that the filter is not only compared with itself.
    let by_hand = documents
        .iter()
        .filter(|d| {
            d["properties"]["eo:cloud_cover"]
                .as_f64()
                .is_some_and(|c| c < 5.0)
        })
        .map(|d| d["id"].to_string())
        .collect::<BTreeSet<_>>();
    assert_eq!(hits[0], by_hand.len());

    let queryables = store.queryables(Some("landsat-c2-l2")).await.unwrap();
    assert_eq!(queryables["properties"]["eo:cloud_cover"]["type"], "number");
    assert_eq!(queryables["properties"]["platform"]["type"], "string");
    assert!(queryables["properties"].get("s2:mgrs_tile").is_none());
    let all = store.queryables(None).await.unwrap();
    assert!(all["properties"]["geometry"].is_object());
    assert!(
        store
            .queryables(Some("none"))
            .await
            .unwrap_err()
            .is_not_found()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_makes_a_filter_panic(
        any in "\\PC{0,60}",
        near in proptest::collection::vec(
            proptest::sample::select(vec![
                "gsd", "'a'", "(", ")", ",", "=", "<", "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE",
                "IS", "NULL", "1", "-", "^", "POINT", "Z", "POLYGON", "S_INTERSECTS", "geometry",
                "INTERVAL", "T_AFTER", "datetime", "TIMESTAMP", "'2026-01-01T00:00:00Z'", "A_EQUALS",
                "CASEI", "BBOX", "\"", "'", "é", "div", "TRUE", "S_TOUCHES", "0 0", "1 1",
            ]),
            0..14,
        ),
    ) {
        for text in [any, near.join(" ")] {
            if let Ok(filter) = Filter::from_text(&text) {
                filter.matches(&item());
                filter.matches(&Value::Null);
                let again = Filter::from_json(&filter.to_json());
                prop_assert!(again.is_ok(), "{} gives {}", text, filter.to_json());
            }
        }
    }
}
