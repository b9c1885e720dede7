//! Pixels from one grid to another.
//!
//! Positions are exact to [`ERROR_MAX_PX`] source pixels along a row of the
//! target and computed by [`Transformer`](crate::grid::Transformer). Kernels,
//! scales and edge rules follow GDAL's warper, so that results can be compared
//! value by value: a target pixel has a value when its centre falls on a
//! source measurement (for the area methods: when it covers one), nodata never
//! enters a mean, and a computed value that happens to equal nodata is moved
//! by one.

mod area;
mod coordinates;
mod extent;
mod job;
mod kernel;
mod placement;
mod wide;

use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::{Band, BandData, DataType, Sample};
use crate::dataset::Dataset;
use crate::grid::{Crs, Grid};
pub(crate) use area::quantile_of;
use coordinates::Mapper;
use extent::Extent;
use job::Job;
pub(crate) use placement::{Ground, Placement};

/// Greatest |dx| + |dy|, in source pixels, that interpolating positions along a row may cost.
pub const ERROR_MAX_PX: f64 = coordinates::ERROR_MAX_PX;

/// Most pixels of one target.
pub const TARGET_PIXELS_MAX: u64 = 1 << 29;

/// How a pixel of the target is made from pixels of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resampling {
    /// The pixel that the centre falls into.
    #[default]
    Nearest,
    /// Linear in 2 x 2 pixels (a wider triangle when reducing).
    Bilinear,
    /// Cubic convolution (a = -0.5) in 4 x 4 pixels (wider when reducing).
    Cubic,
    /// Cubic B-spline of 4 x 4 pixels (wider when reducing): it smooths, and never overshoots.
    CubicSpline,
    /// Sine cardinal in a Lanczos window of 6 x 6 pixels (wider when reducing).
    Lanczos,
    /// Mean of the pixels covered, weighted by the part covered.
    Average,
    /// Most frequent value of the pixels covered, the first to be so.
    Mode,
    /// Least value of the pixels covered.
    Min,
    /// Greatest value of the pixels covered.
    Max,
    /// Median of the pixels covered, of an even number the lower of the two in the middle.
    Med,
    /// First quartile of the pixels covered: the least that is no less than a quarter of them.
    Q1,
    /// Third quartile of the pixels covered: the least that is no less than three quarters of them.
    Q3,
    /// Sum of the pixels covered, each times the part covered; the sum of a whole is kept.
    Sum,
    /// Root of the mean square of the pixels covered, weighted by the part covered.
    Rms,
}

/// Every way of resampling with its name on the command line and in requests: GDAL's, but `nearest`.
pub const RESAMPLINGS: [(&str, Resampling); 14] = [
    ("nearest", Resampling::Nearest),
    ("bilinear", Resampling::Bilinear),
    ("cubic", Resampling::Cubic),
    ("cubicspline", Resampling::CubicSpline),
    ("lanczos", Resampling::Lanczos),
    ("average", Resampling::Average),
    ("mode", Resampling::Mode),
    ("min", Resampling::Min),
    ("max", Resampling::Max),
    ("med", Resampling::Med),
    ("q1", Resampling::Q1),
    ("q3", Resampling::Q3),
    ("sum", Resampling::Sum),
    ("rms", Resampling::Rms),
];

impl Resampling {
    /// Pixels around a position that the kernel reaches, at full scale.
    const fn radius_px(self) -> f64 {
        match self {
            Self::Cubic | Self::CubicSpline => 2.0,
            Self::Lanczos => 3.0,
            _ => 1.0,
        }
    }
}

/// Moves a band from its grid to `target`; the result has the source's type and nodata.
///
/// Pixels without a source are nodata, and not valid in the band's mask.
///
/// # Errors
/// When the sizes of `source` and `source_grid` differ, the target is too
/// large, or there is no way between the coordinate reference systems.
pub fn warp(
    source: &Band,
    source_grid: &Grid,
    target: &Grid,
    resampling: Resampling,
) -> Result<Band, RasterError> {
    let size = (source_grid.width, source_grid.height);
    if size != (source.width(), source.height()) {
        return Err(RasterError::argument(
            "source",
            format!(
                "a band of {} x {} pixels on a grid of {} x {}",
                source.width(),
                source.height(),
                size.0,
                size.1
            ),
        ));
    }
    check_target(target)?;
    let mapper = Mapper::new(source_grid, target)?;
    let Some(extent) = extent::find(&mapper, size, target, resampling) else {
        let size = (target.width, target.height);
        return empty(source.data().dtype(), source.nodata(), size);
    };
    let job = Job::whole(&mapper, &extent, target, resampling);
    job.run(std::slice::from_ref(source), (0.0, 0.0))
        .map(|mut bands| bands.remove(0))
}

/// Moves a band (counted from 0) of a dataset to `target`, reading only the part needed,
/// always of the full resolution.
///
/// # Errors
/// As [`warp`] and [`Dataset::read`].
pub fn warp_dataset(
    source: &Dataset,
    band: usize,
    target: &Grid,
    resampling: Resampling,
) -> Result<Band, RasterError> {
    warp_level(source, 0, &[band], target, resampling).map(|mut bands| bands.remove(0))
}

/// Moves several bands of a dataset at once, reading each block once.
///
/// # Errors
/// As [`warp_dataset`].
pub fn warp_bands(
    source: &Dataset,
    bands: &[usize],
    target: &Grid,
    resampling: Resampling,
) -> Result<Vec<Band>, RasterError> {
    warp_level(source, 0, bands, target, resampling)
}

