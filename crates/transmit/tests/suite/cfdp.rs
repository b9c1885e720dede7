//! Files over links that lose, double and reorder, over passes that end in the middle, and over kills: all
//! from a seed, without a clock.

use corridor_transmit::cfdp::checksum::Checksum;
use corridor_transmit::cfdp::pdu::{Body, Condition, FileStatus, decode};
use corridor_transmit::cfdp::receiver::{Event, ReceiveFault, Receiver};
use corridor_transmit::cfdp::sender::{Request, Sender, Status};
use corridor_transmit::cfdp::{Class, OnFault, Settings, TransactionId};
use proptest::prelude::*;
use std::io::Cursor;
use std::path::Path;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn percent(&mut self, p: u64) -> bool {
        self.next() % 100 < p
    }
}

/// One direction: units with the time they arrive.
struct Link {
    loss: u64,
    double: u64,
    delay_ms: u64,
    jitter_ms: u64,
    up: bool,
    flying: Vec<(u64, Vec<u8>)>,
    carried: u64,
}

impl Link {
    fn send(&mut self, unit: Vec<u8>, now_ms: u64, random: &mut Random) {
        self.carried += 1;
        for _ in 0..1 + u64::from(random.percent(self.double)) {
            if self.up && !random.percent(self.loss) {
                let at = now_ms + self.delay_ms + random.next() % (self.jitter_ms + 1);
                self.flying.push((at, unit.clone()));
            }
        }
    }

    fn arrived(&mut self, now_ms: u64) -> Vec<Vec<u8>> {
        self.flying.sort_by_key(|(at, _)| *at);
        let due = self.flying.partition_point(|(at, _)| *at <= now_ms);
        self.flying.drain(..due).map(|(_, unit)| unit).collect()
    }
}

fn link(loss: u64, double: u64, jitter_ms: u64) -> Link {
    Link {
        loss,
        double,
        delay_ms: 250,
        jitter_ms,
        up: true,
        flying: vec![],
        carried: 0,
    }
}

fn file(len: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    (0..len).map(|_| random.next() as u8).collect()
}

fn request(class: Class, checksum: Checksum) -> Request {
    Request {
        id: TransactionId {
            source: 3,
            number: 41,
        },
        destination: 900,
        class,
        closure: false,
        checksum,
        source_name: "/store/scene.tif".into(),
        destination_name: "scene.tif".into(),
    }
}

struct World {
    now_ms: u64,
    random: Random,
    forth: Link,
    back: Link,
    events: Vec<Event>,
}

impl World {
    fn new(seed: u64, forth: Link, back: Link) -> Self {
        Self {
            now_ms: 0,
            random: Random(seed),
            forth,
            back,
            events: vec![],
        }
    }

    /// A step of 20 ms, in which the link carries ten units a direction.
    fn step(&mut self, sender: &mut Sender<Cursor<Vec<u8>>>, receiver: &mut Receiver) {
        self.now_ms += 20;
        for _ in 0..10 {
            if let Some(unit) = sender.poll(self.now_ms).unwrap() {
                self.forth.send(unit, self.now_ms, &mut self.random);
            }
            if let Some(unit) = receiver.poll(self.now_ms).unwrap() {
                self.back.send(unit, self.now_ms, &mut self.random);
            }
        }
        for unit in self.forth.arrived(self.now_ms) {
            receiver.receive(&unit, self.now_ms).unwrap();
        }
        for unit in self.back.arrived(self.now_ms) {
            sender.receive(&decode(&unit).unwrap(), self.now_ms);
        }
        self.events.extend(std::iter::from_fn(|| receiver.event()));
    }

    fn run(
        &mut self,
        sender: &mut Sender<Cursor<Vec<u8>>>,
        receiver: &mut Receiver,
        until_ms: u64,
    ) {
        while self.now_ms < until_ms && !matches!(sender.status(), Status::Done { .. }) {
            self.step(sender, receiver);
        }
    }
}

