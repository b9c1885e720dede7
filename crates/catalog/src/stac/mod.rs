//! STAC 1.1 as types: [`Item`], [`Collection`] and their parts, and builders for the extensions
//! that the project writes (one file each, with its schema address).
//!
//! Unknown members of foreign documents are kept: reading and writing an Item loses nothing.

mod asset;
mod band;
mod collection;
pub mod eo;
pub mod file;
mod item;
mod link;
pub mod processing;
pub mod projection;
pub mod raster;
pub mod sar;
mod summaries;

pub use asset::{Asset, media_type};
pub use band::Band;
pub use collection::{Collection, Extent, Provider, SpatialExtent, TemporalExtent};
pub(crate) use item::id_fault;
pub use item::{Item, ItemFault, Properties, derived_from};
pub use link::Link;
pub use summaries::summarise;

/// The STAC version that the project writes.
pub const STAC_VERSION: &str = "1.1.0";
