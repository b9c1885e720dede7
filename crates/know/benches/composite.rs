//! Masked median composite of a real series, samples a second on one core, from 16-bit integers.
//!
//! `cargo bench -p corridor-know --bench composite` reads the 99 dates over Romania;
//! `benches/peers/composite.py` runs it and its peers on the same arrays in one go:
//! `-- --dump FOLDER` leaves the arrays and the result there.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use corridor_know::plan::kernel::masked_median_u16;
use corridor_raster::band::BandData;
use corridor_raster::dataset::Dataset;
use std::path::{Path, PathBuf};

/// The chip is laid side by side so often in x and y, to be larger than the caches.
const TIMES: usize = 4;
/// Rounds; the fastest counts.
const ROUNDS: usize = 7;

/// Processor time of this thread, s: other work on the machine does not count.
fn processor_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let dump = arguments
        .iter()
        .position(|argument| argument == "--dump")
        .map(|at| PathBuf::from(&arguments[at + 1]));
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join("know/s2_romania/cog");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is absent", folder.display());
        return;
    };
    let mut dates: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix("_10m.tif").map(str::to_string)
        })
        .collect();
    dates.sort();
    let (mut stack, mut masks) = (Vec::new(), Vec::new());
    for date in &dates {
        let open = |kind: &str| Dataset::open(&folder.join(format!("{date}_{kind}.tif"))).unwrap();
        // Near infrared, and clouds, shadows and no data of the scene classification.
        let BandData::U16(nir) = open("10m").read_band(3).unwrap().into_data() else {
            panic!("{date}: not 16 bits");
        };
        let BandData::U8(classes) = open("SCL").read_band(0).unwrap().into_data() else {
            panic!("{date}: not 8 bits");
        };
        let half = if classes.len() == nir.len() { 1 } else { 2 };
        let side = 100;
        let mut plane = Vec::with_capacity(side * side * TIMES * TIMES);
        let mut mask = Vec::with_capacity(plane.capacity());
        for row in 0..side * TIMES {
            for col in 0..side * TIMES {
                let (row, col) = (row % side, col % side);
                let value = nir[row * side + col];
                let class = classes[row / half * (side / half) + col / half];
                plane.push(value);
                mask.push(u8::from(
                    value == 0 || class == 0 || class == 3 || class >= 8,
                ));
            }
        }
        stack.push(plane);
        masks.push(mask);
    }
    let planes: Vec<&[u16]> = stack.iter().map(Vec::as_slice).collect();
    let masked: Vec<&[u8]> = masks.iter().map(Vec::as_slice).collect();
    let mut out = vec![0_f32; planes[0].len()];
    let samples = planes.len() * out.len();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let started = processor_s();
        masked_median_u16(&planes, &masked, &mut out);
        best = best.min(processor_s() - started);
    }
    println!(
        "masked median of {} dates, {} pixels: {:.1} M samples/s on one core",
        planes.len(),
        out.len(),
        samples as f64 / best / 1e6
    );
    if let Some(dump) = dump {
        let bytes: Vec<u8> = stack
            .concat()
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        std::fs::write(dump.join("stack.u16"), bytes).unwrap();
        std::fs::write(dump.join("masked.u8"), masks.concat()).unwrap();
        let bytes: Vec<u8> = out.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(dump.join("median.f32"), bytes).unwrap();
        std::fs::write(dump.join("seconds"), best.to_string()).unwrap();
    }
}
