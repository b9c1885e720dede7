//! COGs: read back by this crate, and by GDAL and rio-cogeo where they are at hand.

use std::path::Path;
use std::process::Command;

use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions, Compression};
use corridor_raster::dataset::{Dataset, Window};
use corridor_raster::grid::{Crs, Grid};
use corridor_raster::warp::Resampling;
use proptest::prelude::*;

use crate::fixtures::{check, expected, folder};
use crate::real_data;

fn utm(width: usize, height: usize) -> Grid {
    Grid::new(
        Crs::epsg(32725).unwrap(),
        [500_000.0, 10.0, 0.0, 9_000_000.0, 0.0, -10.0],
        width,
        height,
    )
}

fn smooth(width: usize, height: usize) -> Vec<u16> {
    (0..width * height)
        .map(|i| ((i % width) * 3 + (i / width) * 2) as u16 + 1)
        .collect()
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let grid = utm(1500, 700);
    let values = smooth(1500, 700);
    let mut second = values.clone();
    second[..1500 * 20].fill(0);
    for compression in [Compression::None, Compression::Deflate, Compression::Zstd] {
        let path = folder.path().join("a.tif");
        let options = CogOptions {
            nodata: Some(0.0),
            compression,
            block_size: 256,
            ..CogOptions::default()
        }
        .with_band_names(["B03", "B08"]);
        cog::write(
            &path,
            &grid,
            &[BandData::U16(values.clone()), BandData::U16(second.clone())],
            &options,
        )
        .unwrap();
        let dataset = Dataset::open(&path).unwrap();
        assert!(cog::is_cog(&dataset));
        assert_eq!(dataset.grid().transform, grid.transform);
        assert_eq!(dataset.grid().crs.epsg_code(), Some(32725));
        assert_eq!(dataset.nodata(), Some(0.0));
        assert_eq!(
            dataset.metadata().bands[1].description.as_deref(),
            Some("B08")
        );
        assert_eq!(
            dataset.read_band(0).unwrap().data(),
            &BandData::U16(values.clone())
        );
        assert_eq!(
            dataset.read_band(1).unwrap().data(),
            &BandData::U16(second.clone())
        );
        let sizes: Vec<_> = dataset
            .overviews()
            .iter()
            .map(|o| (o.width, o.height))
            .collect();
        assert_eq!(sizes, [(750, 350), (375, 175), (188, 88)]);
        // The mean of 2 x 2 smooth pixels, and nodata kept out of it.
        let half = dataset
            .read_overview(0, 0, Window::new(10, 10, 1, 1))
            .unwrap();
        let four = [
            20 + 20 * 1500,
            21 + 20 * 1500,
            20 + 21 * 1500,
            21 + 21 * 1500,
        ]
        .map(|i: usize| f64::from(values[i]));
        assert!((half.value(0, 0).unwrap() - four.iter().sum::<f64>() / 4.0).abs() <= 0.5);
        let edge = dataset
            .read_overview(1, 1, Window::new(0, 4, 375, 2))
            .unwrap();
        assert!(edge.value(0, 0).is_none() && edge.value(0, 1).unwrap() > 30.0);
    }
}

#[test]
fn wrong_arguments_are_refused() {
    let mut sink = std::io::Cursor::new(Vec::new());
    let mut refuse = |grid: &Grid, bands: &[BandData], options: &CogOptions| {
        cog::write_to(&mut sink, grid, bands, options)
            .unwrap_err()
            .to_string()
    };
    let options = CogOptions::default();
    let grid = utm(2, 2);
    assert!(refuse(&grid, &[], &options).contains("bands"));
    assert!(refuse(&grid, &[BandData::U8(vec![0; 3])], &options).contains("do not fill"));
    assert!(
        refuse(
            &grid,
            &[BandData::U8(vec![0; 4]), BandData::I8(vec![0; 4])],
            &options
        )
        .contains("int8")
    );
    let odd = CogOptions {
        block_size: 100,
        ..options.clone()
    };
    assert!(refuse(&grid, &[BandData::U8(vec![0; 4])], &odd).contains("block_size"));
    let far = Grid {
        crs: Crs::from_code(999_999),
        ..grid
    };
    assert!(refuse(&far, &[BandData::U8(vec![0; 4])], &options).contains("EPSG:999999"));
}

