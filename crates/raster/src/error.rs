//! The one error type of the crate.

use std::io;

/// What can go wrong between bytes and pixels.
///
/// Every message names the file (or the field of it) and what would be right;
/// an input that is well formed but not handled is always
/// [`RasterError::Unsupported`], never a wrong value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RasterError {
    /// The operating system refused to open, read or write.
    #[error("{action} {name}: {source}")]
    Io {
        /// What was being done, for example `open`.
        action: &'static str,
        /// File name or label of the byte source.
        name: String,
        /// The cause.
        source: io::Error,
    },
    /// The bytes are not a well-formed TIFF.
    #[error("{name}: {field}: {reason}")]
    Malformed {
        /// File name or label of the byte source.
        name: String,
        /// Field, tag or block that is wrong.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is (probably) valid but uses something this crate does not do.
    #[error("{name}: unsupported {feature}")]
    Unsupported {
        /// File name or label of the byte source.
        name: String,
        /// The feature, by name and value.
        feature: String,
    },
    /// A length in the file or a request is above a named limit.
    #[error("{name}: {what} is {value}, above the limit of {limit}")]
    Limit {
        /// File name, or what was asked.
        name: String,
        /// The quantity.
        what: &'static str,
        /// Its value.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// A coordinate reference system is unknown, or cannot be computed with.
    #[error("coordinate reference system {crs}: {reason}")]
    Crs {
        /// Code or definition.
        crs: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An argument makes no sense for this dataset.
    #[error("{argument}: {reason}")]
    Argument {
        /// Name of the argument.
        argument: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl RasterError {
    /// What is wrong, without the name of the file: for messages to people who know it by another
    /// name and have no business with this machine's folders.
    #[must_use]
    pub fn without_name(&self) -> String {
        match self {
            Self::Io { action, source, .. } => format!("{action}: {}", source.kind()),
            Self::Malformed { field, reason, .. } => format!("{field}: {reason}"),
            Self::Unsupported { feature, .. } => format!("unsupported {feature}"),
            Self::Limit {
                what, value, limit, ..
            } => format!("{what} is {value}, above the limit of {limit}"),
            Self::Crs { .. } | Self::Argument { .. } => self.to_string(),
        }
    }

    pub(crate) fn argument(argument: &'static str, reason: impl Into<String>) -> Self {
        Self::Argument {
            argument,
            reason: reason.into(),
        }
    }

    pub(crate) fn crs(crs: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Crs {
            crs: crs.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn malformed(
        name: &str,
        field: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            name: name.to_owned(),
            field: field.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn unsupported(name: &str, feature: impl Into<String>) -> Self {
        Self::Unsupported {
            name: name.to_owned(),
            feature: feature.into(),
        }
    }

    pub(crate) fn io(action: &'static str, name: &str, source: io::Error) -> Self {
        Self::Io {
            action,
            name: name.to_owned(),
            source,
        }
    }
}
