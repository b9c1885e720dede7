//! What a run will cost, before it runs.

use super::chunk::decoded_px;
use super::job::Job;
use crate::error::GraphError;
use crate::source::assemble::Layout;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// What a run will read and take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Chunks; 1 where the graph needs whole cubes.
    pub chunks: u64,
    /// Samples (pixel × band × date) read.
    pub samples: u64,
    /// Bytes of these samples as stored, uncompressed.
    pub bytes: u64,
    /// Time on this machine, s: from measured rates, corrected by [`Pace`] where one is kept.
    pub seconds: f64,
    /// Most bytes held at one time.
    pub memory_bytes: u64,
    /// Bytes of the results that come out of the chunks; 0 where that is not known before the run.
    #[serde(default)]
    pub result_bytes: u64,
    /// Loads that are not counted: their extents are computed by the graph itself, or their source
    /// tells nothing before it reads.
    #[serde(default)]
    pub uncounted_loads: u64,
}

/// What a run may cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Most samples (pixel × band × date) read.
    pub samples: u64,
    /// Longest estimated time, s.
    pub seconds: f64,
}

/// How runs on this machine took, against what was estimated from the rates below.
///
/// A run that took twice its estimate makes the next estimates of its kind (straight from stored
/// samples, or on cubes) nearly twice as long; the newest runs count most. Runs and estimates too
/// short to say anything are passed over.
#[derive(Debug, Default)]
pub struct Pace {
    /// Logarithms of took / estimated: on cubes, straight from stored samples.
    ratios: Mutex<[Option<f64>; 2]>,
}

/// Shorter runs say more about the machine's other work than about its pace, s.
const PACE_LEAST_S: f64 = 0.05;
/// How much of the newest run enters.
const PACE_NEWEST: f64 = 0.4;
/// No run makes estimates longer or shorter by more than this.
const PACE_MOST: f64 = 50.0;

impl Pace {
    fn ratios(&self) -> std::sync::MutexGuard<'_, [Option<f64>; 2]> {
        self.ratios.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By how much estimates are to be multiplied.
    pub fn factor(&self, fused: bool) -> f64 {
        self.ratios()[usize::from(fused)].map_or(1.0, f64::exp)
    }

    /// A run that was estimated (by rates alone) and took so many seconds.
    pub fn ran(&self, fused: bool, estimated_s: f64, took_s: f64) {
        if estimated_s.min(took_s) < PACE_LEAST_S || !estimated_s.is_finite() {
            return;
        }
        let newest = (took_s / estimated_s)
            .clamp(1.0 / PACE_MOST, PACE_MOST)
            .ln();
        let mut ratios = self.ratios();
        let kept = &mut ratios[usize::from(fused)];
        *kept = Some(kept.map_or(newest, |before| before + PACE_NEWEST * (newest - before)));
    }
}

// The rates are those of a release build, by processor time.

/// Bytes decoded and moved a second by one core.
const READ_BYTES_S: f64 = 300e6;
/// Samples computed a second by one core, by the interpreter on a piece.
const COMPUTE_SAMPLES_S: f64 = 15e6;
/// Samples computed a second by one core as one program.
const PROGRAM_SAMPLES_S: f64 = 400e6;
/// Samples compared a second by one core, straight from stored integers.
const MIDDLE_SAMPLES_S: f64 = 250e6;
/// Files opened a second by one core.
const OPEN_FILES_S: f64 = 4_000.0;

