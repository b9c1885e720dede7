//! Files carried between real `corridor` processes: killed at random instants, on a full disk, by a contact
//! plan, with keys, by CFDP.

use crate::program::{Program, Ran, Running};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Kills of sender and receiver in one run.
const KILLS: usize = 50;

/// SplitMix64: the same instants every time, as far as two processes can be the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    (0..len.div_ceil(8))
        .flat_map(|_| random.next().to_le_bytes())
        .take(len)
        .collect()
}

fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn free_udp_port() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().into()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Whole files in a folder, by name.
fn stored(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        if path.is_file() && !name.starts_with('.') {
            found.insert(name, digest(&fs::read(&path).unwrap()));
        }
    }
    found
}

/// Starts the program with everything it says collected.
fn start(program: &Program, arguments: &[String]) -> (Running, Arc<Mutex<Vec<String>>>) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut running = program.start(&arguments);
    let lines = collect(&mut running);
    (running, lines)
}

fn collect(running: &mut Running) -> Arc<Mutex<Vec<String>>> {
    let said = Arc::new(Mutex::new(Vec::new()));
    let lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
    let into = said.clone();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            into.lock().unwrap().push(line);
        }
    });
    said
}

fn run(program: &Program, arguments: &[String]) -> Ran {
    program.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

#[test]
fn fifty_kills_of_sender_and_receiver_lose_no_accepted_file() {
    let program = Program::new();
    let desk = program.desk();
    let into = desk.join("into");
    let address = free_port();
    let receive = [
        words(&["transmit", "receive", "--format", "json", "--listen"]),
        vec![address.to_string(), "--into".into(), text(&into)],
    ]
    .concat();
    let send = |batch: &[PathBuf]| -> Vec<String> {
        [
            words(&["transmit", "send", "--format", "json", "--part", "32768"]),
            words(&["--patience", "120", "--to", &address.to_string()]),
            batch.iter().map(|p| text(p)).collect(),
        ]
        .concat()
    };
    let mut random = Random(20_260_807);
    let mut expected = BTreeMap::new();
    let mut batch_of = |number: usize| -> Vec<PathBuf> {
        (0..4)
            .map(|i| {
                let name = format!("{number}-{i}.bin");
                let bytes = noise(700_000 + i * 51_111, (number * 10 + i) as u64);
                expected.insert(name.clone(), digest(&bytes));
                program.file(&name, bytes)
            })
            .collect()
    };
    let began = Instant::now();
    let (mut receiver, _) = start(&program, &receive);
    let (mut batches, mut accepted) = (0, 0);
    let mut batch = batch_of(0);
    let (mut sender, _) = start(&program, &send(&batch));
    let (mut of_sender, mut of_receiver) = (0, 0);
    while of_sender + of_receiver < KILLS {
        std::thread::sleep(Duration::from_millis(60 + random.next() % 700));
        if let Some(status) = sender.child.try_wait().unwrap() {
            // All of it was accepted: go on with more.
            assert!(status.success(), "a sender gave up: {status}");
            accepted += batch.len();
            batches += 1;
            batch = batch_of(batches);
            sender = start(&program, &send(&batch)).0;
            continue;
        }
        if random.next().is_multiple_of(2) {
            sender.kill();
            of_sender += 1;
            sender = start(&program, &send(&batch)).0;
        } else {
            receiver.kill();
            of_receiver += 1;
            receiver = start(&program, &receive).0;
        }
    }
    sender.kill();
    let ran = run(&program, &send(&batch)).ok();
    assert_eq!(ran.json()["files"].as_array().unwrap().len(), batch.len());
    accepted += batch.len();
    receiver.kill();
    assert_eq!(
        stored(&into),
        expected,
        "every file once, whole, and no other"
    );
    println!(
        "{of_sender} kills of the sender, {of_receiver} of the receiver, {accepted} files, {:.0} s",
        began.elapsed().as_secs_f64()
    );
}

/// Where a receiver runs on a disk of its own, 6 MB; `None` (with a word) where that may not be.
fn on_small_disk(desk: &Path, address: SocketAddr) -> Option<(Running, PathBuf)> {
    let disk = desk.join("disk");
    fs::create_dir_all(&disk).unwrap();
    let mount = format!(
        "mount -t tmpfs -o size=6m tmpfs '{0}' && head -c 5000000 /dev/zero > '{0}/filler' && exec \"$@\"",
        disk.display()
    );
    let mut command = Command::new("unshare");
    command
        .args([
            "-rm",
            "sh",
            "-c",
            &mount,
            "sh",
            env!("CARGO_BIN_EXE_corridor"),
        ])
        .args(["transmit", "receive", "--format", "json", "--listen"])
        .args([&address.to_string(), "--into", &text(&disk.join("into"))])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    std::thread::sleep(Duration::from_millis(500));
    if child.try_wait().unwrap().is_some() {
        println!("skipped: no file system may be mounted here");
        return None;
    }
    let seen = PathBuf::from(format!("/proc/{}/root", child.id()));
    let seen = seen.join(disk.strip_prefix("/").unwrap());
    Some((Running { child }, seen))
}

#[test]
fn a_full_disk_holds_the_sender_back_and_goes_on_when_there_is_room() {
    let program = Program::new();
    let (desk, address) = (program.desk(), free_port());
    let Some((mut receiver, disk)) = on_small_disk(&desk, address) else {
        return;
    };
    let said = collect(&mut receiver);
    let bytes = noise(1_500_000, 4);
    let file = program.file("scene.bin", &bytes);
    let to = address.to_string();
    let send = words(&[
        "transmit",
        "send",
        "--part",
        "65536",
        "--patience",
        "60",
        "--to",
        &to,
    ]);
    let (mut sender, _) = start(&program, &[send, vec![text(&file)]].concat());
    let deadline = Instant::now() + Duration::from_secs(30);
    while !said
        .lock()
        .unwrap()
        .iter()
        .any(|l| l.contains("No space left"))
    {
        assert!(Instant::now() < deadline, "{:?}", said.lock().unwrap());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(receiver.child.try_wait().unwrap().is_none(), "it goes on");
    assert!(sender.child.try_wait().unwrap().is_none(), "it waits");
    assert!(
        stored(&disk.join("into")).is_empty(),
        "nothing half is there"
    );
    fs::remove_file(disk.join("filler")).unwrap();
    assert!(sender.child.wait().unwrap().success());
    assert_eq!(stored(&disk.join("into"))["scene.bin"], digest(&bytes));
}

/// A plan of two nodes from seconds from now, at 1 MB/s.
fn plan(windows: &[(i64, i64)]) -> String {
    let contacts: Vec<String> = windows
        .iter()
        .flat_map(|(start, end)| {
            [("ipn:1.0", "ipn:2.0"), ("ipn:2.0", "ipn:1.0")].map(|(from, to)| {
                format!(
                    r#"{{"from":"{from}","to":"{to}","start_s":{start},"end_s":{end},"rate_bit_s":8e6,"owlt_s":0}}"#
                )
            })
        })
        .collect();
    format!(
        r#"{{"epoch":"{}","nodes":[],"contacts":[{}]}}"#,
        jiff::Timestamp::now(),
        contacts.join(",")
    )
}

const KEYS: &str = r#"{"keys":[
    {"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","alg":"HS256","key_ops":["sign","verify"]},
    {"kty":"oct","k":"cXdlcnR5dWlvcGFzZGZnaHF3ZXJ0eXVpb3Bhc2RmZ2g","alg":"dir","enc":"A256GCM","key_ops":["encrypt","decrypt"]}]}"#;

