//! The receiver killed at random instants: what was acknowledged is there, nothing half is visible.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use corridor_transmit::bundle::{
    receiver::{Receiver, ReceiverConfig},
    sender::send_files,
};
use tokio::sync::mpsc;

use crate::rehearsal::{NODE, bytes, file, sender, store};

const DIR_VARIABLE: &str = "CORRIDOR_TEST_RECEIVER_DIR";
const PORT_VARIABLE: &str = "CORRIDOR_TEST_RECEIVER_PORT";

/// Kills during the transfers of one run.
const KILLS: usize = 12;

/// Not a test by itself: the body of the child process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_receiver() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else {
        return;
    };
    let (dir, port) = (PathBuf::from(dir), std::env::var(PORT_VARIABLE).unwrap());
    let (sink, mut files) = mpsc::channel(4);
    let listen = format!("127.0.0.1:{port}").parse().unwrap();
    let node = Receiver::start(ReceiverConfig::new(NODE, listen, dir.join("spool")), sink)
        .await
        .unwrap();
    // Ends by itself should the parent die without killing it.
    let end = tokio::time::sleep(Duration::from_secs(90));
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => break,
            Some(file) = files.recv() => store(file, &dir.join("out")).await,
        }
    }
    node.shutdown().await;
}

fn start(dir: &Path, port: u16) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child_receiver"])
        .env(DIR_VARIABLE, dir)
        .env(PORT_VARIABLE, port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_killed_again_and_again_ends_with_every_file_whole() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let contents: Vec<Vec<u8>> = (0..4)
        .map(|i| bytes(6_000_000 + i * 77_777, i as u64 + 1))
        .collect();
    let to_send: Vec<_> = contents
        .iter()
        .zip(0..)
        .map(|(c, i)| file(dir.path(), &format!("{i}.bin"), c))
        .collect();

    let mut config = sender(([127, 0, 0, 1], port).into());
    config.patience = Duration::from_secs(60);
    let sending = tokio::spawn(send_files(config, to_send, |_, _| {}));
    let began = Instant::now();
    let mut kills = 0;
    let mut child = start(dir.path(), port);
    while kills < KILLS && !sending.is_finished() {
        // Random enough: the digest of the count decides, so a failure repeats.
        let pause_ms = 250 + u64::from(bytes(1, kills as u64 + 100)[0]) * 4;
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        for entry in fs::read_dir(&out).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.starts_with('.') {
                let index: usize = name.trim_end_matches(".bin").parse().unwrap();
                assert!(
                    fs::read(&path).unwrap() == contents[index],
                    "{name} is half a file after kill {kills}"
                );
            }
        }
        child = start(dir.path(), port);
    }
    let report = sending.await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let report = report.unwrap();
    for (index, content) in contents.iter().enumerate() {
        assert!(fs::read(out.join(format!("{index}.bin"))).unwrap() == *content);
    }
    assert_eq!(report.files.len(), contents.len());
    let needed: u64 = contents
        .iter()
        .map(|c| (c.len() as u64).div_ceil(64 << 10))
        .sum();
    println!(
        "{kills} kills in {:.1} s, {} bundles for {needed} parts",
        began.elapsed().as_secs_f64(),
        report.bundles
    );
    assert!(report.bundles >= needed);
    assert!(
        report.bundles < needed * 2,
        "what was on disk is not sent again: {} for {needed}",
        report.bundles
    );
}
