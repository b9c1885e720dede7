//! From files of bands to a cube.

use super::LoadRequest;
use crate::cube::{BandInfo, Cube, Dimension, Samples, coordinates};
use crate::error::GraphError;
use crate::extent::SpatialExtent;
use crate::geometry;
use corridor_raster::RasterError;
use corridor_raster::band::{Band, BandData, DataType};
use corridor_raster::dataset::{Dataset, Window};
use corridor_raster::grid::Grid;
use corridor_raster::warp::{Resampling, warp_dataset};
use geo::MultiPolygon;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Longest side of a cube, pixels: the Earth's girth at 2 cm.
const SIDE_MAX: f64 = 2_147_483_648.0;

/// One band of one file, and what its samples mean.
#[derive(Debug, Clone)]
pub struct BandFile {
    /// The file.
    pub dataset: Arc<Dataset>,
    /// Which of the file's bands, from 0.
    pub index: usize,
    /// Key of the asset that the file is in its item.
    pub asset: String,
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

/// What a cube of scenes is, before any pixel is read: labels, grid, and which band of which file
/// fills which plane. Plain data: it can be sent to another process that sees the same files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Dates, one a step of `t`.
    pub times: Vec<Timestamp>,
    /// Labels of `bands`.
    pub bands: Vec<String>,
    /// What is known of each band.
    pub info: Vec<BandInfo>,
    /// Pixels of the whole cube.
    pub grid: Grid,
    /// Whether samples need 64 bits.
    pub wide: bool,
    /// The files, each named once.
    pub files: Vec<FileEntry>,
    /// What is read, in the order in which scenes fill each other's gaps.
    pub reads: Vec<PlaneRead>,
    /// Pixels outside of these polygons (in the grid's system) are no data.
    #[serde(with = "rings")]
    pub polygons: Option<MultiPolygon<f64>>,
}

/// A file of a [`Layout`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path or address, as [`Dataset::name`] gives it.
    pub name: String,
    /// Scene and asset, for messages.
    pub label: String,
    /// Its pixels.
    pub grid: Grid,
    /// Type of its samples.
    pub dtype: DataType,
    /// Stored value without measurement, as the file says.
    #[serde(with = "number_text")]
    pub nodata: Option<f64>,
    /// Width of a block, pixels.
    pub block_width: usize,
    /// Height of a block, pixels.
    pub block_height: usize,
    /// Samples of a pixel that are stored together: all bands, or 1.
    pub interleaved: usize,
}

/// One band of one file that fills (gaps of) one plane of a cube.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaneRead {
    /// Step of `t`.
    pub time: usize,
    /// Step of `bands`.
    pub band: usize,
    /// Which of [`Layout::files`].
    pub file: usize,
    /// Which of the file's bands, from 0.
    pub index: usize,
    /// Physical = stored × scale + offset.
    pub scale: f64,
    /// Physical = stored × scale + offset.
    pub offset: f64,
    /// Stored value without measurement, beside what the file says itself.
    #[serde(with = "number_text")]
    pub nodata: Option<f64>,
    /// Scene, asset and band, for messages.
    pub label: String,
}

/// A file as callers know it.
pub(crate) fn label(item: &str, asset: &str) -> String {
    format!("scene {item:?}, asset {asset:?}")
}

/// Opened files by their place in [`Layout::files`].
pub type Open<'a> = dyn Fn(usize) -> Result<Arc<Dataset>, GraphError> + 'a;

/// A cube (`t`, `bands`, `y`, `x`) of scenes on the grid of the finest requested band of the
/// first scene, cut to the spatial extent.
///
/// Bands on the same lattice are copied, others resampled by nearest neighbour. Scenes of one
/// instant fill each other's gaps, in the order given. A band asked for by its common name carries
/// that as its label.
///
/// # Errors
/// `NoDataAvailable`, `BandNotFound`, `ProcessGraphComplexity`, `SceneUnreadable`, `Internal`.
pub fn cube(scenes: Vec<Scene>, request: &LoadRequest) -> Result<Cube, GraphError> {
    let (layout, files) = Layout::of(scenes, request)?;
    let len = layout.samples();
    if len > request.max_samples {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the extents hold {} × {} pixels, {} bands and {} dates: {len} samples; at most {} are allowed in one run",
                layout.grid.width,
                layout.grid.height,
                layout.bands.len(),
                layout.times.len(),
                request.max_samples
            ),
        ));
    }
    let whole = Window::whole(layout.grid.width, layout.grid.height);
    layout.read(whole, &|file| Ok(files[file].clone()))
}

