//! Speed of reading, warping and tiles on one core, and of writing on all, in figures a user would know.
//!
//! `cargo bench -p corridor-raster` uses a synthetic scene of 4096 x 4096 `uint16`
//! (Mpx/s count target pixels, as `rasterio.warp.reproject` is measured); with
//! `CORRIDOR_PYTHON` naming a python with rasterio, GDAL does the same with the same file
//! beside it and the ratio is printed.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::dataset::Dataset;
use corridor_raster::grid::{Crs, Grid, Transformer};
use corridor_raster::style::Style;
use corridor_raster::warp::{self, Resampling};
use corridor_raster::{RasterError, tile};

const SIDE: usize = 4096;
const METHODS: [(&str, Resampling); 4] = [
    ("nearest", Resampling::Nearest),
    ("bilinear", Resampling::Bilinear),
    ("cubic", Resampling::Cubic),
    ("average", Resampling::Average),
];

/// Best of three, in seconds.
fn best_s<T>(mut work: impl FnMut() -> Result<T, RasterError>) -> Result<f64, RasterError> {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        std::hint::black_box(work()?);
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// A scene with structure and noise, and a border of nodata.
fn scene() -> Vec<u16> {
    let mut state = 1_u32;
    (0..SIDE * SIDE)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (i % SIDE, i / SIDE);
            let inside = x + y > SIDE / 4;
            if inside {
                (3000 + (x / 8 * 5 + y / 16 * 7) % 4000 + (state >> 26) as usize) as u16
            } else {
                0
            }
        })
        .collect()
}

fn main() -> Result<(), RasterError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    let grid = Grid::new(
        Crs::epsg(32725)?,
        [200_000.0, 10.0, 0.0, 9_200_000.0, 0.0, -10.0],
        SIDE,
        SIDE,
    );
    let megapixels = (SIDE * SIDE) as f64 / 1e6;
    let data = [BandData::U16(scene())];
    let options = CogOptions {
        nodata: Some(0.0),
        ..CogOptions::default()
    };
    let seconds = best_s(|| cog::write(&path, &grid, &data, &options))?;
    let size_mb = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;
    let own = megapixels / seconds;
    println!(
        "write COG, deflate        {own:8.1} Mpx/s, {size_mb:.1} MB{}",
        beside(own, peer(GDAL_WRITES, &[path.as_os_str()]))
    );
    let seconds = best_s(|| Dataset::open(&path)?.read_band(0))?;
    println!(
        "open and read all         {:8.1} Mpx/s",
        megapixels / seconds
    );
    let seconds = best_s(|| {
        for _ in 0..1000 {
            std::hint::black_box(Dataset::open(&path)?);
        }
        Ok(())
    })?;
    println!("open                      {seconds:8.3} ms");
    let seconds = best_s(|| {
        for _ in 0..100 {
            let dataset = Dataset::open(&path)?;
            dataset.read(0, corridor_raster::dataset::Window::new(1000, 1000, 16, 16))?;
        }
        Ok(())
    })?;
    let own = seconds * 10.0;
    let theirs = peer(GDAL_READS_A_BLOCK, &[path.as_os_str()]);
    let ratio = theirs.map_or_else(String::new, |p| {
        format!("   rasterio {p:.3}, ratio {:.2}", p / own)
    });
    println!("open and read one block   {own:8.3} ms{ratio}");

    let dataset = Dataset::open(&path)?;
    let band = dataset.read_band(0)?;
    let bounds = dataset.grid().bounds_wgs84()?;
    let resolution_deg = (bounds[2] - bounds[0]) / SIDE as f64;
    for (label, factor) in [("same size", 1.0), ("reduced 4x", 4.0)] {
        let target = Grid::from_bounds(Crs::wgs84(), bounds, resolution_deg * factor)?;
        let target_megapixels = (target.width * target.height) as f64 / 1e6;
        for (name, method) in METHODS {
            let seconds = best_s(|| warp::warp(&band, &grid, &target, method))?;
            let own = target_megapixels / seconds;
            let ratio = beside(own, gdal(&path, &target, name));
            println!("warp {label:10} {name:9} {own:8.1} Mpx/s{ratio}");
        }
    }
    tiles(&dataset)
}

