//! How fast the catalogue takes Items in and finds them: `cargo bench -p corridor-catalog`.
//! The first argument that is a number is the number of Items (100 000 unless given).
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures"
)]

use std::time::{Duration, Instant};

use corridor_catalog::stac::{Asset, eo};
use corridor_catalog::store::{Catalog, Search, SortKey, SqliteCatalog};
use corridor_catalog::{Collection, Filter, Item};
use serde_json::json;

const BATCH: usize = 1000;
const ROUNDS: usize = 20;

/// Item `n`: a scene of about one degree somewhere on land latitudes, one every 40 seconds.
fn item(n: usize) -> Item {
    // SplitMix64's last steps: neighbours in number lie far apart.
    let spread = |salt: u64| {
        let mut z = (n as u64 * 4 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % 10_000
    };
    let (w, s) = (
        spread(1) as f64 * 0.035 - 178.0,
        spread(2) as f64 * 0.012 - 60.0,
    );
    let ring = [
        [w, s],
        [w + 1.1, s + 0.2],
        [w + 0.9, s + 1.2],
        [w - 0.2, s + 1.0],
        [w, s],
    ];
    let geometry =
        serde_json::from_value(json!({"type": "Polygon", "coordinates": [ring]})).unwrap();
    let start: jiff::Timestamp = "2022-01-01T00:00:00Z".parse().unwrap();
    let mut item = Item::new(format!("SCENE_{n:08}"))
        .in_collection(format!("collection-{}", n % 5))
        .with_geometry(geometry)
        .at(start + jiff::SignedDuration::from_secs(n as i64 * 40))
        .with("platform", format!("satellite-{}", n % 17))
        .with("gsd", 10)
        .with("proj:code", "EPSG:32633");
    for band in ["B02", "B03", "B04", "B08", "SCL"] {
        let href = format!(
            "/assets/scenes/collection-{}/SCENE_{n:08}/{band}.tif",
            n % 5
        );
        item = item.with_asset(band, Asset::new(href).with_roles(["data"]));
    }
    eo::set_cloud_cover(&mut item, spread(3) as f64 / 100.0);
    item
}

async fn measure(store: &SqliteCatalog, what: &str, search: Search) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        found = store.search(&search).await.unwrap().items.len();
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let ms = |t: Duration| t.as_secs_f64() * 1000.0;
    println!(
        "{what:<44} {found:>5} items {:>9.2} ms median {:>9.2} ms worst",
        ms(times[ROUNDS / 2]),
        ms(times[ROUNDS - 1])
    );
}

#[tokio::main]
async fn main() {
    let total: usize = std::env::args()
        .find_map(|a| a.parse().ok())
        .unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteCatalog::open(&folder.path().join("corridor.db"))
        .await
        .unwrap();
    for n in 0..5 {
        let collection = Collection::new(format!("collection-{n}"), "bench", "CC0-1.0");
        store.put_collection(&collection).await.unwrap();
    }
    let begun = Instant::now();
    for first in (0..total).step_by(BATCH) {
        let items: Vec<Item> = (first..(first + BATCH).min(total)).map(item).collect();
        store.put_items(&items).await.unwrap();
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "ingest of {total} in batches of {BATCH}: {:.0} items/s",
        total as f64 / seconds
    );
    let begun = Instant::now();
    for n in total..total + 200 {
        store.put_item(&item(n)).await.unwrap();
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "ingest one by one, each synced: {:.0} items/s",
        200.0 / seconds
    );

    let all = Search {
        limit: Some(10),
        ..Search::default()
    };
    let boxed = |text: &str| Search {
        bbox: Some(text.parse().unwrap()),
        ..all.clone()
    };
    let filter = |text: &str| Search {
        filter: Some(Filter::from_text(text).unwrap()),
        ..all.clone()
    };
    measure(&store, "newest 10", all.clone()).await;
    measure(
        &store,
        "newest 1000",
        Search {
            limit: Some(1000),
            ..all.clone()
        },
    )
    .await;
    measure(&store, "bbox 1 x 1 deg", boxed("10,45,11,46")).await;
    measure(&store, "bbox 20 x 20 deg", boxed("0,40,20,60")).await;
    measure(&store, "bbox, whole world", boxed("-180,-90,180,90")).await;
    measure(
        &store,
        "bbox 1 x 1 deg, counted",
        Search {
            count: true,
            ..boxed("10,45,11,46")
        },
    )
    .await;
    let day = Some("2022-01-05T00:00:00Z/2022-01-06T00:00:00Z".parse().unwrap());
    measure(
        &store,
        "a day long ago",
        Search {
            datetime: day,
            ..all.clone()
        },
    )
    .await;
    measure(
        &store,
        "a day long ago and bbox",
        Search {
            datetime: day,
            ..boxed("0,40,20,60")
        },
    )
    .await;
    let collections = vec!["collection-3".to_owned()];
    measure(
        &store,
        "one collection",
        Search {
            collections,
            ..all.clone()
        },
    )
    .await;
    measure(&store, "eo:cloud_cover < 1", filter("eo:cloud_cover < 1")).await;
    measure(&store, "platform that is none", filter("platform = 'none'")).await;
    let sortby = vec![SortKey::asc("eo:cloud_cover")];
    measure(
        &store,
        "sorted by eo:cloud_cover",
        Search {
            sortby,
            ..all.clone()
        },
    )
    .await;
}
