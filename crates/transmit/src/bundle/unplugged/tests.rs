//! Nodes without links: what one makes the other takes, and nothing that was changed on the way.

use super::*;
use crate::bundle::{
    message::{AnswerState, FileHeader, Message, PartHeader, sha256_hex},
    spool::SpoolLimits,
};

const NOW: &str = "2026-08-22T00:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn spool(dir: &std::path::Path) -> Spool {
    Spool::open_unsynced(dir, SpoolLimits::default(), now()).unwrap()
}

fn keys() -> Arc<Keyring> {
    let text = r#"{"keys": [
        {"kty": "oct", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "alg": "HS256",
         "key_ops": ["sign", "verify"]},
        {"kty": "oct", "k": "HxcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAAECAwQFBgc", "alg": "dir", "enc": "A256GCM",
         "key_ops": ["encrypt", "decrypt"]}]}"#;
    Arc::new(Keyring::parse(text, "test").unwrap())
}

/// A file of two parts, as the messages that carry it.
fn messages() -> Vec<Vec<u8>> {
    let content: Vec<u8> = (0..500_u32).map(|i| (i * 7 % 251) as u8).collect();
    let file = FileHeader::new("a.bin", "a/b", 500, &sha256_hex(&content), 300, "{}").unwrap();
    let parts = content.chunks(300).zip(0..).map(|(body, part)| {
        let header = PartHeader {
            file: file.clone(),
            part,
            offset_bytes: u64::from(part) * 300,
            sha256: sha256_hex(body),
        };
        Message::Part(header, Bytes::copy_from_slice(body))
    });
    parts.map(|part| part.encode().unwrap()).collect()
}

fn sending(number: u64, pieces: u32) -> Sending {
    Sending {
        created: now(),
        number,
        lifetime: Duration::from_secs(100 * 365 * 86_400),
        priority: 3,
        pieces,
    }
}

/// Nothing is changed on the way.
fn over(from: &Unplugged, held: &Held, to: &Unplugged) -> Taken {
    from.hand_over(held, to, now(), |data| data).unwrap()
}

/// A bit is changed on the way.
fn flipped(bit: usize) -> impl FnOnce(Bytes) -> Bytes {
    move |data| {
        let mut changed = data.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed.into()
    }
}

/// Bits of a bundle as it leaves its node.
fn bits(from: &Unplugged, held: &Held) -> usize {
    let mut bits = 0;
    // A node that cannot read it refuses it.
    let refused = from.hand_over(held, from, now(), |data| {
        bits = data.len() * 8;
        Bytes::new()
    });
    assert!(matches!(refused.unwrap(), Taken::Refused { .. }));
    bits
}

