//! Where bundles under way lie: hardy's storage, with a limit that is back-pressure and not a crash.
//!
//! hardy takes a storage that fails for a broken machine and stops. So what a peer sends is written here
//! *before* hardy is asked to take it (`Room::take_in`): a full disk, or the configured limit, is then an
//! answer to the peer, which keeps its bundle and comes again, and hardy finds the bundle already written.
//! A bundle on disk is one file, written aside, synced and renamed by `hardy-localdisk-storage`. What
//! hardy knows about bundles beside their bytes is kept in memory and read back from the files at a start.

use std::{
    collections::{HashMap, HashSet},
    io,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use hardy_bpa::{
    bundle::{Bundle, BundleMetadata, BundleStatus},
    storage::{
        self, BundleMemStorage, BundleMemStorageConfig, BundleStorage, MetadataMemStorage,
        MetadataMemStorageConfig, MetadataStorage, RecoveryResponse,
    },
    stream::{SendError, Sender},
};
use hardy_bpv7::{bundle::Id, eid::Eid};
use tokio::sync::watch;

/// Most bundles that one store holds: hardy keeps about a kilobyte of memory for each.
pub const BUNDLES_MAX: usize = 65_536;

/// Bundle identities remembered, deleted ones included, so that a repeat of one is known.
pub(super) const IDENTITIES_MAX: usize = 16 * BUNDLES_MAX;

/// Pause before a write of hardy's own is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// A store on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Its folder.
    pub dir: PathBuf,
    /// Most bytes of bundles in it.
    pub size_max_bytes: u64,
}

/// Whether a store takes bundles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoreState {
    /// It does.
    #[default]
    Open,
    /// It does not, until something has left; the reason.
    Full(String),
}

#[derive(Debug, Default)]
struct Held {
    sizes: HashMap<Arc<str>, u64>,
    total_bytes: u64,
    /// Written for a bundle that hardy is about to take: by the place of its bytes in memory.
    taken_in: HashMap<(usize, usize), Arc<str>>,
}

/// The room of a store.
pub(super) struct Room {
    inner: Arc<dyn BundleStorage>,
    size_max_bytes: u64,
    held: Mutex<Held>,
    state: watch::Sender<StoreState>,
    limited: bool,
    stopped: AtomicBool,
}

/// A bundle that is written and that hardy has not taken yet; let go of, it is removed.
pub(super) struct TakenIn {
    room: Arc<Room>,
    key: Option<(usize, usize)>,
}

impl Room {
    /// A store in memory, which drops its oldest when full: for bundles that someone else still has.
    pub(super) fn in_memory(capacity_bytes: usize) -> Arc<Self> {
        let config = BundleMemStorageConfig {
            capacity: NonZeroUsize::new(capacity_bytes).unwrap_or(NonZeroUsize::MIN),
            min_bundles: 1,
        };
        Self::new(Arc::new(BundleMemStorage::new(&config)), u64::MAX, false)
    }

    /// A store on disk.
    pub(super) fn on_disk(config: &StoreConfig) -> io::Result<Arc<Self>> {
        // Beside it are the fragments of bundles that are not whole.
        let store_dir = config.dir.join("whole");
        std::fs::create_dir_all(&store_dir)?;
        let disk = hardy_localdisk_storage::Config {
            store_dir,
            fsync: true,
        };
        let inner = hardy_localdisk_storage::new(&disk, false);
        Ok(Self::new(inner, config.size_max_bytes, true))
    }

    fn new(inner: Arc<dyn BundleStorage>, size_max_bytes: u64, limited: bool) -> Arc<Self> {
        Arc::new(Self {
            inner,
            size_max_bytes,
            held: Mutex::default(),
            state: watch::Sender::new(StoreState::Open),
            limited,
            stopped: AtomicBool::new(false),
        })
    }

    /// Whether bundles outlive the process.
    pub(super) fn is_lasting(&self) -> bool {
        self.limited
    }

    pub(super) fn state(&self) -> watch::Receiver<StoreState> {
        self.state.subscribe()
    }

