//! What is different: stations, satellites, relays and elements as they are typed.

use crate::verb::Failure;
use crate::verb::sense::position;
use crate::verb::transmit::read_stations;
use corridor_orbit::elements::ElementSet;
use corridor_orbit::propagate::Trajectory;
use corridor_transmit::station::Station;
use corridor_watch::register::{Register, Relay, Role, read_element_file};
use corridor_watch::rehearsal::Change;
use corridor_watch::request::slug;
use std::path::{Path, PathBuf};

/// Lowest elevation of a station that is given by its place alone, degrees.
const MASK_DEG: f64 = 5.0;

/// Largest mission file, bytes.
const MISSION_MAX_BYTES: u64 = 16 << 20;

/// The register with the elements of files, and those elements.
pub(super) fn with_elements(
    register: &Register,
    files: &[PathBuf],
) -> Result<(Register, Vec<ElementSet>), Failure> {
    let mut sets = Vec::new();
    for path in files {
        let parsed = read_element_file(path)?;
        if let Some(fault) = parsed.faults.first() {
            return Err(Failure::Failed(fault.to_string()));
        }
        sets.extend(parsed.sets);
    }
    let register = register.with_elements(&sets, "--elements")?;
    Ok((register, sets))
}

/// `NAME` or `NAME=STATION,STATION`: a satellite of the elements or of the register as a relay.
pub(super) fn relay(
    text: &str,
    register: &Register,
    sets: &[ElementSet],
) -> Result<Relay, Failure> {
    let (name, mut stations): (&str, Vec<String>) = match text.split_once('=') {
        Some((name, stations)) => (
            name,
            stations.split(',').map(|s| s.trim().to_string()).collect(),
        ),
        None => (text, Vec::new()),
    };
    if let Some(id) = stations.iter().find(|id| register.station(id).is_none()) {
        return Err(Failure::Usage(format!(
            "relay {text}: station {id:?} is not in the register"
        )));
    }
    let named = sets
        .iter()
        .find(|s| s.name == name || s.norad_id.to_string() == name);
    let trajectory = match (named, register.satellite(name)) {
        (Some(set), _) => Trajectory::from_elements(set)
            .map_err(|e| Failure::Failed(format!("relay {name}: {e}")))?,
        (None, Some(satellite)) => {
            let relays = satellite
                .roles
                .iter()
                .any(|r| r == Role::Communication.as_str());
            if stations.is_empty() && relays {
                stations.clone_from(&satellite.stations);
            }
            satellite.trajectory.clone()
        }
        (None, None) => {
            return Err(Failure::Usage(format!(
                "relay {name:?} is neither a satellite of the register nor of the imported or given elements"
            )));
        }
    };
    Ok(Relay {
        name: name.into(),
        trajectory,
        stations,
    })
}

/// `FILE`, or `NAME=LON,LAT[,H]`.
pub(super) fn stations(text: &str) -> Result<Vec<Change>, Failure> {
    let add = |station: Station| Change::WithStation(Box::new(station));
    let Some((name, at)) = text.split_once('=') else {
        return Ok(read_stations(Path::new(text))?
            .into_iter()
            .map(add)
            .collect());
    };
    let at = position(at).map_err(|e| Failure::Usage(format!("--with-station {text}: {e}")))?;
    Ok(vec![add(Station {
        id: slug(name)?,
        name: name.into(),
        network: "rehearsal".into(),
        lon_deg: at.lon_deg,
        lat_deg: at.lat_deg,
        height_m: at.height_m,
        elevation_mask_deg: MASK_DEG,
        mask: Vec::new(),
        bands: Vec::new(),
        source: "--with-station; assumption: a mask of 5 degrees, all bands".into(),
    })])
}

/// The name of a planned satellite or mission of the register, or a mission file.
pub(super) fn planned(text: &str) -> Result<Change, Failure> {
    match text.ends_with(".toml") {
        true => Ok(Change::WithMission(
            text.into(),
            self::text(Path::new(text), MISSION_MAX_BYTES)?,
        )),
        false => Ok(Change::WithPlanned(text.into())),
    }
}

/// A file as text, up to a size.
pub(super) fn text(path: &Path, max_bytes: u64) -> Result<String, Failure> {
    crate::verb::transmit::text(path, max_bytes)
}
