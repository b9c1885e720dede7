//! From files of bands to a cube.

use super::LoadRequest;
use crate::cube::{BandInfo, Cube, Dimension, Samples, coordinates};
use crate::error::GraphError;
use crate::extent::SpatialExtent;
use crate::geometry;
use corridor_raster::RasterError;
use corridor_raster::band::DataType;
use corridor_raster::dataset::{Dataset, Window};
use corridor_raster::grid::Grid;
use corridor_raster::warp::{Resampling, warp_dataset};
use jiff::Timestamp;
use std::sync::Arc;

/// One band of one file, and what its samples mean.
#[derive(Debug, Clone)]
pub struct BandFile {
    /// The file.
    pub dataset: Arc<Dataset>,
    /// Which of the file's bands, from 0.
    pub index: usize,
    /// Name, such as `B03`.
    pub name: String,
    /// Common name, such as `green`.
    pub common_name: Option<String>,
    /// Centre wavelength, µm.
    pub center_wavelength_um: Option<f64>,
    /// Physical = stored × scale + offset.
    pub scale: f64,
    /// Physical = stored × scale + offset.
    pub offset: f64,
    /// Stored value without measurement, beside what the file says itself.
    pub nodata: Option<f64>,
}

/// The files of one scene.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Name for messages.
    pub name: String,
    /// When it was observed.
    pub time: Timestamp,
    /// Its bands, over all files.
    pub files: Vec<BandFile>,
}

/// A cube (`t`, `bands`, `y`, `x`) of scenes on the grid of the finest requested band of the
/// first scene, cut to the spatial extent.
///
/// Bands on the same lattice are copied, others resampled by nearest neighbour. Scenes of one
/// instant fill each other's gaps, in the order given. A band asked for by its common name carries
/// that as its label.
///
/// # Errors
/// `NoDataAvailable`, `BandNotFound`, `ProcessGraphComplexity`, `Internal`.
pub fn cube(mut scenes: Vec<Scene>, request: &LoadRequest) -> Result<Cube, GraphError> {
    scenes.sort_by_key(|scene| scene.time);
    let nothing = || {
        GraphError::new(
            "NoDataAvailable",
            format!(
                "there is no data of {:?} in the given extents",
                request.collection
            ),
        )
    };
    let first = scenes.first().ok_or_else(nothing)?;
    let wanted: Vec<String> = match &request.bands {
        Some(bands) => bands.clone(),
        None => first.files.iter().map(|file| file.name.clone()).collect(),
    };
    let chosen = scenes
        .iter()
        .map(|scene| wanted.iter().map(|name| find(scene, name)).collect())
        .collect::<Result<Vec<Vec<&BandFile>>, _>>()?;
    let reference = finest(&chosen[0]).ok_or_else(nothing)?;
    let target = window(&chosen, reference, request)?.ok_or_else(nothing)?;
    let mut times: Vec<Timestamp> = scenes.iter().map(|scene| scene.time).collect();
    times.dedup();
    let pixels = target.width * target.height;
    let len = pixels
        .saturating_mul(times.len())
        .saturating_mul(wanted.len());
    if len as u64 > request.max_samples {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the extents hold {} × {} pixels, {} bands and {} dates: {len} samples; at most {} are allowed in one run",
                target.width,
                target.height,
                wanted.len(),
                times.len(),
                request.max_samples
            ),
        ));
    }
    let wide = chosen.iter().flatten().any(|file| {
        matches!(
            file.dataset.dtype(),
            DataType::F64 | DataType::I32 | DataType::U32
        )
    });
    let mut samples = if wide {
        Samples::F64(vec![f64::NAN; len])
    } else {
        Samples::F32(vec![f32::NAN; len])
    };
    let outside = outside(request, &target)?;
    for (scene, files) in scenes.iter().zip(&chosen) {
        let step = times
            .iter()
            .position(|time| *time == scene.time)
            .unwrap_or(0);
        for (band, file) in files.iter().enumerate() {
            let start = (step * wanted.len() + band) * pixels;
            let values = read(file, &target).map_err(|error| {
                GraphError::new(
                    "Internal",
                    format!("scene {:?}, band {:?}: {error}", scene.name, file.name),
                )
            })?;
            for (i, value) in values.into_iter().enumerate() {
                let free = samples.get(start + i).is_nan();
                if free && !outside.as_ref().is_some_and(|outside| outside[i]) {
                    samples.set(start + i, value);
                }
            }
        }
    }
    let (x, y) = coordinates(&target);
    let mut bands = Dimension::bands(wanted.iter().cloned());
    let info = |file: &&BandFile| BandInfo {
        common_name: file.common_name.clone(),
        center_wavelength_um: file.center_wavelength_um,
    };
    bands.bands = Some(Arc::new(chosen[0].iter().map(info).collect()));
    let dimensions = vec![Dimension::time(&times), bands, y, x];
    Ok(Cube::new(dimensions, samples, Some(target.crs.clone()))?.on_grid(target))
}