#[test]
fn a_plan_and_keys_from_the_command_line() {
    let program = Program::new();
    let into = program.desk().join("into");
    let keys = text(&program.file("keys.json", KEYS));
    let other = KEYS.replace("AAECAwQF", "BBECAwQF");
    let other = text(&program.file("other.json", other));
    let bytes = noise(300_000, 9);
    let file = text(&program.file("scene.bin", &bytes));
    let began = Instant::now();
    let plan = text(&program.file("plan.json", plan(&[(4, 60)])));
    let address = free_port().to_string();
    let receive = [
        words(&[
            "transmit", "receive", "--format", "json", "--node", "ipn:2.0",
        ]),
        words(&["--plan", &plan, "--keys", &keys, "--listen", &address]),
        vec!["--into".into(), text(&into)],
    ]
    .concat();
    let (_receiver, said) = start(&program, &receive);
    let send = |keys: &str, patience: &str| {
        [
            words(&["transmit", "send", "--node", "ipn:1.0", "--peer", "ipn:2.0"]),
            words(&["--to", &address, "--plan", &plan, "--keys", keys]),
            words(&["--patience", patience, "--fragment", "20000", &file]),
        ]
        .concat()
    };
    run(&program, &send(&keys, "30")).ok();
    assert!(
        began.elapsed() >= Duration::from_secs(4),
        "it waited for the contact"
    );
    assert_eq!(stored(&into)["scene.bin"], digest(&bytes));
    run(&program, &send(&other, "2")).refused(1, &["no progress"]);
    let said = said.lock().unwrap().join("\n");
    assert!(said.contains("RFC 9172 §3.7"), "the reason is said: {said}");
    // What cannot be is said before anything is sent.
    run(&program, &send(&text(&program.file("bad.json", "{}")), "2"))
        .refused(1, &["bad.json", "not a JWK set"]);
    let wrong = words(&[
        "transmit",
        "send",
        "--neighbor",
        "nowhere",
        "--plan",
        &plan,
        &file,
    ]);
    run(&program, &wrong).refused(2, &["NODE=HOST:PORT"]);
}

