#![doc = include_str!("../README.md")]

pub mod bundle;
pub mod cfdp;
pub mod clock;
pub mod contact;
pub mod decode;
pub mod delivery;
pub mod frame;
pub mod link;
pub mod packet;
pub mod plan;
pub mod route;
pub mod schedule;
pub mod sky;
pub mod station;
