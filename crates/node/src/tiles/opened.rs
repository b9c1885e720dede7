//! Datasets kept open between tiles, within a bound: tiles beside one another read one file, and
//! many of its blocks again.

use bytes::Bytes;
use corridor_catalog::AssetStore;
use corridor_raster::RasterError;
use corridor_raster::dataset::{BlockPool, Dataset};
use corridor_raster::source::ByteSource;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::runtime::Handle;

/// Most datasets kept open: a mosaic of three bands in files of their own takes three a scene.
const DATASETS_MAX: usize = 256;
/// Most bytes of decoded blocks that all of them keep together.
const BLOCK_BYTES_MAX: usize = 512 << 20;

/// Files opened lately, the one used last at the end.
#[derive(Debug)]
pub(crate) struct OpenedDatasets {
    kept: Mutex<Vec<Kept>>,
    blocks: BlockPool,
}

impl Default for OpenedDatasets {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            blocks: BlockPool::new(BLOCK_BYTES_MAX),
        }
    }
}

#[derive(Debug)]
struct Kept {
    name: PathBuf,
    version: Version,
    dataset: Arc<Dataset>,
}

/// Where the pixels of an asset are.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In a folder of this machine.
    Local(PathBuf),
    /// In another store.
    Stored(Stored),
}

/// A file in a store that is no folder of this machine, read by ranges.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) files: Arc<AssetStore>,
    pub(super) key: String,
    pub(super) size_bytes: u64,
    /// What tells its content from another under the same key.
    pub(super) tag: String,
    /// Where the requests to the store run; the reader waits on a blocking thread.
    pub(super) runtime: Handle,
}

/// What tells a file from another of the same name.
#[derive(Debug, Clone, PartialEq)]
enum Version {
    Local(u64, Option<SystemTime>),
    Stored(u64, String),
}

impl OpenedDatasets {
    /// The dataset at `place`, opened anew when the file is another than last time.
    pub(super) fn open(&self, place: &Place) -> Result<Arc<Dataset>, RasterError> {
        let (name, version) = match place {
            Place::Local(path) => match version(path) {
                Some(version) => (path.clone(), version),
                // Opening says what is wrong.
                None => return Dataset::open(path).map(Arc::new),
            },
            Place::Stored(stored) => (
                PathBuf::from(&stored.key),
                Version::Stored(stored.size_bytes, stored.tag.clone()),
            ),
        };
        if let Some(dataset) = self.take(&name, &version) {
            return Ok(dataset);
        }
        let dataset = match place {
            Place::Local(path) => Dataset::open(path)?,
            Place::Stored(stored) => Dataset::from_source(Arc::new(stored.clone()))?,
        };
        let dataset = Arc::new(dataset.with_blocks_in(&self.blocks));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|k| k.name != name);
        if kept.len() >= DATASETS_MAX {
            kept.remove(0);
        }
        kept.push(Kept {
            name,
            version,
            dataset: Arc::clone(&dataset),
        });
        Ok(dataset)
    }

    fn take(&self, name: &Path, version: &Version) -> Option<Arc<Dataset>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .rposition(|k| k.name == name && k.version == *version)?;
        let found = kept.remove(found);
        let dataset = Arc::clone(&found.dataset);
        kept.push(found);
        Some(dataset)
    }
}

fn version(path: &Path) -> Option<Version> {
    let meta = std::fs::metadata(path).ok()?;
    Some(Version::Local(meta.len(), meta.modified().ok()))
}

impl ByteSource for Stored {
    fn name(&self) -> &str {
        &self.key
    }

    fn len_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes, RasterError> {
        let failed = |source: io::Error| RasterError::Io {
            action: "read",
            name: self.key.clone(),
            source,
        };
        let end = offset
            .checked_add(len as u64)
            .filter(|e| *e <= self.size_bytes);
        let Some(end) = end else {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        };
        let read = self
            .runtime
            .block_on(self.files.get_range(&self.key, offset..end))
            .map_err(|e| failed(io::Error::other(e)))?;
        if read.len() == len {
            Ok(read)
        } else {
            Err(failed(io::ErrorKind::UnexpectedEof.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_raster::band::BandData;
    use corridor_raster::cog::{self, CogOptions};
    use corridor_raster::grid::{Crs, Grid};

    fn write(path: &Path, side: usize) {
        let grid = Grid::new(Crs::wgs84(), [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], side, side);
        let data = [BandData::U8(vec![1; side * side])];
        cog::write(path, &grid, &data, &CogOptions::default()).unwrap();
    }

    #[test]
    fn a_file_is_opened_once_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        write(&path, 8);
        let opened = OpenedDatasets::default();
        let place = Place::Local(path.clone());
        let first = opened.open(&place).unwrap();
        assert!(Arc::ptr_eq(&first, &opened.open(&place).unwrap()));
        write(&path, 16);
        assert_eq!(opened.open(&place).unwrap().grid().width, 16);
        for i in 0..DATASETS_MAX + 3 {
            let path = folder.path().join(format!("{i}.tif"));
            write(&path, 4);
            opened.open(&Place::Local(path)).unwrap();
        }
        assert_eq!(opened.kept.lock().unwrap().len(), DATASETS_MAX);
        let absent = Place::Local(folder.path().join("absent.tif"));
        assert!(opened.open(&absent).is_err());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_file_of_another_store_is_read_by_ranges() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        write(&path, 32);
        let bytes = Bytes::from(std::fs::read(&path).unwrap());
        let size_bytes = bytes.len() as u64;
        let files = Arc::new(AssetStore::local(&folder.path().join("store")).unwrap());
        files.put_bytes("scenes/c/i/a.tif", bytes).await.unwrap();
        let stored = |tag: &str| {
            Place::Stored(Stored {
                files: Arc::clone(&files),
                key: "scenes/c/i/a.tif".into(),
                size_bytes,
                tag: tag.into(),
                runtime: Handle::current(),
            })
        };
        let places = [stored("1"), stored("1"), stored("2")];
        let opened = tokio::task::spawn_blocking(move || {
            let opened = OpenedDatasets::default();
            let datasets = places.map(|place| opened.open(&place).unwrap());
            assert_eq!(datasets[0].read_band(0).unwrap().value(31, 31), Some(1.0));
            datasets
        });
        let opened = opened.await.unwrap();
        assert!(Arc::ptr_eq(&opened[0], &opened[1]) && !Arc::ptr_eq(&opened[1], &opened[2]));
    }
}