/// The band of this name; else of this common name (the finest); else of this name in other case.
fn find<'a>(scene: &'a Scene, name: &str) -> Result<&'a BandFile, GraphError> {
    let named = scene.files.iter().find(|file| file.name == name);
    let common: Vec<&BandFile> = scene
        .files
        .iter()
        .filter(|file| file.common_name.as_deref() == Some(name))
        .collect();
    named
        .or_else(|| finest(&common))
        .or_else(|| {
            scene
                .files
                .iter()
                .find(|file| file.name.eq_ignore_ascii_case(name))
        })
        .ok_or_else(|| {
            let known: Vec<&str> = scene.files.iter().map(|file| file.name.as_str()).collect();
            GraphError::new(
                "BandNotFound",
                format!(
                    "scene {:?} has no band {name:?}; it has {}",
                    scene.name,
                    known.join(", ")
                ),
            )
        })
}

fn finest<'a>(files: &[&'a BandFile]) -> Option<&'a BandFile> {
    let size = |file: &BandFile| {
        let t = &file.dataset.grid().transform;
        (t[1] * t[5] - t[2] * t[4]).abs()
    };
    files
        .iter()
        .copied()
        .reduce(|a, b| if size(b) < size(a) { b } else { a })
}

/// The part of the reference lattice that the extent and the scenes share.
fn window(
    chosen: &[Vec<&BandFile>],
    reference: &BandFile,
    request: &LoadRequest,
) -> Result<Option<Grid>, GraphError> {
    let grid = reference.dataset.grid();
    let [_, dx, rx, _, ry, dy] = grid.transform;
    if rx.abs() > 0.0 || ry.abs() > 0.0 {
        return Err(GraphError::new(
            "FeatureUnsupported",
            format!(
                "the pixels of {:?} are rotated; warp the file first",
                reference.dataset.name()
            ),
        ));
    }
    if grid.crs.is_unknown() {
        return Err(GraphError::new(
            "FeatureUnsupported",
            format!("{:?} has no reference system", reference.dataset.name()),
        ));
    }
    let mut all: Option<[f64; 4]> = None;
    for file in chosen.iter().flatten() {
        let own = file.dataset.grid();
        let b = geometry::bounds_in(own.bounds(), &own.crs, &grid.crs)?;
        all = Some(all.map_or(b, |a| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        }));
    }
    let Some(mut bounds) = all else {
        return Ok(None);
    };
    let extent = match &request.spatial_extent {
        None => None,
        Some(SpatialExtent::Box {
            west,
            south,
            east,
            north,
            crs,
        }) => Some(geometry::bounds_in(
            [*west, *south, *east, *north],
            crs,
            &grid.crs,
        )?),
        Some(SpatialExtent::Polygons(polygons)) => {
            geometry::bounds(&[geometry::to_crs(polygons, &grid.crs)?])
        }
    };
    if let Some(e) = extent {
        if e[0] > bounds[2] || e[2] < bounds[0] || e[1] > bounds[3] || e[3] < bounds[1] {
            return Ok(None);
        }
        bounds = [
            bounds[0].max(e[0]),
            bounds[1].max(e[1]),
            bounds[2].min(e[2]),
            bounds[3].min(e[3]),
        ];
    }
    // Pixels whose centre lies inside or on the edge.
    let span = |low: f64, high: f64, origin: f64, step: f64| {
        let (a, b) = ((low - origin) / step, (high - origin) / step);
        let (a, b) = (a.min(b), a.max(b));
        ((a - 0.5 - 1e-9).ceil(), (b - 0.5 + 1e-9).floor() + 1.0)
    };
    let (left, right) = span(bounds[0], bounds[2], grid.transform[0], dx);
    let (top, bottom) = span(bounds[1], bounds[3], grid.transform[3], dy);
    if right <= left || bottom <= top {
        return Ok(None);
    }
    let (width, height) = (right - left, bottom - top);
    // A picture reads every second (third, …) pixel where there are more than it shows.
    let longest = width.max(height);
    let every = match request.side_max_px {
        Some(side) if longest > side as f64 => (longest / side as f64).ceil(),
        _ => 1.0,
    };
    let (width, height) = ((width / every).ceil(), (height / every).ceil());
    if width * height > request.max_samples as f64 {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the extent holds {width} × {height} pixels; at most {} samples are allowed in one run",
                request.max_samples
            ),
        ));
    }
    let (x, y) = grid.coordinate_of(left, top);
    Ok(Some(Grid::new(
        grid.crs.clone(),
        [x, dx * every, 0.0, y, 0.0, dy * every],
        width as usize,
        height as usize,
    )))
}