/// Time of tiles over the scene, from where it is one tile to full resolution.
fn tiles(dataset: &Dataset) -> Result<(), RasterError> {
    let (least, most) = tile::zoom_range(dataset)?;
    let web = Transformer::new(&dataset.grid().crs, &Crs::epsg(3857)?)?;
    let (x, y) = dataset
        .grid()
        .coordinate_of(SIDE as f64 / 2.0, SIDE as f64 / 2.0);
    let (x, y) = web.transform(x, y)?;
    for (name, resampling) in [
        ("nearest", Resampling::Nearest),
        ("bilinear", Resampling::Bilinear),
    ] {
        let style = Style {
            rescale: vec![(3000.0, 8000.0)],
            resampling,
            ..Style::default()
        };
        let (mut count, mut seconds) = (0, 0.0);
        for z in least..=most {
            let half = 20_037_508.342_789_244;
            let n = f64::from(1_u32 << z);
            let (col, row) = (
                ((x + half) / (2.0 * half) * n) as u32,
                ((half - y) / (2.0 * half) * n) as u32,
            );
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let start = Instant::now();
                std::hint::black_box(tile::render(dataset, z, col + dx, row + dy, &style)?);
                seconds += start.elapsed().as_secs_f64();
                count += 1;
            }
        }
        println!(
            "tile 256 px {name:9}      {:8.2} ms, zoom {least} to {most}",
            seconds * 1000.0 / f64::from(count)
        );
    }
    Ok(())
}

/// A rate of GDAL's and how many times it is ours.
fn beside(own: f64, peer: Option<f64>) -> String {
    peer.map_or_else(String::new, |p| {
        format!("   rasterio {p:6.1}, ratio {:.2}", own / p)
    })
}

/// Mpx/s of GDAL's COG driver on all processors with the same settings, from memory to a file.
const GDAL_WRITES: &str = "
import sys, time, tempfile, os, rasterio
from rasterio.shutil import copy
with rasterio.open(sys.argv[1]) as src:
    data, profile = src.read(), src.profile
best = 1e9
with rasterio.MemoryFile() as memory, tempfile.TemporaryDirectory() as folder:
    with memory.open(driver='GTiff', width=profile['width'], height=profile['height'], count=1, dtype='uint16', crs=profile['crs'],
                     transform=profile['transform'], nodata=0) as plain:
        plain.write(data)
    for _ in range(3):
        start = time.perf_counter()
        copy(memory.name, os.path.join(folder, 'a.tif'), driver='COG', compress='DEFLATE', predictor='YES', blocksize=512,
             resampling='AVERAGE', num_threads='ALL_CPUS')
        best = min(best, time.perf_counter() - start)
print(data.size / best / 1e6)
";

/// Milliseconds of opening the file and reading 16 x 16 pixels of it.
const GDAL_READS_A_BLOCK: &str = "
import sys, time, rasterio
from rasterio.windows import Window
best = 1e9
for _ in range(3):
    start = time.perf_counter()
    for _ in range(100):
        with rasterio.open(sys.argv[1]) as src:
            src.read(1, window=Window(1000, 1000, 16, 16))
    best = min(best, time.perf_counter() - start)
print(best * 10)
";

/// The number that a script of python with rasterio prints.
fn peer(script: &str, arguments: &[&OsStr]) -> Option<f64> {
    let python = std::env::var("CORRIDOR_PYTHON").ok()?;
    let output = Command::new(python)
        .args(["-c", script])
        .args(arguments)
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Mpx/s of rasterio.warp.reproject on one thread for the same warp, source in memory.
fn gdal(path: &Path, target: &Grid, method: &str) -> Option<f64> {
    let script = "
import sys, time, warnings
import numpy as np, rasterio
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject
warnings.filterwarnings('ignore')
path, method, w, h, t = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), eval(sys.argv[5])
with rasterio.open(path) as src:
    data = src.read(1)
    best = 1e9
    for _ in range(3):
        dst = np.zeros((h, w), data.dtype)
        start = time.perf_counter()
        reproject(data, dst, src_transform=src.transform, src_crs=src.crs, src_nodata=0, dst_transform=Affine.from_gdal(*t),
                  dst_crs='EPSG:4326', dst_nodata=0, resampling=getattr(Resampling, method), num_threads=1)
        best = min(best, time.perf_counter() - start)
print(w * h / best / 1e6)
";
    let transform = format!("{:?}", target.transform);
    let (width, height) = (target.width.to_string(), target.height.to_string());
    let arguments = [method, &width, &height, &transform].map(OsStr::new);
    peer(script, &[&[path.as_os_str()], &arguments[..]].concat())
}
