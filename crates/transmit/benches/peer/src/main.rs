//! Frames of Suomi NPP to packets with the crate `ccsds`: Mbit/s of processor time over all its threads.

use ccsds::framing::{
    DefaultDerandomizer, DefaultReedSolomon, Synchronizer, decode_framed_packets, decode_frames,
};

/// Processor time of the process and its threads, seconds; ticks of 10 ms.
fn processor_s() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |i: usize| {
        fields
            .get(i)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let bytes: &'static [u8] = std::fs::read(path).expect("a file that can be read").leak();
    let (start, mut rounds, mut packets) = (processor_s(), 0, 0);
    while processor_s() - start < 1.0 {
        let blocks = Synchronizer::new(bytes, 1020)
            .into_iter()
            .filter_map(Result::ok);
        let frames = decode_frames(
            blocks,
            Some(Box::new(DefaultReedSolomon::new(4))),
            Some(Box::new(DefaultDerandomizer)),
        )
        .filter_map(Result::ok);
        packets = decode_framed_packets(frames, 0, 0).count();
        rounds += 1;
    }
    let mbit = rounds as f64 * bytes.len() as f64 * 8e-6 / (processor_s() - start);
    println!("{mbit:.0} Mbit/s a core, {packets} packets");
}
