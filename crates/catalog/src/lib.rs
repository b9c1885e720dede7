#![doc = include_str!("../README.md")]

pub mod asset_store;
pub mod bbox;
pub mod digest;
pub mod fields;
pub mod filter;
pub mod intake;
pub mod interval;
pub mod shape;
pub mod stac;
pub mod store;

pub use asset_store::{AssetStore, AssetStoreError, Stored};
pub use bbox::Bbox;
pub use fields::Fields;
pub use filter::Filter;
pub use intake::{Accepted, AssetDescription, Intake, IntakeError, NewScene};
pub use interval::Interval;
pub use stac::{Asset, Band, Collection, Item, Link};
pub use store::{Catalog, CatalogError, ErrorClass, Page, Put, Search};
