//! `corridor raster info`: a file in one record.

use super::open;
use crate::output::{Format, Listing, counted, listing};
use crate::verb::Outcome;
use clap::Args;
use corridor_raster::summary::{self, Summary};

/// Say what a file is and holds.
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// Path or address of the file
    file: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Info {
    pub(crate) fn run(self) -> Outcome {
        let summary = summary::summarize(&open(&self.file)?)?;
        let rows = rows(&summary);
        Ok(listing(
            self.format,
            &Listing {
                columns: &["what", "value"],
                rows: rows.into_iter().map(|(k, v)| vec![k, v]).collect(),
                records: &summary,
                empty: "nothing",
            },
        )?)
    }
}

/// Rows for people.
fn rows(s: &Summary) -> Vec<(String, String)> {
    let join = |numbers: &[f64]| {
        let texts: Vec<String> = numbers.iter().map(f64::to_string).collect();
        texts.join(", ")
    };
    let mut rows = vec![
        ("size".to_string(), format!("{} x {}", s.width, s.height)),
        ("bands".to_string(), s.bands.to_string()),
        ("type".to_string(), s.dtype.clone()),
        (
            "system".to_string(),
            match (s.epsg, &s.crs_proj) {
                (Some(code), _) => format!("EPSG:{code}"),
                (None, Some(proj)) => proj.clone(),
                (None, None) => "unknown".to_string(),
            },
        ),
        ("transform".to_string(), join(&s.transform)),
        (
            "nodata".to_string(),
            s.nodata.map_or("none".to_string(), |n| n.to_string()),
        ),
        ("pixel is".to_string(), s.area_or_point.to_lowercase()),
    ];
    if let Some(bounds) = s.bounds_wgs84 {
        rows.push(("west, south, east, north, deg".to_string(), join(&bounds)));
    }
    rows.push((
        "layout".to_string(),
        format!(
            "{} of {} x {}, {}",
            if s.layout.tiled { "tiles" } else { "strips" },
            s.layout.block_width,
            s.layout.block_height,
            s.layout.compression
        ),
    ));
    let overviews: Vec<String> = s
        .overviews
        .iter()
        .map(|o| format!("{} x {}", o.width, o.height))
        .collect();
    if !overviews.is_empty() {
        rows.push(("overviews".to_string(), overviews.join(", ")));
    }
    for band in 0..s.bands {
        let name = s.descriptions.get(band).cloned().flatten();
        let mut text = format!(
            "sum {}, {}",
            s.band_sum[band],
            counted(s.valid_px[band], "measurement", "measurements")
        );
        let plain = s.scales[band].to_bits() == 1_f64.to_bits() && s.offsets[band] == 0.0;
        if !plain {
            text += &format!(", scale {}, offset {}", s.scales[band], s.offsets[band]);
        }
        let label = match name {
            Some(name) => format!("band {} ({name})", band + 1),
            None => format!("band {}", band + 1),
        };
        rows.push((label, text));
    }
    rows
}