impl Estimate {
    pub(super) fn of_layouts<'a>(layouts: impl Iterator<Item = &'a Layout>) -> Self {
        let mut estimate = Self {
            chunks: 1,
            samples: 0,
            bytes: 0,
            seconds: 0.0,
            memory_bytes: 0,
            result_bytes: 0,
            uncounted_loads: 0,
        };
        for layout in layouts {
            let pixels = layout.grid.width as u64 * layout.grid.height as u64;
            estimate.samples += layout.samples();
            estimate.bytes += pixels.saturating_mul(stored_bytes_a_pixel(layout));
            estimate.memory_bytes += layout.samples() * if layout.wide { 8 } else { 4 };
        }
        estimate.seconds = time(estimate.bytes, estimate.samples, 0, COMPUTE_SAMPLES_S, 1);
        estimate
    }

    pub(super) fn of_job(job: &Job, partitions: usize, memory_bytes: u64) -> Self {
        let data = &job.data;
        let mut estimate = Self::of_layouts(data.loads.values());
        estimate.chunks = data.chunks.len() as u64;
        let files: usize = data.loads.values().map(|layout| layout.files.len()).sum();
        estimate.memory_bytes = memory_bytes;
        // Chunks without any result are not read, planes that sheets share are read with each.
        let sheets = (0..data.sheets.len().max(1))
            .map(|sheet| (job.stored_a_pixel(sheet), job.decoded_a_pixel(sheet)));
        let sheets: Vec<((u64, u64), u64)> = sheets.collect();
        (estimate.bytes, estimate.samples) = (0, 0);
        let (mut decoded, mut computed): (u64, u64) = (0, 0);
        let lead = data.loads.values().next();
        for chunk in &data.chunks {
            let pixels = chunk.window.pixels() as u64;
            let ((bytes, samples), decoded_bytes) = sheets[chunk.sheet];
            // Blocks are decoded whole, and computed is what a chunk looks at around itself, too.
            let (read_px, computed_px) = lead.map_or((pixels, pixels), |layout| {
                let around = job.around(chunk.window, layout);
                (decoded_px(layout, around), around.pixels() as u64)
            });
            decoded = decoded.saturating_add(read_px.saturating_mul(decoded_bytes));
            computed = computed.saturating_add(computed_px.saturating_mul(samples));
            estimate.bytes = estimate.bytes.saturating_add(pixels.saturating_mul(bytes));
            estimate.samples = estimate
                .samples
                .saturating_add(pixels.saturating_mul(samples));
        }
        let workers = partitions.min(data.chunks.len()).max(1);
        let opened = files as u64 * estimate.chunks;
        let rate = match (job.is_middle(), job.is_fused()) {
            (true, _) => MIDDLE_SAMPLES_S,
            (false, true) => PROGRAM_SAMPLES_S,
            (false, false) => COMPUTE_SAMPLES_S,
        };
        estimate.seconds = time(decoded, computed, opened, rate, workers);
        estimate
    }

    /// The cost of this and another run after it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            chunks: self.chunks.saturating_add(other.chunks),
            samples: self.samples.saturating_add(other.samples),
            bytes: self.bytes.saturating_add(other.bytes),
            seconds: self.seconds + other.seconds,
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
            result_bytes: self.result_bytes.saturating_add(other.result_bytes),
            uncounted_loads: self.uncounted_loads.saturating_add(other.uncounted_loads),
        }
    }

    /// Refuses a run over budget.
    ///
    /// # Errors
    /// `ProcessGraphComplexity` with the estimate.
    pub fn within(&self, budget: &Budget) -> Result<(), GraphError> {
        if self.samples <= budget.samples && self.seconds <= budget.seconds {
            return Ok(());
        }
        Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the run would read {} samples ({:.1} MB) in {} chunks and take about {:.1} s; at most {} samples and {:.1} s are allowed: ask for a smaller extent or fewer dates, or run it as a batch job",
                self.samples,
                self.bytes as f64 / 1e6,
                self.chunks,
                self.seconds,
                budget.samples,
                budget.seconds
            ),
        ))
    }
}

fn time(
    decoded_bytes: u64,
    computed_samples: u64,
    opened: u64,
    samples_s: f64,
    workers: usize,
) -> f64 {
    let work = decoded_bytes as f64 / READ_BYTES_S
        + computed_samples as f64 / samples_s
        + opened as f64 / OPEN_FILES_S;
    work / workers as f64
}

/// Bytes that are held of a pixel of the whole series as stored, masks included.
fn stored_bytes_a_pixel(layout: &Layout) -> u64 {
    layout
        .reads
        .iter()
        .map(|read| layout.files[read.file].dtype.size_bytes() as u64)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_correct_the_estimates_of_their_kind() {
        let pace = Pace::default();
        assert!((pace.factor(true) - 1.0).abs() < 1e-12);
        pace.ran(true, 1.0, 3.0);
        pace.ran(false, 0.01, 90.0);
        assert!((pace.factor(true) - 3.0).abs() < 1e-9);
        assert!(
            (pace.factor(false) - 1.0).abs() < 1e-12,
            "too short to tell"
        );
        for _ in 0..40 {
            pace.ran(true, 2.0, 1.0);
        }
        assert!((pace.factor(true) - 0.5).abs() < 1e-3);
        pace.ran(false, 1.0, 1e9);
        assert!((pace.factor(false) - PACE_MOST).abs() < 1e-9);
    }
}
