//! The watched folder: scenes dropped into `inbox/` are taken in and removed from it.
//!
//! A `NAME.scene.json`, or a STAC Item of any other JSON name, is taken in when all files it names
//! are there, beside it, and no longer change. A GeoTIFF that no description names is taken in by
//! itself after [`BARE_FILE_WAIT`]. What is refused moves to `inbox/rejected/` with the reason
//! beside it.

use crate::chain::Chain;
use crate::error::WatchError;
use crate::ingest::files_beside;
use crate::receive::Way;
use crate::scene::{DESCRIPTION_ENDING, is_item_name};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Time between two looks into the folder.
pub const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a file must be unchanged before it counts as whole.
pub const SETTLED_AFTER: Duration = Duration::from_millis(1_000);
/// How long a GeoTIFF waits for a description before it is taken in without one.
pub const BARE_FILE_WAIT: Duration = Duration::from_secs(10);

/// Size and time of change: when both stay, the file is whole.
type Look = (u64, Option<SystemTime>);

/// What is remembered between looks.
#[derive(Default)]
struct Seen {
    files: BTreeMap<PathBuf, (Look, Instant)>,
}

impl Seen {
    /// Looks at the folder and gives the files that have not changed for `SETTLED_AFTER`.
    fn look(
        &mut self,
        folder: &Path,
        now: Instant,
    ) -> std::io::Result<BTreeMap<PathBuf, Duration>> {
        let mut present = BTreeSet::new();
        let mut settled = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, facts) = (entry.path(), entry.metadata()?);
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !facts.is_file() || hidden {
                continue;
            }
            let look = (facts.len(), facts.modified().ok());
            let since = self.files.entry(path.clone()).or_insert((look, now));
            if since.0 != look {
                *since = (look, now);
            }
            let quiet = now.duration_since(since.1);
            if quiet >= SETTLED_AFTER {
                settled.insert(path.clone(), quiet);
            }
            present.insert(path);
        }
        self.files.retain(|path, _| present.contains(path));
        Ok(settled)
    }
}

/// One thing to do after a look.
#[derive(Debug, PartialEq)]
enum Task {
    /// Take the scene in; these files belong to it.
    TakeIn { path: PathBuf, files: Vec<PathBuf> },
    /// Put the file away: its description does not read.
    Reject { path: PathBuf, reason: String },
}

/// What can be taken in now.
fn tasks(settled: &BTreeMap<PathBuf, Duration>) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut named: BTreeSet<PathBuf> = BTreeSet::new();
    let is_description = |p: &Path| {
        let name = p.to_string_lossy();
        name.ends_with(DESCRIPTION_ENDING) || is_item_name(&name)
    };
    for path in settled.keys().filter(|p| is_description(p)) {
        match files_beside(path) {
            Ok(files) => {
                named.extend(files.iter().cloned());
                if files.iter().all(|f| settled.contains_key(f)) {
                    tasks.push(Task::TakeIn {
                        path: path.clone(),
                        files,
                    });
                }
            }
            Err(error) => tasks.push(Task::Reject {
                path: path.clone(),
                reason: error.to_string(),
            }),
        }
    }
    for (path, quiet) in settled {
        if !is_description(path) && !named.contains(path) && *quiet >= BARE_FILE_WAIT {
            tasks.push(Task::TakeIn {
                path: path.clone(),
                files: vec![],
            });
        }
    }
    tasks
}

