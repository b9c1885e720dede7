//! SIGKILL at random instants: of the whole intake, and of the jobs that follow it. What was
//! acknowledged is there, whole, once, and is answered once; nothing else shows.

use crate::made::{self, Noise};
use corridor_catalog::stac::{Item, file};
use corridor_catalog::{AssetStore, Search, digest};
use corridor_watch::chain::Chain;
use corridor_watch::trace::StepKind;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

const CHILD: &str = "CORRIDOR_TEST_KILL_CHAIN";
const FIRST: &str = "CORRIDOR_TEST_KILL_CHAIN_FIRST";
/// Run jobs after each scene too.
const WITH_JOBS: &str = "CORRIDOR_TEST_KILL_CHAIN_JOBS";
const INTAKE_KILLS: u64 = 36;
const JOB_KILLS: u64 = 14;
/// Of the kills, how many at least must have come inside the work, or the test shows nothing.
const CUTS_MIN: usize = 5;

/// Takes scenes in until it is killed; says each one's number before and after.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let with_jobs = std::env::var_os(WITH_JOBS).is_some();
    let chain = made::open(&folder).await;
    let worker = chain.worker().unwrap().unwrap();
    chain.recover(&worker).await.unwrap();
    let desk = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
    for n in first.. {
        let scene = made::scene(desk.path(), n);
        println!("offer {n}");
        chain.take_in(scene).await.unwrap();
        println!("stored {n}");
        if with_jobs {
            chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
        }
    }
}

/// What a killed child had said.
struct Said {
    stored: Vec<u64>,
    in_flight: Option<u64>,
}

/// Runs a child, kills it a while after it said `cue` for the first time.
fn run_and_kill(folder: &Path, first: u64, jobs: bool, cue: &str, wait: Duration) -> Said {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "killed::child", "--nocapture"])
        .env(CHILD, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if jobs {
        command.env(WITH_JOBS, "1");
    }
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            sender.send(line).unwrap();
        }
    });
    let mut said = Said {
        stored: Vec::new(),
        in_flight: None,
    };
    let mut note = |line: String| {
        let number = |word: &str| line.rsplit_once(word).and_then(|(_, n)| n.parse().ok());
        if let Some(n) = number("offer ") {
            said.in_flight = Some(n);
        } else if let Some(n) = number("stored ") {
            said.stored.push(n);
            said.in_flight = None;
        }
    };
    loop {
        let line = lines
            .recv_timeout(Duration::from_secs(120))
            .expect("the child offers a scene");
        let begun = line.contains(cue);
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
    said
}

async fn items(chain: &Arc<Chain>, collection: &str) -> Vec<Item> {
    let search = Search {
        collections: vec![collection.to_string()],
        limit: Some(10_000),
        ..Search::default()
    };
    match chain.catalog().search(&search).await {
        Ok(page) => page.items,
        Err(corridor_catalog::CatalogError::UnknownCollection(_)) => vec![],
        Err(e) => panic!("{e}"),
    }
}

/// Every asset is there with the size and digest that the Item states.
async fn check_whole(chain: &Arc<Chain>, item: &Item) {
    for (key, asset) in &item.assets {
        let stored = AssetStore::key_of_href(&asset.href).unwrap();
        let bytes = chain.assets().get(stored).await.unwrap();
        let found = digest::sha256_bytes(&bytes);
        assert_eq!(
            file::sha256(asset),
            Some(found.as_str()),
            "{} {key}",
            item.id
        );
    }
}

