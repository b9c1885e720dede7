//! Relays: satellites with the role of communication that pass on what others observe.

use super::{Register, Role, Satellite};
use crate::error::WatchError;
use corridor_orbit::propagate::Trajectory;
use corridor_transmit::station::Station;
use std::collections::{BTreeMap, BTreeSet};

/// A satellite that passes on what others observe.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Its name.
    pub name: String,
    /// Where it is when.
    pub trajectory: Trajectory,
    /// Ids of the stations that it sends to; all stations of the register that receive Ka band where none
    /// is named.
    pub stations: Vec<String>,
}

impl From<&Satellite> for Relay {
    fn from(satellite: &Satellite) -> Self {
        Self {
            name: satellite.name.clone(),
            trajectory: satellite.trajectory.clone(),
            stations: satellite.stations.clone(),
        }
    }
}

impl Register {
    /// Gives each satellite the relays that its mission names; those that are planned only to planned ones.
    pub(super) fn link_relays(&mut self) -> Result<(), WatchError> {
        let mut relays: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for mission in self.missions.iter().filter(|m| !m.relays.is_empty()) {
            let wrong = |what: String| {
                WatchError::Invalid(format!("mission {}: relays: {what}", mission.id))
            };
            let own = relays.entry(mission.id.clone()).or_default();
            for id in &mission.relays {
                let Some(relay) = self.missions.iter().find(|m| m.id == *id) else {
                    return Err(wrong(format!("the register has no mission {id:?}")));
                };
                let role = Role::Communication.as_str();
                if !relay.roles.iter().any(|r| r == role) {
                    return Err(wrong(format!("mission {id:?} has no role {role:?}")));
                }
                let satellites = self.satellites.iter().filter(|s| s.mission == *id);
                own.extend(satellites.map(|s| (s.name.clone(), s.planned)));
            }
        }
        for satellite in &mut self.satellites {
            let own = relays.get(&satellite.mission).into_iter().flatten();
            satellite.relays = own
                .filter(|(_, planned)| satellite.planned || !planned)
                .map(|(name, _)| name.clone())
                .collect();
        }
        Ok(())
    }

    /// Leaves out relays that are no longer there.
    pub(super) fn drop_lost_relays(&mut self) {
        let there: BTreeSet<String> = self.satellites.iter().map(|s| s.name.clone()).collect();
        for satellite in &mut self.satellites {
            satellite.relays.retain(|name| there.contains(name));
        }
    }

    /// Stations that a relay sends to.
    pub fn relay_stations<'a>(&'a self, relay: &'a Relay) -> impl Iterator<Item = &'a Station> {
        self.stations().filter(|s| match relay.stations.is_empty() {
            true => s.bands.iter().any(|b| b == "Ka"),
            false => relay.stations.contains(&s.id),
        })
    }
}
