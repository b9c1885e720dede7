use super::*;
use crate::cube::{Cube, Dimension, DimensionKind, Samples, coordinates};
use crate::value::Label;
use corridor_raster::dataset::Dataset;
use corridor_raster::grid::Crs;

fn cube() -> Cube {
    let grid = Grid::new(
        Crs::epsg(3035).unwrap(),
        [4_000_000.0, 10.0, 0.0, 3_000_000.0, 0.0, -10.0],
        3,
        2,
    );
    let (x, y) = coordinates(&grid);
    let dates = ["2020-01-01T00:00:00Z", "2020-02-01T10:30:00Z"];
    let time = Dimension::new(
        "t",
        DimensionKind::Time,
        dates.iter().map(|d| Label::Text((*d).into())).collect(),
    );
    let samples = (0..24).map(|i| if i == 5 { f32::NAN } else { i as f32 + 0.5 });
    let dimensions = vec![time, Dimension::bands(["B04", "B08"]), y, x];
    Cube::new(
        dimensions,
        Samples::F32(samples.collect()),
        Some(grid.crs.clone()),
    )
    .unwrap()
    .on_grid(grid)
}

fn written(value: &Value, format: &str, several: bool) -> Vec<OutputFile> {
    let format = Format::find(format).unwrap();
    format
        .write(value, &BTreeMap::new(), "result", several)
        .unwrap()
}

#[test]
fn a_file_each_date_or_a_band_each_plane() {
    let value = Value::cube(cube());
    let one = written(&value, "cog", false);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].bands[3], "2020-02-01T10:30:00Z B08");
    let dataset = Dataset::from_bytes(one[0].bytes.clone().into(), "result.tif").unwrap();
    assert_eq!(dataset.bands(), 4);
    let band = dataset.read_band(0).unwrap();
    assert!(band.value(2, 1).is_none());
    assert!((band.value(1, 1).unwrap() - 4.5).abs() < 1e-12);
    let several = written(&value, "GTiff", true);
    let names: Vec<&str> = several.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        ["result-2020-01-01.tif", "result-2020-02-01T10_30_00Z.tif"]
    );
    assert_eq!(several[1].bands, ["B04", "B08"]);
}

#[test]
fn whole_numbers_hold_their_range() {
    let value = Value::cube(cube());
    let options = BTreeMap::from([("datatype".to_string(), Value::Text("byte".into()))]);
    let format = Format::find("GTiff").unwrap();
    let files = format.write(&value, &options, "result", false).unwrap();
    let dataset = Dataset::from_bytes(files[0].bytes.clone().into(), "result.tif").unwrap();
    let band = dataset.read_band(0).unwrap();
    assert!(band.value(2, 1).is_none());
    assert!((band.value(0, 0).unwrap() - 1.0).abs() < 1e-12);
    let wrong = BTreeMap::from([("datatyp".to_string(), Value::Null)]);
    let error = format.write(&value, &wrong, "result", false).unwrap_err();
    assert!(error.message.contains("datatype"), "{error}");
}

/// Reads back what the format specification says must stand there.
#[test]
fn netcdf_has_its_header_and_big_endian_values() {
    let files = written(&Value::cube(cube()), "netcdf", true);
    let bytes = &files[0].bytes;
    assert_eq!(&bytes[..8], b"CDF\x02\0\0\0\0");
    // The last variable is B08: twelve floats, the last 12 of each date's second half.
    let tail = &bytes[bytes.len() - 4..];
    assert!((f32::from_be_bytes(tail.try_into().unwrap()) - 23.5).abs() < 1e-6);
    for name in [
        "B04",
        "B08",
        "GeoTransform",
        "projection_x_coordinate",
        "seconds since 1970",
    ] {
        assert!(
            bytes.windows(name.len()).any(|w| w == name.as_bytes()),
            "{name}"
        );
    }
}

