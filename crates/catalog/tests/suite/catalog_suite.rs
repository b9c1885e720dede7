//! What every catalogue must do; run on each implementation.

use corridor_catalog::store::{Catalog, CatalogError, ErrorClass, MAX_LIMIT, Put, Search, SortKey};
use corridor_catalog::{Bbox, Collection, Filter, Item};
use serde_json::{Value, json};

pub(crate) fn collection(id: &str) -> Collection {
    Collection::new(id, "a collection of the tests", "CC-BY-4.0")
}

pub(crate) fn geometry(value: Value) -> geojson::Geometry {
    serde_json::from_value(value).unwrap()
}

/// A square of one degree around a centre.
pub(crate) fn square(lon: f64, lat: f64) -> geojson::Geometry {
    let (w, e, s, n) = (lon - 0.5, lon + 0.5, lat - 0.5, lat + 0.5);
    geometry(json!({"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}))
}

pub(crate) fn item(id: &str, lon: f64, lat: f64, datetime: &str) -> Item {
    Item::new(id)
        .in_collection("scenes")
        .with_geometry(square(lon, lat))
        .at(datetime.parse().unwrap())
}

async fn ids(store: &dyn Catalog, search: &Search) -> Vec<String> {
    let page = store.search(search).await.unwrap();
    page.items.into_iter().map(|item| item.id).collect()
}

/// Runs the whole suite on an empty store.
pub(crate) async fn run(store: &dyn Catalog) {
    collections(store).await;
    items(store).await;
    conditions(store).await;
    order_and_pages(store).await;
    pages_stay_valid(store).await;
    extents(store).await;
    refusals(store).await;
    removal(store).await;
}

async fn collections(store: &dyn Catalog) {
    assert!(store.collections().await.unwrap().is_empty());
    let scenes = collection("scenes");
    assert_eq!(store.put_collection(&scenes).await.unwrap(), Put::New);
    assert_eq!(store.put_collection(&scenes).await.unwrap(), Put::Same);
    let titled = scenes.with_title("Scenes");
    assert_eq!(store.put_collection(&titled).await.unwrap(), Put::Replaced);
    store
        .put_collection(&collection("answers-water"))
        .await
        .unwrap();
    assert_eq!(store.collection("scenes").await.unwrap(), titled);
    let listed: Vec<String> = store
        .collections()
        .await
        .unwrap()
        .into_iter()
        .map(|c| c.id)
        .collect();
    assert_eq!(listed, ["answers-water", "scenes"]);
    let error = store.collection("none").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(store.extent("scenes").await.unwrap().is_none());
    assert!(store.extent("none").await.unwrap_err().is_not_found());
}

async fn items(store: &dyn Catalog) {
    let one = item("one", 10.0, 50.0, "2026-01-01T00:00:00Z")
        .with("corridor:source_sha256", "ab".repeat(32))
        .with("eo:cloud_cover", 12.5);
    assert_eq!(store.put_item(&one).await.unwrap(), Put::New);
    assert_eq!(store.put_item(&one).await.unwrap(), Put::Same);
    assert_eq!(store.item("scenes", "one").await.unwrap(), one);
    let changed = one.clone().with("eo:cloud_cover", 13);
    assert_eq!(store.put_item(&changed).await.unwrap(), Put::Replaced);
    assert_eq!(store.item("scenes", "one").await.unwrap(), changed);
    let by_source = store
        .item_by_source("scenes", &"ab".repeat(32))
        .await
        .unwrap();
    assert_eq!(by_source, Some(changed));
    assert_eq!(
        store
            .item_by_source("scenes", &"cd".repeat(32))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .item_by_source("answers-water", &"ab".repeat(32))
            .await
            .unwrap(),
        None
    );

    let elsewhere = one.in_collection("answers-water");
    assert_eq!(store.put_item(&elsewhere).await.unwrap(), Put::New);
    let error = store.item("scenes", "two").await.unwrap_err();
    assert!(matches!(error, CatalogError::UnknownItem { .. }), "{error}");
    let error = store.item("none", "one").await.unwrap_err();
    assert!(
        matches!(error, CatalogError::UnknownCollection(_)),
        "{error}"
    );
    store.delete_item("answers-water", "one").await.unwrap();
    assert!(
        store
            .delete_item("answers-water", "one")
            .await
            .unwrap_err()
            .is_not_found()
    );
}

async fn conditions(store: &dyn Catalog) {
    let fiji = geometry(json!({"type": "MultiPolygon", "coordinates": [
        [[[177.0, -20.0], [180.0, -20.0], [180.0, -12.0], [177.0, -12.0], [177.0, -20.0]]],
        [[[-180.0, -20.0], [-178.0, -20.0], [-178.0, -12.0], [-180.0, -12.0], [-180.0, -20.0]]]
    ]}));
    let month = ("2026-02-01T00:00:00Z", "2026-02-28T23:59:59.999999999Z");
    let all = [
        item("two", 20.0, 50.0, "2026-01-02T00:00:00Z"),
        item("fiji", 0.0, 0.0, "2026-01-03T00:00:00Z").with_geometry(fiji),
        item("month", 30.0, 0.0, "2026-01-01T00:00:00Z")
            .between(month.0.parse().unwrap(), month.1.parse().unwrap()),
        Item {
            geometry: None,
            bbox: None,
            ..item("nowhere", 0.0, 0.0, "2026-03-01T00:00:00Z")
        },
    ];
    assert_eq!(store.put_items(&all).await.unwrap(), vec![Put::New; 4]);
    assert_eq!(store.put_items(&all).await.unwrap(), vec![Put::Same; 4]);

    let found = async |search: Search| {
        let mut found = ids(store, &search).await;
        found.sort_unstable();
        found.join(" ")
    };
    let inside = async |text: &str| {
        found(Search {
            bbox: Some(text.parse().unwrap()),
            ..Search::default()
        })
        .await
    };
    assert_eq!(inside("9,49,11,51").await, "one");
    assert_eq!(inside("9.9,49.9,10.1,50.1").await, "one");
    assert_eq!(inside("10,50,10,50").await, "one");
    assert_eq!(inside("10.5,50.5,11,51").await, "one"); // touching counts
    assert_eq!(inside("10.51,50.51,11,51").await, "");
    assert_eq!(inside("-180,-90,180,90").await, "fiji month one two");
    assert_eq!(inside("-179,-15,-178.5,-14").await, "fiji");
    assert_eq!(inside("179,-15,-179,-14").await, "fiji");
    assert_eq!(inside("-177,-21,176,-11").await, "");

    let meeting = async |value: Value| {
        found(Search {
            intersects: Some(geometry(value)),
            ..Search::default()
        })
        .await
    };
    // A triangle whose box covers the square of "one" while it passes beside it.
    let beside = json!([[[9.0, 49.0], [11.0, 49.0], [11.0, 51.5], [9.0, 49.0]]]);
    assert_eq!(
        meeting(json!({"type": "Polygon", "coordinates": beside})).await,
        "one"
    );
    let past = json!([[
        [8.0, 49.0],
        [8.5, 52.0],
        [11.0, 51.5],
        [8.5, 51.4],
        [8.0, 49.0]
    ]]);
    assert_eq!(
        meeting(json!({"type": "Polygon", "coordinates": past})).await,
        ""
    );
    assert_eq!(
        meeting(json!({"type": "Point", "coordinates": [20.1, 50.1]})).await,
        "two"
    );
    let line = json!({"type": "LineString", "coordinates": [[5, 50], [25, 50]]});
    assert_eq!(meeting(line).await, "one two");

    let during = async |text: &str| {
        found(Search {
            datetime: Some(text.parse().unwrap()),
            ..Search::default()
        })
        .await
    };
    assert_eq!(during("2026-01-02T00:00:00Z").await, "two");
    assert_eq!(during("2026-01-02T01:00:00+01:00").await, "two");
    assert_eq!(
        during("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z").await,
        "one two"
    );
    assert_eq!(during("../2026-01-01T23:59:59Z").await, "one");
    assert_eq!(
        during("2026-01-03T00:00:00.000000001Z/..").await,
        "month nowhere"
    );
    assert_eq!(during("2026-02-10T00:00:00Z").await, "month");
    assert_eq!(
        during("2026-02-28T23:59:59.999999999Z/").await,
        "month nowhere"
    );
    assert_eq!(during("2026-03-01T00:00:00Z/..").await, "nowhere");

    let named = |list: &[&str]| {
        list.iter()
            .map(|s| (*s).to_owned())
            .collect::<Vec<String>>()
    };
    let search = Search {
        ids: named(&["one", "fiji", "none"]),
        ..Search::default()
    };
    assert_eq!(found(search.clone()).await, "fiji one");
    let search = Search {
        bbox: Some("0,0,90,90".parse().unwrap()),
        ..search
    };
    assert_eq!(found(search.clone()).await, "one");
    let search = Search {
        collections: named(&["answers-water", "none"]),
        ..search
    };
    assert_eq!(found(search).await, "");
    let filter = |text: &str| Search {
        filter: Some(Filter::from_text(text).unwrap()),
        ..Search::default()
    };
    assert_eq!(found(filter("eo:cloud_cover > 10")).await, "one");
    assert_eq!(
        found(filter("id IN ('one', 'two') AND eo:cloud_cover IS NULL")).await,
        "two"
    );
    assert_eq!(
        found(filter("S_INTERSECTS(geometry, POINT(-179 -15))")).await,
        "fiji"
    );
    assert_eq!(found(filter("NOT eo:cloud_cover = 1")).await, "one");
    let counted = Search {
        count: true,
        limit: Some(1),
        ..Search::default()
    };
    assert_eq!(store.search(&counted).await.unwrap().matched, Some(5));
    let counted = Search {
        bbox: Some(Bbox::WORLD),
        ..counted
    };
    assert_eq!(store.search(&counted).await.unwrap().matched, Some(4));
}

async fn order_and_pages(store: &dyn Catalog) {
    // Newest first unless told otherwise.
    let newest = ids(store, &Search::default()).await;
    assert_eq!(newest, ["nowhere", "month", "fiji", "two", "one"]);
    let by = async |text: &str| {
        let sortby = SortKey::parse_list(text).unwrap();
        ids(
            store,
            &Search {
                sortby,
                ..Search::default()
            },
        )
        .await
        .join(" ")
    };
    assert_eq!(by("id").await, "fiji month nowhere one two");
    assert_eq!(by("-id").await, "two one nowhere month fiji");
    assert_eq!(by("+datetime").await, "one two fiji month nowhere");
    // "one" is the only one with clouds; without comes last either way.
    assert_eq!(by("eo:cloud_cover,id").await, "one fiji month nowhere two");
    assert_eq!(
        by("-properties.eo:cloud_cover,-id").await,
        "one two nowhere month fiji"
    );

    for sort in [
        "",
        "id",
        "-id",
        "eo:cloud_cover",
        "-eo:cloud_cover,-datetime",
    ] {
        let sortby = if sort.is_empty() {
            vec![]
        } else {
            SortKey::parse_list(sort).unwrap()
        };
        let whole = ids(
            store,
            &Search {
                sortby: sortby.clone(),
                ..Search::default()
            },
        )
        .await;
        let mut paged = Vec::new();
        let mut token = None;
        loop {
            let search = Search {
                sortby: sortby.clone(),
                limit: Some(2),
                token,
                ..Search::default()
            };
            let page = store.search(&search).await.unwrap();
            paged.extend(page.items.into_iter().map(|i| i.id));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(paged, whole, "{sort}");
    }
    let exact = store
        .search(&Search {
            limit: Some(5),
            ..Search::default()
        })
        .await
        .unwrap();
    assert_eq!(exact.next, None, "a full last page has no next");
    let listed = store.items("scenes", 3, None).await.unwrap();
    assert_eq!(listed.items.len(), 3);
    let rest = store
        .items("scenes", 3, listed.next.as_deref())
        .await
        .unwrap();
    assert_eq!(rest.items.len(), 2);
    assert!(
        store
            .items("none", 3, None)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

/// Items that come or go between two pages neither repeat nor hide others.
async fn pages_stay_valid(store: &dyn Catalog) {
    let search = Search {
        limit: Some(2),
        ..Search::default()
    };
    let first = store.search(&search).await.unwrap();
    assert_eq!(
        first.items.iter().map(|i| &i.id[..]).collect::<Vec<_>>(),
        ["nowhere", "month"]
    );
    store
        .put_item(&item("newer", 0.0, 0.0, "2027-01-01T00:00:00Z"))
        .await
        .unwrap();
    store
        .put_item(&item("older", 0.0, 0.0, "2025-01-01T00:00:00Z"))
        .await
        .unwrap();
    let month = store.delete_item("scenes", "month").await.unwrap();
    let rest = Search {
        limit: Some(10),
        token: first.next,
        ..Search::default()
    };
    assert_eq!(ids(store, &rest).await, ["fiji", "two", "one", "older"]);
    store.put_item(&month).await.unwrap();
    store.delete_item("scenes", "newer").await.unwrap();
    store.delete_item("scenes", "older").await.unwrap();
}

async fn extents(store: &dyn Catalog) {
    let extent = store.extent("scenes").await.unwrap().unwrap();
    assert_eq!(extent.spatial.bbox, [[-180.0, -20.0, 180.0, 50.5]]);
    let [start, end] = extent.temporal.interval[0];
    assert_eq!(start, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(end, Some("2026-03-01T00:00:00Z".parse().unwrap()));
    store.delete_item("scenes", "fiji").await.unwrap();
    let extent = store.extent("scenes").await.unwrap().unwrap();
    assert_eq!(extent.spatial.bbox, [[9.5, -0.5, 30.5, 50.5]]);
}

async fn refusals(store: &dyn Catalog) {
    let good = item("good", 0.0, 0.0, "2026-01-01T00:00:00Z");
    let before = ids(store, &Search::default()).await;
    let refused = async |item: Item, field: &str| {
        let error = store.put_item(&item).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::BadRequest, "{error}");
        assert!(
            error.to_string().contains(field),
            "{error} should name {field}"
        );
    };
    refused(
        Item {
            id: String::new(),
            ..good.clone()
        },
        "id",
    )
    .await;
    refused(
        Item {
            id: "x".repeat(2000),
            ..good.clone()
        },
        "id",
    )
    .await;
    refused(
        Item {
            collection: None,
            ..good.clone()
        },
        "collection",
    )
    .await;
    let mut timeless = good.clone();
    timeless.properties.datetime = None;
    refused(timeless, "datetime").await;
    let (early, late) = (
        "2026-01-01T00:00:00Z".parse().unwrap(),
        "2026-02-01T00:00:00Z",
    );
    refused(
        good.clone().between(late.parse().unwrap(), early),
        "start_datetime",
    )
    .await;
    refused(
        Item {
            bbox: Some(vec![0.0, 0.0, 1.0]),
            ..good.clone()
        },
        "bbox",
    )
    .await;
    refused(
        Item {
            bbox: Some(vec![0.0, 0.0, 1.0, 91.0]),
            ..good.clone()
        },
        "bbox",
    )
    .await;
    for broken in [
        json!({"type": "Polygon", "coordinates": []}),
        json!({"type": "Polygon", "coordinates": [[[0, 0], [200, 0], [0, 1], [0, 0]]]}),
        json!({"type": "Point", "coordinates": [0, -91]}),
    ] {
        refused(
            Item {
                geometry: Some(geometry(broken)),
                ..good.clone()
            },
            "geometry",
        )
        .await;
    }
    let homeless = good.clone().in_collection("none");
    assert!(store.put_item(&homeless).await.unwrap_err().is_not_found());
    // All or none: the good one before the bad one is not there either.
    assert!(store.put_items(&[good.clone(), homeless]).await.is_err());
    assert_eq!(ids(store, &Search::default()).await, before);

    let bad = async |search: Search| {
        let error = store.search(&search).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::BadRequest, "{error}");
        error
    };
    let error = bad(Search {
        limit: Some(0),
        ..Search::default()
    })
    .await;
    assert!(matches!(error, CatalogError::Limit { given: 0, .. }));
    bad(Search {
        limit: Some(MAX_LIMIT + 1),
        ..Search::default()
    })
    .await;
    let error = bad(Search {
        token: Some("nonsense".into()),
        ..Search::default()
    })
    .await;
    assert!(matches!(error, CatalogError::Token(_)));
    bad(Search {
        sortby: vec![SortKey::asc("a\"b")],
        ..Search::default()
    })
    .await;
    bad(Search {
        sortby: vec![SortKey::asc("")],
        ..Search::default()
    })
    .await;
    bad(Search {
        sortby: vec![SortKey::asc("a"); 9],
        ..Search::default()
    })
    .await;
    bad(Search {
        ids: vec![String::new(); 10_001],
        ..Search::default()
    })
    .await;
    let empty = geometry(json!({"type": "MultiPolygon", "coordinates": []}));
    let error = bad(Search {
        intersects: Some(empty.clone()),
        ..Search::default()
    })
    .await;
    assert!(matches!(error, CatalogError::Intersects(_)));
    let both = Search {
        bbox: Some(Bbox::WORLD),
        intersects: Some(empty),
        ..Search::default()
    };
    assert!(matches!(bad(both).await, CatalogError::BboxAndIntersects));

    let nameless = Collection {
        id: String::new(),
        ..collection("x")
    };
    let error = store.put_collection(&nameless).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::BadRequest);
}

async fn removal(store: &dyn Catalog) {
    let error = store.delete_collection("scenes").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Conflict, "{error}");
    let page = store.search(&Search::default()).await.unwrap();
    for item in page.items {
        store.delete_item("scenes", &item.id).await.unwrap();
    }
    store.delete_collection("scenes").await.unwrap();
    assert!(
        store
            .delete_collection("scenes")
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(ids(store, &Search::default()).await.is_empty());
    let everywhere = Search {
        bbox: Some(Bbox::WORLD),
        count: true,
        ..Search::default()
    };
    assert_eq!(store.search(&everywhere).await.unwrap().matched, Some(0));
    store.delete_collection("answers-water").await.unwrap();
}
