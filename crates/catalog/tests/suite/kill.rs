//! SIGKILL at random instants during intake: what was acknowledged is there, whole, once; nothing
//! else shows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use corridor_catalog::digest::sha256_bytes;
use corridor_catalog::stac::file;
use corridor_catalog::store::Search;
use corridor_catalog::{Asset, AssetStore, NewScene};

use crate::catalog_suite;
use crate::intake::{files_below, open};

const KILL_CHILD: &str = "CORRIDOR_TEST_KILL_CHILD";
const FIRST_SCENE: &str = "CORRIDOR_TEST_KILL_FIRST";
const KILLS: u64 = 40;
/// Of the kills, how many at least must have cut an intake in two, or the test shows nothing.
const CUTS_MIN: usize = 5;

/// A small generator of repeatable noise (SplitMix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The files of scene `n`, always the same bytes.
fn contents(n: u64) -> Vec<(String, Vec<u8>)> {
    (0..3)
        .map(|part| {
            let mut noise = Noise(n * 3 + part);
            let words = 10_000 + noise.next() % 40_000;
            let bytes = (0..words)
                .flat_map(|_| noise.next().to_le_bytes())
                .collect();
            (format!("part-{part}"), bytes)
        })
        .collect()
}

fn id_of(n: u64) -> String {
    format!("scene-{n}")
}

/// Takes scenes in until it is killed, says each one's number before and after.
#[tokio::test]
async fn child() {
    let Some(folder) = std::env::var_os(KILL_CHILD).map(PathBuf::from) else {
        return;
    };
    let first: u64 = std::env::var(FIRST_SCENE).unwrap().parse().unwrap();
    let intake = open(&folder).await;
    intake.recover().await.unwrap();
    let inbox = folder.join(format!("inbox-{first}"));
    std::fs::create_dir_all(&inbox).unwrap();
    for n in first.. {
        let mut all = Vec::new();
        let mut files = Vec::new();
        for (name, bytes) in contents(n) {
            let path = inbox.join(format!("{name}.tif"));
            std::fs::write(&path, &bytes).unwrap();
            all.extend(bytes);
            files.push((name, path, Asset::default()));
        }
        let item = catalog_suite::item(&id_of(n), 0.0, 0.0, "2026-01-01T00:00:00Z");
        println!("offer {n}");
        let scene = NewScene {
            files,
            item,
            sha256: sha256_bytes(&all),
        };
        intake.accept(scene).await.unwrap();
        println!("stored {n}");
    }
}

/// Runs a child, kills it a while after its first offer, and gives back what it said last.
fn run_and_kill(folder: &Path, first: u64, wait: Duration) -> (Vec<u64>, Option<u64>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--nocapture"])
        .env(KILL_CHILD, folder)
        .env(FIRST_SCENE, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            sender.send(line).unwrap();
        }
    });
    let (mut stored, mut offered) = (Vec::new(), None);
    let mut note = |line: String| {
        // The test harness may write its own words before ours on the same line.
        if let Some(n) = line.rsplit_once("offer ").and_then(|(_, n)| n.parse().ok()) {
            offered = Some(n);
        } else if let Some(n) = line
            .rsplit_once("stored ")
            .and_then(|(_, n)| n.parse().ok())
        {
            stored.push(n);
        }
    };
    loop {
        let line = lines
            .recv_timeout(Duration::from_secs(60))
            .expect("the child offers a scene");
        let begun = line.contains("offer ");
        note(line);
        if begun {
            break;
        }
    }
    std::thread::sleep(wait);
    child.kill().unwrap();
    assert!(
        !child.wait().unwrap().success(),
        "the child ends by the kill alone"
    );
    reader.join().unwrap();
    lines.try_iter().for_each(&mut note);
    let in_flight = offered.filter(|n| !stored.contains(n));
    (stored, in_flight)
}

#[test]
fn killed_at_random_instants_nothing_acknowledged_is_lost_and_nothing_half_shows() {
    let data = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut noise = Noise(seed);
    let mut acknowledged = BTreeSet::new();
    let mut next = 0;
    let mut cuts = 0;
    for kill in 0..KILLS {
        let wait = Duration::from_micros(noise.next() % 120_000);
        let (stored, in_flight) = run_and_kill(data.path(), next, wait);
        acknowledged.extend(stored);
        // Tells nothing of the state before the look: notes of what was cut.
        let notes = files_below(&data.path().join("assets/.intake/journal"));
        cuts += usize::from(!notes.is_empty());
        let visible = runtime.block_on(visible(data.path()));
        check(&acknowledged, in_flight, &visible, kill);
        next = in_flight.unwrap_or(acknowledged.last().map_or(0, |n| n + 1));
    }
    println!(
        "{} scenes, {KILLS} kills, {cuts} of them mid-intake",
        acknowledged.len()
    );
    assert!(
        cuts >= CUTS_MIN,
        "only {cuts} of {KILLS} kills cut an intake"
    );
    runtime.block_on(async {
        let intake = open(data.path()).await;
        intake.recover().await.unwrap();
        let named: usize = visible(data.path()).await.len() * 3;
        let root = intake.assets().root().unwrap().to_owned();
        assert_eq!(files_below(&root).len(), named, "no file without its item");
    });
}

/// Ids and numbers of all visible scenes, each checked byte for byte, as a reader finds them who
/// comes before any recovery.
async fn visible(folder: &Path) -> BTreeMap<u64, String> {
    let intake = open(folder).await;
    let search = Search {
        limit: Some(10_000),
        ..Search::default()
    };
    let mut found = BTreeMap::new();
    for item in intake.catalog().search(&search).await.unwrap().items {
        let n: u64 = item.id.strip_prefix("scene-").unwrap().parse().unwrap();
        assert_eq!(item.assets.len(), 3, "{}", item.id);
        for (name, bytes) in contents(n) {
            let asset = &item.assets[&name];
            let key = AssetStore::key_of_href(&asset.href).unwrap();
            let stored = intake.assets().get(key).await.unwrap();
            assert!(stored == bytes, "{} {name} has other bytes", item.id);
            assert_eq!(file::sha256(asset), Some(sha256_bytes(&stored).as_str()));
        }
        assert!(
            found.insert(n, item.id).is_none(),
            "scene {n} is there twice"
        );
    }
    found
}

/// A scene that was committed the moment before its acknowledgement could be written is whole and
/// may show; the next child offers it again and it stays one.
fn check(
    acknowledged: &BTreeSet<u64>,
    in_flight: Option<u64>,
    visible: &BTreeMap<u64, String>,
    kill: u64,
) {
    for n in acknowledged {
        assert!(
            visible.contains_key(n),
            "kill {kill}: acknowledged scene {n} is lost"
        );
    }
    for n in visible.keys() {
        let known = acknowledged.contains(n) || in_flight == Some(*n);
        assert!(
            known,
            "kill {kill}: scene {n} shows and was never acknowledged"
        );
    }
}