#[test]
fn tables_and_json_name_every_label() {
    let value = Value::cube(cube());
    let csv = String::from_utf8(written(&value, "csv", false)[0].bytes.clone()).unwrap();
    let mut lines = csv.split("\r\n");
    assert_eq!(lines.next(), Some("t,y,x,B04,B08"));
    assert_eq!(
        lines.next(),
        Some("2020-01-01T00:00:00Z,2999995,4000005,0.5,6.5")
    );
    assert_eq!(csv.matches("\r\n").count(), 13);
    let json: serde_json::Value =
        serde_json::from_slice(&written(&value, "json", false)[0].bytes).unwrap();
    assert!(json["data"][0][0][1][2].is_null());
    let back = Cube::from_json(&json).unwrap();
    assert_eq!(back.crs(), cube().crs());
    assert_eq!(back.dimensions().len(), 4);
    assert!((back.samples().get(23) - 23.5).abs() < 1e-12);
}

#[test]
fn what_does_not_fit_a_format_says_why() {
    let format = Format::find("png").unwrap();
    let error = format
        .write(&Value::cube(cube()), &BTreeMap::new(), "result", false)
        .unwrap_err();
    assert_eq!(error.code, "FormatUnsuitable");
    assert!(error.message.contains("4 planes"), "{error}");
    assert_eq!(
        Format::find("BMP").unwrap_err().code,
        "ProcessParameterInvalid"
    );
    let geojson = Format::find("GeoJSON").unwrap();
    assert!(
        geojson
            .write(&Value::Number(1.0), &BTreeMap::new(), "r", false)
            .is_err()
    );
}

/// A vector cube of two features with properties, two bands of one date; one value is missing.
fn vectors() -> Cube {
    let square = |west: f64| {
        let corner = |x: f64, y: f64| geo::Coord { x, y };
        let ring = vec![
            corner(west, 0.0),
            corner(west + 1.0, 0.0),
            corner(west + 1.0, 1.0),
            corner(west, 0.0),
        ];
        geo::Geometry::Polygon(geo::Polygon::new(ring.into(), Vec::new()))
    };
    let rows = vec![Label::Number(0.0), Label::Number(1.0)];
    let mut along = Dimension::new("geometry", DimensionKind::Geometry, rows);
    along.geometries = Some(vec![square(10.0), square(20.0)].into());
    let properties = serde_json::json!([
        {"name": "a", "count": 3, "height_m": 1.5, "seen": true, "more": [1], "B04": "its own"},
        {"name": null, "count": 4, "height_m": 2, "seen": false, "bbox": "text"},
    ]);
    let properties: Vec<serde_json::Map<_, _>> = serde_json::from_value(properties).unwrap();
    along.properties = Some(properties.into());
    let samples = Samples::F64(vec![1.0, 2.0, f64::NAN, 4.0]);
    Cube::new(vec![along, Dimension::bands(["B04", "B08"])], samples, None).unwrap()
}

