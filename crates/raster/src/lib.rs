#![doc = include_str!("../README.md")]

pub mod band;
pub mod cog;
mod crs;
pub mod dataset;
mod error;
pub mod expression;
pub mod grid;
mod jp2;
pub mod metadata;
pub mod picture;
pub mod source;
pub mod stat;
pub mod style;
pub mod summary;
mod tiff;
pub mod tile;
pub mod warp;
mod window;
pub mod zonal;

pub use error::RasterError;
