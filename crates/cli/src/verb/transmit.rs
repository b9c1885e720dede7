//! `corridor transmit`: how bytes get home.

mod send;

use super::Outcome;
use clap::Subcommand;
use std::path::Path;

/// How bytes get home.
#[derive(Debug, Subcommand)]
pub(crate) enum Transmit {
    /// Send described scenes to a node as bundles (BPv7 over TCPCLv4)
    Send(send::Send),
}

impl Transmit {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        match self {
            Self::Send(send) => send.run(data_dir).await,
        }
    }
}
