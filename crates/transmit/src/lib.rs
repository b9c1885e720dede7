#![doc = include_str!("../README.md")]

pub mod bundle;
pub mod clock;
pub mod contact;
pub mod delivery;
pub mod station;
