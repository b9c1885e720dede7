//! Pixels: open, window, warp, resample, mosaic, cut tiles, write COG.
//!
//! The crate knows no scenes, no plans and no query engine. It reads GeoTIFF
//! and BigTIFF bytes handed to it ([`dataset::Dataset`]), carries a band of
//! typed samples ([`band::Band`]) on a [`grid::Grid`], moves it to another grid
//! ([`warp`]), draws it ([`tile`], [`picture`]) and writes it as a
//! cloud-optimised GeoTIFF ([`cog`]).

pub mod band;
pub mod cog;
mod crs;
pub mod dataset;
mod error;
pub mod grid;
pub mod metadata;
pub mod picture;
pub mod source;
pub mod stat;
pub mod style;
mod tiff;
pub mod tile;
pub mod warp;
mod window;

pub use error::RasterError;