impl Layout {
    /// The layout of the cube that these scenes make, and the opened files.
    ///
    /// # Errors
    /// `NoDataAvailable`, `BandNotFound`, `FeatureUnsupported` (rotated pixels, no reference
    /// system), `ProcessGraphComplexity` (a side of more than 2³¹ pixels).
    pub fn of(
        mut scenes: Vec<Scene>,
        request: &LoadRequest,
    ) -> Result<(Self, Vec<Arc<Dataset>>), GraphError> {
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
        let bands: Vec<String> = match &request.bands {
            Some(bands) => bands.clone(),
            None => first.files.iter().map(|file| file.name.clone()).collect(),
        };
        let chosen = scenes
            .iter()
            .map(|scene| bands.iter().map(|name| find(scene, name)).collect())
            .collect::<Result<Vec<Vec<&BandFile>>, _>>()?;
        let reference = finest(&chosen[0]).ok_or_else(nothing)?;
        let grid = window(&chosen, reference, request)?.ok_or_else(nothing)?;
        let mut times: Vec<Timestamp> = scenes.iter().map(|scene| scene.time).collect();
        times.dedup();
        let wide = chosen.iter().flatten().any(|file| {
            matches!(
                file.dataset.dtype(),
                DataType::F64 | DataType::I32 | DataType::U32 | DataType::I64 | DataType::U64
            )
        });
        let info = chosen[0]
            .iter()
            .map(|file| BandInfo {
                common_name: file.common_name.clone(),
                center_wavelength_um: file.center_wavelength_um,
            })
            .collect();
        let (mut reads, mut files, mut datasets) = (Vec::new(), Vec::new(), Vec::new());
        let mut known: HashMap<*const Dataset, usize> = HashMap::new();
        for (scene, bands) in scenes.iter().zip(&chosen) {
            let time = times.binary_search(&scene.time).unwrap_or(0);
            for (band, file) in bands.iter().enumerate() {
                let place = *known.entry(Arc::as_ptr(&file.dataset)).or_insert_with(|| {
                    files.push(FileEntry {
                        name: file.dataset.name().to_string(),
                        label: label(&scene.name, &file.asset),
                        grid: file.dataset.grid().clone(),
                        dtype: file.dataset.dtype(),
                        nodata: file.dataset.nodata(),
                        block_width: file.dataset.layout().block_width,
                        block_height: file.dataset.layout().block_height,
                        interleaved: match file.dataset.layout().planar {
                            true => 1,
                            false => file.dataset.bands(),
                        },
                    });
                    datasets.push(file.dataset.clone());
                    files.len() - 1
                });
                reads.push(PlaneRead {
                    time,
                    band,
                    file: place,
                    index: file.index,
                    scale: file.scale,
                    offset: file.offset,
                    nodata: file.nodata,
                    label: format!("{}, band {:?}", label(&scene.name, &file.asset), file.name),
                });
            }
        }
        let polygons = match &request.spatial_extent {
            Some(SpatialExtent::Polygons(polygons)) => Some(geometry::to_crs(polygons, &grid.crs)?),
            _ => None,
        };
        let layout = Self {
            times,
            bands,
            info,
            grid,
            wide,
            files,
            reads,
            polygons,
        };
        Ok((layout, datasets))
    }

    /// Column and row of a file at the corner of this cube, where both lie on one lattice.
    pub(crate) fn offset_in(&self, file: &FileEntry) -> Option<(i64, i64)> {
        shift(&file.grid, &self.grid)
    }