    /// No write waits any longer.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a bundle that a peer sends. An error means that the peer has to keep it.
    pub(super) async fn take_in(self: &Arc<Self>, bundle: &Bytes) -> Result<TakenIn, String> {
        let mut taken = TakenIn {
            room: self.clone(),
            key: None,
        };
        if !self.limited {
            return Ok(taken);
        }
        let name = self.write(bundle).await.inspect_err(|reason| {
            self.state.send_if_modified(|state| {
                let full = StoreState::Full(reason.clone());
                let new = matches!(state, StoreState::Open);
                *state = full;
                new
            });
        })?;
        let key = key(bundle);
        self.held().taken_in.insert(key, name);
        taken.key = Some(key);
        Ok(taken)
    }

    async fn write(&self, bundle: &Bytes) -> Result<Arc<str>, String> {
        {
            let held = self.held();
            let with_this = held.total_bytes.saturating_add(bundle.len() as u64);
            if with_this > self.size_max_bytes {
                let limit = self.size_max_bytes;
                return Err(format!("{with_this} bytes of bundles, at most {limit}"));
            }
            if held.sizes.len() >= BUNDLES_MAX {
                return Err(format!("{} bundles are held", held.sizes.len()));
            }
        }
        let saved = self.inner.save(bundle.clone()).await;
        let name = saved.map_err(|error| error.to_string())?;
        self.note(&name, bundle.len() as u64);
        Ok(name)
    }

    fn note(&self, name: &Arc<str>, size_bytes: u64) {
        let mut held = self.held();
        let before = held.sizes.insert(name.clone(), size_bytes).unwrap_or(0);
        held.total_bytes = held.total_bytes - before + size_bytes;
    }

    fn forget(&self, name: &str) {
        let mut held = self.held();
        let size_bytes = held.sizes.remove(name).unwrap_or(0);
        held.total_bytes -= size_bytes;
        drop(held);
        self.state.send_if_modified(|state| {
            let was_full = *state != StoreState::Open;
            *state = StoreState::Open;
            was_full
        });
    }
}

impl TakenIn {
    /// Hardy has had its say: what it did not take over is removed.
    pub(super) async fn settle(mut self) {
        if let Some(name) = self.unclaimed() {
            drop(self.room.inner.delete(&name).await);
            self.room.forget(&name);
        }
    }

    fn unclaimed(&mut self) -> Option<Arc<str>> {
        let key = self.key.take()?;
        self.room.held().taken_in.remove(&key)
    }
}

impl Drop for TakenIn {
    fn drop(&mut self) {
        // Cut off in the middle: the file stays and is taken in at the next start, as if it had arrived then.
        drop(self.unclaimed());
    }
}

fn key(bundle: &Bytes) -> (usize, usize) {
    (bundle.as_ptr() as usize, bundle.len())
}

#[async_trait]
impl BundleStorage for Room {
    async fn recover(&self, stream: &dyn Sender<RecoveryResponse>) -> storage::Result<()> {
        self.inner.recover(stream).await
    }

    async fn load(&self, storage_name: &str) -> storage::Result<Option<Bytes>> {
        let loaded = self.inner.load(storage_name).await?;
        if let Some(data) = &loaded
            && self.limited
            && !self.held().sizes.contains_key(storage_name)
        {
            // Read back after a start.
            self.note(&Arc::from(storage_name), data.len() as u64);
        }
        Ok(loaded)
    }

