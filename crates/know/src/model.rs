//! Networks that a user brings: an ONNX file, and a description of what goes in and comes out.
//!
//! The description is TOML beside the network:
//!
//! ```toml
//! id = "csmask-6b"                   # its name in graphs
//! title = "ukis-csmask 1.0.0, six bands"
//! product = "clouds"                 # the product it can stand in for; none where left out
//! network = "model_6b_l1c.onnx"      # in the same folder
//! bands = ["blue", "green", "red", "nir", "swir16", "swir22"]
//! mean = [0.276, 0.256, 0.270, 0.334, 0.209, 0.158]   # subtracted, then
//! deviation = [0.245, 0.228, 0.254, 0.232, 0.149, 0.126]   # divided by; 0 and 1 where left out
//! classes = [0, 1, 2]                # what each output of the network means
//! output = "logits"                  # or "probabilities", "labels"
//! tile_px = 256                      # for networks of any size; others say it themselves
//! margin_px = 25                     # at the edge of a tile, seen and not judged
//! accuracy = "Intersection over union 0.83 on ..."
//! ```
//!
//! The network takes one tensor of 32-bit floats, `1 x bands x tile x tile` or
//! `1 x tile x tile x bands`, and gives scores (`1 x classes x tile x tile` or with the classes last)
//! or labels (`1 x tile x tile`). It runs in this process, on the processor, by `rten`; files are
//! the operator's own: a network is trusted as a program is.

mod network;
mod tile;

pub use network::Judged;

use crate::error::KnowError;
use network::Network;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Largest description, bytes.
const DESCRIPTION_BYTES_MAX: u64 = 1 << 20;
/// Largest network, bytes.
const NETWORK_BYTES_MAX: u64 = 1 << 30;
/// Longest side of a tile, pixels.
const TILE_PX_MAX: usize = 4096;
const BANDS_MAX: usize = 64;
/// Band where a pixel could not be judged in a mask of a product.
const CLASS_NODATA: u8 = 255;

/// What the network's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// A score for each class, any number: the greatest wins; softmax makes probabilities of them.
    #[default]
    Logits,
    /// A probability for each class.
    Probabilities,
    /// The number of a class.
    Labels,
}

/// Description of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Its name in graphs: lower-case letters, digits, hyphens.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The product that it can stand in for.
    #[serde(default)]
    pub product: Option<String>,
    /// File of the network, in the description's folder.
    pub network: String,
    /// Bands that go in, in order, by name or common name.
    pub bands: Vec<String>,
    /// Subtracted from each band.
    #[serde(default)]
    pub mean: Vec<f64>,
    /// What each band is divided by.
    #[serde(default)]
    pub deviation: Vec<f64>,
    /// The class that each output stands for.
    pub classes: Vec<u8>,
    /// What the outputs are.
    #[serde(default)]
    pub output: Output,
    /// Side of a tile where the network takes any, pixels.
    #[serde(default = "default_tile_px")]
    pub tile_px: usize,
    /// Pixels at each edge of a tile that are seen and not judged.
    #[serde(default = "default_margin_px")]
    pub margin_px: usize,
    /// Its accuracy in one sentence.
    #[serde(default)]
    pub accuracy: String,
}

fn default_tile_px() -> usize {
    256
}

fn default_margin_px() -> usize {
    25
}

impl Description {
    /// What is wrong with it, and what would be right.
    fn fault(&self) -> Option<String> {
        let named = |text: &str| {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !text.is_empty() && text.len() <= 64 && text.chars().all(allowed)
        };
        let bands = self.bands.len();
        let fits = |values: &[f64]| values.is_empty() || values.len() == bands;
        if !named(&self.id) {
            Some(format!(
                "id {:?}: lower-case letters, digits and hyphens are needed",
                self.id
            ))
        } else if self.network.contains(['/', '\\']) {
            Some(format!(
                "network {:?} must be a file of this folder",
                self.network
            ))
        } else if !(1..=BANDS_MAX).contains(&bands) {
            Some(format!("{bands} bands; 1 to {BANDS_MAX} are needed"))
        } else if !fits(&self.mean) || !fits(&self.deviation) {
            Some(format!(
                "{} in mean and {} in deviation, for {bands} bands: one for each is needed, or none",
                self.mean.len(),
                self.deviation.len()
            ))
        } else if self.mean.iter().any(|mean| !mean.is_finite())
            || self.deviation.iter().any(|d| !d.is_finite() || *d <= 0.0)
        {
            Some("numbers are needed in mean, and numbers above 0 in deviation".to_string())
        } else if self.classes.is_empty() || self.classes.contains(&CLASS_NODATA) {
            Some(format!(
                "classes {:?}: at least one is needed, none of them {CLASS_NODATA}",
                self.classes
            ))
        } else if !(1..=TILE_PX_MAX).contains(&self.tile_px) || self.margin_px * 2 >= self.tile_px {
            Some(format!(
                "tile_px {} and margin_px {}: a tile of 1 to {TILE_PX_MAX} pixels, more than twice its margin, is needed",
                self.tile_px, self.margin_px
            ))
        } else {
            None
        }
    }
}

