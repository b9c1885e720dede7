//! Who may do what, and who sees which collection.
//!
//! Every route names the [`Action`] it needs when it is registered, and is denied unless the
//! [`Policy`] allows that action to the caller. Collections a caller may not see look exactly as
//! if they were not there: in lists, search, counts, tiles, assets, events and errors.

use crate::config::PolicyConfig;
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// What a route does, as far as permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read the page itself and the description of the interface.
    ReadPage,
    /// Read what this node is and how it is doing.
    ReadStatus,
    /// Read the register, the tracks, the products and the assumptions.
    ReadRegister,
    /// Read catalogue entries: collections, items, search.
    ReadCatalogue,
    /// Read files and tiles of catalogued items.
    ReadPixels,
    /// Read watches, their forecasts, answers and traces.
    ReadWatches,
    /// Add or remove watches.
    ChangeWatches,
    /// Follow events as they happen.
    ReadEvents,
    /// Read what openEO offers (processes, formats), and log in.
    ReadProcessing,
    /// Run process graphs, and keep own jobs, processes and services.
    UseProcessing,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A program on this machine: the operator at the loopback address.
    LocalOperator,
    /// A local user, by a token: one who may read and process, and change nothing of the node.
    User(String),
    /// A page of another origin in a browser of this machine, without a token. The connection is
    /// the operator's, the words are not.
    ForeignPage,
    /// Anyone else; nothing is known of them.
    Stranger,
}

impl Principal {
    /// Who a connection from `peer` is. Headers that claim another address are not believed.
    pub fn from_peer(peer: Option<SocketAddr>) -> Self {
        match peer {
            Some(address) if address.ip().to_canonical().is_loopback() => Self::LocalOperator,
            _ => Self::Stranger,
        }
    }
}

/// The rules. What it does not allow is denied.
pub trait Policy: Send + Sync {
    /// Whether `principal` may do `action` at all.
    fn allows(&self, principal: &Principal, action: Action) -> bool;
    /// Whether `principal` may know that `collection` exists.
    fn sees(&self, principal: &Principal, collection: &str) -> bool;
}

/// The policy of a node that serves its own machine: the operator may do everything there is, a
/// user everything but change watches, others nothing, and private collections are served to
/// nobody. A page of another origin may read what openEO offers and log in, and see pixels whose
/// address it was told (map tiles, signed results); the rest needs a token.
///
/// Private ones are withheld even from the operator's browser because without identity the node
/// cannot tell the operator from another user of the machine.
#[derive(Debug, Clone, Default)]
pub struct LocalOperatorPolicy {
    private_collections: BTreeSet<String>,
}

impl LocalOperatorPolicy {
    /// The policy that a configuration asks for.
    pub fn new(config: &PolicyConfig) -> Self {
        Self {
            private_collections: config.private_collections.iter().cloned().collect(),
        }
    }
}

impl Policy for LocalOperatorPolicy {
    fn allows(&self, principal: &Principal, action: Action) -> bool {
        match principal {
            Principal::LocalOperator => true,
            Principal::User(_) => action != Action::ChangeWatches,
            Principal::ForeignPage => {
                matches!(action, Action::ReadProcessing | Action::ReadPixels)
            }
            Principal::Stranger => false,
        }
    }

    fn sees(&self, principal: &Principal, collection: &str) -> bool {
        let known = matches!(principal, Principal::LocalOperator | Principal::User(_));
        known && !self.private_collections.contains(collection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_peer_is_the_operator() {
        let of = |text: &str| Principal::from_peer(Some(text.parse().unwrap()));
        assert_eq!(of("127.0.0.1:5"), Principal::LocalOperator);
        assert_eq!(of("[::1]:5"), Principal::LocalOperator);
        assert_eq!(of("[::ffff:127.0.0.1]:5"), Principal::LocalOperator);
        assert_eq!(of("192.0.2.7:5"), Principal::Stranger);
        assert_eq!(Principal::from_peer(None), Principal::Stranger);
    }

    #[test]
    fn strangers_may_nothing_and_private_is_for_nobody() {
        let policy = LocalOperatorPolicy::new(&PolicyConfig {
            private_collections: vec!["secret".into()],
        });
        assert!(policy.allows(&Principal::LocalOperator, Action::ChangeWatches));
        assert!(!policy.allows(&Principal::Stranger, Action::ReadPage));
        assert!(policy.sees(&Principal::LocalOperator, "scenes"));
        assert!(!policy.sees(&Principal::Stranger, "scenes"));
        assert!(!policy.sees(&Principal::LocalOperator, "secret"));
        let page = Principal::ForeignPage;
        assert!(policy.allows(&page, Action::ReadProcessing) && !policy.sees(&page, "scenes"));
        assert!(!policy.allows(&page, Action::UseProcessing));
        assert!(!policy.allows(&page, Action::ReadCatalogue));
        let user = Principal::User("ana".into());
        assert!(policy.allows(&user, Action::UseProcessing));
        assert!(!policy.allows(&user, Action::ChangeWatches));
        assert!(policy.sees(&user, "scenes") && !policy.sees(&user, "secret"));
    }
}