    /// Number of samples of the whole cube, saturating.
    pub fn samples(&self) -> u64 {
        (self.grid.width as u64)
            .saturating_mul(self.grid.height as u64)
            .saturating_mul(self.times.len() as u64)
            .saturating_mul(self.bands.len() as u64)
    }

    /// The dimensions `t`, `bands`, `y`, `x` of a part of the cube.
    pub fn dimensions(&self, part: Window) -> Vec<Dimension> {
        let (x, y) = coordinates(&self.grid);
        let columns: Vec<usize> = (part.col..part.col + part.width).collect();
        let rows: Vec<usize> = (part.row..part.row + part.height).collect();
        let mut bands = Dimension::bands(self.bands.iter().cloned());
        bands.bands = Some(Arc::new(self.info.clone()));
        vec![
            Dimension::time(&self.times),
            bands,
            y.select(&rows),
            x.select(&columns),
        ]
    }

    /// The grid of a part of the cube.
    pub fn grid_of(&self, part: Window) -> Grid {
        if part == Window::whole(self.grid.width, self.grid.height) {
            return self.grid.clone();
        }
        let (x, y) = self.grid.coordinate_of(part.col as f64, part.row as f64);
        let t = self.grid.transform;
        Grid::new(
            self.grid.crs.clone(),
            [x, t[1], t[2], y, t[4], t[5]],
            part.width,
            part.height,
        )
    }

    /// Reads a part of the cube. The part lies inside the grid.
    ///
    /// # Errors
    /// `SceneUnreadable` where a file cannot be opened or read.
    pub fn read(&self, part: Window, open: &Open<'_>) -> Result<Cube, GraphError> {
        let mut samples = self.empty(part.pixels());
        let outside = self.outside(part);
        for read in &self.reads {
            let stored = self.fetch_plane(read, part, open)?;
            self.put(&mut samples, read, &stored, part, part, outside.as_deref());
        }
        self.cube_on(part, samples)
    }

    /// Reads the stored samples of a part, compact as the files hold them, of those reads that are
    /// needed; the others are left as if their files had no pixel there.
    ///
    /// # Errors
    /// As [`Layout::read`].
    pub(crate) fn fetch(
        &self,
        part: Window,
        needed: &dyn Fn(usize) -> bool,
        open: &Open<'_>,
    ) -> Result<RawPart, GraphError> {
        let planes = self
            .reads
            .iter()
            .enumerate()
            .map(|(index, read)| match needed(index) {
                true => self.fetch_plane(read, part, open),
                false => Ok(Stored::Outside),
            })
            .collect::<Result<_, _>>()?;
        Ok(RawPart { part, planes })
    }

    /// The cube of a part of what was fetched: the same as [`Layout::read`] gives.
    pub(crate) fn cube_of(&self, raw: &RawPart, part: Window) -> Result<Cube, GraphError> {
        let mut samples = self.empty(part.pixels());
        let outside = self.outside(part);
        for (read, stored) in self.reads.iter().zip(&raw.planes) {
            self.put(
                &mut samples,
                read,
                stored,
                raw.part,
                part,
                outside.as_deref(),
            );
        }
        self.cube_on(part, samples)
    }

    fn empty(&self, pixels: usize) -> Samples {
        let len = pixels * self.times.len() * self.bands.len();
        if self.wide {
            Samples::F64(vec![f64::NAN; len])
        } else {
            Samples::F32(vec![f32::NAN; len])
        }
    }

    fn cube_on(&self, part: Window, samples: Samples) -> Result<Cube, GraphError> {
        let cube = Cube::new(self.dimensions(part), samples, Some(self.grid.crs.clone()))?;
        Ok(cube.on_grid(self.grid_of(part)))
    }

