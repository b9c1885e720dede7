//! `corridor raster warp`: a file on another grid.

use super::open;
use crate::output::say;
use crate::progress::Step;
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::Crs;
use corridor_raster::warp::{self, RESAMPLINGS, Resampling};
use std::path::PathBuf;

/// Move a file to another coordinate reference system or resolution, as a COG.
#[derive(Debug, Args)]
pub(crate) struct Warp {
    /// Path or address of the file
    file: String,
    /// System to move to
    #[arg(long, value_name = "EPSG:N")]
    crs: Crs,
    /// Side of a pixel, in the units of that system
    #[arg(long)]
    resolution: f64,
    /// nearest, bilinear, cubic, cubicspline, lanczos, average, mode, min, max, med, q1, q3, sum or rms
    #[arg(long, default_value = "nearest", value_parser = method)]
    method: Resampling,
    /// File to write
    #[arg(short, long, value_name = "OUT.tif")]
    output: PathBuf,
}

impl Warp {
    pub(crate) fn run(self) -> Outcome {
        if !(self.resolution > 0.0 && self.resolution.is_finite()) {
            return Err(Failure::Usage(
                "--resolution must be more than 0".to_string(),
            ));
        }
        let dataset = open(&self.file)?;
        let target = warp::suggested_grid(dataset.grid(), &self.crs, self.resolution)?;
        let step = Step::start(format!("Warping {}", self.file));
        let counter = step.counter();
        let options = CogOptions {
            nodata: dataset.nodata(),
            metadata: dataset.metadata().clone(),
            ..CogOptions::default()
        };
        cog::warp_to(
            &dataset,
            &target,
            self.method,
            &self.output,
            &options,
            &counter,
        )?;
        step.done(format!("{} x {} pixels", target.width, target.height));
        Ok(say(&format!("wrote {}\n", self.output.display()))?)
    }
}

/// Name of a resampling.
pub(crate) fn method(text: &str) -> Result<Resampling, String> {
    let known = RESAMPLINGS.iter().find(|(name, _)| *name == text);
    known.map(|(_, method)| *method).ok_or_else(|| {
        let names: Vec<&str> = RESAMPLINGS.iter().map(|(name, _)| *name).collect();
        format!("{text:?} is none of {}", names.join(", "))
    })
}