#[test]
fn every_variant_converts() {
    let target = tempfile::tempdir().unwrap();
    let expected = expected();
    for (name, expected) in expected["files"].as_object().unwrap() {
        let source = Dataset::open(&folder().join(format!("{name}.tif"))).unwrap();
        let path = target.path().join("out.tif");
        match cog::from_dataset(&source, &path) {
            Ok(()) => {}
            // Feet and true-scale polar systems without a code are refused, not approximated.
            Err(error) => {
                assert!(
                    matches!(name.as_str(), "user_feet" | "user_polar"),
                    "{name}: {error}"
                );
                assert!(error.to_string().contains("cannot be written"), "{error}");
                continue;
            }
        }
        let written = Dataset::open(&path).unwrap();
        assert!(cog::is_cog(&written), "{name}");
        let mut expected = expected.clone();
        // Small images need no overviews.
        expected["overviews"] = serde_json::json!([]);
        check(name, &written, &expected);
        assert_eq!(written.palette(), source.palette(), "{name}");
        assert_eq!(written.alpha_band(), source.alpha_band(), "{name}");
        assert_eq!(written.has_mask(), source.has_mask(), "{name}");
        assert_eq!(
            written.metadata().items.get("SOURCE"),
            source.metadata().items.get("SOURCE"),
            "{name}"
        );
    }
}

/// Python of an environment with rasterio and rio-cogeo, by `CORRIDOR_PYTHON`.
fn python() -> Option<String> {
    let python = std::env::var("CORRIDOR_PYTHON").ok();
    if python.is_none() {
        println!("skipped: CORRIDOR_PYTHON names no python with rasterio and rio-cogeo");
    }
    python
}

fn run(python: &str, script: &str, arguments: &[&Path]) {
    let output = Command::new(python)
        .arg("-c")
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

const VALIDATE: &str = "
import sys, warnings
from rio_cogeo.cogeo import cog_validate
warnings.filterwarnings('ignore')
for path in sys.argv[1:]:
    valid, errors, notes = cog_validate(path, strict=True, quiet=True)
    assert valid and not errors and not notes, (path, errors, notes)
";

const COMPARE: &str = "
import sys, warnings
import numpy as np, rasterio
warnings.filterwarnings('ignore')
with rasterio.open(sys.argv[1]) as a, rasterio.open(sys.argv[2]) as b:
    assert a.dtypes == b.dtypes and a.count == b.count, (a.dtypes, b.dtypes)
    assert a.transform.almost_equals(b.transform, 1e-9), (a.transform, b.transform)
    assert a.descriptions == b.descriptions and a.scales == b.scales and a.offsets == b.offsets and a.units == b.units
    assert a.nodata == b.nodata or np.isnan(a.nodata) and np.isnan(b.nodata), (a.nodata, b.nodata)
    if a.crs:
        from rasterio.warp import transform
        x, y = a.transform * (a.width / 2, a.height / 2)
        p, q = (np.ravel(transform(s.crs, 'EPSG:4326', [x], [y])[:2]) for s in (a, b))
        assert np.allclose(p, q, rtol=0, atol=1e-8), (a.crs, b.crs, p, q)
    else:
        assert not b.crs, b.crs
    # GDAL shows a palette of black and white for samples of one bit.
    if a.colorinterp[0].name == 'palette' and 'one_bit' not in a.name:
        assert a.colormap(1) == b.colormap(1)
    assert [c.name for c in a.colorinterp if c.name == 'alpha'] == [c.name for c in b.colorinterp if c.name == 'alpha']
    assert a.tags().get('AREA_OR_POINT') == b.tags().get('AREA_OR_POINT'), (a.tags(), b.tags())
    assert a.tags().get('TIFFTAG_DATETIME') == b.tags().get('TIFFTAG_DATETIME')
    assert np.array_equal(a.read(), b.read(), equal_nan=a.dtypes[0].startswith('f'))
    assert np.array_equal(a.read_masks(), b.read_masks())
";

#[test]
fn gdal_reads_what_is_written_and_rio_cogeo_accepts_it() {
    let Some(python) = python() else {
        return;
    };
    let target = tempfile::tempdir().unwrap();
    let mut sources: Vec<_> = expected()["files"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|n| !matches!(n.as_str(), "user_feet" | "user_polar"))
        .map(|n| folder().join(format!("{n}.tif")))
        .collect();
    if let Some(dir) = real_data::data_dir() {
        for file in [
            "l8_paraguay/LC08_224078_20200518_bgr.tif",
            "landsat_pucallpa/2005.tif",
            "dem/olinda_dem_utm25s.tif",
            "dem/titiler_dem.tif",
            "sen1floods11_spain/Spain_7370579_S1Hand.tif",
            "s2_romania/cog/2018-01-07_10m.tif",
        ] {
            sources.push(dir.join("know").join(file));
        }
    }
    let mut written = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        let path = target.path().join(format!("{i}.tif"));
        cog::from_dataset(&Dataset::open(source).unwrap(), &path)
            .unwrap_or_else(|e| panic!("{}: {e}", source.display()));
        written.push(path);
    }
    // One interpreter for all files: starting one takes longer than reading.
    let pairs: Vec<&Path> = sources
        .iter()
        .zip(&written)
        .flat_map(|(a, b)| [a.as_path(), b.as_path()])
        .collect();
    let script = format!(
        "import sys\nargs = sys.argv[1:]\nfor a, b in zip(args[::2], args[1::2]):\n    sys.argv = ['', a, b]\n    try:\n        exec({COMPARE:?})\n    except Exception as e:\n        raise SystemExit(f'{{a}}: {{e!r}}')\n"
    );
    run(&python, &script, &pairs);
    let all: Vec<&Path> = written.iter().map(std::path::PathBuf::as_path).collect();
    run(&python, VALIDATE, &all);
}

