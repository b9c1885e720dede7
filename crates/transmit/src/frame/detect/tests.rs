use super::*;
use crate::frame::randomizer::randomize;

/// AOS frames of one channel with packets, framed as asked.
fn stream(framing: &Framing, frames: usize) -> Vec<u8> {
    let layout = framing.layout;
    let trailer =
        4 * usize::from(layout.operational_control) + 2 * usize::from(layout.error_control);
    let room = framing.frame_len() - 8 - layout.insert_zone_len - trailer;
    let mut packets = Vec::new();
    let mut starts = Vec::new();
    let mut n = 0_u16;
    while packets.len() < room * frames {
        starts.push(packets.len());
        let len = 20 + usize::from(n * 37 % 301);
        packets.extend([0x08, 77, 0xc0 | (n >> 8) as u8, n as u8]);
        packets.extend((len as u16 - 1).to_be_bytes());
        packets.extend((0..len).map(|i| (i * 7 + usize::from(n)) as u8));
        n += 1;
    }
    let mut out = Vec::new();
    for (i, data) in packets.chunks_exact(room).take(frames).enumerate() {
        let first = starts
            .iter()
            .find(|s| (i * room..(i + 1) * room).contains(*s));
        let pointer = first.map_or(0x7ff, |s| (s - i * room) as u16);
        let mut body = vec![0x67, 0x50, 0, 0, i as u8, 0];
        body.extend(vec![0xa5; layout.insert_zone_len]);
        body.extend(pointer.to_be_bytes());
        body.extend(data);
        body.extend(vec![0x5a; 4 * usize::from(layout.operational_control)]);
        if layout.error_control {
            body.extend(check::of(&body).to_be_bytes());
        }
        body.resize(framing.body_len, 0);
        if let Coding::ReedSolomon {
            strength,
            basis,
            interleave,
        } = framing.coding
        {
            ReedSolomon::new(strength, basis)
                .encode(&mut body, interleave)
                .unwrap();
        }
        if framing.randomized {
            randomize(&mut body);
        }
        out.extend(MARKER.to_be_bytes());
        out.extend(body);
    }
    out
}

/// (255,223), dual basis, interleave 4, as most of the captures have it.
fn coded() -> Framing {
    Framing {
        body_len: 1020,
        randomized: true,
        coding: Coding::ReedSolomon {
            strength: Strength::E16,
            basis: Basis::Dual,
            interleave: 4,
        },
        layout: Layout::default(),
    }
}

#[test]
fn every_code_basis_and_interleaving_is_found() {
    for strength in [Strength::E16, Strength::E8] {
        for basis in [Basis::Dual, Basis::Conventional] {
            for interleave in 1..=8 {
                for fill in [0, 21] {
                    let framing = Framing {
                        body_len: (255 - fill) * interleave,
                        randomized: interleave % 2 == 0,
                        coding: Coding::ReedSolomon {
                            strength,
                            basis,
                            interleave,
                        },
                        layout: Layout {
                            insert_zone_len: fill / 7,
                            operational_control: fill > 0,
                            ..Layout::default()
                        },
                    };
                    let bytes = stream(&framing, 40);
                    let found = detect(&bytes, true, &Known::default());
                    assert_eq!(found, Ok(Content::Frames(framing)), "{framing:?}");
                }
            }
        }
    }
}

#[test]
fn frames_with_a_crc_alone_are_found() {
    for randomized in [true, false] {
        let framing = Framing {
            body_len: 1115,
            randomized,
            coding: Coding::Uncoded,
            layout: Layout {
                error_control: true,
                ..Layout::default()
            },
        };
        let found = detect(&stream(&framing, 30), true, &Known::default());
        assert_eq!(found, Ok(Content::Frames(framing)));
    }
}

#[test]
fn noise_and_nothing_are_told_apart() {
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..200_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let fault = detect(&noise, true, &Known::default()).unwrap_err();
    assert!(
        matches!(fault, Unknown::NoFrames { bytes: 200_000, .. }),
        "{fault}"
    );
    assert_eq!(detect(&[], true, &Known::default()), Err(Unknown::Empty));
}

#[test]
fn a_wrong_length_that_is_forced_is_said() {
    let framing = coded();
    let bytes = stream(&framing, 20);
    let known = Known {
        body_len: Some(1000),
        ..Known::default()
    };
    assert!(matches!(
        detect(&bytes, true, &known),
        Err(Unknown::NoCode { body_len: 1000, .. })
    ));
    let known = Known {
        body_len: Some(1021),
        interleave: Some(4),
        ..Known::default()
    };
    assert!(matches!(
        detect(&bytes, true, &known),
        Err(Unknown::Framing(_))
    ));
}

/// Frames with (255,223), interleave 4, and `flipped` of their bits changed at random in those that `bad` names.
fn noisy(flipped: f64, seed: u64, bad: impl Fn(usize) -> bool) -> (Framing, Vec<u8>) {
    let framing = coded();
    let mut bytes = stream(&framing, 64);
    let mut state = seed;
    for (i, frame) in bytes.chunks_mut(1024).enumerate() {
        for bit in (32..1024 * 8).filter(|_| bad(i)) {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            if ((state >> 33) as f64) < flipped * f64::from(1u32 << 31) {
                frame[bit / 8] ^= 128 >> (bit % 8);
            }
        }
    }
    (framing, bytes)
}

/// Half of the frames at such rates still name their spacecraft; none of them is right.
#[test]
fn frames_past_their_code_are_not_taken_for_frames_without_one() {
    for seed in 1..30 {
        let (_, bytes) = noisy(0.015, seed, |_| true);
        let found = detect(&bytes, true, &Known::default());
        assert!(
            matches!(found, Err(Unknown::NoCode { .. })),
            "{seed}: {found:?}"
        );
    }
}

#[test]
fn a_pass_that_begins_in_noise_is_still_found_out() {
    for rate in [0.01, 0.05] {
        let (framing, bytes) = noisy(rate, 3, |i| i < 40);
        let found = detect(&bytes, true, &Known::default());
        assert_eq!(found, Ok(Content::Frames(framing)), "{rate}");
    }
}