/// Which pixels lie outside of the extent's polygons.
fn outside(request: &LoadRequest, target: &Grid) -> Result<Option<Vec<bool>>, GraphError> {
    let Some(SpatialExtent::Polygons(polygons)) = &request.spatial_extent else {
        return Ok(None);
    };
    let inside = geometry::covered(&[geometry::to_crs(polygons, &target.crs)?], target);
    Ok(Some(inside.into_iter().map(|inside| !inside).collect()))
}

/// Physical values of a band on the target's pixels, NaN without measurement.
fn read(file: &BandFile, target: &Grid) -> Result<Vec<f64>, RasterError> {
    let grid = file.dataset.grid();
    let mut values = match shift(grid, target) {
        Some((col, row)) => {
            let mut values = vec![f64::NAN; target.width * target.height];
            let (from_col, from_row) = (col.max(0), row.max(0));
            let end_col = (col + target.width as i64).min(grid.width as i64);
            let end_row = (row + target.height as i64).min(grid.height as i64);
            if from_col < end_col && from_row < end_row {
                let window = Window::new(
                    from_col as usize,
                    from_row as usize,
                    (end_col - from_col) as usize,
                    (end_row - from_row) as usize,
                );
                let band = file.dataset.read(file.index, window)?;
                let part = band.values_f64();
                let (to_col, to_row) = ((from_col - col) as usize, (from_row - row) as usize);
                for r in 0..window.height {
                    let to = (to_row + r) * target.width + to_col;
                    values[to..to + window.width]
                        .copy_from_slice(&part[r * window.width..(r + 1) * window.width]);
                }
            }
            values
        }
        None => warp_dataset(&file.dataset, file.index, target, Resampling::Nearest)?.values_f64(),
    };
    for value in &mut values {
        if file
            .nodata
            .is_some_and(|nodata| nodata.total_cmp(value).is_eq())
        {
            *value = f64::NAN;
        } else {
            *value = *value * file.scale + file.offset;
        }
    }
    Ok(values)
}

/// Pixels from the file's corner to the target's, where both lie on one lattice.
fn shift(grid: &Grid, target: &Grid) -> Option<(i64, i64)> {
    let (a, b) = (&grid.transform, &target.transform);
    let same = |i: usize| (a[i] - b[i]).abs() <= 1e-9 * a[i].abs();
    if grid.crs != target.crs || !same(1) || !same(5) || a[2].abs() > 0.0 || a[4].abs() > 0.0 {
        return None;
    }
    let (col, row) = grid.pixel_of(b[0], b[3])?;
    let near = |place: f64| (place - place.round()).abs() < 1e-4;
    (near(col) && near(row)).then(|| (col.round() as i64, row.round() as i64))
}
