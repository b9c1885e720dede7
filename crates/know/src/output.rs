//! Results as files: what `save_result` can write.
//!
//! One file a format. A cube of several dates becomes one file a date where the caller takes
//! several files (batch jobs), else one file with a band for each date and band.

mod cf;
mod csv;
mod draw;
mod geojson;
mod geoparquet;
mod gtiff;
mod json;
mod netcdf;
mod planes;
mod png;
mod wkb;
mod zarr;
mod zip;

pub use draw::{Draw, draw};
pub use json::result_json;

use crate::cube::{Cube, Dimension, DimensionKind};
use crate::error::GraphError;
use crate::plan::Spilled;
use crate::value::Value;
use corridor_raster::grid::Grid;
use geo::Geometry;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Most samples that text formats (JSON, CSV, GeoJSON) are written for: about 100 MB of text.
pub const TEXT_SAMPLES_MAX: usize = 5_000_000;

/// One written file.
#[derive(Debug, Clone)]
pub struct OutputFile {
    /// File name, such as `result.tif`.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Names of its bands or variables.
    pub bands: Vec<String>,
    /// Its pixel grid, where it has one.
    pub grid: Option<Grid>,
    /// First and last instant of its data, where known.
    pub times: Option<(Timestamp, Timestamp)>,
}

/// One file written to a folder.
#[derive(Debug, Clone)]
pub struct WrittenFile {
    /// File name, such as `result.tif`.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Names of its bands or variables.
    pub bands: Vec<String>,
    /// Its pixel grid, where it has one.
    pub grid: Option<Grid>,
    /// First and last instant of its data, where known.
    pub times: Option<(Timestamp, Timestamp)>,
}

impl OutputFile {
    /// Writes the bytes to a new file of a folder, on disk when this returns.
    ///
    /// # Errors
    /// `Internal` where writing fails.
    pub fn write_in(self, folder: &Path) -> Result<WrittenFile, GraphError> {
        let path = folder.join(&self.name);
        std::fs::File::create(&path)
            .and_then(|mut file| {
                file.write_all(&self.bytes)?;
                file.sync_all()
            })
            .map_err(|error| {
                GraphError::new("Internal", format!("writing {}: {error}", path.display()))
            })?;
        Ok(WrittenFile {
            name: self.name,
            media_type: self.media_type,
            bands: self.bands,
            grid: self.grid,
            times: self.times,
        })
    }
}

/// A format that results are written in.
#[derive(Debug)]
pub struct Format {
    /// Name in `/file_formats`.
    pub name: &'static str,
    /// Other names it is known by.
    pub aliases: &'static [&'static str],
    /// Words for people.
    pub title: &'static str,
    /// What is done with dimensions and types.
    pub description: &'static str,
    /// Kinds of data: `raster`, `vector`, `table`, `other`.
    pub kinds: &'static [&'static str],
    /// Media type of its files.
    pub media_type: &'static str,
    /// Ending of its files, without the dot.
    pub extension: &'static str,
    /// Options of `save_result`: name and description with type.
    options: &'static [(&'static str, &'static str, &'static str)],
    write: fn(&Asked<'_>) -> Result<Vec<OutputFile>, GraphError>,
}

/// What a writer is asked for.
struct Asked<'a> {
    value: &'a Value,
    options: &'a BTreeMap<String, Value>,
    stem: &'a str,
    several: bool,
    format: &'static Format,
}