impl Chain {
    /// Watches the inbox until the future is dropped.
    pub async fn watch_inbox(self: Arc<Self>) {
        let folder = self.data_dir().join("inbox");
        let mut seen = Seen::default();
        loop {
            match seen.look(&folder, Instant::now()) {
                Ok(settled) => {
                    for task in tasks(&settled) {
                        self.do_inbox_task(&folder, task).await;
                    }
                }
                Err(e) => tracing::error!(folder = %folder.display(), error = %e, "inbox"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn do_inbox_task(self: &Arc<Self>, folder: &Path, task: Task) {
        match task {
            Task::Reject { path, reason } => put_away(folder, &[path], &reason),
            Task::TakeIn { path, files } => match self.ingest(&path, None, Way::Inbox).await {
                Ok(accepted) => {
                    tracing::info!(scene = accepted.item.id, new = accepted.new, "taken in");
                    for done in files.iter().chain([&path]) {
                        if let Err(e) = std::fs::remove_file(done) {
                            tracing::warn!(file = %done.display(), error = %e, "inbox");
                        }
                    }
                }
                Err(e @ WatchError::Internal { .. }) => {
                    tracing::error!(file = %path.display(), error = %e, "will be tried again");
                }
                Err(e) => {
                    let mut all = files;
                    all.insert(0, path);
                    put_away(folder, &all, &e.to_string());
                }
            },
        }
    }
}

/// Moves refused files to `rejected/`, with the reason beside the first.
fn put_away(folder: &Path, files: &[PathBuf], reason: &str) {
    let rejected = folder.join("rejected");
    let moved = std::fs::create_dir_all(&rejected).and_then(|()| {
        for (i, file) in files.iter().enumerate() {
            let Some(name) = file.file_name() else {
                continue;
            };
            if i == 0 {
                let mut note = name.to_os_string();
                note.push(".reason.txt");
                std::fs::write(rejected.join(note), format!("{reason}\n"))?;
            }
            std::fs::rename(file, rejected.join(name))?;
        }
        Ok(())
    });
    tracing::warn!(reason, "refused, see inbox/rejected");
    if let Err(e) = moved {
        tracing::error!(error = %e, "moving refused files");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_waits_for_all_its_files_and_for_quiet() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "a.scene.json",
            r#"{"id":"a","collection":"c","properties":{"datetime":"2020-01-01T00:00:00Z"},
                "files":{"data":"a.tif","more":"b.tif"}}"#,
        );
        write("a.tif", "x");
        let mut seen = Seen::default();
        let start = Instant::now();
        assert!(
            seen.look(folder.path(), start).unwrap().is_empty(),
            "nothing is quiet yet"
        );
        let quiet = start + SETTLED_AFTER;
        assert_eq!(
            tasks(&seen.look(folder.path(), quiet).unwrap()),
            vec![],
            "b.tif is missing"
        );
        write("b.tif", "y");
        seen.look(folder.path(), quiet).unwrap();
        let later = quiet + BARE_FILE_WAIT;
        let ready = tasks(&seen.look(folder.path(), later).unwrap());
        assert_eq!(ready.len(), 1, "{ready:?}");
        assert!(matches!(&ready[0], Task::TakeIn { files, .. } if files.len() == 2));
    }

    #[test]
    fn an_item_waits_for_its_files_and_reaches_for_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let item = |href: &str| {
            let text = format!(
                r#"{{"type":"Feature","stac_version":"1.1.0","id":"a","geometry":null,"links":[],
                    "properties":{{"datetime":"2020-01-01T00:00:00Z"}},
                    "assets":{{"data":{{"href":"{href}","type":"image/tiff"}}}}}}"#
            );
            let path = folder.path().join("a.json");
            std::fs::write(&path, text).unwrap();
            path
        };
        let settled = |paths: &[PathBuf]| -> BTreeMap<PathBuf, Duration> {
            paths.iter().map(|p| (p.clone(), SETTLED_AFTER)).collect()
        };
        let (path, pixels) = (item("./a.tif"), folder.path().join("a.tif"));
        assert_eq!(tasks(&settled(std::slice::from_ref(&path))), vec![]);
        let ready = tasks(&settled(&[path.clone(), pixels.clone()]));
        let whole = Task::TakeIn {
            path,
            files: vec![pixels],
        };
        assert_eq!(ready, vec![whole]);
        for elsewhere in ["../a.tif", "/etc/a.tif", "https://example.org/a.tif"] {
            let ready = tasks(&settled(&[item(elsewhere)]));
            let [Task::Reject { reason, .. }] = &ready[..] else {
                panic!("{elsewhere}: {ready:?}")
            };
            assert!(reason.contains("/assets/data/href"), "{reason}");
        }
    }

    #[test]
    fn what_does_not_read_is_put_away_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.scene.json");
        std::fs::write(&path, "{").unwrap();
        let settled = BTreeMap::from([(path.clone(), SETTLED_AFTER)]);
        let ready = tasks(&settled);
        let [Task::Reject { reason, .. }] = &ready[..] else {
            panic!("{ready:?}")
        };
        put_away(folder.path(), &[path], reason);
        let note = folder.path().join("rejected/bad.scene.json.reason.txt");
        assert!(
            std::fs::read_to_string(note)
                .unwrap()
                .contains("bad.scene.json")
        );
        assert!(folder.path().join("rejected/bad.scene.json").is_file());
    }
}
