#![doc = include_str!("../README.md")]

pub mod bundle;
pub mod clock;
pub mod contact;
pub mod delivery;
pub mod link;
pub mod plan;
pub mod route;
pub mod schedule;
pub mod station;
