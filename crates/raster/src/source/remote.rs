//! Objects behind an address: `https://`, `s3://`, `gs://`, `az://`, `file://`, by object_store.
//!
//! Reads are cut into chunks that are kept within a bound; chunks that are asked for together
//! are fetched together, neighbours by one request.

use std::collections::HashMap;
use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};

use bytes::{Bytes, BytesMut};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::runtime::Runtime;
use url::Url;

use super::{ByteSource, check_range};
use crate::RasterError;

/// Bytes of a chunk: more than the directories of most files, less than a large block.
const CHUNK_BYTES: u64 = 64 << 10;
/// Most bytes of chunks that one source keeps.
const KEPT_BYTES_MAX: u64 = 32 << 20;
/// Most bytes of one read: longer than any block the reader takes.
const READ_BYTES_MAX: u64 = 1 << 30;
/// Schemes that are addresses of objects.
const SCHEMES: [&str; 11] = [
    "http", "https", "s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss", "file",
];

/// An object of a store.
#[derive(Debug)]
pub struct ObjectSource {
    store: Arc<dyn ObjectStore>,
    path: Path,
    name: String,
    len_bytes: u64,
    chunks: Mutex<Chunks>,
}

/// Chunks by their number, and when each was last used.
#[derive(Debug, Default)]
struct Chunks {
    kept: HashMap<u64, (Bytes, u64)>,
    clock: u64,
    requests: u64,
}

/// Whether a text is an address that [`ObjectSource::open`] takes, not a path.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once("://") else {
        return false;
    };
    SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
}

impl ObjectSource {
    /// Opens the object at `address`; `options` configure the store as object_store names them
    /// (`aws_region`, `aws_endpoint`, `google_service_account`, ...).
    ///
    /// # Errors
    /// When the address is not understood, or the object cannot be read.
    pub fn open(address: &str, options: &[(String, String)]) -> Result<Self, RasterError> {
        let url = Url::parse(address)
            .map_err(|e| RasterError::argument("address", format!("{address}: {e}")))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(RasterError::unsupported(
                address,
                "address with a query (a signed address): give the store's own credentials",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RasterError::unsupported(
                url.host_str().unwrap_or("address"),
                "user name or password in an address",
            ));
        }
        let plain = (url.scheme() == "http").then(|| ("allow_http".to_owned(), "true".to_owned()));
        let options = options.iter().cloned().chain(plain);
        let (store, path) =
            object_store::parse_url_opts(&url, options).map_err(|e| failed("open", address, e))?;
        Self::of_store(Arc::from(store), path, address)
    }

