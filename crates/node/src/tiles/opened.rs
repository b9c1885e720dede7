//! Datasets kept open between tiles, within a bound: tiles beside one another read one file, and
//! many of its blocks again.

use corridor_raster::RasterError;
use corridor_raster::dataset::Dataset;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Most datasets kept open.
const DATASETS_MAX: usize = 32;
/// Most bytes of decoded blocks that each of them keeps: with all of them 512 MiB.
const BLOCK_BYTES_MAX: usize = 16 << 20;

/// Files opened lately, the one used last at the end.
#[derive(Debug, Default)]
pub(crate) struct OpenedDatasets {
    kept: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    version: Version,
    dataset: Arc<Dataset>,
}

/// What tells a file from another of the same name.
type Version = (u64, Option<SystemTime>);

impl OpenedDatasets {
    /// The dataset at `path`, opened anew when the file is another than last time.
    pub(crate) fn open(&self, path: &Path) -> Result<Arc<Dataset>, RasterError> {
        let Some(version) = version(path) else {
            // Opening says what is wrong.
            return Dataset::open(path).map(Arc::new);
        };
        if let Some(dataset) = self.take(path, version) {
            return Ok(dataset);
        }
        let dataset = Arc::new(Dataset::open(path)?);
        dataset.keep_bytes(BLOCK_BYTES_MAX);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|k| k.path != path);
        if kept.len() >= DATASETS_MAX {
            kept.remove(0);
        }
        kept.push(Kept {
            path: path.to_path_buf(),
            version,
            dataset: Arc::clone(&dataset),
        });
        Ok(dataset)
    }

    fn take(&self, path: &Path, version: Version) -> Option<Arc<Dataset>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .position(|k| k.path == path && k.version == version)?;
        let found = kept.remove(found);
        let dataset = Arc::clone(&found.dataset);
        kept.push(found);
        Some(dataset)
    }
}

fn version(path: &Path) -> Option<Version> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.len(), meta.modified().ok()))
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
        let first = opened.open(&path).unwrap();
        assert!(Arc::ptr_eq(&first, &opened.open(&path).unwrap()));
        write(&path, 16);
        assert_eq!(opened.open(&path).unwrap().grid().width, 16);
        for i in 0..DATASETS_MAX + 3 {
            let path = folder.path().join(format!("{i}.tif"));
            write(&path, 4);
            opened.open(&path).unwrap();
        }
        assert_eq!(opened.kept.lock().unwrap().len(), DATASETS_MAX);
        assert!(opened.open(&folder.path().join("absent.tif")).is_err());
    }
}
