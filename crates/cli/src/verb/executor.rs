//! `corridor executor`: computes chunks for a scheduler.

use super::scheduler::own_network;
use super::{Failure, Outcome};
use crate::output::say;
use clap::Args;
use corridor_cluster::{ClusterError, ExecutorOptions, run_executor};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Compute chunks for a scheduler (Apache Ballista).
///
/// Every executor must see the scenes' files under the paths that the node has them under.
#[derive(Debug, Args)]
pub(crate) struct Executor {
    /// Address of the scheduler
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50050")]
    scheduler: String,
    /// Address to listen on for those who fetch results
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    listen: SocketAddr,
    /// Name or address by which others reach it, where that is another
    #[arg(long, value_name = "HOST")]
    reached_as: Option<String>,
    /// Everyone who reaches the address may use it
    #[arg(long)]
    trusted_network: bool,
    /// Chunks at a time; the cores of this machine where it is not said
    #[arg(long)]
    threads: Option<usize>,
    /// Folder for results until they are fetched
    #[arg(long, value_name = "FOLDER")]
    work_dir: Option<PathBuf>,
}

impl Executor {
    pub(crate) async fn run(self) -> Outcome {
        own_network(self.listen, self.trusted_network)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        say(&format!(
            "executor {} for {}\n",
            self.listen, self.scheduler
        ))?;
        let options = ExecutorOptions {
            scheduler: self.scheduler,
            listen: self.listen,
            reached_as: self.reached_as,
            threads: self.threads.unwrap_or(cores),
            work_dir: self.work_dir,
        };
        run_executor(&options).await.map_err(|error| match error {
            ClusterError::Address { .. } => Failure::Usage(format!("--scheduler: {error}")),
            ClusterError::Server { .. } => Failure::Failed(error.to_string()),
        })
    }
}