#[test]
fn geoparquet_has_its_metadata_and_a_column_each() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int64Type};
    use arrow_array::{Array, RecordBatch};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let files = written(&Value::cube(vectors()), "geoparquet", false);
    assert_eq!(files[0].name, "result.parquet");
    assert_eq!(files[0].bands, ["B04", "B08"]);
    let bytes = bytes::Bytes::from(files[0].bytes.clone());
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let entries = reader.metadata().file_metadata().key_value_metadata();
    let geo = entries.unwrap().iter().find(|e| e.key == "geo").unwrap();
    let geo: serde_json::Value = serde_json::from_str(geo.value.as_ref().unwrap()).unwrap();
    assert_eq!(geo["version"], "1.1.0");
    let column = &geo["columns"]["geometry"];
    assert_eq!(column["geometry_types"], serde_json::json!(["Polygon"]));
    assert_eq!(column["bbox"], serde_json::json!([10.0, 0.0, 21.0, 1.0]));
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let batch = &batches[0];
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(
        names,
        [
            "geometry", "bbox", "bbox_", "count", "height_m", "more", "name", "seen", "B04", "B08"
        ]
    );
    let named = |name: &str| batch.column_by_name(name).unwrap();
    assert_eq!(named("count").as_primitive::<Int64Type>().values(), &[3, 4]);
    let heights = named("height_m").as_primitive::<Float64Type>();
    assert!((heights.value(1) - 2.0).abs() < 1e-12);
    assert!(named("name").is_null(1) && named("B04").is_null(1));
    assert_eq!(named("more").as_string::<i32>().value(0), "[1]");
    assert!(named("seen").as_boolean().value(0));
    assert!((named("B08").as_primitive::<Float64Type>().value(1) - 4.0).abs() < 1e-12);
    // GeoJSON of the graph itself, and what has no geometries.
    let literal = serde_json::json!({"type": "Point", "coordinates": [1, 2]});
    let files = written(&Value::from_json(&literal), "Parquet", false);
    assert_eq!(&files[0].bytes[..4], b"PAR1");
    let format = Format::find("GeoParquet").unwrap();
    for value in [Value::cube(cube()), Value::Number(1.0)] {
        let error = format
            .write(&value, &BTreeMap::new(), "r", false)
            .unwrap_err();
        assert_eq!(error.code, "FormatUnsuitable");
    }
}

#[test]
fn zarr_is_a_zip_of_metadata_and_chunks() {
    let value = Value::cube(cube());
    let format = Format::find("zarr").unwrap();
    let options = BTreeMap::from([("compression".to_string(), Value::Text("none".into()))]);
    let files = format.write(&value, &options, "result", false).unwrap();
    assert_eq!(files[0].name, "result.zarr.zip");
    let bytes = &files[0].bytes;
    assert_eq!(&bytes[..4], b"PK\x03\x04");
    let at = |text: &str| bytes.windows(text.len()).position(|w| w == text.as_bytes());
    for name in [
        ".zgroup",
        ".zmetadata",
        "B04/.zarray",
        "B08/.zattrs",
        "t/0",
        "x/0",
        "crs/0",
    ] {
        assert!(at(name).is_some(), "{name}");
    }
    // The chunk of B08: the last six samples of each of the two dates, as they are.
    let chunk = at("B08/0.0.0").unwrap() + "B08/0.0.0".len();
    let sample = |i: usize| {
        let place = chunk + 4 * i;
        f32::from_le_bytes(bytes[place..place + 4].try_into().unwrap())
    };
    assert!((sample(0) - 6.5).abs() < 1e-6 && (sample(11) - 23.5).abs() < 1e-6);
    // The end counts the members.
    let end = &bytes[bytes.len() - 22..];
    assert_eq!(&end[..4], b"PK\x05\x06");
    let count = bytes.windows(4).filter(|w| *w == b"PK\x01\x02").count();
    assert_eq!(usize::from(u16::from_le_bytes([end[10], end[11]])), count);
    let packed = format
        .write(&value_of_zeros(), &BTreeMap::new(), "result", false)
        .unwrap();
    assert!(packed[0].bytes.len() < 100_000, "{}", packed[0].bytes.len());
    let wrong = BTreeMap::from([("compression".to_string(), Value::Text("blosc".into()))]);
    assert!(format.write(&value, &wrong, "result", false).is_err());
}

/// 700 x 600 pixels without data but for one row of zeros.
fn value_of_zeros() -> Value {
    let transform = [0.0, 0.01, 0.0, 10.0, 0.0, -0.01];
    let grid = Grid::new(Crs::wgs84(), transform, 700, 600);
    let (x, y) = coordinates(&grid);
    let samples = (0..420_000).map(|i| if i < 700 { 0.0 } else { f64::NAN });
    let crs = Some(grid.crs.clone());
    let cube = Cube::new(vec![y, x], Samples::F64(samples.collect()), crs).unwrap();
    Value::cube(cube.on_grid(grid))
}
