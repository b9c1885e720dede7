//! Where the runner gets scenes from.

use crate::cube::Cube;
use crate::error::GraphError;
use crate::extent::{SpatialExtent, TemporalExtent};
use crate::graph::ProcessGraph;
use assemble::Scene;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What `load_collection` asks a source for.
#[derive(Debug, Clone, Default)]
pub struct LoadRequest {
    /// Collection to load from.
    pub collection: String,
    /// Only these items, where given.
    pub items: Option<Vec<String>>,
    /// Only pixels whose centre lies in here, where given.
    pub spatial_extent: Option<SpatialExtent>,
    /// Only scenes of this half-open interval, where given.
    pub temporal_extent: Option<TemporalExtent>,
    /// Only these bands (by name, else by common name), in this order, where given.
    pub bands: Option<Vec<String>>,
    /// Most samples (pixel × band × date) the cube may have.
    pub max_samples: u64,
    /// Longest side of the cube, pixels: where the extent has more, every second (third, …) pixel is
    /// read. For pictures; `None` reads every pixel.
    pub side_max_px: Option<usize>,
    /// Conditions on properties of the items: name, and a graph that gives a truth value for
    /// `value`.
    pub properties: Vec<(String, Arc<ProcessGraph>)>,
}

/// What a source says about one scene before its pixels are read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SceneDescription {
    /// Collection of the scene.
    pub collection: String,
    /// Item of the scene.
    pub item: String,
    /// Start of the observation, where known.
    pub start: Option<jiff::Timestamp>,
    /// End of the observation, where known.
    pub end: Option<jiff::Timestamp>,
    /// Bands as (name, common name).
    pub bands: Vec<(String, Option<String>)>,
    /// Further members of the item that a recipe may ask for.
    pub properties: BTreeMap<String, serde_json::Value>,
}

/// Gives cubes of scenes to `load_collection`.
#[async_trait]
pub trait SceneSource: Send + Sync {
    /// Loads a cube with dimensions `t`, `bands`, `y`, `x`; nodata as NaN, scale and offset applied.
    ///
    /// # Errors
    /// `CollectionNotFound`, `NoDataAvailable` (nothing in the extents), `BandNotFound`,
    /// `ProcessGraphComplexity` (more than [`LoadRequest::max_samples`]), `SceneUnreadable` (a file
    /// that does not open or read) or `Internal`.
    async fn load(&self, request: &LoadRequest) -> Result<Cube, GraphError>;

    /// The scenes that [`SceneSource::load`] would read, in its order, without reading pixels.
    /// `None`: this source gives whole cubes only.
    ///
    /// # Errors
    /// As [`SceneSource::load`].
    async fn scenes(&self, request: &LoadRequest) -> Result<Option<Vec<Scene>>, GraphError> {
        let _ = request;
        Ok(None)
    }

    /// Describes one scene.
    ///
    /// # Errors
    /// `CollectionNotFound` where the scene is not there.
    async fn describe(&self, collection: &str, item: &str) -> Result<SceneDescription, GraphError>;
}

pub mod assemble;
mod catalog;
mod files;
mod scenes;

pub(crate) use catalog::described;
pub use catalog::{CatalogSource, SCENES_MAX};
pub use files::FileSource;
pub use scenes::OnlyScenes;