    /// Writes the physical values of one read, fetched for the part `fetched`, to the pixels of
    /// `part` that have none yet.
    fn put(
        &self,
        samples: &mut Samples,
        read: &PlaneRead,
        stored: &Stored,
        fetched: Window,
        part: Window,
        outside: Option<&[bool]>,
    ) {
        let Some((have, band)) = stored.placed(fetched) else {
            return;
        };
        let Some(both) = have.intersection(&part) else {
            return;
        };
        let start = (read.time * self.bands.len() + read.band) * part.pixels();
        let mut values = Vec::with_capacity(both.width);
        for row in both.row..both.row + both.height {
            let from = (row - have.row) * have.width + both.col - have.col;
            let to = (row - part.row) * part.width + both.col - part.col;
            read.physical_row(band, from, both.width, &mut values);
            if let Some(outside) = outside {
                for (value, outside) in values.iter_mut().zip(&outside[to..]) {
                    if *outside {
                        *value = f64::NAN;
                    }
                }
            }
            let range = start + to..start + to + both.width;
            match samples {
                Samples::F32(all) => {
                    for (own, value) in all[range].iter_mut().zip(&values) {
                        *own = if own.is_nan() { *value as f32 } else { *own };
                    }
                }
                Samples::F64(all) => {
                    for (own, value) in all[range].iter_mut().zip(&values) {
                        *own = if own.is_nan() { *value } else { *own };
                    }
                }
            }
        }
    }

    /// A cube of the same labels with one pixel, without data: to see what a graph makes of them.
    ///
    /// # Errors
    /// As [`Cube::new`].
    pub fn sketch(&self) -> Result<Cube, GraphError> {
        self.cube_on(Window::new(0, 0, 1, 1), self.empty(1))
    }

    /// Which pixels of a part lie outside of the extent's polygons.
    pub(crate) fn outside(&self, part: Window) -> Option<Vec<bool>> {
        let polygons = self.polygons.as_ref()?;
        let inside = geometry::covered_part(std::slice::from_ref(polygons), &self.grid, part);
        Some(inside.into_iter().map(|inside| !inside).collect())
    }

    fn fetch_plane(
        &self,
        read: &PlaneRead,
        part: Window,
        open: &Open<'_>,
    ) -> Result<Stored, GraphError> {
        let dataset = open(read.file)?;
        self.stored(read, part, &dataset)
            .map_err(|error| GraphError::unreadable(&read.label, &error))
    }

    /// The stored samples of one read on a part of the cube.
    fn stored(
        &self,
        read: &PlaneRead,
        part: Window,
        dataset: &Dataset,
    ) -> Result<Stored, RasterError> {
        let Some((col, row)) = self.offset_in(&self.files[read.file]) else {
            let target = self.grid_of(part);
            return warp_dataset(dataset, read.index, &target, Resampling::Nearest)
                .map(Stored::Whole);
        };
        let (col, row) = (col + part.col as i64, row + part.row as i64);
        let grid = dataset.grid();
        let (from_col, from_row) = (col.max(0), row.max(0));
        let end_col = (col + part.width as i64).min(grid.width as i64);
        let end_row = (row + part.height as i64).min(grid.height as i64);
        if from_col >= end_col || from_row >= end_row {
            return Ok(Stored::Outside);
        }
        let own = Window::new(
            from_col as usize,
            from_row as usize,
            (end_col - from_col) as usize,
            (end_row - from_row) as usize,
        );
        let band = dataset.read(read.index, own)?;
        if (own.width, own.height) == (part.width, part.height) {
            return Ok(Stored::Whole(band));
        }
        let inside = Window::new(
            (from_col - col) as usize,
            (from_row - row) as usize,
            own.width,
            own.height,
        );
        Ok(Stored::Part(inside, band))
    }
}

/// Stored samples of a part of a cube, one entry a read of the layout.
#[derive(Debug)]
pub(crate) struct RawPart {
    /// Which part.
    pub(crate) part: Window,
    /// What each read gave.
    pub(crate) planes: Vec<Stored>,
}

/// Stored samples on a part of a cube.
#[derive(Debug)]
pub(crate) enum Stored {
    /// The file has no pixel there.
    Outside,
    /// Every pixel of the part.
    Whole(Band),
    /// A window of the part, counted from its corner.
    Part(Window, Band),
}