#[test]
fn cfdp_both_classes_and_over_a_pass_that_ends() {
    let program = Program::new();
    let desk = program.desk();
    let bytes = noise(800_000, 3);
    let file = text(&program.file("image.bin", &bytes));
    // Class 1 as a file of units.
    let units = text(&desk.join("units"));
    let send = words(&[
        "transmit", "cfdp", "send", &file, "--class", "1", "--out", &units,
    ]);
    run(&program, &send).ok();
    let one = desk.join("one");
    let receive = words(&[
        "transmit", "cfdp", "receive", "--in", &units, "--format", "json", "--into",
    ]);
    let ran = run(&program, &[receive.clone(), vec![text(&one)]].concat()).ok();
    assert_eq!(ran.json()["sha256"], digest(&bytes));
    assert_eq!(stored(&one.join("files"))["image.bin"], digest(&bytes));
    // A unit lost: nothing is passed off as whole.
    let all = fs::read(&units).unwrap();
    let torn = [&all[..100_000], &all[102_000..]].concat();
    let torn_units = text(&program.file("torn", torn));
    let receive = words(&["transmit", "cfdp", "receive", "--in", &torn_units, "--into"]);
    let two = desk.join("two");
    let ran = run(&program, &[receive, vec![text(&two)]].concat());
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(stored(&two.join("files")).is_empty());
    // Class 2 over two passes of 2 s, 1.5 s apart; the first carries about half.
    let windows = [(1, 3), (5, 30)];
    let began = Instant::now();
    let plan = text(&program.file("plan.json", plan(&windows)));
    let address = free_udp_port().to_string();
    let three = desk.join("three");
    let receive = [
        words(&[
            "transmit", "cfdp", "receive", "--listen", &address, "--files", "1", "--format", "json",
        ]),
        words(&["--nak", "0.5", "--plan", &plan, "--from-node", "ipn:2.0"]),
        words(&["--to-node", "ipn:1.0", "--into", &text(&three)]),
    ]
    .concat();
    let (mut receiver, said) = start(&program, &receive);
    while said.lock().unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let send = [
        words(&[
            "transmit", "cfdp", "send", &file, "--to", &address, "--rate", "2e6",
        ]),
        words(&["--ack", "0.5", "--plan", &plan]),
        words(&["--from-node", "ipn:1.0", "--to-node", "ipn:2.0"]),
    ]
    .concat();
    run(&program, &send).ok();
    assert!(
        began.elapsed() >= Duration::from_secs(5),
        "it went on in the second pass"
    );
    assert!(receiver.child.wait().unwrap().success());
    assert_eq!(stored(&three.join("files"))["image.bin"], digest(&bytes));
}