    /// Opens the object at `path` of a store; `name` stands in messages.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub fn of_store(
        store: Arc<dyn ObjectStore>,
        path: Path,
        name: impl Into<String>,
    ) -> Result<Self, RasterError> {
        let name = name.into();
        // One request gives the length and the part that holds most directories.
        let first = {
            let (store, path) = (Arc::clone(&store), path.clone());
            run(&name, async move {
                let options = GetOptions {
                    range: Some(GetRange::Bounded(0..CHUNK_BYTES)),
                    ..GetOptions::default()
                };
                let found = store.get_opts(&path, options).await?;
                let len_bytes = found.meta.size;
                Ok((len_bytes, found.bytes().await?))
            })?
        };
        let (len_bytes, bytes) = first;
        if bytes.len() as u64 != len_bytes.min(CHUNK_BYTES) {
            return Err(RasterError::malformed(
                &name,
                "answer",
                format!(
                    "{} of the first bytes instead of {CHUNK_BYTES}",
                    bytes.len()
                ),
            ));
        }
        let mut chunks = Chunks {
            requests: 1,
            ..Chunks::default()
        };
        chunks.kept.insert(0, (bytes, 0));
        Ok(Self {
            store,
            path,
            name,
            len_bytes,
            chunks: Mutex::new(chunks),
        })
    }

    /// Requests made so far (neighbouring ranges count once).
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.locked().requests
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Chunks> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Chunks that hold some bytes, all of them, in order.
    fn chunks(&self, wanted: &[Range<u64>]) -> Result<HashMap<u64, Bytes>, RasterError> {
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        {
            let mut chunks = self.locked();
            chunks.clock += 1;
            let now = chunks.clock;
            for range in wanted.iter().filter(|r| !r.is_empty()) {
                for index in range.start / CHUNK_BYTES..=(range.end - 1) / CHUNK_BYTES {
                    match chunks.kept.get_mut(&index) {
                        Some((bytes, used)) => {
                            *used = now;
                            found.insert(index, bytes.clone());
                        }
                        None => missing.push(index),
                    }
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for index in &missing {
            let (start, end) = (index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
            let end = end.min(self.len_bytes);
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => ranges.push(start..end),
            }
        }
        if ranges.is_empty() {
            return Ok(found);
        }
        let count = ranges.len() as u64;
        let asked = ranges.clone();
        let (store, path) = (Arc::clone(&self.store), self.path.clone());
        let parts = run(
            &self.name,
            async move { store.get_ranges(&path, &asked).await },
        )?;
        for (range, part) in ranges.iter().zip(parts) {
            if part.len() as u64 != range.end - range.start {
                return Err(RasterError::malformed(
                    &self.name,
                    "answer",
                    format!("{} bytes for the range {range:?}", part.len()),
                ));
            }
            for start in (range.start..range.end).step_by(CHUNK_BYTES as usize) {
                let from = (start - range.start) as usize;
                let to = (from + CHUNK_BYTES as usize).min(part.len());
                // A copy of its own, so that no chunk keeps its neighbours in memory.
                let chunk = Bytes::copy_from_slice(&part[from..to]);
                found.insert(start / CHUNK_BYTES, chunk);
            }
        }
        self.keep(&missing, &found, count);
        Ok(found)
    }

    fn keep(&self, new: &[u64], found: &HashMap<u64, Bytes>, requests: u64) {
        let mut chunks = self.locked();
        chunks.requests += requests;
        let now = chunks.clock;
        for index in new {
            if let Some(bytes) = found.get(index) {
                chunks.kept.insert(*index, (bytes.clone(), now));
            }
        }
        let most = (KEPT_BYTES_MAX / CHUNK_BYTES) as usize;
        if chunks.kept.len() > most {
            let mut uses: Vec<(u64, u64)> = chunks.kept.iter().map(|(i, c)| (c.1, *i)).collect();
            uses.sort_unstable();
            for (_, index) in uses.iter().take(chunks.kept.len() - most) {
                chunks.kept.remove(index);
            }
        }
    }
}

impl ByteSource for ObjectSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes, RasterError> {
        check_range(self, offset, len)?;
        if len as u64 > READ_BYTES_MAX {
            return Err(RasterError::Limit {
                name: self.name.clone(),
                what: "bytes of one read",
                value: len as u64,
                limit: READ_BYTES_MAX,
            });
        }
        if len == 0 {
            return Ok(Bytes::new());
        }
        let end = offset + len as u64;
        let found = self.chunks(std::slice::from_ref(&(offset..end)))?;
        let mut out = BytesMut::with_capacity(len);
        for index in offset / CHUNK_BYTES..=(end - 1) / CHUNK_BYTES {
            let start = index * CHUNK_BYTES;
            let Some(chunk) = found.get(&index) else {
                return Err(RasterError::malformed(
                    &self.name,
                    "answer",
                    "a chunk is missing",
                ));
            };
            let from = offset.saturating_sub(start) as usize;
            let to = ((end - start) as usize).min(chunk.len());
            out.extend_from_slice(&chunk[from..to]);
        }
        Ok(out.freeze())
    }

    fn will_read(&self, ranges: &[Range<u64>]) -> Result<(), RasterError> {
        let inside = |r: &Range<u64>| r.start <= r.end && r.end <= self.len_bytes;
        let ranges: Vec<Range<u64>> = ranges.iter().filter(|r| inside(r)).cloned().collect();
        let total: u64 = ranges
            .iter()
            .map(|r| r.end - r.start + 2 * CHUNK_BYTES)
            .sum();
        // More than is kept would be fetched twice.
        if total <= KEPT_BYTES_MAX {
            self.chunks(&ranges)?;
        }
        Ok(())
    }
}

/// Runs a request on threads of its own, so that any thread may wait for it.
fn run<T: Send + 'static>(
    name: &str,
    request: impl Future<Output = object_store::Result<T>> + Send + 'static,
) -> Result<T, RasterError> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("corridor-raster-io")
            .enable_all()
            .build()
            .ok()
    });
    let gone = || {
        RasterError::io(
            "read",
            name,
            std::io::Error::other("no thread for requests"),
        )
    };
    let runtime = runtime.as_ref().ok_or_else(gone)?;
    let (send, receive) = mpsc::channel();
    runtime.spawn(async move {
        // Nobody listens any more when the reader was ended.
        let _ = send.send(request.await);
    });
    receive
        .recv()
        .map_err(|_| gone())?
        .map_err(|e| failed("read", name, e))
}

fn failed(action: &'static str, name: &str, error: object_store::Error) -> RasterError {
    RasterError::io(action, name, std::io::Error::other(error))
}
