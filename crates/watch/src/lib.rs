#![doc = include_str!("../README.md")]

pub mod answers;
pub mod chain;
pub mod error;
pub mod forecast;
pub mod inbox;
pub mod inventory;
pub mod notify;
pub mod opportunity;
pub mod order;
pub mod outgoing;
mod pending;
pub mod reach;
pub mod receive;
pub mod register;
pub mod rehearsal;
mod relayed;
pub mod request;
pub mod run;
pub mod scene;
pub mod search;
pub mod send;
pub mod settings;
pub mod store;
pub mod tasking;
pub mod trace;
pub mod tracks;
pub mod work;
