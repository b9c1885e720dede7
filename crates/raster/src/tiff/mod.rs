//! The TIFF layer: directories, blocks and GeoKeys, checked before they are believed.
//!
//! Every count, offset and length read from the file is checked against the
//! size of the file and a named limit before anything is allocated by it.

pub(crate) mod block;
pub(crate) mod codec;
pub(crate) mod directory;
pub(crate) mod geokey;
pub(crate) mod image;
pub(crate) mod predictor;
pub(crate) mod tag;
