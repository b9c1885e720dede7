//! `corridor serve`: the page, the interfaces, the intake and the work.

use super::transmit::Carrying;
use super::{Failure, Outcome, open};
use crate::output::say;
use clap::Args;
use corridor_node::NodeConfig;
use corridor_watch::chain::Chain;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Serve this node.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Port of the page and the interfaces, on 127.0.0.1; 0 takes a free one
    #[arg(long)]
    port: Option<u16>,
    /// Address to listen on for bundles (TCPCLv4)
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4556")]
    bundles: SocketAddr,
    /// Do not listen for bundles
    #[arg(long)]
    no_bundles: bool,
    #[command(flatten)]
    carrying: Carrying,
    /// Configuration file; `node.toml` in the data folder where it is not said
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let config = node_config(data_dir, self.config.as_deref(), self.port)?;
        if !self.no_bundles && !self.bundles.ip().is_loopback() {
            return Err(Failure::Usage(format!(
                "--bundles {}: no identity is configured, so only loopback addresses are listened on",
                self.bundles
            )));
        }
        let chain = open(data_dir).await?;
        let receiver = match self.no_bundles {
            true => None,
            false => {
                let store = data_dir.join("spool").join("bundles");
                let carriage = self.carrying.carriage(Some(&store))?;
                let (receiver, address) = chain.listen_for_bundles(self.bundles, carriage).await?;
                say(&format!("bundles: {address}\n"))?;
                Some(receiver)
            }
        };
        serve(chain, config).await?;
        if let Some(receiver) = receiver {
            receiver.shutdown().await;
        }
        Ok(())
    }
}

/// The configuration: the file, the environment over it, the port over both.
fn node_config(
    data_dir: &Path,
    file: Option<&Path>,
    port: Option<u16>,
) -> Result<NodeConfig, Failure> {
    let path = file.map_or_else(|| data_dir.join("node.toml"), Path::to_path_buf);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && file.is_none() => String::new(),
        Err(e) => return Err(Failure::Usage(format!("{}: {e}", path.display()))),
    };
    let usage = |e: corridor_node::config::ConfigError| Failure::Usage(e.to_string());
    let mut config = NodeConfig::from_toml(&text, &path.display().to_string())
        .and_then(NodeConfig::with_environment)
        .map_err(usage)?;
    if let Some(port) = port {
        config.bind.set_port(port);
    }
    config.check().map_err(usage)?;
    Ok(config)
}

/// Serves a chain until it is stopped: page, interfaces, inbox and, where no other process does,
/// the work.
pub(crate) async fn serve(chain: Arc<Chain>, config: NodeConfig) -> Outcome {
    let mut tasks = vec![tokio::spawn(chain.clone().watch_inbox())];
    match chain.worker()? {
        Some(worker) => tasks.push(tokio::spawn(chain.clone().work(worker))),
        None => tracing::warn!("another process works on this data folder"),
    }
    let serving = corridor_node::serve(config, chain, stopped())
        .await
        .map_err(|e| Failure::Failed(e.to_string()))?;
    say(&format!(
        "serving http://{} (stop with Ctrl-C)\n",
        serving.local_addr()
    ))?;
    serving.finished().await;
    for task in tasks {
        task.abort();
    }
    Ok(())
}

/// Ready at Ctrl-C or when the system asks to stop.
pub(crate) async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// The default configuration on a port, for the demo.
pub(crate) fn config_on(port: u16) -> NodeConfig {
    let mut config = NodeConfig::default();
    config.bind.set_port(port);
    config
}
