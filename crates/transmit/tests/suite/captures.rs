//! Real captures give the counts that independent programs found in them.

use crate::real_data;
use corridor_transmit::decode::{Capture, Report};
use corridor_transmit::frame::detect::Known;
use corridor_transmit::frame::sync::Strictness;
use corridor_transmit::packet::header::{HEADER_LEN, Segment};
use corridor_transmit::packet::merge::{Merged, Merger, Policy};
use corridor_transmit::packet::time::cds_8_us;
use serde_json::Value;
use std::path::Path;

fn decode(bytes: &[u8], piece: usize) -> Report {
    let mut capture = Capture::new(Known::default(), Strictness::default());
    for piece in bytes.chunks(piece) {
        capture.push(piece, |_| {}).unwrap();
    }
    capture.finish(|_| {}).unwrap()
}

/// Everything expected is there; maps from numbers have no other keys.
fn compare(place: &str, expected: &Value, found: &Value) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let numbers = |k: &String| k.starts_with(|c: char| c.is_ascii_digit());
            if expected.keys().any(numbers) || expected.is_empty() {
                let keys =
                    |o: &serde_json::Map<String, Value>| o.keys().cloned().collect::<Vec<_>>();
                assert_eq!(keys(expected), keys(found), "{place}");
            }
            for (key, value) in expected {
                let place = format!("{place}.{key}");
                compare(&place, value, found.get(key).unwrap_or(&Value::Null));
            }
        }
        _ => assert_eq!(expected, found, "{place}"),
    }
}

fn check(file: &str) {
    let Some(path) = real_data::file(&format!("transmit/ccsds/{file}")) else {
        return;
    };
    let name = Path::new(file)
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let expected = real_data::file(&format!("transmit/ccsds/expected/{name}.json")).unwrap();
    let mut expected: Value = serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap();
    for other in ["file", "bytes", "sha256", "tool", "py_seconds"] {
        expected.as_object_mut().unwrap().remove(other);
    }
    let bytes = std::fs::read(path).unwrap();
    for piece in [bytes.len(), 4096, 997] {
        let found = serde_json::to_value(decode(&bytes, piece)).unwrap();
        compare(file, &expected, &found);
    }
}

#[test]
fn captures_of_frames_give_the_expected_counts() {
    for file in [
        "cadu/npp.20241206T173815.dat",
        "cadu/aqua.20241206T175646.dat",
        "cadu/metopb.20241206T152751.dat",
        "snpp_synchronized_cadus.dat",
        "snpp_7cadus_2vcids.dat",
    ] {
        check(file);
    }
}

#[test]
fn files_of_packets_give_the_expected_counts() {
    for file in [
        "viirs_packets.dat",
        "viirs_merge1.dat",
        "viirs_merge2.dat",
        "J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1",
        "CYGNSS_F7_L0_2022_086_10_15_V01_F__first101pkts.tlm",
        "europa_clipper_ecm_raw2.bin",
    ] {
        check(file);
    }
}

fn merge(policy: Policy) -> Option<Merged> {
    let mut merger = Merger::new(policy);
    for (i, file) in ["viirs_merge1.dat", "viirs_merge2.dat"].iter().enumerate() {
        let path = real_data::file(&format!("transmit/ccsds/{file}"))?;
        if i > 0 {
            merger.next_copy();
        }
        let mut capture = Capture::new(Known::default(), Strictness::default());
        let mut add = |packet: corridor_transmit::decode::Packet<'_>| {
            let header = packet.header.unwrap();
            let starts = matches!(header.segment, Segment::First | Segment::Whole);
            let time = (starts && header.secondary).then(|| cds_8_us(&packet.bytes[HEADER_LEN..]));
            merger.add(&header, packet.bytes, time.flatten()).unwrap();
        };
        capture
            .push(&std::fs::read(path).unwrap(), &mut add)
            .unwrap();
        capture.finish(&mut add).unwrap();
    }
    Some(merger.finish())
}

#[test]
fn two_stations_copies_of_a_pass_become_one() {
    let Some(merged) = merge(Policy::Groups) else {
        return;
    };
    // 235 is what the crate `ccsds` gives. Station 1 has the first 8 packets of the last group of application
    // 801, station 2 all 17: its other 9 are set aside, and said to be.
    assert_eq!((merged.kept.len(), merged.set_aside), (235, 9));
    assert_eq!((merged.duplicates, merged.contradictions), (156, 0));
    assert!(merged.kept.is_sorted_by_key(|k| k.time_us));
    let all = merge(Policy::Packets).unwrap();
    assert_eq!(
        (all.kept.len(), all.duplicates, all.set_aside),
        (244, 156, 0)
    );
    // In order: every application counts up without a gap.
    for apid in [800, 801, 826] {
        let of_apid = all.kept.iter().filter(|k| k.header.apid == apid);
        let counts: Vec<u16> = of_apid.map(|k| k.header.count).collect();
        assert!(
            counts.windows(2).all(|w| w[1] == w[0] + 1),
            "{apid}: {counts:?}"
        );
    }
}

#[test]
fn damaged_frames_are_corrected_or_flagged_and_never_passed_on() {
    let Some(path) = real_data::file("transmit/ccsds/snpp_synchronized_cadus.dat") else {
        return;
    };
    let clean = std::fs::read(path).unwrap();
    let packets_of = |bytes: &[u8]| {
        let mut capture = Capture::new(Known::default(), Strictness::default());
        let mut packets = Vec::new();
        let mut keep = |p: corridor_transmit::decode::Packet<'_>| packets.push(p.bytes.to_vec());
        capture.push(bytes, &mut keep).unwrap();
        let report = serde_json::to_value(capture.finish(&mut keep).unwrap()).unwrap();
        (packets, report)
    };
    let (right, _) = packets_of(&clean);
    assert_eq!(right.len(), 12);
    // A burst of 64 bytes spreads over four codewords: 16 symbols each, which is what the code corrects.
    let mut bytes = clean.clone();
    for frame in bytes.chunks_exact_mut(1024) {
        frame[300..364].iter_mut().for_each(|b| *b ^= 0x55);
    }
    let (packets, report) = packets_of(&bytes);
    assert_eq!(packets, right);
    assert_eq!(report["rs_corrected_symbols"], 65 * 64);
    // One symbol more in frame 20 and it is lost, with the packets it touches and no other.
    bytes[20 * 1024 + 364] ^= 1;
    let (packets, report) = packets_of(&bytes);
    assert_eq!(report["rs_uncorrectable_frames"], 1);
    assert_eq!(report["frames_per_vcid"]["16"], 64);
    assert_eq!(report["vc_missing_frames"]["16"], 2);
    assert!(packets.len() < right.len() && packets.iter().all(|p| right.contains(p)));
}

#[test]
fn captures_cut_anywhere_are_read_as_far_as_they_go() {
    let Some(path) = real_data::file("transmit/ccsds/snpp_7cadus_2vcids.dat") else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    for (len, frames) in [(7168 - 1, 6), (3 * 1024, 3), (2 * 1024 + 100, 2)] {
        let report = serde_json::to_value(decode(&bytes[..len], 100)).unwrap();
        assert_eq!(report["cadus"], frames, "{len}");
    }
    let mut capture = Capture::new(Known::default(), Strictness::default());
    capture.push(&bytes[..1023], |_| {}).unwrap();
    let fault = capture.finish(|_| {}).unwrap_err().to_string();
    assert!(fault.contains("no frames and no packets"), "{fault}");
}
