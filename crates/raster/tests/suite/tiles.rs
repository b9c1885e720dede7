//! Tile matrix sets, mosaics and expressions beside those of morecantile, GDAL and rio-tiler.

use corridor_raster::RasterError;
use corridor_raster::dataset::Dataset;
use corridor_raster::style::Style;
use corridor_raster::tile::{self, Layer, TileMatrixSet};
use serde_json::Value;

use crate::real_data::{self, number};

/// Part of a cell by which places may differ.
const PLACE_TOLERANCE_CELLS: f64 = 0.01;
/// The cells of the polar sets are published with nine decimals at most.
const CELL_TOLERANCE: f64 = 6e-10;

#[test]
fn sets_have_the_tiles_of_morecantile() {
    let reference = real_data::reference("tiles.json");
    let sets = reference["sets"].as_object().unwrap();
    assert_eq!(sets.len(), TileMatrixSet::registered().len());
    for set in TileMatrixSet::registered() {
        let theirs = &sets[&set.id];
        assert_eq!(
            set.crs().epsg_code().map(u64::from),
            theirs["crs"].as_u64(),
            "{}",
            set.id
        );
        let own = set.to_json();
        let own = own["tileMatrices"].as_array().unwrap();
        let matrices = theirs["matrices"].as_array().unwrap();
        assert_eq!(own.len(), matrices.len(), "{}", set.id);
        for (own, theirs) in own.iter().zip(matrices) {
            let place = format!("{} {}", set.id, theirs[0]);
            assert_eq!(own["id"], theirs[0], "{place}");
            for (name, index) in [("scaleDenominator", 1), ("cellSize", 2)] {
                let (a, b) = (number(&own[name]), number(&theirs[index]));
                let rounded = CELL_TOLERANCE / number(&theirs[2]);
                assert!(
                    (a / b - 1.0).abs() < 1e-9 + rounded,
                    "{place} {name}: {a} {b}"
                );
            }
            assert_eq!(own["matrixWidth"], theirs[3], "{place}");
            assert_eq!(own["matrixHeight"], theirs[4], "{place}");
            for axis in 0..2 {
                let (a, b) = (
                    number(&own["pointOfOrigin"][axis]),
                    number(&theirs[5][axis]),
                );
                assert!((a - b).abs() < 1e-6, "{place} origin: {a} {b}");
            }
        }
        for tile in theirs["tiles"].as_array().unwrap() {
            let (x, y) = (tile[1].as_u64().unwrap(), tile[2].as_u64().unwrap());
            let matrix = tile[0].as_str().unwrap();
            let grid = set.grid(matrix, x, y).unwrap();
            let rounded = if set.id.starts_with("UPS") {
                256.0 * (x.max(y) + 1) as f64 * CELL_TOLERANCE
            } else {
                0.0
            };
            let tolerance = PLACE_TOLERANCE_CELLS * grid.transform[1] + rounded;
            for (own, theirs) in grid.bounds().iter().zip(tile[3].as_array().unwrap()) {
                let theirs = number(theirs);
                assert!(
                    (own - theirs).abs() <= tolerance,
                    "{} {tile}: {own} {theirs}",
                    set.id
                );
            }
            // The ranges of a tile's own box are that tile.
            let ranges = set.ranges(grid.bounds());
            let range = ranges.iter().find(|r| r.matrix == matrix).unwrap();
            assert_eq!(
                (range.cols, range.rows),
                ((x, x), (y, y)),
                "{} {tile}",
                set.id
            );
        }
    }
}

/// Files of a case, opened, from the top down.
fn layers(dir: &std::path::Path, case: &Value) -> Vec<Result<Layer<Dataset>, RasterError>> {
    let options = &case["options"];
    let style = Style {
        bands: options["indexes"]
            .as_array()
            .map(|bands| {
                bands
                    .iter()
                    .map(|b| b.as_u64().unwrap() as usize - 1)
                    .collect()
            })
            .unwrap_or_default(),
        expression: options["expression"].as_str().map(str::to_owned),
        ..Style::default()
    };
    let files = case["files"].as_array().unwrap().iter();
    files
        .map(|file| {
            let file = real_data::open(dir, &format!("know/{}", file.as_str().unwrap()));
            Ok(Layer {
                files: vec![file],
                style: style.clone(),
            })
        })
        .collect()
}

