//! Scenes held in memory as open files: for single runs without a catalogue, and for tests.

use super::assemble::{self, Scene};
use super::{LoadRequest, SceneDescription, SceneSource};
use crate::cube::Cube;
use crate::error::GraphError;
use async_trait::async_trait;

/// Scenes of one collection each, given as open files.
#[derive(Debug, Default)]
pub struct FileSource {
    scenes: Vec<(String, Scene)>,
}

impl FileSource {
    /// A source without scenes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The source with one more scene; its name is the item's id.
    #[must_use]
    pub fn with_scene(mut self, collection: &str, scene: Scene) -> Self {
        self.scenes.push((collection.to_string(), scene));
        self
    }

    fn of<'a>(&'a self, collection: &'a str) -> impl Iterator<Item = &'a Scene> {
        let own = move |(name, _): &&(String, Scene)| name == collection;
        self.scenes.iter().filter(own).map(|(_, scene)| scene)
    }

    fn chosen(&self, request: &LoadRequest) -> Result<Vec<Scene>, GraphError> {
        if self.of(&request.collection).next().is_none() {
            return Err(not_found(&request.collection, None));
        }
        Ok(self
            .of(&request.collection)
            .filter(|scene| {
                request
                    .items
                    .as_ref()
                    .is_none_or(|ids| ids.contains(&scene.name))
            })
            .filter(|scene| {
                request
                    .temporal_extent
                    .is_none_or(|extent| extent.contains(scene.time))
            })
            .cloned()
            .collect())
    }
}

#[async_trait]
impl SceneSource for FileSource {
    async fn load(&self, request: &LoadRequest) -> Result<Cube, GraphError> {
        assemble::cube(self.chosen(request)?, request)
    }

    async fn scenes(&self, request: &LoadRequest) -> Result<Option<Vec<Scene>>, GraphError> {
        self.chosen(request).map(Some)
    }

    async fn describe(&self, collection: &str, item: &str) -> Result<SceneDescription, GraphError> {
        let scene = self
            .of(collection)
            .find(|scene| scene.name == item)
            .ok_or_else(|| not_found(collection, Some(item)))?;
        Ok(SceneDescription {
            collection: collection.to_string(),
            item: item.to_string(),
            start: Some(scene.time),
            end: Some(scene.time),
            bands: scene
                .files
                .iter()
                .map(|file| (file.name.clone(), file.common_name.clone()))
                .collect(),
            ..SceneDescription::default()
        })
    }
}

fn not_found(collection: &str, item: Option<&str>) -> GraphError {
    let message = match item {
        Some(item) => format!("there is no scene {item:?} in {collection:?}"),
        None => format!("there is no collection {collection:?}"),
    };
    GraphError::new("CollectionNotFound", message)
}
