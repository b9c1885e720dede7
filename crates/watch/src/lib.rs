#![doc = include_str!("../README.md")]

pub mod chain;
pub mod error;
pub mod forecast;
pub mod notify;
pub mod receive;
pub mod register;
pub mod request;
pub mod run;
pub mod scene;
pub mod settings;
pub mod store;
pub mod trace;
pub mod tracks;
