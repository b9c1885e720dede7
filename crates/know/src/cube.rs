//! Data cubes: samples along named dimensions.

mod align;
mod calls;
mod json;
mod samples;
mod spatial;

pub(crate) use align::{Offsets, merge_dimensions};
pub(crate) use calls::{Output, gather, map_chunks, reduce, transform};
pub use samples::Samples;
pub use spatial::{coordinates, grid_of_coordinates};

use crate::error::GraphError;
use crate::value::Label;
use corridor_raster::grid::{Crs, Grid};
use geo::Geometry;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most dimensions of a cube.
pub const DIMENSIONS_MAX: usize = 12;

/// Samples along named dimensions, the last one fastest. NaN is no data, kept apart from zero.
#[derive(Debug, Clone)]
pub struct Cube {
    dimensions: Vec<Dimension>,
    samples: Arc<Samples>,
    crs: Option<Crs>,
    grid: Option<Grid>,
}

/// One dimension of a cube with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// Name, such as `t`.
    pub name: String,
    /// What it stands for.
    pub kind: DimensionKind,
    /// One label for each step. Pixel centres in the reference system for `X` and `Y`, RFC 3339
    /// for `Time`, band names for `Bands`, row numbers for `Geometry`.
    pub labels: Arc<Vec<Label>>,
    /// The geometries of a `Geometry` dimension, longitude and latitude in degrees.
    pub geometries: Option<Arc<Vec<Geometry<f64>>>>,
    /// The properties of each feature of a `Geometry` dimension, as GeoJSON has them.
    pub properties: Option<Arc<Vec<serde_json::Map<String, serde_json::Value>>>>,
    /// What is known of each band of a `Bands` dimension.
    pub bands: Option<Arc<Vec<BandInfo>>>,
}

/// What is known of a band beside its name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BandInfo {
    /// Common name (STAC eo), such as `nir`.
    pub common_name: Option<String>,
    /// Centre wavelength, µm.
    pub center_wavelength_um: Option<f64>,
}

/// What a dimension stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DimensionKind {
    /// East, or right.
    X,
    /// North, or up; labels fall.
    Y,
    /// Height.
    Z,
    /// Time.
    Time,
    /// Bands.
    Bands,
    /// Geometries of a vector cube.
    Geometry,
    /// Anything else.
    Other,
}

impl DimensionKind {
    /// The dimension type of openEO: `spatial`, `temporal`, `bands`, `geometry`, `other`.
    pub const fn openeo_type(self) -> &'static str {
        match self {
            DimensionKind::X | DimensionKind::Y | DimensionKind::Z => "spatial",
            DimensionKind::Time => "temporal",
            DimensionKind::Bands => "bands",
            DimensionKind::Geometry => "geometry",
            DimensionKind::Other => "other",
        }
    }
}

impl Dimension {
    /// A dimension of these labels.
    pub fn new(name: &str, kind: DimensionKind, labels: Vec<Label>) -> Self {
        Self {
            name: name.to_string(),
            kind,
            labels: Arc::new(labels),
            geometries: None,
            properties: None,
            bands: None,
        }
    }

    /// The same dimension with other labels and nothing else known of them.
    #[must_use]
    pub fn with_labels(&self, labels: Vec<Label>) -> Self {
        Self::new(&self.name, self.kind, labels)
    }

    /// The same dimension with only these steps, in this order. Each must exist.
    #[must_use]
    pub fn select(&self, steps: &[usize]) -> Self {
        fn pick<T: Clone>(all: &[T], steps: &[usize]) -> Arc<Vec<T>> {
            Arc::new(steps.iter().map(|step| all[*step].clone()).collect())
        }
        Self {
            name: self.name.clone(),
            kind: self.kind,
            labels: pick(&self.labels, steps),
            geometries: self.geometries.as_ref().map(|all| pick(all, steps)),
            properties: self.properties.as_ref().map(|all| pick(all, steps)),
            bands: self.bands.as_ref().map(|all| pick(all, steps)),
        }
    }

    /// A bands dimension named `bands`.
    pub fn bands<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let labels = names.into_iter().map(|n| Label::Text(n.into())).collect();
        Self::new("bands", DimensionKind::Bands, labels)
    }

    /// A time dimension named `t` of these instants.
    pub fn time(instants: &[jiff::Timestamp]) -> Self {
        let labels = instants
            .iter()
            .map(|instant| Label::Text(instant.to_string()))
            .collect();
        Self::new("t", DimensionKind::Time, labels)
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether it has no label.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Index of a label.
    pub fn position(&self, label: &Label) -> Option<usize> {
        self.labels.iter().position(|own| own.same(label))
    }
}