#[test]
fn written_options_validate() {
    let Some(python) = python() else {
        return;
    };
    let target = tempfile::tempdir().unwrap();
    let grid = utm(1300, 900);
    let mut paths = Vec::new();
    for (i, (compression, block_size)) in [
        (Compression::None, 512),
        (Compression::Deflate, 256),
        (Compression::Zstd, 512),
        (Compression::Deflate, 1024),
    ]
    .into_iter()
    .enumerate()
    {
        for (j, data) in [
            BandData::U16(smooth(1300, 900)),
            BandData::F32(
                smooth(1300, 900)
                    .iter()
                    .map(|v| f32::from(*v) / 7.0)
                    .collect(),
            ),
            BandData::U8(vec![1; 1300 * 900]),
        ]
        .into_iter()
        .enumerate()
        {
            let path = target.path().join(format!("{i}_{j}.tif"));
            let options = CogOptions {
                compression,
                block_size,
                nodata: Some(0.0),
                resampling: Resampling::Mode,
                ..CogOptions::default()
            };
            cog::write(&path, &grid, &[data], &options).unwrap();
            paths.push(path);
        }
    }
    let all: Vec<&Path> = paths.iter().map(std::path::PathBuf::as_path).collect();
    run(&python, VALIDATE, &all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_values_come_back(width in 1..90_usize, height in 1..90_usize, bands in 1..4_usize, kind in 0..10_usize, codec in 0..3_usize, seed in any::<u64>()) {
        let mut state = seed | 1;
        let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; state };
        let n = width * height;
        let data: Vec<BandData> = (0..bands).map(|_| match kind {
            0 => BandData::U8((0..n).map(|_| next() as u8).collect()),
            1 => BandData::I8((0..n).map(|_| next() as i8).collect()),
            2 => BandData::U16((0..n).map(|_| next() as u16).collect()),
            3 => BandData::I16((0..n).map(|_| next() as i16).collect()),
            4 => BandData::U32((0..n).map(|_| next() as u32).collect()),
            5 => BandData::I32((0..n).map(|_| next() as i32).collect()),
            6 => BandData::U64((0..n).map(|_| next()).collect()),
            7 => BandData::I64((0..n).map(|_| next() as i64).collect()),
            8 => BandData::F32((0..n).map(|_| next() as i32 as f32 / 3.0).collect()),
            _ => BandData::F64((0..n).map(|_| next() as i64 as f64 / 3.0).collect()),
        }).collect();
        let compression = [Compression::None, Compression::Deflate, Compression::Zstd][codec];
        let options = CogOptions { compression, block_size: 64, ..CogOptions::default() };
        let mut file = std::io::Cursor::new(Vec::new());
        cog::write_to(&mut file, &utm(width, height), &data, &options).unwrap();
        let dataset = Dataset::from_bytes(file.into_inner().into(), "law").unwrap();
        prop_assert!(cog::is_cog(&dataset));
        for (i, band) in data.iter().enumerate() {
            let read = dataset.read_band(i).unwrap();
            prop_assert_eq!(read.data(), band);
        }
    }
}
