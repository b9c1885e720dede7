//! What can go wrong on a cluster.

use thiserror::Error;

/// A failure of a scheduler or an executor.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// An address is not right.
    #[error("{address:?} is no address of a scheduler: {reason}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A server stopped or did not start.
    #[error("{what}: {reason}")]
    Server {
        /// Which server.
        what: &'static str,
        /// Why.
        reason: String,
    },
}
