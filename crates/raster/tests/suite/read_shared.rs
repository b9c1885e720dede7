//! Reading the shared real scenes: equal to what GDAL says about them.

use corridor_raster::band::DataType;
use corridor_raster::grid::{Crs, Transformer};
use corridor_raster::stat;

use crate::real_data;

#[test]
fn scenes_read_as_gdal_reads_them() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let reference = real_data::reference("read.json");
    for expected in reference["files"].as_array().unwrap() {
        let file = expected["file"].as_str().unwrap();
        let dataset = real_data::open(&dir, file);
        let grid = dataset.grid();
        assert_eq!(grid.width as u64, expected["width"], "{file}");
        assert_eq!(grid.height as u64, expected["height"], "{file}");
        assert_eq!(dataset.bands() as u64, expected["bands"], "{file}");
        assert_eq!(dataset.dtype().name(), expected["dtype"], "{file}");
        assert_eq!(
            grid.crs.epsg_code().map(u64::from),
            expected["epsg"].as_u64(),
            "{file}"
        );
        for (own, theirs) in grid
            .transform
            .iter()
            .zip(expected["transform"].as_array().unwrap())
        {
            let theirs = real_data::number(theirs);
            assert!(
                (own - theirs).abs() <= 1e-12 * theirs.abs(),
                "{file}: {own} {theirs}"
            );
        }
        let nodata =
            (!expected["nodata"].is_null()).then(|| real_data::number(&expected["nodata"]));
        assert_eq!(
            dataset.nodata().map(f64::to_bits),
            nodata.map(f64::to_bits),
            "{file}"
        );
        let factors: Vec<u64> = dataset
            .overviews()
            .iter()
            .map(|o| o.factor.round() as u64)
            .collect();
        assert_eq!(serde_json::json!(factors), expected["overviews"], "{file}");
        check_pixels(&dataset, expected, file);
        check_place(&dataset, expected, file);
    }
}

fn check_pixels(
    dataset: &corridor_raster::dataset::Dataset,
    expected: &serde_json::Value,
    file: &str,
) {
    for b in 0..dataset.bands() {
        let description = dataset.metadata().bands[b].description.as_deref();
        assert_eq!(description, expected["descriptions"][b].as_str(), "{file}");
        let band = dataset.read_band(b).unwrap();
        let n = band.data().len();
        let sum: f64 = (0..n)
            .filter_map(|i| band.data().get_f64(i))
            .filter(|v| !v.is_nan())
            .sum();
        let theirs = real_data::number(&expected["sums"][b]);
        // Sums of integers are exact; sums of floats depend on the order.
        let bound = if dataset.dtype().is_float() {
            1e-9 * theirs.abs()
        } else {
            0.0
        };
        assert!(
            (sum - theirs).abs() <= bound,
            "{file} band {b}: {sum} {theirs}"
        );
        assert_eq!(
            stat::statistics(&band).valid_count,
            expected["valid"][b],
            "{file} band {b}"
        );
        for point in expected["points"].as_array().unwrap() {
            let index = (point[0].as_u64().unwrap() * band.width() as u64
                + point[1].as_u64().unwrap()) as usize;
            let own = band.data().get_f64(index).unwrap();
            let theirs = real_data::number(&point[2][b]);
            assert!(same(own, theirs, dataset.dtype()), "{file} {point}: {own}");
        }
    }
}

/// Equality in the samples' own type: JSON numbers may be off in the last bit of an f64.
fn same(a: f64, b: f64, dtype: DataType) -> bool {
    match dtype {
        DataType::F32 => (a as f32).to_bits() == (b as f32).to_bits() || a.is_nan() && b.is_nan(),
        _ => a.to_bits() == b.to_bits(),
    }
}

fn check_place(
    dataset: &corridor_raster::dataset::Dataset,
    expected: &serde_json::Value,
    file: &str,
) {
    let Some(lonlat) = expected["centre_lon_lat"].as_array() else {
        assert!(dataset.grid().crs.is_unknown(), "{file}");
        return;
    };
    let grid = dataset.grid();
    let (x, y) = grid.coordinate_of(grid.width as f64 / 2.0, grid.height as f64 / 2.0);
    let (lon, lat) = Transformer::new(&grid.crs, &Crs::wgs84())
        .unwrap()
        .transform(x, y)
        .unwrap();
    // 1e-8 degrees is about 1 mm; systems with a datum shift agree to a few metres.
    let bound = if grid.crs.epsg_code() == Some(2056) {
        5e-5
    } else {
        1e-8
    };
    for (own, theirs) in [lon, lat].into_iter().zip(lonlat) {
        let theirs = real_data::number(theirs);
        assert!((own - theirs).abs() < bound, "{file}: {own} {theirs}");
    }
}
