//! Decoded blocks, kept within a bound that many datasets may share; the one used longest ago
//! goes first.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::band::BandData;

/// Most bytes of decoded blocks that one dataset keeps by itself.
const CACHE_BYTES_MAX: usize = 64 << 20;
/// Largest block that is kept.
const BLOCK_BYTES_MAX: usize = 512 << 20;

/// Level and number of a block; masks count as levels of their own.
pub(super) type Key = (usize, usize);
/// The same with the dataset before it.
type PoolKey = (u64, usize, usize);

/// Room for decoded blocks. Cloning shares it.
#[derive(Debug, Clone)]
pub struct BlockPool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    bytes_max: AtomicUsize,
    datasets: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    blocks: HashMap<PoolKey, (Arc<BandData>, u64)>,
    /// Blocks by when they were used last.
    order: BTreeMap<u64, PoolKey>,
    bytes: usize,
    clock: u64,
}

impl BlockPool {
    /// Room for so many bytes; one larger block may stay alone.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::default(),
            bytes_max: AtomicUsize::new(bytes_max),
            datasets: AtomicU64::new(0),
        }))
    }

    /// Bytes of the blocks that are in it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.state().bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The blocks of one dataset; they go when it does.
#[derive(Debug)]
pub(super) struct BlockCache {
    pool: BlockPool,
    dataset: u64,
}

impl Default for BlockCache {
    fn default() -> Self {
        Self::within(&BlockPool::new(CACHE_BYTES_MAX))
    }
}

impl BlockCache {
    /// Blocks kept in a pool that others use too.
    pub(super) fn within(pool: &BlockPool) -> Self {
        Self {
            dataset: pool.0.datasets.fetch_add(1, Ordering::Relaxed),
            pool: pool.clone(),
        }
    }

    fn key(&self, (level, block): Key) -> PoolKey {
        (self.dataset, level, block)
    }

    pub(super) fn get(&self, key: Key) -> Option<Arc<BandData>> {
        let mut state = self.pool.state();
        let State {
            blocks,
            order,
            clock,
            ..
        } = &mut *state;
        let key = self.key(key);
        let (block, used) = blocks.get_mut(&key)?;
        *clock += 1;
        order.remove(used);
        order.insert(*clock, key);
        *used = *clock;
        Some(Arc::clone(block))
    }

    pub(super) fn holds(&self, key: Key) -> bool {
        self.pool.state().blocks.contains_key(&self.key(key))
    }

    /// Sets how many bytes are kept from now on, of all datasets that share the room.
    pub(super) fn set_bytes_max(&self, bytes_max: usize) {
        self.pool.0.bytes_max.store(bytes_max, Ordering::Relaxed);
    }

    pub(super) fn put(&self, key: Key, block: &Arc<BandData>) {
        let size = size_bytes(block);
        if size > BLOCK_BYTES_MAX {
            return;
        }
        let mut state = self.pool.state();
        let key = self.key(key);
        state.remove(key);
        state.clock += 1;
        let now = state.clock;
        state.blocks.insert(key, (Arc::clone(block), now));
        state.order.insert(now, key);
        state.bytes += size;
        // A large block may stay alone: files of one block would be decoded at every read.
        let most = self.pool.0.bytes_max.load(Ordering::Relaxed);
        while state.bytes > most && state.blocks.len() > 1 {
            let Some((_, oldest)) = state.order.first_key_value() else {
                break;
            };
            let oldest = *oldest;
            state.remove(oldest);
        }
    }
}

impl Drop for BlockCache {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        let own: Vec<PoolKey> = state
            .blocks
            .keys()
            .filter(|key| key.0 == self.dataset)
            .copied()
            .collect();
        for key in own {
            state.remove(key);
        }
    }
}

impl State {
    fn remove(&mut self, key: PoolKey) {
        if let Some((block, used)) = self.blocks.remove(&key) {
            self.order.remove(&used);
            self.bytes -= size_bytes(&block);
        }
    }
}

fn size_bytes(block: &BandData) -> usize {
    block.len() * block.dtype().size_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datasets_share_a_bound_and_leave_nothing_behind() {
        let pool = BlockPool::new(100);
        let block = |size: usize| Arc::new(BandData::U8(vec![0; size]));
        let (a, b) = (BlockCache::within(&pool), BlockCache::within(&pool));
        a.put((0, 0), &block(40));
        b.put((0, 0), &block(40));
        assert!(a.get((0, 0)).is_some());
        // Of 120 bytes the one used longest ago goes.
        b.put((0, 1), &block(40));
        assert!(a.holds((0, 0)) && !b.holds((0, 0)) && b.holds((0, 1)));
        assert_eq!(pool.bytes(), 80);
        a.put((0, 0), &block(10));
        assert_eq!(pool.bytes(), 50);
        b.put((9, 9), &block(500));
        assert!(b.holds((9, 9)) && pool.bytes() == 500);
        drop(b);
        assert_eq!(pool.bytes(), 0);
        drop(a);
    }
}
