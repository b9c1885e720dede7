//! What is looked at of a bundle that comes, before anything is done with it.

use bytes::Bytes;
use hardy_bpv7::{
    bpsec::no_keys,
    bundle::{Bundle, ParsedBundle},
    eid::NodeId,
};
use jiff::Timestamp;

use super::{fragment::FragmentError, inspect};

/// A bundle that was refused as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Its source where that could be read, else the node or address that sent it.
    pub(super) source: String,
    /// The clause and why.
    pub(super) reason: String,
}

/// Reads a bundle, its CRCs checked; refused with the clause of RFC 9171 that it breaks.
pub(super) fn read(bundle: &Bytes, peer: &str) -> Result<Bundle, Refused> {
    match ParsedBundle::parse(bundle, no_keys) {
        Ok(parsed) => Ok(parsed.bundle),
        Err(error) => Err(Refused {
            source: peer.into(),
            reason: format!("{}: {error}", inspect::clause(&error)),
        }),
    }
}

/// Whether it is a fragment that a node has to put together: one on its way elsewhere goes on as it is.
pub(super) fn is_fragment_for(bundle: &Bundle, own: &NodeId) -> bool {
    let here = bundle.destination.to_node_id().is_ok_and(|n| n == *own);
    here && bundle.id.fragment_info.is_some()
}

/// A fragment that does not fit those before it.
pub(super) fn misfit(bundle: &Bundle, error: &FragmentError) -> Refused {
    Refused {
        source: bundle.id.source.to_string(),
        reason: format!("RFC 9171 §5.9: {error}"),
    }
}

/// When a bundle is over, as far as it can be known here.
pub(super) fn expires(bundle: &Bundle, now: Timestamp) -> Timestamp {
    let created = bundle.id.timestamp.as_datetime();
    let created_ns = created.map_or_else(
        || now.as_nanosecond(),
        time::OffsetDateTime::unix_timestamp_nanos,
    );
    let lifetime_ns = i128::try_from(bundle.lifetime.as_nanos()).unwrap_or(i128::MAX);
    let over = Timestamp::from_nanosecond(created_ns.saturating_add(lifetime_ns));
    over.unwrap_or(Timestamp::MAX)
}