/// Every format, sorted by name.
pub static ALL: &[Format] = &[
    Format {
        name: "CSV",
        aliases: &[],
        title: "Comma separated values",
        description: "One row for each feature, date or pixel, one column for each band; RFC 4180, UTF-8.",
        kinds: &["table", "vector", "raster"],
        media_type: "text/csv",
        extension: "csv",
        options: &[],
        write: csv::write,
    },
    Format {
        name: "GTiff",
        aliases: &["COG", "GeoTIFF"],
        title: "Cloud-optimised GeoTIFF",
        description: "Tiled, compressed, with overviews. Batch jobs write a file for each date; a synchronous request gives one file whose bands are dates and bands.",
        kinds: &["raster"],
        media_type: "image/tiff; application=geotiff; profile=cloud-optimized",
        extension: "tif",
        options: gtiff::OPTIONS,
        write: gtiff::write,
    },
    Format {
        name: "GeoJSON",
        aliases: &[],
        title: "GeoJSON",
        description: "A feature for each geometry of a vector cube, its values as properties (RFC 7946).",
        kinds: &["vector"],
        media_type: "application/geo+json",
        extension: "geojson",
        options: &[],
        write: geojson::write,
    },
    Format {
        name: "GeoParquet",
        aliases: &["Parquet"],
        title: "GeoParquet 1.1",
        description: "A row for each geometry of a vector cube: WKB geometry in longitude and latitude, its bounds, the properties and the values as columns; no data is null.",
        kinds: &["vector"],
        media_type: "application/vnd.apache.parquet",
        extension: "parquet",
        options: geoparquet::OPTIONS,
        write: geoparquet::write,
    },
    Format {
        name: "JSON",
        aliases: &[],
        title: "JSON",
        description: "Single values and arrays as they are; data cubes as an object with dimensions, labels and nested arrays. No data, NaN and infinities are null.",
        kinds: &["raster", "vector", "table", "other"],
        media_type: "application/json",
        extension: "json",
        options: &[],
        write: json::write,
    },
    Format {
        name: "NetCDF",
        aliases: &["netCDF"],
        title: "NetCDF (classic, 64-bit offset)",
        description: "A variable for each band over the other dimensions, with CF-1.8 coordinates and grid mapping.",
        kinds: &["raster", "vector"],
        media_type: "application/x-netcdf",
        extension: "nc",
        options: &[],
        write: netcdf::write,
    },
    Format {
        name: "PNG",
        aliases: &[],
        title: "PNG picture",
        description: "One band (grey) or three (red, green, blue), values 0 to 255; no data is transparent.",
        kinds: &["raster"],
        media_type: "image/png",
        extension: "png",
        options: png::OPTIONS,
        write: png::write,
    },
    Format {
        name: "Zarr",
        aliases: &["ZARR"],
        title: "Zarr, version 2, in a ZIP file",
        description: "An array for each band over the other dimensions, with CF-1.8 coordinates and grid mapping, consolidated metadata, chunks of 256 x 256 pixels and up to 16 steps of time. One ZIP file, as Zarr's ZIP stores read it; chunks without data are not written.",
        kinds: &["raster", "vector"],
        media_type: "application/zip",
        extension: "zarr.zip",
        options: zarr::OPTIONS,
        write: zarr::write,
    },
];

impl Format {
    /// The format of this name, in any case.
    ///
    /// # Errors
    /// `ProcessParameterInvalid` names those that are supported.
    pub fn find(name: &str) -> Result<&'static Self, GraphError> {
        ALL.iter()
            .find(|format| {
                format.name.eq_ignore_ascii_case(name)
                    || format
                        .aliases
                        .iter()
                        .any(|alias| alias.eq_ignore_ascii_case(name))
            })
            .ok_or_else(|| {
                let known: Vec<&str> = ALL.iter().map(|format| format.name).collect();
                let reason = format!("{name:?} is none of {}", known.join(", "));
                GraphError::argument("save_result", "format", reason)
            })
    }

    /// The entry of `/file_formats`.
    pub fn describe(&self) -> serde_json::Value {
        let parameters: serde_json::Map<String, serde_json::Value> = self
            .options
            .iter()
            .map(|(name, kind, description)| {
                let parameter =
                    json!({"type": kind, "description": description, "required": false});
                ((*name).to_string(), parameter)
            })
            .collect();
        json!({
            "title": self.title,
            "description": self.description,
            "gis_data_types": self.kinds,
            "parameters": parameters,
        })
    }

    /// Writes a value.
    ///
    /// `stem` begins the file names; with `several`, more than one file may come.
    ///
    /// # Errors
    /// `FormatUnsuitable` where the value does not fit the format, `DataCubeEmpty`,
    /// `ProcessParameterInvalid` for an option that is wrong.
    pub fn write(
        &'static self,
        value: &Value,
        options: &BTreeMap<String, Value>,
        stem: &str,
        several: bool,
    ) -> Result<Vec<OutputFile>, GraphError> {
        self.check_options(options)?;
        if let Value::Cube(cube) = value
            && cube.is_empty()
        {
            return Err(GraphError::new(
                "DataCubeEmpty",
                "the file cannot be written: the data cube is empty",
            ));
        }
        (self.write)(&Asked {
            value,
            options,
            stem,
            several,
            format: self,
        })
    }

    /// Whether results too large to be held can be written: those in files of their own.
    ///
    /// # Errors
    /// `FormatUnsuitable` where not, with the format that can.
    pub fn allow_spilled(&self) -> Result<(), GraphError> {
        if self.name == "GTiff" {
            return Ok(());
        }
        Err(GraphError::new(
            "FormatUnsuitable",
            format!(
                "data cannot be written as {}: the result is larger than a run may hold, and only GTiff is written a part at a time",
                self.name
            ),
        ))
    }

    /// Writes a result that is kept in a file to new files of a folder, holding at most so many
    /// bytes.
    ///
    /// # Errors
    /// As [`Format::write`] and [`Format::allow_spilled`], `Internal` where writing fails,
    /// `ProcessGraphComplexity` where a row of tiles is too large to be held.
    pub fn write_spilled(
        &'static self,
        result: &Spilled,
        options: &BTreeMap<String, Value>,
        (stem, several): (&str, bool),
        folder: &Path,
        memory_bytes: u64,
    ) -> Result<Vec<WrittenFile>, GraphError> {
        self.allow_spilled()?;
        self.check_options(options)?;
        let asked = Asked {
            value: &Value::Null,
            options,
            stem,
            several,
            format: self,
        };
        gtiff::stream(result, &asked, folder, memory_bytes)
    }

    fn check_options(&self, options: &BTreeMap<String, Value>) -> Result<(), GraphError> {
        if let Some(unknown) = options
            .keys()
            .find(|name| !self.options.iter().any(|(known, ..)| known == name))
        {
            let known: Vec<&str> = self.options.iter().map(|(name, ..)| *name).collect();
            return Err(option(
                unknown,
                format!(
                    "{} has no such option; it has {}",
                    self.name,
                    if known.is_empty() {
                        "none".to_string()
                    } else {
                        known.join(", ")
                    }
                ),
            ));
        }
        Ok(())
    }
}

