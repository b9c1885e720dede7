//! Decoded blocks, kept within a bound; the one used longest ago goes first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::band::BandData;

/// Most bytes of decoded blocks that one dataset keeps.
const CACHE_BYTES_MAX: usize = 64 << 20;
/// Largest block that is kept.
const BLOCK_BYTES_MAX: usize = 512 << 20;

/// Level and number of a block; masks count as levels of their own.
pub(super) type Key = (usize, usize);

#[derive(Debug)]
pub(super) struct BlockCache {
    state: Mutex<State>,
    bytes_max: AtomicUsize,
}

impl Default for BlockCache {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            bytes_max: AtomicUsize::new(CACHE_BYTES_MAX),
        }
    }
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

    pub(super) fn holds(&self, key: Key) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.blocks.contains_key(&key)
    }

    /// Sets how many bytes are kept from now on.
    pub(super) fn set_bytes_max(&self, bytes_max: usize) {
        self.bytes_max.store(bytes_max, Ordering::Relaxed);
    }

    pub(super) fn put(&self, key: Key, block: &Arc<BandData>) {
        let size = size_bytes(block);
        if size > BLOCK_BYTES_MAX {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let now = state.clock;
        if state.blocks.insert(key, (Arc::clone(block), now)).is_none() {
            state.bytes += size;
        }
        // A large block may stay alone: files of one block would be decoded at every read.
        let most = self.bytes_max.load(Ordering::Relaxed);
        while state.bytes > most && state.blocks.len() > 1 {
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