#[test]
fn mosaics_and_expressions_have_the_values_of_gdal_and_rio_tiler() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let reference = real_data::reference("tiles.json");
    for case in reference["drawn"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let part = |i: usize| case["tile"][i].as_u64().unwrap() as u32;
        let target = tile::grid(part(2) as u8, part(0), part(1)).unwrap();
        let bands = tile::mosaic_values(layers(&dir, case), &target)
            .unwrap()
            .unwrap();
        let valid: Vec<bool> = (0..256 * 256)
            .map(|i| bands.iter().all(|b| b.is_valid(i % 256, i / 256)))
            .collect();
        let count = valid.iter().filter(|ok| **ok).count();
        let gdal = &case["gdal"];
        assert_eq!(count as u64, gdal["valid"].as_u64().unwrap(), "{name}");
        for (index, band) in bands.iter().enumerate() {
            let values = band.values_f64();
            let sum: f64 = values
                .iter()
                .zip(&valid)
                .filter(|(_, ok)| **ok)
                .map(|(v, _)| v)
                .sum();
            let mean = sum / count as f64;
            // Sums of 32-bit results of expressions; integers are equal to the last.
            let theirs = number(&gdal["mean"][index]);
            assert!(
                (mean - theirs).abs() <= 1e-7 * theirs.abs(),
                "{name}: {mean} {theirs}"
            );
            // Its pixels are up to one of the source's off (see `tiles.py`).
            let theirs = number(&case["rio_tiler"]["mean"][index]);
            assert!(
                (mean - theirs).abs() <= 3e-3 * theirs.abs(),
                "{name}: {mean} {theirs}"
            );
            for spot in gdal["spots"].as_array().unwrap() {
                let (row, col) = (spot[0].as_u64().unwrap(), spot[1].as_u64().unwrap());
                let own = band.value(col as usize, row as usize);
                match spot[2].get(index) {
                    None => assert_eq!(own, None, "{name} {row} {col}"),
                    Some(value) => {
                        let (own, value) = (own.unwrap(), number(value));
                        assert!(
                            (own - value).abs() <= 1e-6 * value.abs(),
                            "{name} {row} {col}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_mosaic_computes_only_what_is_missing_and_equals_its_parts() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let reference = real_data::reference("tiles.json");
    let cases = reference["drawn"].as_array().unwrap();
    let case = cases
        .iter()
        .find(|c| c["name"] == "mosaic at the edge")
        .unwrap();
    let part = |i: usize| case["tile"][i].as_u64().unwrap() as u32;
    for resampling in [
        corridor_raster::warp::Resampling::Nearest,
        corridor_raster::warp::Resampling::Bilinear,
        corridor_raster::warp::Resampling::Average,
    ] {
        for z in [part(2) - 2, part(2)] {
            let shift = part(2) - z;
            let target = tile::grid(z as u8, part(0) >> shift, part(1) >> shift).unwrap();
            let layers: Vec<Layer<Dataset>> = layers(&dir, case)
                .into_iter()
                .map(|layer| {
                    let mut layer = layer.unwrap();
                    layer.style.resampling = resampling;
                    layer
                })
                .collect();
            let alone: Vec<_> = layers
                .iter()
                .map(|l| {
                    tile::mosaic_values([Ok::<_, RasterError>(l.clone_refs())], &target).unwrap()
                })
                .collect();
            let refs = layers.iter().map(|l| Ok::<_, RasterError>(l.clone_refs()));
            let whole = tile::mosaic_values(refs, &target).unwrap().unwrap();
            for i in 0..256 * 256 {
                let (col, row) = (i % 256, i / 256);
                let first = alone
                    .iter()
                    .flatten()
                    .find_map(|bands| bands[0].value(col, row));
                assert_eq!(
                    whole[0].value(col, row),
                    first,
                    "{resampling:?} {z} {col} {row}"
                );
            }
        }
    }
}

/// The same layer over borrowed files.
trait CloneRefs {
    fn clone_refs(&self) -> Layer<&Dataset>;
}

impl CloneRefs for Layer<Dataset> {
    fn clone_refs(&self) -> Layer<&Dataset> {
        Layer {
            files: self.files.iter().collect(),
            style: self.style.clone(),
        }
    }
}

#[test]
fn bands_of_several_files_make_one_picture() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let reference = real_data::reference("tiles.json");
    let cases = reference["drawn"].as_array().unwrap();
    let case = cases
        .iter()
        .find(|c| c["name"] == "mosaic of two paths")
        .unwrap();
    let part = |i: usize| case["tile"][i].as_u64().unwrap() as u32;
    let target = tile::grid(part(2) as u8, part(0), part(1)).unwrap();
    let red = case["files"][1].as_str().unwrap();
    let open = |file: &str| real_data::open(&dir, &format!("know/{file}"));
    let files = [open(&red.replace("_B4.", "_B5.")), open(red)];
    let alone = |index: usize| {
        let style = Style::default();
        let files = vec![&files[index]];
        let layer = Layer { files, style };
        tile::mosaic_values([Ok::<_, RasterError>(layer)], &target)
            .unwrap()
            .unwrap()
    };
    let style = Style {
        expression: Some("(b1-b2)/(b1+b2)".to_owned()),
        ..Style::default()
    };
    let layer = Layer {
        files: files.iter().collect(),
        style,
    };
    let ndvi = tile::mosaic_values([Ok::<_, RasterError>(layer)], &target)
        .unwrap()
        .unwrap();
    let (nir, red) = (alone(0), alone(1));
    for i in (0..256 * 256).step_by(97) {
        let (col, row) = (i % 256, i / 256);
        let (n, r) = (
            nir[0].value(col, row).unwrap(),
            red[0].value(col, row).unwrap(),
        );
        let own = ndvi[0].value(col, row).unwrap();
        assert!((own - (n - r) / (n + r)).abs() < 1e-6, "{col} {row}");
    }
    // A band that no file gives is named.
    let style = Style {
        bands: vec![2],
        ..Style::default()
    };
    let layer = Layer {
        files: files.iter().collect(),
        style,
    };
    let error = tile::mosaic([Ok::<_, RasterError>(layer)], &target).unwrap_err();
    assert!(error.to_string().contains("no band 3 of 2"), "{error}");
}