/// Over a relay, in fragments that come in any order, signed and encrypted: whole, answered, and out of the store.
#[test]
fn a_file_goes_from_node_to_node_and_is_whole() {
    for keys in [None, Some(keys())] {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::new().unwrap();
        let craft = Unplugged::new("ipn:1.0", &["ipn:3.0"], &machine, keys.clone()).unwrap();
        // What only sends on has no keys.
        let relay = Unplugged::new("ipn:2.0", &["ipn:3.0"], &machine, None).unwrap();
        let home = spool(dir.path());
        let home = Unplugged::receiving("ipn:3.0", &[], &machine, keys, home, now()).unwrap();
        let mut held = Vec::new();
        for (message, number) in messages().iter().zip(0..) {
            let pieces = craft.send(home.service(), message, &sending(number, 4));
            held.extend(pieces.unwrap());
        }
        assert_eq!(held.len(), 8);
        assert!(held.iter().all(|h| h.is_fragment && h.priority == 3));
        held.reverse();
        let (mut waiting, mut answers, mut files) = (0, Vec::new(), Vec::new());
        for one in &held {
            let Taken::Onward(on) = over(&craft, one, &relay) else {
                panic!("it goes on")
            };
            assert_eq!((&on.to, on.priority), (&home.own, 3));
            let before = on.bundle.previous_node();
            assert_eq!(before.unwrap().to_string(), "ipn:1.0", "hardy's block");
            assert!(
                craft.hand_over(one, &relay, now(), |data| data).is_err(),
                "it is the relay's"
            );
            match over(&relay, &on, &home) {
                Taken::Fragment => waiting += 1,
                Taken::Here {
                    answers: a,
                    files: f,
                } => {
                    answers.extend(a);
                    files.extend(f);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((waiting, files.len()), (6, 1));
        let states: Vec<&AnswerState> = answers.iter().map(|a| &a.state).collect();
        assert_eq!(
            states,
            [
                &AnswerState::Kept { part: 1 },
                &AnswerState::Kept { part: 0 },
                &AnswerState::Whole {}
            ]
        );
        assert_eq!(files[0].source, craft.service().to_string());
        let content = std::fs::read(&files[0].path).unwrap();
        assert_eq!((files[0].name.as_str(), content.len()), ("a.bin", 500));
        let stored = home.accept(&answers[0].transfer).unwrap();
        assert_eq!(stored[0].state, AnswerState::Stored {});
    }
}

/// Every single bit of a bundle, changed: refused, by its CRC or because nothing canonical is left.
#[test]
fn no_changed_bit_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let machine = Machine::new().unwrap();
    let craft = Unplugged::new("ipn:1.0", &["ipn:3.0"], &machine, None).unwrap();
    let home = spool(dir.path());
    let home = Unplugged::receiving("ipn:3.0", &[], &machine, None, home, now()).unwrap();
    let held = craft.send(home.service(), &messages()[1], &sending(0, 1));
    let held = &held.unwrap()[0];
    let bits = bits(&craft, held);
    for bit in 0..bits {
        let taken = craft.hand_over(held, &home, now(), flipped(bit)).unwrap();
        let Taken::Refused { reason, .. } = taken else {
            panic!("bit {bit} of {bits}: {taken:?}")
        };
        assert!(reason.starts_with("RFC 9171"), "bit {bit}: {reason}");
    }
    assert!(matches!(over(&craft, held, &home), Taken::Here { .. }));
}

/// The agents' own clock is the machine's; what is rehearsed may be long past on it or to come.
#[test]
fn any_days_can_be_rehearsed() {
    let dir = tempfile::tempdir().unwrap();
    let machine = Machine::new().unwrap();
    let craft = Unplugged::new("ipn:1.0", &["ipn:3.0"], &machine, None).unwrap();
    let home = spool(dir.path());
    let home = Unplugged::receiving("ipn:3.0", &[], &machine, None, home, now()).unwrap();
    let days = [
        "1999-12-31T00:00:00Z",
        "2001-02-03T04:05:06Z",
        "2150-01-01T00:00:00Z",
    ];
    for day in days {
        let sending = Sending {
            created: day.parse().unwrap(),
            ..sending(0, 1)
        };
        let held = craft.send(home.service(), &messages()[1], &sending);
        let taken = over(&craft, &held.unwrap()[0], &home);
        assert!(matches!(taken, Taken::Here { .. }), "{day}: {taken:?}");
    }
    // And what does expire, does so by that clock.
    let past = Sending {
        created: "2001-02-03T04:05:06Z".parse().unwrap(),
        lifetime: Duration::from_secs(60),
        ..sending(1, 1)
    };
    let gone = craft.send(home.service(), &messages()[0], &past);
    assert!(gone.is_err(), "{gone:?}");
}

/// A bundle that went down with its node is nobody's.
#[test]
fn what_is_forgotten_is_gone() {
    let machine = Machine::new().unwrap();
    let craft = Unplugged::new("ipn:1.0", &["ipn:3.0"], &machine, None).unwrap();
    let relay = Unplugged::new("ipn:2.0", &["ipn:3.0"], &machine, None).unwrap();
    let to = service_at("to", "ipn:3.0").unwrap();
    let held = craft.send(&to, &messages()[1], &sending(0, 1)).unwrap();
    craft.forget(&held[0]).unwrap();
    assert!(craft.forget(&held[0]).is_err());
    let gone = craft.hand_over(&held[0], &relay, now(), |data| data);
    assert!(gone.is_err(), "{gone:?}");
}

/// A bundle that another than its source signed, or nobody, is not taken where there is a key.
#[test]
fn what_is_not_protected_is_refused_where_it_must_be() {
    let dir = tempfile::tempdir().unwrap();
    let machine = Machine::new().unwrap();
    let craft = Unplugged::new("ipn:1.0", &["ipn:3.0"], &machine, None).unwrap();
    let home = spool(dir.path());
    let home = Unplugged::receiving("ipn:3.0", &[], &machine, Some(keys()), home, now()).unwrap();
    let held = craft.send(home.service(), &messages()[0], &sending(0, 1));
    let Taken::Unopened { reason, .. } = over(&craft, &held.unwrap()[0], &home) else {
        panic!("it is not signed")
    };
    assert!(reason.contains("RFC 9172"), "{reason}");
}

/// A protected payload has no CRC: what changed it on the way goes on, and is refused where there is a key. Only
/// the flags of the security blocks are under nobody's check; the payload is the one that was sent even so.
#[test]
fn what_is_changed_on_the_way_and_protected_is_refused_at_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let machine = Machine::new().unwrap();
    let craft = Unplugged::new("ipn:1.0", &["ipn:3.0"], &machine, Some(keys())).unwrap();
    let relay = Unplugged::new("ipn:2.0", &["ipn:3.0"], &machine, None).unwrap();
    let home = spool(dir.path());
    let home = Unplugged::receiving("ipn:3.0", &[], &machine, Some(keys()), home, now()).unwrap();
    let made = |number| {
        let held = craft.send(home.service(), &messages()[1], &sending(number, 1));
        held.unwrap().remove(0)
    };
    let bits = bits(&craft, &made(0));
    let (mut passed, mut opened) = (0, 0);
    for bit in 0..bits {
        // Each time another: an agent takes a bundle once.
        let held = made(bit as u64 + 1_000);
        let taken = craft.hand_over(&held, &relay, now(), flipped(bit));
        let Taken::Onward(on) = taken.unwrap() else {
            continue;
        };
        passed += 1;
        match over(&relay, &on, &home) {
            Taken::Unopened { .. } | Taken::Refused { .. } => {}
            // A part is kept only with the digest in it.
            Taken::Here { answers, .. } => {
                assert_eq!(answers[0].state, AnswerState::Kept { part: 1 });
                opened += 1;
            }
            other => panic!("bit {bit} of {bits}: {other:?}"),
        }
    }
    println!("of {bits} changes {passed} went past a relay and {opened} were opened");
    assert!(passed > 1_000, "or the CRC was there after all");
    assert!(opened <= 16, "{opened}");
    let whole = over(&craft, &made(1), &relay);
    let Taken::Onward(whole) = whole else {
        panic!("{whole:?}")
    };
    assert!(matches!(over(&relay, &whole, &home), Taken::Here { .. }));
}
