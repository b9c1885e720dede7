//! Satellites that look: of the register with their instruments, or of files of elements.

use super::satellites::Satellite;
use crate::verb::Failure;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::WindowSet;
use corridor_sense::access::Sensor;
use corridor_sense::area::Area;
use corridor_sense::instrument::Instrument;
use corridor_sense::merit::Seen;
use corridor_sense::place::Place;
use corridor_watch::register::Register;
use std::collections::BTreeSet;

/// Half the side of the square that stands for a point where instruments look, km.
const POINT_HALF_KM: f64 = 0.05;

/// A satellite with the instruments it looks with.
pub(super) struct Seer<'a> {
    pub(super) name: &'a str,
    pub(super) trajectory: &'a Trajectory,
    pub(super) instruments: Vec<&'a Instrument>,
}

impl<'a> Seer<'a> {
    pub(super) fn of(satellite: &'a Satellite) -> Self {
        Self {
            name: &satellite.name,
            trajectory: &satellite.trajectory,
            instruments: vec![],
        }
    }
}

/// The register's satellites that are wanted, by their number in it.
pub(super) fn seers(
    register: &Register,
    wanted: impl Fn(usize, &corridor_watch::register::Satellite) -> bool,
) -> Vec<Seer<'_>> {
    let all = register.satellites().iter().enumerate();
    all.filter(|(number, satellite)| wanted(*number, satellite))
        .map(|(_, satellite)| Seer {
            name: &satellite.name,
            trajectory: &satellite.trajectory,
            instruments: satellite
                .instruments
                .iter()
                .filter_map(|id| register.instrument(id))
                .collect(),
        })
        .collect()
}

/// The register's satellites that fly and look; of these missions, or of all where none is named.
pub(super) fn registered<'a>(
    register: &'a Register,
    missions: &[String],
) -> Result<Vec<Seer<'a>>, Failure> {
    check_missions(register, missions)?;
    Ok(seers(register, |_, satellite| {
        let asked = missions.is_empty() || missions.contains(&satellite.mission);
        asked && !satellite.planned && !satellite.instruments.is_empty()
    }))
}

/// Refuses missions that the register does not have.
pub(super) fn check_missions(register: &Register, missions: &[String]) -> Result<(), Failure> {
    for id in missions {
        if !register.missions().iter().any(|m| m.id == *id) {
            return Err(Failure::Usage(format!(
                "--mission {id}: the register has no such mission"
            )));
        }
    }
    Ok(())
}

/// Each satellite with each of its instruments.
pub(super) fn sensors<'a>(seers: &[Seer<'a>]) -> Result<Vec<Sensor<'a>>, Failure> {
    let mut sensors = Vec::new();
    for seer in seers {
        if seer.instruments.is_empty() {
            return Err(Failure::Usage(format!(
                "{} has no instrument: --max-off-nadir, --min-elevation or --max-range says what it sees",
                seer.name
            )));
        }
        sensors.extend(seer.instruments.iter().map(|instrument| Sensor {
            satellite: seer.name,
            norad_id: None,
            planned: false,
            trajectory: seer.trajectory,
            instrument,
        }));
    }
    Ok(sensors)
}

/// The polygons of a place, or a small square about its position.
pub(super) fn area_of(place: &Place) -> Result<Area, Failure> {
    match place.area() {
        Some(area) => Ok(area.clone()),
        None => Area::about(&place.position, POINT_HALF_KM)
            .map_err(|e| Failure::Failed(format!("place {}: {e}", place.id))),
    }
}

/// The windows, and the faults as they are said.
pub(super) fn told<'a>(
    seen: Seen,
    name: impl Fn(usize) -> &'a str,
) -> (Vec<WindowSet>, BTreeSet<String>) {
    let said = seen
        .faults
        .iter()
        .map(|(number, fault)| format!("{}: {fault}", name(*number)));
    let faults = said.collect();
    (seen.windows, faults)
}