impl Cube {
    /// A cube of these dimensions and samples.
    ///
    /// # Errors
    /// `Internal` where the number of samples is not the product of the dimensions' lengths, a
    /// name stands twice, or there are too many dimensions.
    pub fn new(
        dimensions: Vec<Dimension>,
        samples: Samples,
        crs: Option<Crs>,
    ) -> Result<Self, GraphError> {
        let expected = sample_count(&dimensions)?;
        if samples.len() != expected {
            return Err(GraphError::new(
                "Internal",
                format!(
                    "a cube of {expected} samples was given {} samples",
                    samples.len()
                ),
            ));
        }
        for (index, dimension) in dimensions.iter().enumerate() {
            if dimensions[..index].iter().any(|d| d.name == dimension.name) {
                return Err(GraphError::new(
                    "DimensionExists",
                    format!(
                        "the dimension {:?} stands twice in one cube",
                        dimension.name
                    ),
                ));
            }
        }
        let grid = spatial::grid_of(&dimensions, crs.as_ref());
        Ok(Self {
            dimensions,
            samples: Arc::new(samples),
            crs,
            grid,
        })
    }

    /// A cube of other samples on the same dimensions.
    ///
    /// # Errors
    /// As [`Cube::new`].
    pub fn with_samples(&self, samples: Samples) -> Result<Self, GraphError> {
        if samples.len() != self.len() {
            return Err(GraphError::new(
                "Internal",
                format!("expected {} samples, got {}", self.len(), samples.len()),
            ));
        }
        Ok(Self {
            samples: Arc::new(samples),
            ..self.clone()
        })
    }

    /// The same cube on exactly this grid, whose pixel centres are its `x` and `y` labels.
    #[must_use]
    pub fn on_grid(mut self, grid: Grid) -> Self {
        self.crs = Some(grid.crs.clone());
        self.grid = Some(grid);
        self
    }

    /// The dimensions, slowest first.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The samples, last dimension fastest.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Reference system of `x` and `y`.
    pub fn crs(&self) -> Option<&Crs> {
        self.crs.as_ref()
    }

    /// The pixel grid, where the cube has regular `x` and `y`.
    pub fn grid(&self) -> Option<&Grid> {
        self.grid.as_ref()
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Bytes of the samples.
    pub fn bytes(&self) -> u64 {
        self.samples.bytes()
    }

    /// Index of the dimension of this name.
    pub fn dimension_index(&self, name: &str) -> Option<usize> {
        self.dimensions.iter().position(|d| d.name == name)
    }

    /// Index of the dimension of this name, or `DimensionNotAvailable`.
    ///
    /// # Errors
    /// `DimensionNotAvailable` where no dimension has this name.
    pub fn require_dimension(&self, name: &str) -> Result<usize, GraphError> {
        self.dimension_index(name).ok_or_else(|| {
            let known: Vec<&str> = self.dimensions.iter().map(|d| d.name.as_str()).collect();
            GraphError::new(
                "DimensionNotAvailable",
                format!(
                    "the cube has no dimension {name:?}; it has {}",
                    known.join(", ")
                ),
            )
        })
    }

    /// Index of the only dimension of this kind; `None` where there is none or several.
    pub fn only(&self, kind: DimensionKind) -> Option<usize> {
        let mut found = self.all(kind);
        match (found.next(), found.next()) {
            (Some(index), None) => Some(index),
            _ => None,
        }
    }

    /// Indices of the dimensions of this kind.
    pub fn all(&self, kind: DimensionKind) -> impl Iterator<Item = usize> + '_ {
        self.dimensions
            .iter()
            .enumerate()
            .filter(move |(_, d)| d.kind == kind)
            .map(|(index, _)| index)
    }

    /// Samples before, along and after a dimension: `(outer, length, inner)` with index
    /// `(o * length + k) * inner + i`.
    pub fn split(&self, dimension: usize) -> (usize, usize, usize) {
        let length = |d: &[Dimension]| d.iter().map(Dimension::len).product::<usize>();
        (
            length(&self.dimensions[..dimension]),
            self.dimensions[dimension].len(),
            length(&self.dimensions[dimension + 1..]),
        )
    }

