//! Bundles as a node makes them: built, signed and encrypted, cut into fragments.

use std::time::Duration;

use bytes::Bytes;
use hardy_bpv7::{
    block::{self, Type},
    builder::Builder,
    bundle::Flags,
    creation_timestamp::CreationTimestamp,
    eid::Eid,
};

use super::{
    agent::{
        AgentError,
        priority::{PRIORITY_BLOCK, priority_to_cbor},
    },
    fragment::{fragment, fragment_in},
    secure::Keyring,
};

/// Whether a bundle is cut, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It is one, and must not be cut by others.
    Not,
    /// Into fragments of at most so many bytes of payload.
    Bytes(usize),
    /// Into so many fragments, all of one length but the last.
    Pieces(usize),
}

/// What a bundle is to say beside its payload.
pub(super) struct Making<'a> {
    pub(super) from: &'a Eid,
    pub(super) to: &'a Eid,
    pub(super) lifetime: Duration,
    pub(super) priority: u8,
    pub(super) cut: Cut,
    pub(super) created: CreationTimestamp,
    pub(super) keys: Option<&'a Keyring>,
}

impl Making<'_> {
    /// The bundle of a payload, or its fragments in order.
    pub(super) fn bundles(&self, payload: &[u8]) -> Result<Vec<Bytes>, AgentError> {
        let setup = |e: &dyn std::fmt::Display| AgentError::Setup(e.to_string());
        let mut builder = Builder::new(self.from.clone(), self.to.clone())
            .with_lifetime(self.lifetime)
            .with_flags(Flags {
                do_not_fragment: self.cut == Cut::Not,
                ..Flags::default()
            });
        if self.priority > 0 {
            builder = builder
                .add_extension_block(Type::Unrecognised(PRIORITY_BLOCK))
                .map_err(|e| setup(&e))?
                .with_flags(block::Flags {
                    must_replicate: true,
                    ..block::Flags::default()
                })
                .build(priority_to_cbor(self.priority).into());
        }
        let (bundle, data) = builder
            .with_payload(payload.into())
            .build(self.created.clone())
            .map_err(|e| setup(&e))?;
        let bundle = match self.keys {
            Some(keys) => keys.protect(bundle, data)?,
            None => Bytes::from(data),
        };
        Ok(match self.cut {
            Cut::Not => vec![bundle],
            Cut::Bytes(most) => fragment(&bundle, most)?,
            Cut::Pieces(count) => fragment_in(&bundle, count)?,
        })
    }
}