/// Moves bands of one level of a dataset (0 = full resolution).
pub(crate) fn warp_level(
    source: &Dataset,
    level: usize,
    bands: &[usize],
    target: &Grid,
    resampling: Resampling,
) -> Result<Vec<Band>, RasterError> {
    warp_level_grid(
        source,
        level,
        &source.level_grid(level),
        bands,
        target,
        resampling,
    )
}

/// Moves bands of one level, taken to lie on `grid`.
pub(crate) fn warp_level_grid(
    source: &Dataset,
    level: usize,
    grid: &Grid,
    bands: &[usize],
    target: &Grid,
    resampling: Resampling,
) -> Result<Vec<Band>, RasterError> {
    check_target(target)?;
    let mapper = Mapper::new(grid, target)?;
    let Some(extent) = extent::find(&mapper, (grid.width, grid.height), target, resampling) else {
        let none = |_| {
            empty(
                source.dtype(),
                source.nodata(),
                (target.width, target.height),
            )
        };
        return bands.iter().map(none).collect();
    };
    let parts = source.read_level(level, bands, extent.window)?;
    let job = Job::whole(&mapper, &extent, target, resampling);
    job.run(&parts, extent.origin())
}

/// A warp of a dataset that gives the target a few rows at a time.
#[derive(Debug)]
pub struct Warper<'a> {
    source: &'a Dataset,
    target: &'a Grid,
    mapper: Mapper,
    extent: Option<Extent>,
    resampling: Resampling,
}

/// Most pixels of the source that are in memory at once for rows of a [`Warper`], all bands.
const SOURCE_PIXELS_MAX: usize = 1 << 26;

impl<'a> Warper<'a> {
    /// Prepares the warp of the full resolution of `source` to `target`.
    ///
    /// # Errors
    /// When the target has no pixel, or there is no way between the systems.
    pub fn new(
        source: &'a Dataset,
        target: &'a Grid,
        resampling: Resampling,
    ) -> Result<Self, RasterError> {
        if target.width == 0 || target.height == 0 {
            return Err(RasterError::argument("target", "the grid has no pixel"));
        }
        let grid = source.grid();
        let mapper = Mapper::new(grid, target)?;
        let extent = extent::find(&mapper, (grid.width, grid.height), target, resampling);
        Ok(Self {
            source,
            target,
            mapper,
            extent,
            resampling,
        })
    }

    /// Rows `row..row + count` of the target, of the bands asked for (counted from 0).
    ///
    /// # Errors
    /// As [`warp_bands`].
    pub fn rows(
        &self,
        bands: &[usize],
        row: usize,
        count: usize,
    ) -> Result<Vec<Band>, RasterError> {
        let part = self.target.rows(row, count);
        check_target(&part)?;
        let Some(whole) = self.extent else {
            let none = |_| {
                empty(
                    self.source.dtype(),
                    self.source.nodata(),
                    (part.width, part.height),
                )
            };
            return bands.iter().map(none).collect();
        };
        let grid = self.source.grid();
        let mapper = self.mapper.below_row(row);
        let size = (grid.width, grid.height);
        let Some(own) = extent::find(&mapper, size, &part, self.resampling) else {
            let none = |_| {
                empty(
                    self.source.dtype(),
                    self.source.nodata(),
                    (part.width, part.height),
                )
            };
            return bands.iter().map(none).collect();
        };
        if count > 1 && own.window.pixels().saturating_mul(bands.len()) > SOURCE_PIXELS_MAX {
            let half = count / 2;
            let upper = self.rows(bands, row, half)?;
            let lower = self.rows(bands, row + half, count - half)?;
            let joined = upper.into_iter().zip(lower).map(|(a, b)| a.below(b));
            return joined.collect();
        }
        // The scale is that of the whole, so that all rows are filtered alike.
        let extent = Extent {
            x_scale: whole.x_scale,
            y_scale: whole.y_scale,
            window: extent::widened(own.window, &whole, size, self.resampling),
        };
        let job = Job::whole(&mapper, &extent, &part, self.resampling);
        let parts = self.source.read_level(0, bands, extent.window)?;
        job.run(&parts, extent.origin())
    }
}

/// A grid in `crs` of square pixels of `resolution` (its units) that covers `source`: from the
/// least x and greatest y of its outline on, as GDAL suggests it.
///
/// # Errors
/// When the outline cannot be projected, or the grid would be too large.
pub fn suggested_grid(source: &Grid, crs: &Crs, resolution: f64) -> Result<Grid, RasterError> {
    let bounds = source.bounds_in(crs)?;
    let mut grid = Grid::from_bounds(crs.clone(), bounds, resolution)?;
    grid.crs = crs.clone();
    Ok(grid)
}

fn check_target(target: &Grid) -> Result<(), RasterError> {
    let pixels = (target.width as u64).saturating_mul(target.height as u64);
    if pixels > TARGET_PIXELS_MAX {
        return Err(RasterError::Limit {
            name: "target grid".to_owned(),
            what: "number of pixels",
            value: pixels,
            limit: TARGET_PIXELS_MAX,
        });
    }
    if pixels == 0 {
        return Err(RasterError::argument("target", "the grid has no pixel"));
    }
    Ok(())
}

/// A band without any measurement.
fn empty(
    dtype: DataType,
    nodata: Option<f64>,
    (width, height): (usize, usize),
) -> Result<Band, RasterError> {
    let n = width * height;
    let mut data = BandData::zeros(dtype, n);
    if let Some(value) = nodata {
        crate::band::each_type!(&mut data, v => v.fill(Sample::from_f64(value)));
    }
    Band::new(width, height, data, nodata, Some(vec![false; n]))
}
