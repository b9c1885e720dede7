//! Small files of every variant, made by GDAL and tifffile: read as GDAL reads them.

use std::path::{Path, PathBuf};

use corridor_raster::dataset::Dataset;
use corridor_raster::grid::{Crs, Transformer};

use crate::real_data::number;

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn expected() -> serde_json::Value {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn variants_read_as_gdal_reads_them() {
    let expected = expected();
    let files = expected["files"].as_object().unwrap();
    assert!(files.len() > 50);
    for (name, expected) in files {
        let dataset = Dataset::open(&folder().join(format!("{name}.tif")))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        check(name, &dataset, expected);
    }
}

/// Compares a dataset with what GDAL says of the same pixels.
pub(crate) fn check(name: &str, dataset: &Dataset, expected: &serde_json::Value) {
    assert_eq!(dataset.dtype().name(), expected["dtype"], "{name}");
    let shape = [dataset.bands(), dataset.grid().height, dataset.grid().width];
    assert_eq!(serde_json::json!(shape), expected["shape"], "{name}");
    for (own, theirs) in dataset
        .grid()
        .transform
        .iter()
        .zip(expected["transform"].as_array().unwrap())
    {
        assert!(
            (own - number(theirs)).abs() < 1e-9 * own.abs().max(1.0),
            "{name}: {own} {theirs}"
        );
    }
    assert_eq!(
        dataset.grid().crs.epsg_code().map(u64::from),
        expected["epsg"].as_u64(),
        "{name}"
    );
    if let Some(centre) = expected["centre"].as_array() {
        let (w, h) = (dataset.grid().width as f64, dataset.grid().height as f64);
        let (x, y) = dataset.grid().coordinate_of(w / 2.0, h / 2.0);
        let to = Transformer::new(&dataset.grid().crs, &Crs::wgs84()).unwrap();
        let (lon, lat) = to.transform(x, y).unwrap();
        // 1e-8 degrees is a millimetre.
        assert!(
            (lon - number(&centre[0])).abs() < 1e-8 && (lat - number(&centre[1])).abs() < 1e-8,
            "{name}: {lon} {lat} {centre:?}"
        );
    }
    assert_eq!(
        dataset.nodata().map(f64::to_bits),
        expected["nodata"].as_str().map(|t| text(t).to_bits()),
        "{name}"
    );
    let mut values = Vec::new();
    for band in 0..dataset.bands() {
        let band_data = dataset
            .read_band(band)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let n = band_data.data().len();
        values.extend(
            (0..n)
                .map(|i| band_data.data().get_f64(i).unwrap())
                .map(|v| if v.is_nan() { -12345.0 } else { v }),
        );
        // GDAL counts NaN as valid where no nodata value is named; there is none here.
        let valid = band_data.validity().iter().filter(|v| **v).count();
        assert_eq!(valid as u64, expected["valid"][band], "{name} band {band}");
        let description = dataset.metadata().bands[band].description.as_deref();
        assert_eq!(
            description,
            expected["descriptions"][band].as_str(),
            "{name}"
        );
        let scale = dataset.metadata().bands[band].scale.unwrap_or(1.0);
        assert_eq!(
            scale.to_bits(),
            number(&expected["scales"][band]).to_bits(),
            "{name}"
        );
    }
    assert_eq!(
        values.iter().sum::<f64>().to_bits(),
        sum(expected, &values).to_bits(),
        "{name}: sum"
    );
    let step = expected["step"].as_u64().unwrap() as usize;
    for (own, theirs) in values
        .iter()
        .step_by(step)
        .zip(expected["values"].as_array().unwrap())
    {
        assert_eq!(
            own.to_bits(),
            text(theirs.as_str().unwrap()).to_bits(),
            "{name}: {own} {theirs}"
        );
    }
    let factors: Vec<u64> = dataset
        .overviews()
        .iter()
        .map(|o| o.factor.round() as u64)
        .collect();
    assert_eq!(serde_json::json!(factors), expected["overviews"], "{name}");
    if let Some(kind) = expected["area_or_point"].as_str() {
        let own = dataset
            .metadata()
            .items
            .get("AREA_OR_POINT")
            .map_or("Area", String::as_str);
        assert_eq!(own, kind, "{name}");
    }
}

/// The reference's sum, where it is equal but for the order of adding.
fn sum(expected: &serde_json::Value, values: &[f64]) -> f64 {
    let own: f64 = values.iter().sum();
    let theirs = text(expected["sum"].as_str().unwrap());
    if (own - theirs).abs() <= 1e-12 * theirs.abs() {
        own
    } else {
        theirs
    }
}

fn text(number: &str) -> f64 {
    number.parse().unwrap_or_else(|_| panic!("{number}"))
}

#[test]
fn unsupported_features_are_named() {
    for (name, feature) in [
        ("un_complex", "complex samples of 64 bits"),
        ("un_lzma", "LZMA"),
        ("un_orientation", "orientation 3"),
        ("un_control_points", "ground control points"),
        ("un_nodata_int64", "nodata 9007199254740993"),
        ("un_text_eckert", "projection Eckert_IV"),
        ("un_prime_meridian", "prime meridian at 2.337"),
    ] {
        let error = Dataset::open(&folder().join(format!("{name}.tif"))).unwrap_err();
        assert!(
            matches!(error, corridor_raster::RasterError::Unsupported { .. }),
            "{error:?}"
        );
        let message = error.to_string();
        assert!(
            message.contains(feature) && message.contains(name),
            "{message}"
        );
    }
}
