//! What a run will cost, before it runs.

use super::job::Job;
use crate::error::GraphError;
use crate::source::assemble::Layout;
use serde::{Deserialize, Serialize};

/// What a run will read and take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Chunks; 1 where the graph needs whole cubes.
    pub chunks: u64,
    /// Samples (pixel × band × date) read.
    pub samples: u64,
    /// Bytes of these samples as stored, uncompressed.
    pub bytes: u64,
    /// Time on this machine, from the rates in `docs/performance.md`; a bound to plan by, s.
    pub seconds: f64,
    /// Most bytes held at one time.
    pub memory_bytes: u64,
}

/// What a run may cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Most samples (pixel × band × date) read.
    pub samples: u64,
    /// Longest estimated time, s.
    pub seconds: f64,
}

/// Bytes decoded and moved a second by one core.
const READ_BYTES_S: f64 = 120e6;
/// Samples computed a second by one core, by the interpreter on a piece.
const COMPUTE_SAMPLES_S: f64 = 15e6;
/// Samples computed a second by one core, straight from stored integers.
const FUSED_SAMPLES_S: f64 = 150e6;
/// Files opened a second by one core.
const OPEN_FILES_S: f64 = 2_000.0;

impl Estimate {
    pub(super) fn of_layouts<'a>(layouts: impl Iterator<Item = &'a Layout>) -> Self {
        let mut estimate = Self {
            chunks: 1,
            samples: 0,
            bytes: 0,
            seconds: 0.0,
            memory_bytes: 0,
        };
        for layout in layouts {
            let pixels = layout.grid.width as u64 * layout.grid.height as u64;
            estimate.samples += layout.samples();
            estimate.bytes += pixels.saturating_mul(stored_bytes_a_pixel(layout));
            estimate.memory_bytes += layout.samples() * if layout.wide { 8 } else { 4 };
        }
        estimate.seconds = estimate.time(0, COMPUTE_SAMPLES_S, 1);
        estimate
    }

    pub(super) fn of_job(job: &Job, partitions: usize, memory_bytes: u64) -> Self {
        let data = &job.data;
        let mut estimate = Self::of_layouts(data.loads.values());
        estimate.chunks = data.chunks.len() as u64;
        let files: usize = data.loads.values().map(|layout| layout.files.len()).sum();
        estimate.memory_bytes = memory_bytes;
        let workers = partitions.min(data.chunks.len()).max(1);
        let opened = files as u64 * estimate.chunks;
        let rate = match job.is_fused() {
            true => FUSED_SAMPLES_S,
            false => COMPUTE_SAMPLES_S,
        };
        estimate.seconds = estimate.time(opened, rate, workers);
        estimate
    }

    fn time(&self, opened: u64, samples_s: f64, workers: usize) -> f64 {
        let work = self.bytes as f64 / READ_BYTES_S
            + self.samples as f64 / samples_s
            + opened as f64 / OPEN_FILES_S;
        work / workers as f64
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

/// Bytes that are held of a pixel of the whole series as stored, masks included.
pub(super) fn stored_bytes_a_pixel(layout: &Layout) -> u64 {
    layout
        .reads
        .iter()
        .map(|read| layout.files[read.file].dtype.size_bytes() as u64)
        .sum()
}
