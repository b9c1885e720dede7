//! One intake at a time per Item and per source, within the process and between processes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Locks that all digests share: enough that two intakes at once rarely meet.
const STRIPES: usize = 64;
/// Folder of the lock files in a local asset folder.
const FOLDER: &str = ".intake/locks";

/// The locks of one asset store.
pub(super) struct Locks {
    folder: Option<PathBuf>,
    stripes: Vec<Arc<Mutex<()>>>,
}

/// A lock that is held until it is dropped. The file's lock goes first, then the process's.
pub(super) struct ItemLock {
    _file: Option<File>,
    _stripe: OwnedMutexGuard<()>,
}

impl Locks {
    pub(super) fn new(root: Option<&Path>) -> Self {
        Self {
            folder: root.map(|root| root.join(FOLDER)),
            stripes: (0..STRIPES).map(|_| Arc::new(Mutex::new(()))).collect(),
        }
    }

    /// Hold the locks of these digests (hex). Always taken in the order of the stripes, so that two
    /// callers never wait for one another.
    pub(super) async fn lock(&self, digests: &[String]) -> io::Result<Vec<ItemLock>> {
        let numbers: BTreeSet<usize> = digests.iter().map(|digest| stripe(digest)).collect();
        let mut held = Vec::with_capacity(numbers.len());
        for number in numbers {
            let guard = Arc::clone(&self.stripes[number]).lock_owned().await;
            let file = match &self.folder {
                Some(folder) => {
                    let folder = folder.clone();
                    let locked = tokio::task::spawn_blocking(move || lock_file(&folder, number));
                    Some(locked.await.map_err(io::Error::other)??)
                }
                None => None,
            };
            held.push(ItemLock {
                _file: file,
                _stripe: guard,
            });
        }
        Ok(held)
    }
}

fn stripe(digest: &str) -> usize {
    digest
        .get(..4)
        .and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .unwrap_or(0)
        % STRIPES
}

fn lock_file(folder: &Path, number: usize) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{number:02}.lock"));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.lock()?;
    Ok(file)
}
