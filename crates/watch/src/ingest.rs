//! Scenes from files on this machine and from web addresses: own descriptions, STAC Items, and
//! GeoTIFFs that nobody described.

use crate::chain::{Chain, blocking};
use crate::error::WatchError;
use crate::outgoing;
use crate::receive::{Delivered, Way};
use crate::scene::{self, Base, ItemScene, Place, SceneDescription, SceneFile, is_item_name};
pub use corridor_catalog::Accepted;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A scene taken in from an Item.
#[derive(Debug, Clone)]
pub struct FromItem {
    /// The scene.
    pub accepted: Accepted,
    /// Assets of the Item that hold no pixels and stay where they are.
    pub left_out: Vec<String>,
}

/// Whether a name typed for a scene is that of a STAC Item: a web address, or a JSON file that is
/// no own description.
pub fn names_an_item(name: &str) -> bool {
    is_web_address(name) || is_item_name(name)
}

fn is_web_address(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

impl Chain {
    /// Takes in a scene file, a description or STAC Item with the files it names, all on this
    /// machine.
    ///
    /// # Errors
    /// As [`Self::take_in`].
    pub async fn ingest(
        self: &Arc<Self>,
        path: &Path,
        datetime: Option<Timestamp>,
        way: Way,
    ) -> Result<Accepted, WatchError> {
        let began = Timestamp::now();
        let path = path.to_path_buf();
        let (description, files) = blocking(move || read_scene(&path, datetime)).await?;
        self.take_in(delivered(description, files, way, began))
            .await
    }

    /// Takes in a STAC Item: a file, or a web address, whose files are on this machine or fetched.
    /// `private` lets fetches go to loopback and private networks.
    ///
    /// # Errors
    /// As [`Self::take_in`]; [`WatchError::Invalid`] names file, place in the Item, value and what
    /// would be right, or what the network said.
    pub async fn ingest_item(
        self: &Arc<Self>,
        name: &str,
        private: bool,
    ) -> Result<FromItem, WatchError> {
        let began = Timestamp::now();
        let fetched = self.workspace()?;
        let (name, folder) = (name.to_string(), fetched.path().to_path_buf());
        let (scene, files) = blocking(move || {
            let mut scene = match is_web_address(&name) {
                true => item_at(&name, private)?,
                false => item_in(Path::new(&name))?,
            };
            let mut count = 0;
            let files = files_of(&scene, &mut |address, name| {
                count += 1;
                let path = folder.join(format!("{count}-{name}"));
                outgoing::fetch_file(address, &path, private)?;
                Ok(path)
            })?;
            scene.confirm(&files)?;
            Ok((scene, files))
        })
        .await?;
        let accepted = self
            .take_in(delivered(scene.description, files, Way::Ingest, began))
            .await?;
        Ok(FromItem {
            accepted,
            left_out: scene.left_out,
        })
    }
}

fn delivered(
    description: SceneDescription,
    files: Vec<SceneFile>,
    way: Way,
    began: Timestamp,
) -> Delivered {
    Delivered {
        description,
        files,
        way,
        contact: None,
        first_byte_at: began,
        whole_at: Timestamp::now(),
        bundles: 0,
    }
}

/// Reads a scene from disk: `*.scene.json` or a STAC Item with its files, or a bare GeoTIFF.
///
/// # Errors
/// [`WatchError::Invalid`] names the file and what is wrong.
pub fn read_scene(
    path: &Path,
    datetime: Option<Timestamp>,
) -> Result<(SceneDescription, Vec<SceneFile>), WatchError> {
    let name = scene::file_name(path)?;
    if is_item_name(&name) {
        let mut scene = item_in(path)?;
        let files = files_of(&scene, &mut |address, _| {
            Err(WatchError::Invalid(format!(
                "{name}: {address} is not on this machine; corridor ingest fetches such files"
            )))
        })?;
        scene.confirm(&files)?;
        return Ok((scene.description, files));
    }
    let description = match name.ends_with(scene::DESCRIPTION_ENDING) {
        true => SceneDescription::parse(&text_of(path)?, &name)?,
        false => SceneDescription::of_bare_file(path, datetime)?,
    };
    let folder = folder_of(path);
    let files = description
        .files
        .iter()
        .map(|(key, name)| scene_file(key, name, folder.join(name)))
        .collect::<Result<_, WatchError>>()?;
    Ok((description, files))
}

/// Names of the files that a description or Item in a folder names, all beside it.
///
/// # Errors
/// [`WatchError::Invalid`] says what does not read, or which file is elsewhere.
pub(crate) fn files_beside(path: &Path) -> Result<Vec<PathBuf>, WatchError> {
    let name = scene::file_name(path)?;
    let folder = folder_of(path);
    if !is_item_name(&name) {
        let description = SceneDescription::parse(&text_of(path)?, &name)?;
        return Ok(description.files.values().map(|f| folder.join(f)).collect());
    }
    let scene = item_in(path)?;
    let beside = |(key, place): (&String, &Place)| {
        let file = &scene.description.files[key];
        match place {
            Place::File(path) if folder_of(path).components().eq(folder.components()) => {
                Ok(folder.join(file))
            }
            Place::File(path) => Err(elsewhere(&name, key, &path.display())),
            Place::Address(address) => Err(elsewhere(&name, key, address)),
        }
    };
    scene.places.iter().map(beside).collect()
}

fn elsewhere(item: &str, key: &str, place: &dyn std::fmt::Display) -> WatchError {
    WatchError::Invalid(format!(
        "{item}: /assets/{key}/href: {place}; here the files of an Item stand beside it: put them \
         there, or use corridor ingest"
    ))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn item_in(path: &Path) -> Result<ItemScene, WatchError> {
    let name = path.display().to_string();
    ItemScene::parse(
        &text_of(path)?,
        &name,
        &Base::Folder(folder_of(path).to_path_buf()),
    )
}

fn item_at(address: &str, private: bool) -> Result<ItemScene, WatchError> {
    let fetched = outgoing::fetch_document(address, scene::DESCRIPTION_MAX_BYTES, private)?;
    let shown = address.split('?').next().unwrap_or(address);
    let text = String::from_utf8(fetched.bytes)
        .map_err(|e| WatchError::Invalid(format!("{shown}: not JSON: {e}")))?;
    ItemScene::parse(&text, shown, &Base::Address(fetched.address))
}

/// The files of an Item; `fetch` brings what has a web address here.
fn files_of(
    scene: &ItemScene,
    fetch: &mut dyn FnMut(&str, &str) -> Result<PathBuf, WatchError>,
) -> Result<Vec<SceneFile>, WatchError> {
    let mut files = Vec::with_capacity(scene.places.len());
    let mut fetched: BTreeMap<&str, PathBuf> = BTreeMap::new();
    for (key, place) in &scene.places {
        let name = &scene.description.files[key];
        let path = match place {
            Place::File(path) => path.clone(),
            Place::Address(address) => match fetched.get(address.as_str()) {
                Some(path) => path.clone(),
                None => {
                    let path = fetch(address, name)?;
                    fetched.insert(address, path.clone());
                    path
                }
            },
        };
        files.push(scene_file(key, name, path).map_err(|e| {
            WatchError::Invalid(format!("{}: /assets/{key}/href: {e}", scene.file))
        })?);
    }
    Ok(files)
}

fn scene_file(key: &str, name: &str, path: PathBuf) -> Result<SceneFile, WatchError> {
    let (sha256, size_bytes) =
        corridor_catalog::digest::sha256_file(&path).map_err(|e| unreadable(&path, &e))?;
    Ok(SceneFile {
        key: key.to_string(),
        path,
        name: name.to_string(),
        sha256,
        size_bytes,
    })
}

/// The text of a description or Item, of a bounded size.
fn text_of(path: &Path) -> Result<String, WatchError> {
    let size = std::fs::metadata(path)
        .map_err(|e| unreadable(path, &e))?
        .len();
    if size > scene::DESCRIPTION_MAX_BYTES {
        return Err(WatchError::Invalid(format!(
            "{}: {size} bytes; a description has at most {}",
            path.display(),
            scene::DESCRIPTION_MAX_BYTES
        )));
    }
    std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))
}

fn unreadable(path: &Path, error: &std::io::Error) -> WatchError {
    WatchError::Invalid(format!("reading {}: {error}", path.display()))
}
