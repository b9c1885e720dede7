//! Products of whole series on the Romanian forest, against nrt and numpy.

use crate::products::{keep, romania, run_since};
use crate::shared_data;
use corridor_know::product::{MASK_NODATA, ProductResult};
use corridor_know::source::FileSource;
use corridor_raster::dataset::Dataset;
use serde_json::{Value, json};
use std::path::Path;

const SINCE: &str = "2020-01-01T00:00:00Z";

/// All dates of the series, and a source of them.
fn forest() -> Option<(FileSource, Vec<String>)> {
    let folder = shared_data::folder("know/s2_romania/cog")?;
    let mut days: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap()[..10].to_string())
        .collect();
    days.sort();
    days.dedup();
    let names: Vec<&str> = days.iter().map(String::as_str).collect();
    Some((romania(&names)?, days))
}

fn run(product: &str, parameters: Value) -> Option<ProductResult> {
    let (source, days) = forest()?;
    let names: Vec<&str> = days.iter().map(String::as_str).collect();
    Some(run_since(product, &source, &names, None, Some(SINCE), parameters).unwrap())
}

fn reference() -> Value {
    serde_json::from_str(include_str!("../reference/disturbance.json")).unwrap()
}

fn layer<'a>(result: &'a ProductResult, name: &str) -> &'a [f32] {
    let own = result.layers.iter().find(|layer| layer.name == name);
    &own.unwrap().values
}

/// Pixels whose day differs: a day in one and none in the other, or not the same day.
fn differing(result: &ProductResult, days: &[f64]) -> usize {
    let own = layer(result, "confirmed_day");
    (0..own.len())
        .filter(|pixel| {
            let judged = result.mask[*pixel] != MASK_NODATA;
            let own = match own[*pixel] {
                day if day.is_nan() => 0.0,
                day => f64::from(day),
            };
            let other = days[*pixel];
            if other >= 65_535.0 {
                judged
            } else {
                !judged || (own - other).abs() > 0.5
            }
        })
        .count()
}

#[test]
fn disturbance_has_the_dates_of_nrt() {
    let parameters = json!({"loss_only": false, "min_observations": 8, "min_pixels": 0});
    let Some(result) = run("disturbance", parameters) else {
        return;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/disturbance.tif");
    let theirs = Dataset::open(&path).unwrap();
    let days = |band| theirs.read_band(band).unwrap().values_f64();
    let reference = reference();
    let disturbed = result.mask.iter().filter(|v| **v == 1).count() as u64;
    let (same_year, own_year) = (differing(&result, &days(0)), differing(&result, &days(1)));
    println!(
        "disturbance: {disturbed} of {} pixels, nrt {}; days that differ: {same_year} with the same \
         year, {own_year} with nrt's own year",
        result.mask.len(),
        reference["disturbed_own_year"]
    );
    println!(
        "{}; {}",
        result.headline,
        Value::Object(result.statistics.clone())
    );
    // Samples are kept in 32 bits here, the residual at the limit in 64 there.
    assert!(same_year <= 1, "{same_year}");
    assert!(own_year <= 10, "{own_year}");
    let rmse = result.statistics["curve_rmse_mean"].as_f64().unwrap();
    let other = reference["curve"]["rmse_mean"].as_f64().unwrap();
    assert!((rmse - other).abs() < 1e-6, "{rmse} {other}");
    // A pixel left its curve before that was certain, never after.
    let (left, confirmed) = (layer(&result, "left_day"), layer(&result, "confirmed_day"));
    for (left, confirmed) in left.iter().zip(confirmed) {
        assert!(left < confirmed || (left.is_nan() && confirmed.is_nan()));
    }
}

#[test]
fn disturbance_by_default_counts_falls_only() {
    let Some(result) = run("disturbance", json!({})) else {
        return;
    };
    println!(
        "{}; {}",
        result.headline,
        Value::Object(result.statistics.clone())
    );
    keep("disturbance", &result);
    crate::water_change::valid_polygons(&result);
    assert!(result.valid_fraction > 0.99);
    let disturbed = result.mask.iter().filter(|v| **v == 1).count() as u64;
    assert!(disturbed <= reference()["disturbed_own_year"].as_u64().unwrap());
    assert!(result.headline.contains("2020-"), "{}", result.headline);
}

#[test]
fn vegetation_against_the_season_equals_numpy() {
    let parameters = json!({"min_observations": 8, "min_pixels": 0});
    let Some(result) = run("vegetation", parameters) else {
        return;
    };
    keep("vegetation", &result);
    crate::water_change::valid_polygons(&result);
    println!(
        "{}; {}",
        result.headline,
        Value::Object(result.statistics.clone())
    );
    let reference = reference();
    for index in ["ndvi", "evi"] {
        let other = &reference["anomalies"][index];
        let figure = |name: &str| other[name].as_f64().unwrap();
        let mean = |name: &str| result.statistics[&format!("{name}_mean")].as_f64().unwrap();
        let anomaly = layer(&result, &format!("{index}_anomaly"));
        let least = anomaly.iter().copied().fold(f32::INFINITY, f32::min);
        let most = anomaly.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for (own, name) in [
            (mean(index), "composite_mean"),
            (mean(&format!("{index}_anomaly")), "anomaly_mean"),
            (f64::from(least), "anomaly_least"),
            (f64::from(most), "anomaly_most"),
        ] {
            println!("{index} {name}: {own:.7}, numpy {:.7}", figure(name));
            assert!((own - figure(name)).abs() < 1e-5, "{index} {name}");
        }
        let z = layer(&result, &format!("{index}_standardised"));
        let beyond = |test: fn(f32) -> bool| z.iter().filter(|z| test(**z)).count() as f64;
        // A pixel may stand at the limit to the last digit.
        assert!((beyond(|z| z <= -2.0) - figure("below_2")).abs() <= 1.0);
        assert!((beyond(|z| z >= 2.0) - figure("above_2")).abs() <= 1.0);
        let judged = z.iter().filter(|z| !z.is_nan()).count();
        assert_eq!(Some(judged as u64), other["judged"].as_u64());
    }
    let counted = |class: u8| result.mask.iter().filter(|v| **v == class).count();
    let z = layer(&result, "ndvi_standardised");
    assert_eq!(counted(1), z.iter().filter(|z| **z <= -2.0).count());
    assert_eq!(counted(2), z.iter().filter(|z| **z >= 2.0).count());
}

#[test]
fn a_series_without_history_is_refused() {
    let Some((source, days)) = forest() else {
        return;
    };
    let names: Vec<&str> = days.iter().map(String::as_str).collect();
    let run = |since| run_since("disturbance", &source, &names, None, since, json!({}));
    let error = run(None).unwrap_err();
    assert!(error.to_string().contains("since"), "{error}");
    let error = run(Some("2017-01-01T00:00:00Z")).unwrap_err();
    assert!(error.to_string().contains("2017-01-01"), "{error}");
}
