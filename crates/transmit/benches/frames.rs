//! Bits to packets on one core, beside libfec and the crate `ccsds`:
//! `cargo bench -p corridor-transmit --bench frames`. Each figure is the best of some rounds by processor
//! time, in bits of what comes in. libfec is measured by `libfec.c` beside this file, compiled where `cc` and
//! `libfec-dev` are there; `ccsds` by the program in `peer`, built where the registry can be reached.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures"
)]

use corridor_transmit::frame::Basis;
use corridor_transmit::frame::check;
use corridor_transmit::frame::decoder::{Decoder, Event};
use corridor_transmit::frame::framing::{Coding, Framing};
use corridor_transmit::frame::randomizer::randomize;
use corridor_transmit::frame::reed_solomon::{ReedSolomon, Strength};
use corridor_transmit::frame::sync::{MARKER, Strictness};
use corridor_transmit::frame::transfer::Layout;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 15;
const FRAMES: usize = 2_000;

/// Processor time of this thread, seconds, where the kernel tells.
fn processor_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}

/// Best Mbit/s over the rounds of something that takes in `bytes`, done for 40 ms a round: the kernel counts
/// processor time in steps of a few.
fn rate(bytes: usize, mut run: impl FnMut()) -> f64 {
    (0..ROUNDS)
        .map(|_| {
            let (wall, processor) = (Instant::now(), processor_s());
            let mut done = 0;
            while wall.elapsed().as_millis() < 40 {
                run();
                done += bytes;
            }
            let wall_s = wall.elapsed().as_secs_f64();
            let took_s = processor_s().zip(processor).map(|(to, from)| to - from);
            done as f64 * 8e-6 / took_s.filter(|s| *s > 0.01).unwrap_or(wall_s)
        })
        .fold(0.0, f64::max)
}

/// A plain generator: the bench needs bytes, not secrets.
fn noise(len: usize, mut state: u32) -> Vec<u8> {
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

fn main() {
    for strength in [Strength::E16, Strength::E8] {
        reed_solomon(strength);
    }
    libfec();
    chain();
}

fn reed_solomon(strength: Strength) {
    for (basis, interleave) in [
        (Basis::Dual, 4),
        (Basis::Conventional, 4),
        (Basis::Dual, 1),
        (Basis::Dual, 5),
    ] {
        let code = ReedSolomon::new(strength, basis);
        let len = 255 * interleave;
        let mut clean: Vec<Vec<u8>> = (0..40_u32).map(|i| noise(len, i)).collect();
        clean
            .iter_mut()
            .for_each(|b| code.encode(b, interleave).unwrap());
        let all = clean.len() * len;
        let mut blocks = clean.clone();
        let of_clean = rate(all, || {
            for block in &mut blocks {
                let done = code.correct(black_box(block), interleave).unwrap();
                assert_eq!(done.symbols, 0);
            }
        });
        let of_damaged = rate(all, || {
            for block in &mut blocks {
                for c in 0..interleave {
                    for e in 0..8 {
                        block[(e * 29 + 7 * c) % 255 * interleave + c] ^= 0x5a + e as u8;
                    }
                }
                let done = code.correct(black_box(block), interleave).unwrap();
                assert_eq!(done.symbols, 8 * interleave);
            }
        });
        println!(
            "Reed-Solomon {} {} basis, interleave {interleave}: clean {of_clean:.0} Mbit/s, 8 symbol errors a codeword \
             {of_damaged:.0} Mbit/s",
            strength.name(),
            basis.name()
        );
    }
}

fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches")
        .join(path)
}

fn libfec() {
    let program = std::env::temp_dir().join("corridor-bench-libfec");
    let built = Command::new("cc")
        .args(["-O2", "-o"])
        .arg(&program)
        .arg(beside("libfec.c"))
        .arg("-lfec")
        .output();
    match built {
        Ok(out) if out.status.success() => {
            let out = Command::new(&program).output().unwrap();
            print!("{}", String::from_utf8_lossy(&out.stdout));
        }
        _ => println!("libfec: skipped, cc or libfec-dev is absent"),
    }
}

