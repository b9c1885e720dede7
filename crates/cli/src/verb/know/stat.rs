//! `corridor know stat`: statistics of a raster under polygons.

use crate::output::{Format, Listing, counted, listing};
use crate::progress::Step;
use crate::verb::{Failure, Outcome, raster};
use clap::Args;
use corridor_know::zones::{self, Layer, Statistic};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// Largest file of polygons.
const POLYGONS_BYTES_MAX: u64 = 1 << 30;

/// Statistics of the pixels under polygons, each pixel weighted by the part of it that is covered.
///
/// Values are physical (scale and offset applied); nodata never counts; an edge is straight
/// between its projected corners.
#[derive(Debug, Args)]
pub(crate) struct Stat {
    /// Path or address of a raster file
    file: String,
    /// GeoJSON of polygons
    #[arg(long, value_name = "FILE.geojson")]
    polygons: PathBuf,
    /// mean, stdev, count, sum, min, max, median, qP (quantile, P percent), histogram
    #[arg(long, value_delimiter = ',', default_value = "mean,stdev,count")]
    stats: Vec<Statistic>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Stat {
    pub(crate) fn run(self) -> Outcome {
        let name = self.polygons.display();
        let fail = |e: String| Failure::Failed(format!("{name}: {e}"));
        let size = std::fs::metadata(&self.polygons).map_err(|e| fail(e.to_string()))?;
        if size.len() > POLYGONS_BYTES_MAX {
            return Err(fail(format!(
                "{} bytes, above {POLYGONS_BYTES_MAX}",
                size.len()
            )));
        }
        let text = std::fs::read(&self.polygons).map_err(|e| fail(e.to_string()))?;
        let json: Value = serde_json::from_slice(&text).map_err(|e| fail(e.to_string()))?;
        let (crs, features) = zones::polygons_of_geojson(&json).map_err(fail)?;
        let dataset = raster::open(&self.file)?;
        let layer = Layer::new(&crs, dataset.grid())?;
        let columns = self.columns(dataset.bands());
        let step = Step::start(format!("Statistics of {}", self.file));
        let counter = step.counter();
        let mut records = Vec::with_capacity(features.len());
        for (done, feature) in features.iter().enumerate() {
            let figures = zones::figures(&dataset, &layer, &feature.polygons, &self.stats)
                .map_err(|e| fail(format!("feature {}: {e}", feature.id)))?;
            let id = std::iter::once(Value::from(feature.id.clone()));
            let record: Map<String, Value> =
                columns.iter().cloned().zip(id.chain(figures)).collect();
            records.push(record);
            counter(done as u64 + 1, features.len() as u64);
        }
        step.done(counted(features.len(), "polygon", "polygons"));
        let rows = records
            .iter()
            .map(|r| columns.iter().map(|c| cell(&r[c])).collect())
            .collect();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        Ok(listing(
            self.format,
            &Listing {
                columns: &names,
                rows,
                records: &records,
                empty: "no polygon",
            },
        )?)
    }

    /// `id`, then `<stat>_<band number>` in the order of [`zones::figures`].
    fn columns(&self, bands: usize) -> Vec<String> {
        let figures = (1..=bands).flat_map(|b| self.stats.iter().map(move |s| format!("{s}_{b}")));
        std::iter::once("id".to_string()).chain(figures).collect()
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
