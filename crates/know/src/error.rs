//! What can go wrong between a process graph and its answer.

use corridor_raster::RasterError;
use thiserror::Error;

/// The code of a scene whose file does not read; own, the API has none for data at fault.
pub const SCENE_UNREADABLE: &str = "SceneUnreadable";

/// A failure with the code that openEO 1.2 gives it.
///
/// The codes are those of the openEO API (`errors.json`, version 1.2.0) and of the
/// `exceptions` member of the process definitions; codes of project processes are in
/// their own definitions. Own are `BandNotFound` and [`SCENE_UNREADABLE`].
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{code}: {message}")]
pub struct GraphError {
    /// The openEO error code, such as `ProcessUnsupported`.
    pub code: &'static str,
    /// What is wrong, naming the value, and what would be right.
    pub message: String,
    /// Where: path of node ids from the outer graph inwards, such as `["mask", "not"]`.
    pub node: Vec<String>,
}

impl GraphError {
    /// An error with this openEO code.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            node: Vec::new(),
        }
    }

    /// `ProcessParameterInvalid` for one argument of one process.
    pub fn argument(process: &str, parameter: &str, reason: impl std::fmt::Display) -> Self {
        Self::new(
            "ProcessParameterInvalid",
            format!(
                "the value passed for parameter {parameter:?} in process {process:?} is invalid: {reason}"
            ),
        )
    }

    /// [`SCENE_UNREADABLE`]: `what` names item and asset, as callers know them. The file's own name
    /// goes to the log alone: it says how this machine is arranged.
    pub(crate) fn unreadable(what: &str, error: &RasterError) -> Self {
        tracing::error!(%error, "{what} does not read");
        Self::new(
            SCENE_UNREADABLE,
            format!("{what} does not read: {}", error.without_name()),
        )
    }

    /// The same error, placed in the named node.
    #[must_use]
    pub fn in_node(mut self, node: &str) -> Self {
        self.node.insert(0, node.to_string());
        self
    }
}

/// What can go wrong when a product is loaded or run.
#[derive(Debug, Error)]
pub enum KnowError {
    /// The process graph, or data it met.
    #[error("process graph{}: {error}", place(.error))]
    Graph {
        /// The openEO error.
        #[from]
        error: GraphError,
    },
    /// A product's files are not right.
    #[error("product {product:?}, {file}: {reason}")]
    Recipe {
        /// The product's id or folder.
        product: String,
        /// The file at fault.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A parameter of a product has a value that it cannot take.
    #[error("product {product:?}: parameter {name:?}: {reason}")]
    Parameter {
        /// The product's id.
        product: String,
        /// The parameter.
        name: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// None of the product's alternatives can be computed from the scenes given.
    #[error("product {product:?} cannot use these scenes: {reason}")]
    NoAlternative {
        /// The product's id.
        product: String,
        /// What each alternative misses.
        reason: String,
    },
    /// The area has no (or too few) pixels that can be judged.
    #[error("{reason}")]
    NotEnoughPixels {
        /// What was found and how much would be needed.
        reason: String,
        /// Part of the area's pixels that could be judged, 0 to 1.
        valid_fraction: f64,
    },
    /// Reading or writing pixels failed.
    #[error("{doing}: {reason}")]
    Raster {
        /// What was being done.
        doing: String,
        /// The raster error.
        reason: String,
    },
}

fn place(error: &GraphError) -> String {
    if error.node.is_empty() {
        String::new()
    } else {
        format!(", node {}", error.node.join(" > "))
    }
}
