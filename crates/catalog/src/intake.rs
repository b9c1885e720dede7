//! New scenes and answers, files and Item together or not at all.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::asset_store::{AssetStore, AssetStoreError};
use crate::stac::{Asset, Item};
use crate::store::{Catalog, CatalogError};

/// How an asset is described; `href`, `file:size` and `file:checksum` are filled in.
pub type AssetDescription = Asset;

/// A scene or answer that is to be taken in.
#[derive(Clone, Debug)]
pub struct NewScene {
    /// Asset key in the Item, the file, and how it is described (`href` is overwritten).
    pub files: Vec<(String, PathBuf, AssetDescription)>,
    /// The Item, complete but for the assets of `files`.
    pub item: Item,
    /// SHA-256 (64 lower-case hex digits) of the delivered file or of what the scene was made
    /// from: the same digest in the same collection is the same scene.
    pub sha256: String,
}

/// A scene that is catalogued and on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The Item as catalogued.
    pub item: Item,
    /// False when the scene was there already.
    pub new: bool,
}

/// What [`Intake::recover`] removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Intakes that had been cut off.
    pub interrupted: usize,
    /// Keys of files that no Item names.
    pub removed: Vec<String>,
}

/// Why a scene was not taken in; nothing of it is visible then.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// The scene itself is not usable.
    #[error("scene {id:?}: {reason}")]
    Scene {
        /// Identifier of the Item.
        id: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The catalogue refused or failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The asset store refused or failed.
    #[error(transparent)]
    Assets(#[from] AssetStoreError),
    /// The folder for what is under way failed.
    #[error("intake: {action}: {source}")]
    Folder {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Takes scenes in. Cloning shares the catalogue and the store.
#[derive(Clone)]
pub struct Intake {
    catalog: Arc<dyn Catalog>,
    assets: Arc<AssetStore>,
}

impl Intake {
    /// An intake into this catalogue and store. Call [`Intake::recover`] before the first scene.
    pub fn new(catalog: Arc<dyn Catalog>, assets: Arc<AssetStore>) -> Self {
        Self { catalog, assets }
    }

    /// Take a scene in: files are written aside, synced and renamed, the Item is committed last.
    pub async fn accept(&self, scene: NewScene) -> Result<Accepted, IntakeError> {
        Err(CatalogError::UnknownCollection(scene.sha256).into())
    }

    /// Remove an Item and then its files.
    pub async fn remove(&self, collection: &str, _id: &str) -> Result<Item, IntakeError> {
        Err(CatalogError::UnknownCollection(collection.to_owned()).into())
    }

    /// Clear away what an intake that was cut off left behind.
    pub async fn recover(&self) -> Result<Recovered, IntakeError> {
        Ok(Recovered::default())
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Arc<dyn Catalog> {
        &self.catalog
    }

    /// The asset store.
    pub fn assets(&self) -> &Arc<AssetStore> {
        &self.assets
    }
}
