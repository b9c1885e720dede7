#![doc = include_str!("../README.md")]

pub mod earth;
pub mod eclipse;
pub mod elements;
pub mod event;
pub mod frame;
pub mod grid;
pub mod moon;
pub mod propagate;
pub mod sgp4;
pub mod sun;
pub mod time;
pub mod visibility;
pub mod window;