/// A network with its description; the network is loaded when it is first used.
#[derive(Debug)]
pub struct Model {
    description: Description,
    file: PathBuf,
    network: OnceLock<Result<Network, String>>,
}

impl Model {
    /// Reads a description (`.toml`), or that of a network (`.onnx`) which stands beside it.
    ///
    /// # Errors
    /// [`KnowError::Recipe`] names the file and what is wrong in it.
    pub fn open(path: &Path) -> Result<Arc<Self>, KnowError> {
        let path = match path.extension().and_then(|e| e.to_str()) {
            Some("onnx") => path.with_extension("toml"),
            _ => path.to_path_buf(),
        };
        let fault = |reason: String| fault(&path, reason);
        let size = std::fs::metadata(&path)
            .map_err(|error| {
                fault(format!(
                    "{error}; a description of the network is needed beside it"
                ))
            })?
            .len();
        if size > DESCRIPTION_BYTES_MAX {
            let reason = format!("has {size} bytes; at most {DESCRIPTION_BYTES_MAX} are read");
            return Err(fault(reason));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
        let description: Description =
            toml::from_str(&text).map_err(|error| fault(error.to_string()))?;
        if let Some(reason) = description.fault() {
            return Err(fault(reason));
        }
        let file = path.with_file_name(&description.network);
        let size = std::fs::metadata(&file)
            .map_err(|error| fault(format!("network {:?}: {error}", description.network)))?
            .len();
        if size > NETWORK_BYTES_MAX {
            return Err(fault(format!(
                "network {:?} has {size} bytes; at most {NETWORK_BYTES_MAX} are read",
                description.network
            )));
        }
        Ok(Arc::new(Self {
            description,
            file,
            network: OnceLock::new(),
        }))
    }

    /// What it is.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The network, loaded.
    fn network(&self) -> Result<&Network, String> {
        self.network
            .get_or_init(|| Network::load(&self.file, &self.description))
            .as_ref()
            .map_err(Clone::clone)
    }
}

fn fault(path: &Path, reason: String) -> KnowError {
    KnowError::Recipe {
        product: "a network".to_string(),
        file: path.display().to_string(),
        reason,
    }
}

/// The networks that graphs of a run can name.
#[derive(Debug, Clone, Default)]
pub struct Models(BTreeMap<String, Arc<Model>>);

impl Models {
    /// Those of all descriptions in a folder; none where there is no such folder.
    ///
    /// # Errors
    /// As [`Model::open`]; two of one id.
    pub fn in_folder(folder: &Path) -> Result<Self, KnowError> {
        let mut models = Self::default();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(models),
            Err(error) => return Err(fault(folder, error.to_string())),
        };
        for entry in entries {
            let path = entry
                .map_err(|error| fault(folder, error.to_string()))?
                .path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let model = Model::open(&path)?;
                let id = model.description.id.clone();
                if models.0.contains_key(&id) {
                    return Err(fault(&path, format!("there is another network {id:?}")));
                }
                models.0.insert(id, model);
            }
        }
        Ok(models)
    }

    /// With one more, in place of another of its id.
    #[must_use]
    pub fn with(mut self, model: Arc<Model>) -> Self {
        self.0.insert(model.description.id.clone(), model);
        self
    }

    /// The network of this id.
    pub fn find(&self, id: &str) -> Option<&Arc<Model>> {
        self.0.get(id)
    }

    /// All, in order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.0.values()
    }
}

impl PartialEq for Models {
    fn eq(&self, other: &Self) -> bool {
        let pairs = || self.0.values().zip(other.0.values());
        self.0.len() == other.0.len() && pairs().all(|(a, b)| Arc::ptr_eq(a, b))
    }
}

impl Eq for Models {}