    async fn save(&self, data: Bytes) -> storage::Result<Arc<str>> {
        if let Some(name) = self.held().taken_in.remove(&key(&data)) {
            return Ok(name);
        }
        if !self.limited {
            return self.inner.save(data).await;
        }
        // Hardy's own: rewritten or made here. It waits for room, since it has nobody to give it back to.
        loop {
            match self.inner.save(data.clone()).await {
                Ok(name) => {
                    self.note(&name, data.len() as u64);
                    return Ok(name);
                }
                Err(error) if self.stopped.load(Ordering::Relaxed) => return Err(error),
                Err(error) => {
                    self.state.send_replace(StoreState::Full(error.to_string()));
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    async fn replace(&self, storage_name: &str, data: Bytes) -> storage::Result<()> {
        let size_bytes = data.len() as u64;
        self.inner.replace(storage_name, data).await?;
        if self.limited {
            self.note(&Arc::from(storage_name), size_bytes);
        }
        Ok(())
    }

    async fn delete(&self, storage_name: &str) -> storage::Result<()> {
        self.inner.delete(storage_name).await?;
        self.forget(storage_name);
        Ok(())
    }
}

/// Identities of the bundles that the gate holds.
pub(super) type Gated = Arc<Mutex<HashSet<Id>>>;

/// What is known of bundles, in memory. Bundles that the gate holds are not offered to it again: hardy
/// expects what it queued for a link to leave in that order, and the gate keeps an order of its own.
pub(super) struct Memory {
    inner: MetadataMemStorage,
    gated: Gated,
}

impl Memory {
    pub(super) fn new(gated: Gated, identities_max: usize) -> Self {
        let config = MetadataMemStorageConfig {
            max_bundles: NonZeroUsize::new(identities_max).unwrap_or(NonZeroUsize::MIN),
        };
        Self {
            inner: MetadataMemStorage::new(&config),
            gated,
        }
    }
}

/// Passes on what the gate does not hold, up to a number.
struct Ungated<'a> {
    stream: &'a dyn Sender<Bundle>,
    gated: &'a Gated,
    left: Mutex<usize>,
}

#[async_trait]
impl Sender<Bundle> for Ungated<'_> {
    async fn send(&self, bundle: Bundle) -> Result<(), SendError<Bundle>> {
        {
            let gated = self.gated.lock().unwrap_or_else(PoisonError::into_inner);
            if gated.contains(&bundle.bundle.id) {
                return Ok(());
            }
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            if *left == 0 {
                return Err(SendError(bundle));
            }
            *left -= 1;
        }
        self.stream.send(bundle).await
    }
}

#[async_trait]
impl MetadataStorage for Memory {
    async fn get(&self, bundle_id: &Id) -> storage::Result<Option<Bundle>> {
        self.inner.get(bundle_id).await
    }

    async fn insert(&self, bundle: &Bundle) -> storage::Result<bool> {
        self.inner.insert(bundle).await
    }

    async fn replace(&self, bundle: &Bundle) -> storage::Result<()> {
        self.inner.replace(bundle).await
    }

    async fn update_status(&self, bundle: &Bundle) -> storage::Result<()> {
        self.inner.update_status(bundle).await
    }

    async fn tombstone(&self, bundle_id: &Id) -> storage::Result<()> {
        self.inner.tombstone(bundle_id).await
    }

    async fn start_recovery(&self) {
        self.inner.start_recovery().await;
    }

    async fn confirm_exists(&self, bundle_id: &Id) -> storage::Result<Option<BundleMetadata>> {
        self.inner.confirm_exists(bundle_id).await
    }

    async fn remove_unconfirmed(&self, stream: &dyn Sender<Bundle>) -> storage::Result<()> {
        self.inner.remove_unconfirmed(stream).await
    }

    async fn reset_peer_queue(&self, peer: u32) -> storage::Result<u64> {
        self.inner.reset_peer_queue(peer).await
    }

    async fn poll_expiry(&self, stream: &dyn Sender<Bundle>, limit: usize) -> storage::Result<()> {
        self.inner.poll_expiry(stream, limit).await
    }

    async fn poll_waiting(&self, stream: &dyn Sender<Bundle>) -> storage::Result<()> {
        self.inner.poll_waiting(stream).await
    }

    async fn poll_service_waiting(
        &self,
        source: Eid,
        stream: &dyn Sender<Bundle>,
    ) -> storage::Result<()> {
        self.inner.poll_service_waiting(source, stream).await
    }

    async fn poll_adu_fragments(
        &self,
        stream: &dyn Sender<Bundle>,
        status: &BundleStatus,
    ) -> storage::Result<()> {
        self.inner.poll_adu_fragments(stream, status).await
    }

    async fn poll_pending(
        &self,
        stream: &dyn Sender<Bundle>,
        status: &BundleStatus,
        limit: usize,
    ) -> storage::Result<()> {
        if !matches!(status, BundleStatus::ForwardPending { .. }) {
            return self.inner.poll_pending(stream, status, limit).await;
        }
        let ungated = Ungated {
            stream,
            gated: &self.gated,
            left: Mutex::new(limit),
        };
        self.inner.poll_pending(&ungated, status, usize::MAX).await
    }
}
