//! Small files of every compression, packed samples and JPEG 2000: equal to what GDAL reads.

use std::path::{Path, PathBuf};

use corridor_raster::dataset::Dataset;

use crate::real_data::number;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/codecs")
}

/// Greatest difference to GDAL in steps of the samples: 0 but for lossy codecs, whose standards
/// leave the last bits of transforms and colours to the decoder.
fn tolerance(name: &str) -> f64 {
    match name {
        n if n.starts_with("jpeg_ycbcr") || n == "jpeg_mask.tif" => JPEG_COLOR_STEPS,
        n if n.starts_with("jpeg_") => 1.0,
        _ => 0.0,
    }
}

/// Chroma is enlarged with other roundings than libjpeg-turbo's.
const JPEG_COLOR_STEPS: f64 = 3.0;

#[test]
fn codecs_decode_as_gdal_decodes_them() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let files = expected["files"].as_object().unwrap();
    assert!(files.len() > 45, "{}", files.len());
    let mut wrong = Vec::new();
    for (name, expected) in files {
        if name == "lzma.tif" {
            continue;
        }
        match Dataset::open(&folder().join(name)) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(dataset) => check(name, &dataset, expected, &mut wrong),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(name: &str, dataset: &Dataset, expected: &serde_json::Value, wrong: &mut Vec<String>) {
    let shape = [dataset.bands(), dataset.grid().height, dataset.grid().width];
    if serde_json::json!(shape) != expected["shape"] || dataset.dtype().name() != expected["dtype"]
    {
        wrong.push(format!("{name}: {shape:?} {}", dataset.dtype().name()));
        return;
    }
    let by = expected["by"].as_str().unwrap();
    // A bare codestream has no place; GDAL kept one in a file beside it.
    if by.starts_with("GDAL") && !name.ends_with(".j2k") {
        if dataset.grid().crs.epsg_code().map(u64::from) != expected["epsg"].as_u64() {
            wrong.push(format!(
                "{name}: {} {}",
                dataset.grid().crs,
                expected["epsg"]
            ));
        }
        let theirs = expected["transform"].as_array().unwrap();
        for (own, theirs) in dataset.grid().transform.iter().zip(theirs) {
            if (own - number(theirs)).abs() > 1e-9 * own.abs().max(1.0) {
                wrong.push(format!("{name}: transform {own} {theirs}"));
            }
        }
    }
    let mut values = Vec::new();
    for index in 0..dataset.bands() {
        let band = match dataset.read_band(index) {
            Ok(band) => band,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                return;
            }
        };
        if let Some(valid) = expected["valid"][index].as_u64() {
            let own = band.validity().iter().filter(|v| **v).count() as u64;
            if own != valid {
                wrong.push(format!("{name}: {own} valid pixels, not {valid}"));
            }
        }
        values.extend((0..band.data().len()).map(|i| {
            let value = band.data().get_f64(i).unwrap();
            if value.is_nan() { -12345.0 } else { value }
        }));
    }
    let step = expected["step"].as_u64().unwrap() as usize;
    let theirs = expected["values"].as_array().unwrap();
    let greatest = values
        .iter()
        .step_by(step)
        .zip(theirs)
        .map(|(own, theirs)| (own - theirs.as_str().unwrap().parse::<f64>().unwrap()).abs())
        .fold(0.0, f64::max);
    let sum: f64 = values.iter().sum();
    let all: f64 = expected["sum"].as_str().unwrap().parse().unwrap();
    let bound = tolerance(name);
    println!("{name}: off by {greatest} at most, sum by {}", sum - all);
    if greatest > bound || (sum - all).abs() > bound * values.len() as f64 + 1e-9 * all.abs() {
        wrong.push(format!("{name}: off by {greatest}, sum {sum} {all}"));
    }
}

#[test]
fn what_no_decoder_reads_is_named() {
    for (name, feature) in [("lzma.tif", "LZMA"), ("un_jxl.tif", "JPEG XL")] {
        let error = Dataset::open(&folder().join(name)).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains(feature) && message.contains(name),
            "{message}"
        );
    }
}

#[test]
fn overviews_of_jpeg_2000_are_its_own_resolutions() {
    let dataset = Dataset::open(&folder().join("jp2_tiled.jp2")).unwrap();
    let sizes: Vec<_> = dataset
        .overviews()
        .iter()
        .map(|o| (o.width, o.height))
        .collect();
    assert_eq!(sizes, [(85, 75), (43, 38)]);
    let full = dataset.read_band(0).unwrap();
    for (level, (width, height)) in sizes.into_iter().enumerate() {
        let window = corridor_raster::dataset::Window::whole(width, height);
        let reduced = dataset.read_overview(level, 0, window).unwrap();
        // A smooth ramp: the reduced value is near the one at the same place.
        for (col, row) in [(3, 4), (width / 2, height / 2), (width - 4, height - 5)] {
            let factor = 2 << level;
            let near = full.value(col * factor, row * factor).unwrap();
            let own = reduced.value(col, row).unwrap();
            assert!(
                (own - near).abs() < 16.0,
                "{level} {col} {row}: {own} {near}"
            );
        }
    }
}

/// Cutting any file short gives an error or, where only the end is left out, the same values.
#[test]
fn truncated_files_are_refused_or_read_whole() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !["tif", "jp2", "j2k"].iter().any(|e| name.ends_with(e))
            || name.starts_with("un_")
            || name == "lzma.tif"
        {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let read = |bytes: &[u8]| {
            let dataset = Dataset::from_bytes(bytes.to_vec().into(), name.as_str())?;
            (0..dataset.bands())
                .map(|b| dataset.read_band(b))
                .collect::<Result<Vec<_>, _>>()
        };
        let whole: Vec<_> = read(&bytes)
            .unwrap()
            .iter()
            .map(|b| b.values_f64())
            .collect();
        for part in [0.1, 0.4, 0.7, 0.95] {
            let cut = &bytes[..(bytes.len() as f64 * part) as usize];
            if let Ok(bands) = read(cut) {
                let bits = |v: &[f64]| -> Vec<u64> { v.iter().map(|x| x.to_bits()).collect() };
                for (own, whole) in bands.iter().zip(&whole) {
                    assert_eq!(bits(&own.values_f64()), bits(whole), "{name} cut to {part}");
                }
            }
        }
    }
}
