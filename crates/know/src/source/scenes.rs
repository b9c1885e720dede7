//! A source that shows only some scenes of another.

use super::assemble::Scene;
use super::{LoadRequest, SceneDescription, SceneSource};
use crate::cube::Cube;
use crate::error::GraphError;
use crate::product::SceneRef;
use async_trait::async_trait;

/// Shows only the named scenes of a source, whatever the graph's extents select.
pub struct OnlyScenes<'a> {
    source: &'a dyn SceneSource,
    scenes: &'a [SceneRef],
}

impl<'a> OnlyScenes<'a> {
    /// The named scenes of `source`.
    pub fn new(source: &'a dyn SceneSource, scenes: &'a [SceneRef]) -> Self {
        Self { source, scenes }
    }

    fn only(&self, request: &LoadRequest) -> LoadRequest {
        let items = self
            .scenes
            .iter()
            .filter(|scene| scene.collection == request.collection)
            .map(|scene| scene.item.clone())
            .filter(|item| {
                request
                    .items
                    .as_ref()
                    .is_none_or(|only| only.contains(item))
            })
            .collect();
        LoadRequest {
            items: Some(items),
            ..request.clone()
        }
    }
}

#[async_trait]
impl SceneSource for OnlyScenes<'_> {
    async fn load(&self, request: &LoadRequest) -> Result<Cube, GraphError> {
        self.source.load(&self.only(request)).await
    }

    async fn scenes(&self, request: &LoadRequest) -> Result<Option<Vec<Scene>>, GraphError> {
        self.source.scenes(&self.only(request)).await
    }

    async fn describe(&self, collection: &str, item: &str) -> Result<SceneDescription, GraphError> {
        self.source.describe(collection, item).await
    }
}
