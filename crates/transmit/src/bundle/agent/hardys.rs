//! hardy's agent, as a node has it.

use std::{num::NonZeroUsize, sync::Arc};

use hardy_bpa::{
    bpa::Bpa,
    filter::{Filter, Hook},
    node_ids::NodeIds,
};
use hardy_bpv7::eid::NodeId;

use super::{AgentError, priority::ReadPriority};
use crate::bundle::store::{Gated, Memory, Room};

/// hardy's agent as every node has it, not started: over a store, knowing what the gate holds and up to so many
/// identities of bundles, and handling so many bundles at once.
pub(in crate::bundle) async fn hardys_agent(
    node: &NodeId,
    room: Arc<Room>,
    gated: Gated,
    identities_max: usize,
    at_once: usize,
) -> Result<Bpa, AgentError> {
    let setup = |e: &dyn std::fmt::Display| AgentError::Setup(e.to_string());
    let node_ids = NodeIds::try_from([node.clone()].as_slice()).map_err(|e| setup(&e))?;
    let bpa = Bpa::builder()
        .node_ids(node_ids)
        .bundle_storage(room)
        .metadata_storage(Arc::new(Memory::new(gated, identities_max)))
        .processing_pool_size(NonZeroUsize::new(at_once).unwrap_or(NonZeroUsize::MIN))
        .no_cache()
        .build()
        .await
        .map_err(|e| setup(&e))?;
    for hook in [Hook::Ingress, Hook::Originate] {
        bpa.register_filter(hook, "priority", &[], Filter::Write(Arc::new(ReadPriority)))
            .map_err(|e| setup(&e))?;
    }
    Ok(bpa)
}
