#![doc = include_str!("../README.md")]

pub mod access;
pub mod ageing;
pub mod area;
pub mod coverage;
pub mod design;
pub mod footprint;
pub mod instrument;
pub mod merit;
pub mod opportunity;
pub mod place;
pub mod schedule;
pub mod target;
pub mod windows;
