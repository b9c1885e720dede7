//! Decoded blocks, kept within a bound; the one used longest ago goes first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::band::BandData;

/// Most bytes of decoded blocks that one dataset keeps.
const CACHE_BYTES_MAX: usize = 64 << 20;

/// Level and number of a block; masks count as levels of their own.
pub(super) type Key = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct BlockCache {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    blocks: HashMap<Key, (Arc<BandData>, u64)>,
    bytes: usize,
    clock: u64,
}

impl BlockCache {
    pub(super) fn get(&self, key: Key) -> Option<Arc<BandData>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let now = state.clock;
        let (block, used) = state.blocks.get_mut(&key)?;
        *used = now;
        Some(Arc::clone(block))
    }

    pub(super) fn put(&self, key: Key, block: &Arc<BandData>) {
        let size = size_bytes(block);
        if size > CACHE_BYTES_MAX / 2 {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let now = state.clock;
        if state.blocks.insert(key, (Arc::clone(block), now)).is_none() {
            state.bytes += size;
        }
        while state.bytes > CACHE_BYTES_MAX {
            let oldest = state.blocks.iter().min_by_key(|(_, (_, used))| *used);
            let Some(oldest) = oldest.map(|(key, _)| *key) else {
                break;
            };
            if let Some((block, _)) = state.blocks.remove(&oldest) {
                state.bytes -= size_bytes(&block);
            }
        }
    }
}

fn size_bytes(block: &BandData) -> usize {
    block.len() * block.dtype().size_bytes()
}
