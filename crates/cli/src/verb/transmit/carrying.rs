//! How bundles are carried: contact plan, neighbours, keys, as every verb with an agent takes them.

use super::plan_file;
use crate::verb::Failure;
use clap::Args;
use corridor_transmit::bundle::gate::Contacts;
use corridor_transmit::bundle::receiver::Carriage;
use corridor_transmit::bundle::secure::Keyring;
use corridor_transmit::bundle::store::StoreConfig;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest file of keys read, bytes.
const KEYS_LEN_MAX: u64 = 1 << 20;

/// Contact plan, neighbours and keys.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Carrying {
    /// Contact plan: bundles leave only in its contacts, each by the earliest way (any format of
    /// `transmit route`)
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// TCPCLv4 address of a neighbour in the plan; once for each that this node connects to
    #[arg(long = "neighbor", value_name = "NODE=HOST:PORT", requires = "plan", value_parser = neighbour)]
    neighbours: Vec<(String, SocketAddr)>,
    /// Keys as a JSON web key set: sign and encrypt what is sent, take only what passes their checks
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Most bytes of bundles on disk, for here or on their way to other nodes; beyond, peers are held back
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 30)]
    store_limit: u64,
}

fn neighbour(text: &str) -> Result<(String, SocketAddr), String> {
    let (node, address) = text
        .rsplit_once('=')
        .ok_or("expected NODE=HOST:PORT, such as ipn:977000.0=127.0.0.1:4556")?;
    let address = address
        .parse()
        .map_err(|e| format!("{address:?} is no address with a port: {e}"))?;
    Ok((node.into(), address))
}

/// Reads a file of keys.
pub(crate) fn keyring(path: &Path) -> Result<Arc<Keyring>, Failure> {
    let text = plan_file::text(path, KEYS_LEN_MAX)?;
    let ring = Keyring::parse(&text, &path.display().to_string());
    Ok(Arc::new(ring.map_err(|e| Failure::Failed(e.to_string()))?))
}

impl Carrying {
    /// The neighbour at an address, unless an address was given for it.
    pub(crate) fn reach(&mut self, node: &str, address: SocketAddr) {
        if self.neighbours.is_empty() {
            self.neighbours.push((node.into(), address));
        }
    }

    /// Reads the files; with a folder bundles lie there before they are acknowledged.
    pub(crate) fn carriage(&self, store: Option<&Path>) -> Result<Carriage, Failure> {
        let contacts = match &self.plan {
            None => None,
            Some(path) => {
                let plan = plan_file::read(path)?;
                let neighbours: BTreeMap<_, _> = self.neighbours.iter().cloned().collect();
                Some(Contacts::new(plan, neighbours))
            }
        };
        let keys = self.keys.as_deref().map(keyring).transpose()?;
        let store = store.map(|dir| StoreConfig {
            dir: dir.into(),
            size_max_bytes: self.store_limit,
        });
        Ok(Carriage {
            contacts,
            keys,
            store,
            ..Carriage::default()
        })
    }
}
