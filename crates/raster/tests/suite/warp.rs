//! Warping against GDAL (rasterio.warp.reproject): values of `tests/reference/warp.json`.

use corridor_raster::band::{Band, BandData};
use corridor_raster::grid::{Crs, Grid};
use corridor_raster::warp::{Resampling, warp_dataset};

use crate::real_data::{self, number};

/// Greatest difference of computed values, in units of the samples (for
/// floats: a part in ten thousand of the value).
const DIFFERENCE_MAX: f64 = 2.0;
/// The same of the cubic spline, a part of the value: where GDAL reduces by no whole number its
/// spline has tails beyond the two pixels at which a B-spline ends.
const SPLINE_DIFFERENCE_MAX: f64 = 0.01;
/// The same of sums, a part of the value or of the mean: GDAL carries the corners of source pixels
/// to the target, here those of target pixels are carried to the source.
const SUM_DIFFERENCE_MAX: f64 = 3e-3;
/// Part of the pixels by which the number of those with a value may differ at the edge of the
/// measurements: of Lanczos, for which GDAL wants more of them around a pixel, and of sums.
const EDGE_PIXELS_MAX: f64 = 2e-4;

#[test]
fn warps_as_gdal_does() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let reference = real_data::reference("warp.json");
    let mut wrong = Vec::new();
    for case in reference["cases"].as_array().unwrap() {
        let dataset = real_data::open(&dir, case["file"].as_str().unwrap());
        let transform: Vec<f64> = case["transform"]
            .as_array()
            .unwrap()
            .iter()
            .map(number)
            .collect();
        let target = Grid::new(
            Crs::epsg(case["epsg"].as_u64().unwrap() as u32).unwrap(),
            transform.try_into().unwrap(),
            case["width"].as_u64().unwrap() as usize,
            case["height"].as_u64().unwrap() as usize,
        );
        let method: Resampling = serde_json::from_value(case["method"].clone()).unwrap();
        let band = warp_dataset(
            &dataset,
            case["band"].as_u64().unwrap() as usize,
            &target,
            method,
        )
        .unwrap();
        let name = format!(
            "{} {} -> EPSG:{} {} x {}",
            case["method"], case["file"], case["epsg"], case["width"], case["height"]
        );
        if let Err(reason) = compare(&band, case, method) {
            wrong.push(format!("{name}: {reason}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn compare(band: &Band, case: &serde_json::Value, method: Resampling) -> Result<(), String> {
    let nodata = (!case["nodata"].is_null()).then(|| number(&case["nodata"]));
    let lack = |v: f64| nodata.is_some_and(|n| v == n || v.is_nan() && n.is_nan());
    let picked = matches!(
        method,
        Resampling::Nearest
            | Resampling::Mode
            | Resampling::Min
            | Resampling::Max
            | Resampling::Med
            | Resampling::Q1
            | Resampling::Q3
    );
    let values = filled(band, nodata);
    let mut worst = (0.0, String::new());
    for point in case["points"].as_array().unwrap() {
        let (row, col) = (
            point[0].as_u64().unwrap() as usize,
            point[1].as_u64().unwrap() as usize,
        );
        let (own, theirs) = (values[row * band.width() + col], number(&point[2]));
        if lack(own) != lack(theirs) {
            return Err(format!("row {row} column {col}: {own}, GDAL {theirs}"));
        }
        if !lack(own) {
            let unit = if band.data().dtype().is_float() {
                1e-4
            } else {
                1.0
            };
            let allowed = if picked {
                0.0
            } else if method == Resampling::Sum {
                let mean = case["mean"].as_f64().unwrap_or(0.0);
                (SUM_DIFFERENCE_MAX * theirs.abs().max(mean.abs())).max(DIFFERENCE_MAX * unit)
            } else if method == Resampling::CubicSpline {
                (SPLINE_DIFFERENCE_MAX * theirs.abs()).max(DIFFERENCE_MAX * unit)
            } else if band.data().dtype().is_float() {
                1e-4 * theirs.abs().max(1.0)
            } else {
                DIFFERENCE_MAX
            };
            let difference = (own - theirs).abs();
            if difference > allowed.max(1e-6 * theirs.abs()) && difference > worst.0 {
                worst = (
                    difference,
                    format!("row {row} column {col}: {own}, GDAL {theirs}"),
                );
            }
        }
    }
    if worst.0 > 0.0 {
        return Err(worst.1);
    }
    let valid = values.iter().filter(|v| !lack(**v)).count() as u64;
    let theirs = case["valid"].as_u64().unwrap();
    let edge = match method {
        Resampling::Lanczos | Resampling::Sum => EDGE_PIXELS_MAX * theirs as f64,
        _ => 0.0,
    };
    if valid.abs_diff(theirs) as f64 > edge {
        return Err(format!("{valid} pixels, GDAL {}", case["valid"]));
    }
    // All pixels: of picked values the checksum is equal, of computed ones the mean.
    if picked && crc(band, nodata) != case["crc32"].as_u64().unwrap() as u32 {
        return Err("the checksum of all pixels differs".to_owned());
    }
    if let Some(mean) = case["mean"].as_f64() {
        let own = values.iter().filter(|v| !lack(**v)).sum::<f64>() / valid as f64;
        if (own - mean).abs() > 1e-4 * mean.abs().max(1.0) {
            return Err(format!("mean {own}, GDAL {mean}"));
        }
    }
    Ok(())
}

/// Values with the reference's filling where there is none.
fn filled(band: &Band, nodata: Option<f64>) -> Vec<f64> {
    let fill = nodata.unwrap_or(0.0);
    band.values_f64()
        .iter()
        .map(|v| if v.is_nan() { fill } else { *v })
        .collect::<Vec<_>>()
        .into_iter()
        .zip(band.validity())
        .map(|(v, ok)| if ok { v } else { fill })
        .collect()
}

fn crc(band: &Band, nodata: Option<f64>) -> u32 {
    let values = filled(band, nodata);
    let mut bytes = Vec::new();
    for v in values {
        match band.data() {
            BandData::U8(_) => bytes.push(v as u8),
            BandData::U16(_) => bytes.extend((v as u16).to_le_bytes()),
            BandData::F32(_) => bytes.extend((v as f32).to_le_bytes()),
            other => panic!("{:?} is not among the cases", other.dtype()),
        }
    }
    let mut crc = flate2::Crc::new();
    crc.update(&bytes);
    crc.sum()
}
