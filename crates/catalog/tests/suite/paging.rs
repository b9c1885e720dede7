//! Laws: pages put together are the whole result, intervals read as they are written.

use corridor_catalog::store::{Catalog, Search, SortKey, SqliteCatalog};
use corridor_catalog::{Bbox, Interval};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::catalog_suite;

/// Few distinct values, so that ties and missing properties are common.
#[derive(Clone, Debug)]
struct Draft {
    day: u8,
    cloud: Option<u8>,
    platform: Option<u8>,
    lon: i16,
    lat: i8,
}

fn draft() -> impl Strategy<Value = Draft> {
    (
        0..4_u8,
        proptest::option::of(0..3_u8),
        proptest::option::of(0..3_u8),
        -170..170_i16,
        -80..80_i8,
    )
        .prop_map(|(day, cloud, platform, lon, lat)| Draft {
            day,
            cloud,
            platform,
            lon,
            lat,
        })
}

fn order() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        (
            "[+-]",
            proptest::sample::select(vec!["datetime", "id", "eo:cloud_cover", "platform"]),
        ),
        0..4,
    )
    .prop_map(|keys| {
        keys.into_iter()
            .map(|(s, k)| format!("{s}{k}"))
            .collect::<Vec<_>>()
            .join(",")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn pages_together_are_the_whole_result(
        drafts in proptest::collection::vec(draft(), 0..40),
        limit in 1..7_usize,
        order in order(),
        west in -170..0_i16,
        bounded: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let data = tempfile::tempdir().unwrap();
            let store = SqliteCatalog::open(&data.path().join("c.db")).await.unwrap();
            store.put_collection(&catalog_suite::collection("scenes")).await.unwrap();
            let items: Vec<_> = drafts.iter().enumerate().map(|(n, d)| {
                let datetime = format!("2026-01-{:02}T00:00:00Z", d.day + 1);
                let (lon, lat) = (f64::from(d.lon), f64::from(d.lat));
                let mut item = catalog_suite::item(&format!("item-{n}"), lon, lat, &datetime);
                if let Some(cloud) = d.cloud {
                    item = item.with("eo:cloud_cover", f64::from(cloud) / 2.0);
                }
                if let Some(platform) = d.platform {
                    item = item.with("platform", format!("satellite-{platform}"));
                }
                item
            }).collect();
            store.put_items(&items).await.unwrap();
            let sortby =
                if order.is_empty() { vec![] } else { SortKey::parse_list(&order).unwrap() };
            let bbox = bounded.then(|| Bbox::new(f64::from(west), -60.0, 150.0, 70.0).unwrap());
            let search = Search { sortby, bbox, ..Search::default() };
            let whole = store
                .search(&Search { limit: Some(1000), count: true, ..search.clone() })
                .await
                .unwrap();
            let mut pages = Vec::new();
            let mut token = None;
            loop {
                let page = store
                    .search(&Search { limit: Some(limit), token, ..search.clone() })
                    .await
                    .unwrap();
                assert!(page.items.len() == limit || page.next.is_none());
                pages.extend(page.items);
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(&pages, &whole.items);
            assert_eq!(whole.matched, Some(pages.len() as u64));
            if !bounded {
                assert_eq!(pages.len(), items.len());
            }
        });
    }
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (-62_167_219_200..=253_402_207_200_i64, 0..1_000_000_000_i32).prop_map(
        |(second, nanosecond)| {
            Timestamp::new(second, if second < 0 { 0 } else { nanosecond })
                .unwrap_or(Timestamp::MAX)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_interval_reads_as_it_is_written(
        a in proptest::option::of(instant()),
        b in proptest::option::of(instant()),
    ) {
        let (start, end) = match (a, b) {
            (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
            other => other,
        };
        match Interval::new(start, end) {
            Ok(interval) => {
                prop_assert_eq!(interval.to_string().parse::<Interval>(), Ok(interval));
            }
            Err(_) => prop_assert!(start.is_none() && end.is_none()),
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,40}", near in "[0-9TZ:./+-]{0,45}") {
        for text in [&text, &near] {
            let _ = text.parse::<Interval>();
            let _ = text.parse::<Bbox>();
            let _ = SortKey::parse_list(text);
        }
    }
}

#[test]
fn interval_forms() {
    let good = [
        "2026-11-23T12:00:00Z",
        "2026-11-23t12:00:00.123456789z",
        "2026-11-23T12:00:00+05:30",
        "2026-11-23T12:00:00Z/..",
        "../2026-11-23T12:00:00Z",
        "/2026-11-23T12:00:00Z",
        "2026-11-23T12:00:00Z/",
        "1985-04-12T23:20:50.52Z/1985-04-12T23:20:50.52Z",
    ];
    for text in good {
        assert!(text.parse::<Interval>().is_ok(), "{text}");
    }
    let bad = [
        "",
        "..",
        "../..",
        "/",
        "../",
        "2026",
        "2026-11-23",
        "2026-11-23T12:00:00",
        "2026-11-23 12:00:00Z",
        "2026-11-23T12:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T12:00:00.Z",
        "2026-11-23T12:00:00.1234567891Z",
        "2026-11-23T12:00:00+0530",
        "2026-11-24T00:00:00Z/2026-11-23T00:00:00Z",
        "2026-11-23T12:00:00Z/2026-11-24T12:00:00Z/2026-11-25T12:00:00Z",
        "2026-11-23T12:00:00Z[Europe/Berlin]",
        "-2026-11-23T12:00:00Z",
        "P1D/2026-11-23T12:00:00Z",
        "2026-11-23T12:00:00Z/garbage",
        "２026-11-23T12:00:00Z",
    ];
    for text in bad {
        assert!(
            text.parse::<Interval>().is_err(),
            "{text:?} should be refused"
        );
    }
}