/// AOS frames as Suomi NPP sends them, three bits off, with packets of 1 to 2 kB.
fn stream() -> Vec<u8> {
    let code = ReedSolomon::new(Strength::E16, Basis::Dual);
    let mut packets = Vec::new();
    let mut starts = Vec::new();
    let mut n = 0_usize;
    while packets.len() < 884 * FRAMES {
        starts.push(packets.len());
        let len = 1000 + n * 37 % 1000;
        packets.extend([0x0b, 0x20, 0xc0 | (n >> 8 & 0x3f) as u8, n as u8]);
        packets.extend((len as u16 - 1).to_be_bytes());
        packets.extend(noise(len, n as u32));
        n += 1;
    }
    let mut out = vec![0; 100];
    let mut at = 0;
    for (i, data) in packets.chunks_exact(884).take(FRAMES).enumerate() {
        while at < starts.len() && starts[at] < i * 884 {
            at += 1;
        }
        let first = starts
            .get(at)
            .filter(|s| **s < (i + 1) * 884)
            .map(|s| s - i * 884);
        let mut body = vec![0x67, 0x50, (i >> 16) as u8, (i >> 8) as u8, i as u8, 0];
        body.extend((first.unwrap_or(0x7ff) as u16).to_be_bytes());
        body.extend(data);
        body.resize(1020, 0);
        code.encode(&mut body, 4).unwrap();
        randomize(&mut body);
        out.extend(MARKER.to_be_bytes());
        out.extend(body);
    }
    black_box(check::of(&out));
    let mut shifted = vec![0; out.len() + 1];
    for (i, byte) in out.iter().enumerate() {
        shifted[i] |= byte >> 3;
        shifted[i + 1] |= byte << 5;
    }
    shifted
}

fn chain() {
    let framing = Framing {
        body_len: 1020,
        randomized: true,
        coding: Coding::ReedSolomon {
            strength: Strength::E16,
            basis: Basis::Dual,
            interleave: 4,
        },
        layout: Layout::default(),
    };
    let ours = |bytes: &[u8]| {
        let (mut packets, mut taken) = (0, 0);
        let ours = rate(bytes.len(), || {
            let mut decoder = Decoder::new(framing, Strictness::default()).unwrap();
            (packets, taken) = (0_u64, 0_u64);
            let mut each = |event: Event<'_>| {
                if let Event::Packet(p) = event {
                    packets += 1;
                    taken += black_box(p.bytes).len() as u64;
                }
            };
            for piece in bytes.chunks(1 << 16) {
                decoder.push(piece, &mut each);
            }
            decoder.finish(&mut each);
            assert_eq!(decoder.counts().uncorrectable, 0);
        });
        (ours, packets)
    };
    let made = stream();
    let file = std::env::temp_dir().join("corridor-bench-frames.dat");
    std::fs::write(&file, &made).unwrap();
    let mut inputs = vec![file];
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    inputs.push(root.join("transmit/ccsds/cadu/npp.20241206T173815.dat"));
    let peer = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--manifest-path"])
        .arg(beside("peer/Cargo.toml"))
        .arg("--target-dir")
        .arg(std::env::temp_dir().join("corridor-bench-peer"))
        .status();
    for input in inputs {
        let Ok(bytes) = std::fs::read(&input) else {
            println!("{}: absent", input.display());
            continue;
        };
        let (ours, packets) = ours(&bytes);
        let name = input.file_name().unwrap().to_string_lossy().into_owned();
        println!("chain, {name}: {ours:.0} Mbit/s a core, {packets} packets");
        if peer.as_ref().is_ok_and(std::process::ExitStatus::success) {
            let program =
                std::env::temp_dir().join("corridor-bench-peer/release/corridor-bench-peer");
            let out = Command::new(program).arg(&input).output().unwrap();
            print!(
                "  crate ccsds 0.1.0-beta.25: {}",
                String::from_utf8_lossy(&out.stdout)
            );
        } else {
            println!("  crate ccsds: skipped, it cannot be built here");
        }
    }
}
