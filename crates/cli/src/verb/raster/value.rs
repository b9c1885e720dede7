//! `corridor raster value`: the pixel at a place.

use super::open;
use crate::output::{Format, Listing, listing};
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_raster::summary;

/// Print the values of the pixel at a place.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// Path or address of the file
    file: String,
    /// Longitude and latitude, degrees (WGS 84)
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true, value_parser = place)]
    at: (f64, f64),
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl At {
    pub(crate) fn run(self) -> Outcome {
        let dataset = open(&self.file)?;
        let (lon, lat) = self.at;
        let Some(value) = summary::value_at(&dataset, lon, lat)? else {
            return Err(Failure::Failed(format!(
                "{}: {lon},{lat} lies outside the raster",
                self.file
            )));
        };
        let rows = (0..value.values.len())
            .map(|band| {
                vec![
                    (band + 1).to_string(),
                    value.row.to_string(),
                    value.col.to_string(),
                    value.values[band].to_string(),
                    value.valid[band].to_string(),
                ]
            })
            .collect();
        Ok(listing(
            self.format,
            &Listing {
                columns: &["band", "row", "col", "value", "valid"],
                rows,
                records: &value,
                empty: "no band",
            },
        )?)
    }
}

/// `LON,LAT` in degrees.
fn place(text: &str) -> Result<(f64, f64), String> {
    let (lon, lat) = text
        .split_once(',')
        .ok_or("LON,LAT is needed, for example -34.9,-8.05")?;
    let number = |text: &str, name: &str, limit: f64| match text.trim().parse::<f64>() {
        Ok(value) if value.abs() <= limit => Ok(value),
        _ => Err(format!(
            "{text:?} is no {name} from -{limit} to {limit} degrees"
        )),
    };
    Ok((
        number(lon, "longitude", 360.0)?,
        number(lat, "latitude", 90.0)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_are_two_numbers_in_range() {
        assert_eq!(place("-34.9, -8.05"), Ok((-34.9, -8.05)));
        for bad in ["1", "1,91", "x,2", "NaN,2", "400,2"] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
