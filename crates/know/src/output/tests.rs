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
    assert_eq!(Format::find("BMP").unwrap_err().code, "FormatUnsupported");
    let geojson = Format::find("GeoJSON").unwrap();
    assert!(
        geojson
            .write(&Value::Number(1.0), &BTreeMap::new(), "r", false)
            .is_err()
    );
}
