//! The record of a dataset and values at a place, against GDAL's.

use std::process::Command;

use corridor_raster::grid::Crs;
use corridor_raster::summary::{summarize, value_at};

use crate::real_data::{self, number};

#[test]
fn records_agree_with_gdal() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    for expected in real_data::reference("read.json")["files"]
        .as_array()
        .unwrap()
    {
        let file = expected["file"].as_str().unwrap();
        let dataset = real_data::open(&dir, file);
        let own = summarize(&dataset).unwrap();
        assert_eq!(serde_json::json!(own.valid_px), expected["valid"], "{file}");
        for (sum, theirs) in own
            .band_sum
            .iter()
            .zip(expected["sums"].as_array().unwrap())
        {
            assert!(
                (sum - number(theirs)).abs() <= 1e-9 * sum.abs(),
                "{file}: {sum} {theirs}"
            );
        }
        assert_eq!(
            own.crs_wkt.is_some(),
            !dataset.grid().crs.is_unknown(),
            "{file}"
        );
        let Some(place) = expected["centre_lon_lat"].as_array() else {
            assert!(value_at(&dataset, 0.0, 0.0).is_err());
            continue;
        };
        let value = value_at(&dataset, number(&place[0]), number(&place[1]))
            .unwrap()
            .unwrap();
        // The place is a corner of four pixels or the middle of one.
        assert!(
            value.row.abs_diff(own.height / 2) <= 1 && value.col.abs_diff(own.width / 2) <= 1,
            "{file}"
        );
        for (band, v) in value.values.iter().enumerate() {
            let direct = dataset
                .read_band(band)
                .unwrap()
                .data()
                .get_f64(value.row * own.width + value.col)
                .unwrap();
            let own: f64 = v.to_string().parse().unwrap();
            assert!(
                own.is_nan() && direct.is_nan() || own.to_bits() == direct.to_bits(),
                "{file}"
            );
        }
    }
}

/// WKT is understood by GDAL, and means the same place.
#[test]
fn gdal_understands_the_wkt() {
    let Ok(python) = std::env::var("CORRIDOR_PYTHON") else {
        println!("skipped: CORRIDOR_PYTHON names no python with rasterio");
        return;
    };
    let mut cases = Vec::new();
    for (text, x, y) in [
        ("EPSG:4326", 10.0, 50.0),
        ("EPSG:32725", 300_000.0, 9_000_000.0),
        ("EPSG:31985", 300_000.0, 9_000_000.0),
        ("EPSG:3857", 1_000_000.0, 5_000_000.0),
        ("EPSG:3035", 5_200_000.0, 2_500_000.0),
        ("EPSG:5070", 500_000.0, 1_500_000.0),
        ("EPSG:3031", 500_000.0, 1_500_000.0),
        ("EPSG:2263", 900_000.0, 150_000.0),
        ("EPSG:2056", 2_600_000.0, 1_200_000.0),
        ("EPSG:28992", 155_000.0, 463_000.0),
        ("EPSG:6933", 1_000_000.0, 1_500_000.0),
        ("EPSG:32661", 2_100_000.0, 1_500_000.0),
        ("EPSG:5041", 2_100_000.0, 1_500_000.0),
        ("EPSG:32761", 2_100_000.0, 1_500_000.0),
        ("EPSG:3375", 250_000.0, 400_000.0),
        ("EPSG:3078", 500_000.0, 300_000.0),
        ("EPSG:4087", 500_000.0, 5_000_000.0),
        ("+proj=moll +lon_0=5 +datum=WGS84 +units=m", 1e6, 4e6),
        ("+proj=robin +lon_0=5 +datum=WGS84 +units=m", 1e6, 4e6),
        (
            "+proj=aeqd +lat_0=50 +lon_0=10 +datum=WGS84 +units=m",
            1e5,
            1e5,
        ),
        (
            "+proj=cass +lat_0=10.4 +lon_0=-61 +x_0=86501 +y_0=65379 +datum=WGS84 +units=m",
            9e4,
            7e4,
        ),
        (
            "+proj=eqdc +lat_0=5 +lat_1=30 +lat_2=50 +lon_0=10 +datum=WGS84 +units=m",
            1e6,
            3e6,
        ),
        (
            "+proj=geos +h=35785831 +lon_0=9.5 +datum=WGS84 +units=m",
            1e6,
            3e6,
        ),
        (
            "+proj=geos +h=35786023 +lon_0=-75 +sweep=x +ellps=GRS80 +units=m",
            1e6,
            3e6,
        ),
        (
            "+proj=stere +lat_0=40 +lon_0=10 +k=0.999 +datum=WGS84 +units=m",
            1e5,
            3e5,
        ),
        (
            "+proj=somerc +lat_0=46.95 +lon_0=7.43 +x_0=6e5 +y_0=2e5 +datum=WGS84 +units=m",
            6e5,
            2e5,
        ),
        (
            "+proj=laea +lat_0=45.5 +lon_0=-100 +x_0=100 +y_0=200 +datum=WGS84 +units=m +no_defs",
            1000.0,
            2000.0,
        ),
        (
            "+proj=tmerc +lat_0=4 +lon_0=-73.5 +k=0.9992 +x_0=5000000 +y_0=2000000 +ellps=WGS84 +towgs84=1,2,3 +units=m +no_defs",
            5e6,
            2e6,
        ),
        (
            "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs",
            1e6,
            1e6,
        ),
    ] {
        let crs: Crs = text.parse().unwrap();
        let to = corridor_raster::grid::Transformer::new(&crs, &Crs::wgs84()).unwrap();
        let (lon, lat) = to.transform(x, y).unwrap();
        cases.push(serde_json::json!({"name": text, "wkt": crs.wkt().unwrap(), "code": crs.epsg_code(), "x": x, "y": y, "lon": lon, "lat": lat}));
    }
    let script = "
import json, sys
from rasterio.crs import CRS
from rasterio.warp import transform
for c in json.loads(sys.argv[1]):
    crs = CRS.from_wkt(c['wkt'])
    assert crs.to_epsg() == c['code'] or c['code'] is None, (c, crs.to_epsg())
    lon, lat = transform(crs, 'EPSG:4326', [c['x']], [c['y']])
    # 5e-5 degrees: five metres, what datum shifts (which this GDAL may strip) differ by; else 1e-8.
    bound = 5e-5 if c['code'] in (2056, 28992) or 'towgs84' in c['name'] else 1e-8
    assert abs(lon[0] - c['lon']) < bound and abs(lat[0] - c['lat']) < bound, (c, lon, lat)
";
    let output = Command::new(python)
        .arg("-c")
        .arg(script)
        .arg(serde_json::json!(cases).to_string())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
