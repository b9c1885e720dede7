#![doc = include_str!("../README.md")]

pub mod area;
pub mod call;
pub mod cube;
pub mod error;
pub mod extent;
pub mod geometry;
pub mod graph;
pub mod output;
pub mod picture;
pub mod plan;
pub mod process;
pub mod product;
pub mod source;
pub mod threshold;
pub mod value;
pub mod vectorise;