impl Asked<'_> {
    fn name(&self, suffix: &str) -> String {
        format!("{}{suffix}.{}", self.stem, self.format.extension)
    }

    fn file(&self, suffix: &str, bytes: Vec<u8>) -> OutputFile {
        OutputFile {
            name: self.name(suffix),
            media_type: self.format.media_type,
            bytes,
            bands: Vec::new(),
            grid: None,
            times: None,
        }
    }

    /// Earliest and latest date of a cube's labels.
    fn times(&self) -> Option<(Timestamp, Timestamp)> {
        match self.value {
            Value::Cube(cube) => times(cube),
            _ => None,
        }
    }

    /// The dimension of geometries of a cube, and they.
    fn geometries_of<'c>(
        &self,
        cube: &'c Cube,
    ) -> Result<(&'c Dimension, &'c [Geometry<f64>]), GraphError> {
        let along = cube
            .only(DimensionKind::Geometry)
            .ok_or_else(|| self.unsuitable("it has no geometries"))?;
        let rows = &cube.dimensions()[along];
        let geometries = rows
            .geometries
            .as_ref()
            .ok_or_else(|| self.unsuitable("its geometries are not known"))?;
        Ok((rows, geometries))
    }

    fn unsuitable(&self, reason: impl std::fmt::Display) -> GraphError {
        GraphError::new(
            "FormatUnsuitable",
            format!("data cannot be written as {}: {reason}", self.format.name),
        )
    }

    fn text(&self, name: &str) -> Result<Option<&str>, GraphError> {
        match self.options.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(option(
                name,
                format!("{} given, a text needed", other.type_name()),
            )),
        }
    }
}

fn option(name: &str, reason: impl std::fmt::Display) -> GraphError {
    GraphError::argument("save_result", &format!("options.{name}"), reason)
}

/// Earliest and latest date of a cube's labels.
fn times(cube: &crate::cube::Cube) -> Option<(Timestamp, Timestamp)> {
    times_of(cube.dimensions())
}

fn times_of(dimensions: &[Dimension]) -> Option<(Timestamp, Timestamp)> {
    let all = || {
        dimensions
            .iter()
            .filter(|d| d.kind == DimensionKind::Time)
            .flat_map(|d| d.labels.iter())
            .filter_map(|label| crate::extent::instant(&label.to_string()))
    };
    Some((all().min()?, all().max()?))
}

#[cfg(test)]
mod tests;