impl Stored {
    /// The samples and the window they cover, where the part `fetched` is what was read for.
    pub(crate) fn placed(&self, fetched: Window) -> Option<(Window, &Band)> {
        match self {
            Self::Outside => None,
            Self::Whole(band) => Some((fetched, band)),
            Self::Part(inside, band) => {
                let (col, row) = (fetched.col + inside.col, fetched.row + inside.row);
                Some((Window::new(col, row, inside.width, inside.height), band))
            }
        }
    }
}

impl PlaneRead {
    /// Physical values of a run of stored samples; NaN is no data.
    pub(crate) fn physical_row(&self, band: &Band, from: usize, len: usize, out: &mut Vec<f64>) {
        out.clear();
        let end = from + len;
        match band.data() {
            BandData::U8(v) => out.extend(v[from..end].iter().map(|x| f64::from(*x))),
            BandData::I8(v) => out.extend(v[from..end].iter().map(|x| f64::from(*x))),
            BandData::U16(v) => out.extend(v[from..end].iter().map(|x| f64::from(*x))),
            BandData::I16(v) => out.extend(v[from..end].iter().map(|x| f64::from(*x))),
            BandData::U32(v) => out.extend(v[from..end].iter().map(|x| f64::from(*x))),
            BandData::I32(v) => out.extend(v[from..end].iter().map(|x| f64::from(*x))),
            BandData::U64(v) => out.extend(v[from..end].iter().map(|x| *x as f64)),
            BandData::I64(v) => out.extend(v[from..end].iter().map(|x| *x as f64)),
            BandData::F32(v) => out.extend(v[from..end].iter().map(|x| f64::from(*x))),
            BandData::F64(v) => out.extend(&v[from..end]),
        }
        // Nodata of a float file is compared in the file's own precision.
        let single = band.data().dtype() == DataType::F32;
        let own = band
            .nodata()
            .map(|n| if single { f64::from(n as f32) } else { n });
        for value in out.iter_mut() {
            let missing = own.is_some_and(|n| same(*value, n))
                || self.nodata.is_some_and(|n| same(*value, n));
            *value = if missing {
                f64::NAN
            } else {
                *value * self.scale + self.offset
            };
        }
        if let Some(valid) = band.mask() {
            for (value, valid) in out.iter_mut().zip(&valid[from..end]) {
                if !valid {
                    *value = f64::NAN;
                }
            }
        }
    }
}

/// Equal as stored values are: 0 and -0 are the same, NaN is no value.
#[allow(clippy::float_cmp)]
fn same(a: f64, b: f64) -> bool {
    a == b
}

/// Polygons as rings of coordinate pairs, the outer ring first.
mod rings {
    use geo::{Coord, LineString, MultiPolygon, Polygon};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Rings = Vec<Vec<Vec<(f64, f64)>>>;

    pub(super) fn serialize<S: Serializer>(
        polygons: &Option<MultiPolygon<f64>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let ring = |line: &LineString<f64>| line.0.iter().map(|c| (c.x, c.y)).collect();
        let rings: Option<Rings> = polygons.as_ref().map(|multi| {
            let polygon = |p: &Polygon<f64>| {
                std::iter::once(p.exterior())
                    .chain(p.interiors())
                    .map(ring)
                    .collect()
            };
            multi.0.iter().map(polygon).collect()
        });
        rings.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<MultiPolygon<f64>>, D::Error> {
        let rings: Option<Rings> = Option::deserialize(deserializer)?;
        let line = |ring: Vec<(f64, f64)>| {
            LineString(ring.into_iter().map(|(x, y)| Coord { x, y }).collect())
        };
        Ok(rings.map(|all| {
            let polygon = |rings: Vec<Vec<(f64, f64)>>| {
                let mut rings = rings.into_iter().map(line);
                let exterior = rings.next().unwrap_or_else(|| LineString(Vec::new()));
                Polygon::new(exterior, rings.collect())
            };
            MultiPolygon(all.into_iter().map(polygon).collect())
        }))
    }
}

/// Numbers as text: JSON has no NaN, and nodata is NaN in many files.
mod number_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(|number| number.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
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
    if width.max(height) > SIDE_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the extent holds {width} × {height} pixels; at most {SIDE_MAX} on a side are allowed"
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