const KEPT: Status = Status::Done {
    condition: Condition::NoError,
    file: FileStatus::Retained,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Class 2 over a link that loses up to 30 %, doubles and reorders: whole, once, and the sender knows.
    #[test]
    fn files_come_whole_over_bad_links(
        seed: u64, len in 0_usize..60_000, loss in 0_u64..30, double in 0_u64..20, jitter in 0_u64..400, crc: bool, kind in 0_u8..4,
    ) {
        let checksum = [Checksum::Modular, Checksum::Crc32C, Checksum::Crc32, Checksum::Null][usize::from(kind)];
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { pdu_len_max: 300, crc, ack_limit: 60, nak_limit: 60, ..Settings::default() };
        let bytes = file(len, seed);
        let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
        let mut sender = Sender::new(request(Class::Acknowledged, checksum), Cursor::new(bytes.clone()), settings, 0).unwrap();
        let mut world = World::new(seed, link(loss, double, jitter), link(loss, double, jitter));
        world.run(&mut sender, &mut receiver, 3_600_000);
        prop_assert_eq!(sender.status(), KEPT);
        prop_assert_eq!(&world.events, &[Event::Whole { id: sender_id(), file: "scene.tif".into(), size: len as u64 }]);
        prop_assert_eq!(std::fs::read(receiver.files().join("scene.tif")).unwrap(), bytes);
    }

    /// A receiver that is killed at any moment, several times, loses nothing and gets the file once.
    #[test]
    fn kills_of_the_receiver_lose_nothing(seed: u64, len in 1_usize..60_000) {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { pdu_len_max: 300, ack_limit: 60, nak_limit: 60, ..Settings::default() };
        let bytes = file(len, seed);
        let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
        let mut sender = Sender::new(request(Class::Acknowledged, Checksum::Crc32C), Cursor::new(bytes.clone()), settings.clone(), 0).unwrap();
        let mut world = World::new(seed, link(10, 5, 100), link(10, 5, 100));
        for _ in 0..12 {
            for _ in 0..world.random.next() % 60 {
                world.step(&mut sender, &mut receiver);
            }
            drop(receiver);
            receiver = Receiver::open(900, folder.path(), settings.clone(), world.now_ms).unwrap();
        }
        world.run(&mut sender, &mut receiver, 3_600_000);
        prop_assert_eq!(sender.status(), KEPT);
        prop_assert_eq!(std::fs::read(receiver.files().join("scene.tif")).unwrap(), bytes);
        prop_assert_eq!(std::fs::read_dir(receiver.files()).unwrap().count(), 1);
        prop_assert_eq!(world.events.len(), 1);
    }
}

fn sender_id() -> TransactionId {
    request(Class::Acknowledged, Checksum::Null).id
}

#[test]
fn the_same_seed_replays_the_same_transfer() {
    let run = || {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            pdu_len_max: 200,
            ..Settings::default()
        };
        let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
        let bytes = Cursor::new(file(30_000, 5));
        let mut sender = Sender::new(
            request(Class::Acknowledged, Checksum::Crc32C),
            bytes,
            settings,
            0,
        )
        .unwrap();
        let mut world = World::new(9, link(20, 10, 300), link(20, 10, 300));
        world.run(&mut sender, &mut receiver, 3_600_000);
        (world.now_ms, world.forth.carried, world.back.carried)
    };
    assert_eq!(run(), run());
}