/// Numbers of the scenes that show, each checked, as a reader finds them before any recovery.
async fn visible(folder: &Path) -> BTreeSet<u64> {
    let chain = made::open(folder).await;
    let mut found = BTreeSet::new();
    for item in items(&chain, "made").await {
        let n: u64 = item.id.strip_prefix("made-").unwrap().parse().unwrap();
        assert_eq!(item.assets.len(), 2, "{}", item.id);
        check_whole(&chain, &item).await;
        assert!(found.insert(n), "scene {n} shows twice");
    }
    found
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return vec![];
    };
    let mut files = Vec::new();
    for path in entries.map(|e| e.unwrap().path()) {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn killed_during_the_intake_nothing_acknowledged_is_lost_and_nothing_half_shows() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut noise = Noise(seed);
    let mut acknowledged = BTreeSet::new();
    let (mut next, mut cuts) = (0, 0);
    for kill in 0..INTAKE_KILLS {
        let wait = Duration::from_micros(noise.next() % 150_000);
        let said = run_and_kill(&data, next, false, "offer ", wait);
        acknowledged.extend(said.stored);
        cuts += usize::from(said.in_flight.is_some());
        let visible = runtime.block_on(visible(&data));
        for n in &acknowledged {
            assert!(
                visible.contains(n),
                "kill {kill}: acknowledged scene {n} is lost"
            );
        }
        for n in &visible {
            let known = acknowledged.contains(n) || said.in_flight == Some(*n);
            assert!(known, "kill {kill}: scene {n} shows and was never offered");
        }
        next = said
            .in_flight
            .or(acknowledged.last().map(|n| n + 1))
            .unwrap_or(0);
    }
    println!(
        "{} scenes, {INTAKE_KILLS} kills, {cuts} of them mid-intake",
        acknowledged.len()
    );
    assert!(
        cuts >= CUTS_MIN,
        "only {cuts} of {INTAKE_KILLS} kills cut an intake"
    );
    runtime.block_on(async {
        let chain = made::open(&data).await;
        let worker = chain.worker().unwrap().unwrap();
        chain.recover(&worker).await.unwrap();
        let named = items(&chain, "made").await.len() * 2;
        let root = chain.assets().root().unwrap().to_owned();
        let mut files = files_below(&root);
        // Lock files are empty and stay.
        files.retain(|f| f.extension().is_none_or(|e| e != "lock"));
        assert_eq!(files.len(), named, "no file without its item: {files:#?}");
        let left = files_below(&data.join("work"));
        assert!(left.is_empty(), "what was cut off is cleared: {left:?}");
    });
}

#[test]
fn killed_during_the_jobs_every_scene_is_answered_once_and_traced_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        made::open(&data)
            .await
            .add_watch(made::watch("W", vec![]))
            .await
            .unwrap();
    });
    let mut noise = Noise(u64::from(std::process::id()) + 1);
    let mut acknowledged = BTreeSet::new();
    let mut next = 0;
    for _ in 0..JOB_KILLS {
        let wait = Duration::from_micros(noise.next() % 250_000);
        let said = run_and_kill(&data, next, true, "stored ", wait);
        acknowledged.extend(said.stored);
        next = said
            .in_flight
            .or(acknowledged.last().map(|n| n + 1))
            .unwrap_or(0);
    }
    runtime.block_on(async {
        let chain = made::open(&data).await;
        let worker = chain.worker().unwrap().unwrap();
        chain.recover(&worker).await.unwrap();
        let rest = chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
        println!(
            "{} scenes, {} answered after the last kill",
            acknowledged.len(),
            rest.answers.len()
        );
        assert_eq!(rest.without, vec![], "a killed job runs again");
        let mut answers = BTreeMap::new();
        for item in items(&chain, "answers-water").await {
            check_whole(&chain, &item).await;
            let trace = chain.trace("answers-water", &item.id).await.unwrap();
            let last = trace.steps.last().unwrap();
            assert_eq!(
                last.step,
                StepKind::Notify,
                "{} was never told: {trace:#?}",
                item.id
            );
            let n: u64 = item.id.strip_prefix("w-made-").unwrap().parse().unwrap();
            assert!(
                answers.insert(n, item).is_none(),
                "scene {n} is answered twice"
            );
        }
        let scenes: BTreeSet<u64> = visible(&data).await;
        assert!(acknowledged.is_subset(&scenes));
        assert_eq!(answers.keys().copied().collect::<BTreeSet<_>>(), scenes);
        let again = chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
        assert_eq!(again.answers, Vec::<String>::new(), "nothing is left to do");
    });
}