    /// The cube with only these steps of one dimension, in this order.
    ///
    /// # Errors
    /// `Internal` where a step does not exist.
    pub fn select(&self, dimension: usize, steps: &[usize]) -> Result<Self, GraphError> {
        let (outer, length, inner) = self.split(dimension);
        if let Some(step) = steps.iter().find(|step| **step >= length) {
            return Err(GraphError::new(
                "Internal",
                format!("step {step} of a dimension of {length} does not exist"),
            ));
        }
        let mut samples = Samples::like(&self.samples, outer * steps.len() * inner);
        let mut to = 0;
        for o in 0..outer {
            for step in steps {
                samples.copy_from(to, &self.samples, (o * length + step) * inner, inner);
                to += inner;
            }
        }
        let mut dimensions = self.dimensions.clone();
        dimensions[dimension] = dimensions[dimension].select(steps);
        Self::new(dimensions, samples, self.crs.clone()).map(|cube| cube.keep_grid_of(self))
    }

    /// The cube without a dimension that has one step.
    ///
    /// # Errors
    /// `DimensionLabelCountMismatch` where it has more or fewer.
    pub fn drop_dimension(&self, dimension: usize) -> Result<Self, GraphError> {
        let own = &self.dimensions[dimension];
        if own.len() != 1 {
            return Err(GraphError::new(
                "DimensionLabelCountMismatch",
                format!(
                    "the dimension {:?} has {} labels; exactly one is needed to drop it",
                    own.name,
                    own.len()
                ),
            ));
        }
        let mut dimensions = self.dimensions.clone();
        dimensions.remove(dimension);
        Self::new(dimensions, (*self.samples).clone(), self.crs.clone())
            .map(|cube| cube.keep_grid_of(self))
    }

    /// The same samples under other dimensions of the same number of samples.
    ///
    /// # Errors
    /// As [`Cube::new`].
    pub fn with_dimensions(&self, dimensions: Vec<Dimension>) -> Result<Self, GraphError> {
        Self::new(dimensions, (*self.samples).clone(), self.crs.clone())
            .map(|cube| cube.keep_grid_of(self))
    }

    /// Takes over the exact grid of a cube with the same pixels, if they are the same.
    #[must_use]
    pub fn keep_grid_of(mut self, other: &Cube) -> Self {
        if let (Some(own), Some(exact)) = (&self.grid, &other.grid)
            && own.width == exact.width
            && own.height == exact.height
            && spatial::same_axes(&self, other)
        {
            self.grid = Some(exact.clone());
        }
        self
    }

    /// The samples of one step of the bands dimension and one date, as a plane from the north.
    ///
    /// # Errors
    /// `BandNotFound` where there is no such band; `Internal` where other dimensions than bands,
    /// y and x have more than one step.
    pub fn band_plane(&self, band: &str) -> Result<Vec<f64>, GraphError> {
        let mut cube = self.clone();
        if let Some(bands) = cube.only(DimensionKind::Bands) {
            let step = cube.dimensions[bands]
                .position(&Label::Text(band.to_string()))
                .ok_or_else(|| {
                    GraphError::new("BandNotFound", format!("the cube has no band {band:?}"))
                })?;
            cube = cube.select(bands, &[step])?;
        }
        let pixels: usize = cube
            .dimensions
            .iter()
            .filter(|d| matches!(d.kind, DimensionKind::X | DimensionKind::Y))
            .map(Dimension::len)
            .product();
        if pixels != cube.len() {
            return Err(GraphError::new(
                "Internal",
                format!("band {band:?} has several planes, one is needed"),
            ));
        }
        Ok(cube.samples.to_f64())
    }
}

/// Number of samples of a cube of these dimensions, checked.
pub(crate) fn sample_count(dimensions: &[Dimension]) -> Result<usize, GraphError> {
    if dimensions.len() > DIMENSIONS_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "a cube has {} dimensions; at most {DIMENSIONS_MAX}",
                dimensions.len()
            ),
        ));
    }
    dimensions
        .iter()
        .try_fold(1_usize, |product, d| product.checked_mul(d.len()))
        .ok_or_else(|| {
            GraphError::new("ProcessGraphComplexity", "a cube has more samples than fit")
        })
}
