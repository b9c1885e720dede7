//! `corridor scheduler`: hands out chunks to executors.

use super::{Failure, Outcome};
use crate::output::say;
use clap::Args;
use corridor_cluster::{EXECUTOR_TIMEOUT_MIN_S, SchedulerOptions, run_scheduler};
use std::net::SocketAddr;

/// Hand out the work of process graphs to executors (Apache Ballista).
///
/// Nothing is encrypted and nobody is asked who they are, so an address that others reach is
/// refused unless the network is said to be trusted.
#[derive(Debug, Args)]
pub(crate) struct Scheduler {
    /// Address to listen on
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    listen: SocketAddr,
    /// An executor not heard of for so many seconds is lost, and others do its work
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(EXECUTOR_TIMEOUT_MIN_S..=86_400))]
    executor_timeout: u64,
    /// Everyone who reaches the address may use it
    #[arg(long)]
    trusted_network: bool,
}

impl Scheduler {
    pub(crate) async fn run(self) -> Outcome {
        own_network(self.listen, self.trusted_network)?;
        say(&format!("scheduler http://{}\n", self.listen))?;
        let options = SchedulerOptions {
            listen: self.listen,
            executor_timeout_s: self.executor_timeout,
        };
        run_scheduler(&options)
            .await
            .map_err(|error| Failure::Failed(error.to_string()))
    }
}

/// An address that only this machine reaches, or one whose network is trusted.
pub(super) fn own_network(listen: SocketAddr, trusted: bool) -> Result<(), Failure> {
    if trusted || listen.ip().is_loopback() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "--listen {listen}: others reach this address, and whoever does can have any file read; \
         say --trusted-network where that is meant, or listen on 127.0.0.1"
    )))
}
