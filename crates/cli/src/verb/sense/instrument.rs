//! `--instrument NAME`: an instrument of the register or of a file, and the satellites that look with it.

use super::satellites::{Elements, Satellite, Warnings};
use crate::verb::{Failure, open};
use clap::Args;
use corridor_sense::instrument::Instrument;
use corridor_sense::place::Place;
use corridor_sense::target::Target;
use std::path::Path;

/// Largest file of an instrument, bytes.
const FILE_MAX_BYTES: u64 = 1 << 20;

/// An instrument.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct InstrumentName {
    /// Id of an instrument of the register, or a file that holds one as mission files do (FILE.toml)
    #[arg(long, value_name = "NAME")]
    instrument: Option<String>,
}

impl InstrumentName {
    /// Whether one is named.
    pub(crate) fn is_some(&self) -> bool {
        self.instrument.is_some()
    }
}

/// Satellites that look with one instrument.
pub(crate) struct Fleet {
    pub(crate) satellites: Vec<Satellite>,
    pub(crate) instrument: Instrument,
    pub(crate) warnings: Warnings,
}

/// The instrument, on the satellites of files of elements or on those of the register that carry it; with a
/// least elevation of the Sun where one is asked for.
pub(crate) async fn fleet(
    data_dir: &Path,
    elements: Option<Elements>,
    name: &InstrumentName,
    min_sun_elevation_deg: Option<f64>,
) -> Result<Fleet, Failure> {
    let name = name.instrument.as_deref().unwrap_or_default();
    let register = open(data_dir).await?.register();
    let of_file = name.ends_with(".toml");
    let mut instrument = match of_file {
        true => read(Path::new(name))?,
        false => register.instrument(name).cloned().ok_or_else(|| {
            Failure::Usage(format!(
                "--instrument {name}: the register has no such instrument; `corridor register list \
                 --of instruments` names them, and FILE.toml may hold one"
            ))
        })?,
    };
    by_daylight(&mut instrument, min_sun_elevation_deg)?;
    let (satellites, warnings) = match elements {
        Some(elements) => {
            let read = elements.read()?;
            (read.all, read.warnings)
        }
        None if of_file => {
            return Err(Failure::Usage(format!(
                "--elements should say which satellites look with {name}"
            )));
        }
        None => {
            let carriers = register
                .satellites()
                .iter()
                .filter(|s| s.instruments.iter().any(|i| i == name));
            let carriers = carriers.map(|s| Satellite {
                name: s.name.clone(),
                norad_id: s.norad_id,
                trajectory: s.trajectory.clone(),
            });
            (carriers.collect(), Warnings::default())
        }
    };
    if satellites.is_empty() {
        return Err(Failure::Failed(format!(
            "{name}: no satellite of the register carries it; --elements names others"
        )));
    }
    Ok(Fleet {
        satellites,
        instrument,
        warnings,
    })
}

/// One instrument in TOML: its fields, with or without `[[instrument]]` above them.
fn read(path: &Path) -> Result<Instrument, Failure> {
    let file = path.display().to_string();
    let failed = |e: &dyn std::fmt::Display| Failure::Failed(format!("{file}: {e}"));
    let size = std::fs::metadata(path).map_err(|e| failed(&e))?.len();
    if size > FILE_MAX_BYTES {
        return Err(failed(&format!("{size} bytes; at most {FILE_MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| failed(&e))?;
    let mut table: toml::Table = toml::from_str(&text).map_err(|e| failed(&e))?;
    let one = match table.remove("instrument") {
        None => toml::Value::Table(table),
        Some(toml::Value::Array(mut all)) if all.len() == 1 => all.remove(0),
        Some(_) => return Err(failed(&"should hold one [[instrument]]")),
    };
    let instrument: Instrument = one.try_into().map_err(|e| failed(&e))?;
    instrument.check().map_err(|e| failed(&e))?;
    Ok(instrument)
}

/// Satellites that all see what is within an angle of nadir.
pub(crate) fn every(
    elements: Elements,
    half_angle_deg: f64,
    min_sun_elevation_deg: Option<f64>,
) -> Result<Fleet, Failure> {
    let text = "id = \"cone\"\nname = \"Cone\"\nkind = \"optical\"\nlook = \"conical\"\n\
        swath_km = 1.0\ngsd_m = 1.0\n[view]\nhalf_angle_deg = 1.0\n";
    let wrong = |e: &dyn std::fmt::Display| Failure::Usage(format!("--max-off-nadir: {e}"));
    let mut instrument: Instrument = toml::from_str(text).map_err(|e| wrong(&e))?;
    instrument.view.half_angle_deg = Some(half_angle_deg);
    instrument.check().map_err(|e| wrong(&e))?;
    by_daylight(&mut instrument, min_sun_elevation_deg)?;
    let read = elements.read()?;
    Ok(Fleet {
        satellites: read.all,
        instrument,
        warnings: read.warnings,
    })
}

/// A least elevation of the Sun; the instrument's own stays where it is greater.
fn by_daylight(instrument: &mut Instrument, least_deg: Option<f64>) -> Result<(), Failure> {
    let Some(least) = least_deg else {
        return Ok(());
    };
    if !(-90.0..=90.0).contains(&least) {
        return Err(Failure::Usage(format!(
            "min_sun_elevation_deg is {least}; should be from -90 to 90 degrees"
        )));
    }
    let own = match instrument.daylight_only {
        true => instrument.min_sun_elevation_deg,
        false => -90.0,
    };
    instrument.daylight_only = true;
    instrument.min_sun_elevation_deg = own.max(least);
    Ok(())
}

/// A place as instruments meet it.
pub(crate) fn target_of(place: &Place) -> Result<Target, Failure> {
    Target::of_place(place).map_err(|e| Failure::Failed(format!("{}: {e}", place.id)))
}
