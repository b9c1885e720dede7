use super::*;
use proptest::prelude::*;

/// Bits, the first first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn push(&mut self, bytes: &[u8], inverted: bool) {
        for byte in bytes {
            self.0
                .extend((0..8).rev().map(|i| (byte >> i & 1 == 1) != inverted));
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.0
            .chunks(8)
            .map(|c| {
                c.iter()
                    .enumerate()
                    .fold(0, |b, (i, bit)| b | u8::from(*bit) << (7 - i))
            })
            .collect()
    }
}

fn body(n: u8) -> Vec<u8> {
    (0..60_u8)
        .map(|i| i.wrapping_mul(37).wrapping_add(n) | 1)
        .collect()
}

fn run(stream: &[u8], piece: usize) -> (Vec<Vec<u8>>, SyncCounts) {
    let mut sync = Synchronizer::new(60, Strictness::default());
    let mut found = Vec::new();
    for bytes in stream.chunks(piece) {
        sync.push(bytes, |f| found.push(f.body.to_vec()));
    }
    sync.finish(|f| found.push(f.body.to_vec()));
    (found, sync.counts().clone())
}

proptest! {
    #[test]
    fn frames_are_found_at_any_offset_polarity_and_cut(
        lead in 0_usize..200, inverted: bool, frames in 2_u8..9, piece in 1_usize..300, tail in 0_usize..400,
    ) {
        let mut bits = Bits(vec![false; lead]);
        for n in 0..frames {
            bits.push(&MARKER.to_be_bytes(), inverted);
            bits.push(&body(n), inverted);
        }
        bits.0.extend(std::iter::repeat_n(false, tail));
        let (found, counts) = run(&bits.bytes(), piece);
        prop_assert_eq!(counts.first_at_bit, Some(lead as u64));
        let right: Vec<Vec<u8>> = (0..frames).map(body).collect();
        prop_assert!(found.starts_with(&right), "{} frames", found.len());
        prop_assert_eq!(counts.inverted >= u64::from(frames), inverted);
    }

    #[test]
    fn noise_neither_panics_nor_fills_memory(bytes: Vec<u8>, piece in 1_usize..64) {
        run(&bytes, piece);
    }
}

#[test]
fn damaged_markers_pass_and_lost_bits_are_found_again() {
    let mut bits = Bits::default();
    for n in 0..12 {
        let mut marker = MARKER;
        match n {
            3 => marker ^= 0x0010_0100,              // two wrong bits
            5 => marker = 0,                         // lost: the flywheel carries on
            8 => bits.0.truncate(bits.0.len() - 13), // bits lost before this one
            _ => {}
        }
        bits.push(&marker.to_be_bytes(), n >= 10);
        bits.push(&body(n), n >= 10);
    }
    let (found, counts) = run(&bits.bytes(), 50);
    for n in [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11] {
        assert!(found.contains(&body(n)), "frame {n} of {}", found.len());
    }
    assert_eq!(
        (counts.marker_errors, counts.by_flywheel, counts.inverted),
        (1, 1, 2)
    );
    assert_eq!(counts.slips, 2);
}

#[test]
fn a_marker_that_none_follows_opens_no_lock() {
    let mut bytes = vec![0; 300];
    bytes[50..54].copy_from_slice(&MARKER.to_be_bytes());
    let (found, counts) = run(&bytes, 64);
    assert_eq!((found.len(), counts.skipped_bits), (0, 2400));
}
