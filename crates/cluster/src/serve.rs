//! A scheduler, an executor.

use crate::codec::PlanCodec;
use crate::error::ClusterError;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Largest message, bytes: a plan over thousands of scenes is a few million.
const MESSAGE_BYTES_MAX: u32 = 64 << 20;

/// Least time after which an executor counts as lost, s: one that is busy is heard of every 5 s.
pub const EXECUTOR_TIMEOUT_MIN_S: u64 = 10;

/// How a scheduler is run.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// An executor that was not heard of for so long is lost, and its work done by others, s; at
    /// least [`EXECUTOR_TIMEOUT_MIN_S`].
    pub executor_timeout_s: u64,
}

/// Runs a scheduler until it fails.
///
/// # Errors
/// Where the address is taken, or the server stops.
pub async fn run_scheduler(options: &SchedulerOptions) -> Result<(), ClusterError> {
    let timeout_s = options.executor_timeout_s.max(EXECUTOR_TIMEOUT_MIN_S);
    let config = SchedulerConfig {
        bind_host: options.listen.ip().to_string(),
        bind_port: options.listen.port(),
        external_host: options.listen.ip().to_string(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: timeout_s,
        expire_dead_executor_interval_seconds: (timeout_s / 10).max(1),
        no_executors_grace_period_seconds: timeout_s.max(180),
        grpc_server_max_decoding_message_size: MESSAGE_BYTES_MAX,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES_MAX,
        grpc_client_max_message_size: MESSAGE_BYTES_MAX,
        override_physical_codec: Some(Arc::new(PlanCodec::default())),
        ..SchedulerConfig::default()
    };
    let failed = |error: ballista_core::error::BallistaError| ClusterError::Server {
        what: "the scheduler",
        reason: error.to_string(),
    };
    let cluster = BallistaCluster::new_from_config(&config)
        .await
        .map_err(failed)?;
    start_server(cluster, options.listen, Arc::new(config))
        .await
        .map_err(failed)
}

/// How an executor is run.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Address of the scheduler, `http://HOST:PORT`.
    pub scheduler: String,
    /// Where it listens for those who fetch results.
    pub listen: SocketAddr,
    /// Name or address by which others reach it, where that is not the one it listens on.
    pub reached_as: Option<String>,
    /// Chunks at a time.
    pub threads: usize,
    /// Folder for results until they are fetched; a temporary one where `None`.
    pub work_dir: Option<PathBuf>,
}

/// Runs an executor until it is told to stop (SIGTERM, SIGINT) or fails.
///
/// # Errors
/// Where the scheduler's address is not right, or the executor's own address is taken. A scheduler
/// that is not there yet is waited for.
pub async fn run_executor(options: &ExecutorOptions) -> Result<(), ClusterError> {
    let (host, port) = host_and_port(&options.scheduler)?;
    let folder;
    let work_dir = match &options.work_dir {
        Some(folder) => folder.clone(),
        None => {
            folder = tempfile::tempdir().map_err(|error| ClusterError::Server {
                what: "the executor's folder",
                reason: error.to_string(),
            })?;
            folder.path().to_path_buf()
        }
    };
    let config = ExecutorProcessConfig {
        bind_host: options.listen.ip().to_string(),
        external_host: Some(
            options
                .reached_as
                .clone()
                .unwrap_or_else(|| options.listen.ip().to_string()),
        ),
        port: options.listen.port(),
        grpc_port: options.listen.port().saturating_add(1),
        scheduler_host: host,
        scheduler_port: port,
        scheduler_connect_timeout_seconds: 60,
        vcores: options.threads.max(1),
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(work_dir.display().to_string()),
        grpc_max_decoding_message_size: MESSAGE_BYTES_MAX,
        grpc_max_encoding_message_size: MESSAGE_BYTES_MAX,
        override_physical_codec: Some(Arc::new(PlanCodec::default())),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config))
        .await
        .map_err(|error| ClusterError::Server {
            what: "the executor",
            reason: error.to_string(),
        })
}

/// Host and port of `http://HOST:PORT`.
pub(crate) fn host_and_port(address: &str) -> Result<(String, u16), ClusterError> {
    let wrong = |reason: &str| ClusterError::Address {
        address: address.to_string(),
        reason: reason.to_string(),
    };
    let rest = address
        .strip_prefix("http://")
        .ok_or_else(|| wrong("it must begin with http://"))?;
    let (host, port) = rest
        .trim_end_matches('/')
        .rsplit_once(':')
        .ok_or_else(|| wrong("it has no port; http://HOST:PORT is needed"))?;
    let port = port
        .parse()
        .map_err(|_| wrong("its port is no number from 1 to 65535"))?;
    if host.is_empty() || host.contains('/') {
        return Err(wrong("it has no host; http://HOST:PORT is needed"));
    }
    Ok((host.to_string(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        assert_eq!(
            host_and_port("http://[::1]:50050/").ok(),
            Some(("[::1]".to_string(), 50_050))
        );
        for wrong in [
            "localhost:1",
            "http://localhost",
            "http://:1",
            "http://a:99999",
        ] {
            assert!(host_and_port(wrong).is_err(), "{wrong}");
        }
    }
}
