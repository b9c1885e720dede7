#![doc = include_str!("../README.md")]

mod carrier;
mod codec;
mod error;
mod gather;
mod serve;

pub use carrier::Ballista;
pub use codec::PlanCodec;
pub use error::ClusterError;
pub use serve::{
    EXECUTOR_TIMEOUT_MIN_S, ExecutorOptions, SchedulerOptions, run_executor, run_scheduler,
};