/// The pass ends in the middle of the file; eleven hours later the next one brings only what is missing.
#[test]
fn a_transfer_goes_on_in_the_next_pass() {
    let folder = tempfile::tempdir().unwrap();
    // Timers and limits far shorter than the time between the passes: they must stand still.
    let settings = Settings {
        pdu_len_max: 1000,
        ack_limit: 3,
        nak_limit: 3,
        inactivity_ms: 60_000,
        ..Settings::default()
    };
    let bytes = file(400_000, 3);
    let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
    let mut sender = Sender::new(
        request(Class::Acknowledged, Checksum::Crc32C),
        Cursor::new(bytes.clone()),
        settings.clone(),
        0,
    )
    .unwrap();
    let mut world = World::new(1, link(2, 0, 0), link(2, 0, 0));
    world.run(&mut sender, &mut receiver, 500);
    let before = world.forth.carried;
    assert!(
        before > 200 && matches!(sender.status(), Status::Active),
        "{before} units"
    );
    sender.suspend(world.now_ms);
    receiver.suspend(world.now_ms).unwrap();
    assert_eq!(sender.poll(world.now_ms + 1).unwrap(), None);
    // What was under way when the link went down is lost, and the ground station is restarted meanwhile.
    world.forth.flying.clear();
    world.back.flying.clear();
    drop(receiver);
    world.now_ms += 11 * 3_600_000;
    receiver = Receiver::open(900, folder.path(), settings, world.now_ms).unwrap();
    assert_eq!(
        receiver.poll(world.now_ms).unwrap(),
        None,
        "nothing is said before the pass"
    );
    sender.resume(world.now_ms);
    receiver.resume(world.now_ms);
    let until = world.now_ms + 600_000;
    world.run(&mut sender, &mut receiver, until);
    assert_eq!(sender.status(), KEPT);
    assert_eq!(
        std::fs::read(receiver.files().join("scene.tif")).unwrap(),
        bytes
    );
    // 412 units hold the file; losses and what flew when the link went down are repeated, no more.
    let all = world.forth.carried;
    assert!(all < 412 + 250 + 80, "{all} units for 412");
}

#[test]
fn missing_stretches_are_asked_for_in_units_of_the_allowed_size() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        pdu_len_max: 100,
        ..Settings::default()
    };
    let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
    let mut sender = Sender::new(
        request(Class::Acknowledged, Checksum::Modular),
        Cursor::new(file(20_000, 1)),
        settings,
        0,
    )
    .unwrap();
    let mut n = 0;
    while let Some(unit) = sender.poll(0).unwrap() {
        n += 1;
        assert!(unit.len() <= 100);
        // Every other unit of data is lost, and the metadata.
        if n % 2 == 0 || matches!(decode(&unit).unwrap().body, Body::Eof(_)) {
            receiver.receive(&unit, 0).unwrap();
        }
    }
    let mut asked = Vec::new();
    let mut scopes = Vec::new();
    while let Some(unit) = receiver.poll(0).unwrap() {
        assert!(unit.len() <= 100, "{}", unit.len());
        if let Body::Nak { from, to, requests } = decode(&unit).unwrap().body {
            scopes.push((from, to));
            asked.extend(requests);
        }
    }
    assert_eq!(asked[0], (0, 0), "the metadata");
    assert!(scopes.len() > 10, "{} lists", scopes.len());
    assert!(
        scopes.windows(2).all(|w| w[0].1 == w[1].0) && scopes[0].0 == 0,
        "{scopes:?}"
    );
    assert_eq!(scopes.last().unwrap().1, 20_000);
    assert!(asked[1..].windows(2).all(|w| w[0].1 < w[1].0));
}

#[test]
fn class_1_ends_with_the_file_or_says_that_it_is_not_whole() {
    for (loss, closure) in [(0, true), (0, false), (40, true), (40, false)] {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            pdu_len_max: 200,
            ..Settings::default()
        };
        let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
        let asked = Request {
            closure,
            ..request(Class::Unacknowledged, Checksum::Crc32C)
        };
        let mut sender = Sender::new(asked, Cursor::new(file(8_000, 2)), settings, 0).unwrap();
        let mut world = World::new(12, link(loss, 0, 0), link(0, 0, 0));
        while world.now_ms < 120_000 {
            world.step(&mut sender, &mut receiver);
        }
        let whole = world
            .events
            .iter()
            .any(|e| matches!(e, Event::Whole { .. }));
        assert_eq!(whole, loss == 0, "{loss} {closure}: {:?}", world.events);
        if loss > 0 {
            let failed = Event::Failed {
                id: sender_id(),
                condition: Condition::CheckLimit,
            };
            assert!(world.events.contains(&failed), "{:?}", world.events);
        }
        if closure && loss == 0 {
            assert_eq!(sender.status(), KEPT);
        }
    }
}

fn deliver(units: &[Vec<u8>], receiver: &mut Receiver) -> Vec<Result<(), ReceiveFault>> {
    units.iter().map(|u| receiver.receive(u, 0)).collect()
}

fn all_units(sender: &mut Sender<Cursor<Vec<u8>>>) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| sender.poll(0).unwrap()).collect()
}

#[test]
fn faults_end_or_suspend_as_their_handler_says() {
    // A file whose bytes changed on the way although each unit is right: the checksum tells.
    for (handler, suspended) in [(None, false), (Some(OnFault::Suspend), true)] {
        let folder = tempfile::tempdir().unwrap();
        let on_fault = handler
            .map(|h| (Condition::FileChecksumFailure, h))
            .into_iter()
            .collect();
        let settings = Settings {
            crc: false,
            on_fault,
            ..Settings::default()
        };
        let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
        let mut sender = Sender::new(
            request(Class::Acknowledged, Checksum::Crc32C),
            Cursor::new(file(500, 2)),
            settings,
            0,
        )
        .unwrap();
        let mut units = all_units(&mut sender);
        let last = units[1].len() - 1;
        units[1][last] ^= 1;
        deliver(&units, &mut receiver);
        let id = sender_id();
        let condition = Condition::FileChecksumFailure;
        let right = if suspended {
            Event::Suspended { id, condition }
        } else {
            Event::Failed { id, condition }
        };
        assert_eq!(receiver.event(), Some(right));
        assert_eq!(std::fs::read_dir(receiver.files()).unwrap().count(), 0);
    }
    // Silence.
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        inactivity_ms: 5000,
        ..Settings::default()
    };
    let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
    let mut sender = Sender::new(
        request(Class::Acknowledged, Checksum::Null),
        Cursor::new(file(5000, 2)),
        settings,
        0,
    )
    .unwrap();
    let units = all_units(&mut sender);
    deliver(&units[..2], &mut receiver);
    assert_eq!(receiver.wake_ms(), Some(5000));
    receiver.poll(5000).unwrap();
    let right = Event::Failed {
        id: sender_id(),
        condition: Condition::InactivityDetected,
    };
    assert_eq!(receiver.event(), Some(right));
}

#[test]
fn bad_units_and_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    let mut receiver = Receiver::open(901, folder.path(), settings.clone(), 0).unwrap();
    let mut sender = Sender::new(
        request(Class::Acknowledged, Checksum::Null),
        Cursor::new(vec![1]),
        settings.clone(),
        0,
    )
    .unwrap();
    let unit = sender.poll(0).unwrap().unwrap();
    assert!(matches!(
        receiver.receive(&unit, 0),
        Err(ReceiveFault::Entity(900, 901))
    ));
    assert!(matches!(
        receiver.receive(&unit[..9], 0),
        Err(ReceiveFault::Pdu(_))
    ));
    for name in ["..", "a/../.hidden", ""] {
        let folder = tempfile::tempdir().unwrap();
        let mut receiver = Receiver::open(900, folder.path(), settings.clone(), 0).unwrap();
        let asked = Request {
            destination_name: name.into(),
            ..request(Class::Acknowledged, Checksum::Null)
        };
        let mut sender = Sender::new(asked, Cursor::new(vec![1]), settings.clone(), 0).unwrap();
        deliver(&all_units(&mut sender), &mut receiver);
        let right = Event::Failed {
            id: sender_id(),
            condition: Condition::FilestoreRejection,
        };
        assert_eq!(receiver.event(), Some(right), "{name:?}");
        assert!(!Path::new(&folder.path().join("files").join(name)).is_file());
    }
    assert!(
        Sender::new(
            request(Class::Acknowledged, Checksum::Null),
            Cursor::new(vec![1]),
            Settings {
                pdu_len_max: 12,
                ..settings
            },
            0
        )
        .is_err()
    );
}
