//! Registers with something more or less.

use super::Register;
use crate::error::WatchError;
use corridor_orbit::elements::ElementSet;
use corridor_orbit::propagate::Trajectory;
use corridor_transmit::station::Station;

impl Register {
    /// With what flies alone, and those planned satellites that are named.
    #[must_use]
    pub fn flying(&self, planned: &[String]) -> Self {
        let mut register = self.clone();
        register
            .satellites
            .retain(|s| !s.planned || planned.contains(&s.name));
        register.drop_lost_relays();
        register
    }

    /// With these element sets for the satellites that they name by catalogue number, whatever their epoch.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names a set that cannot be.
    pub fn with_elements(&self, sets: &[ElementSet], source: &str) -> Result<Self, WatchError> {
        let mut register = self.clone();
        for set in sets {
            let own = register
                .satellites
                .iter_mut()
                .filter(|s| s.norad_id == Some(set.norad_id));
            for satellite in own {
                satellite.trajectory = Trajectory::from_elements(set)
                    .map_err(|e| WatchError::Invalid(format!("{source}: {e}")))?;
                satellite.element_source = source.into();
            }
        }
        let newest = register.satellites.iter().filter(|s| !s.planned);
        register.element_epoch = newest
            .map(|s| s.trajectory.epoch())
            .max()
            .unwrap_or(register.element_epoch);
        Ok(register)
    }

    /// With one station more, which the satellites use that send to stations already and have a band in
    /// common with it; those whose band or whose stations' bands are not known, and all where the bands of
    /// the station are not known.
    #[must_use]
    pub fn with_station(&self, station: &Station) -> Self {
        let mut register = self.clone();
        for satellite in &mut register.satellites {
            let band = self
                .downlinks
                .get(&satellite.mission)
                .map(|d| d.band.as_str());
            let suits = station.bands.is_empty()
                || band.is_none_or(|band| {
                    station
                        .bands
                        .iter()
                        .any(|own| band.split(' ').any(|b| b == own))
                });
            if suits && !satellite.stations.is_empty() {
                satellite.stations.push(station.id.clone());
            }
        }
        register
            .stations
            .insert(station.id.clone(), station.clone());
        register
    }

    /// Without a station of that id or a satellite of that name; `None` where there is neither.
    pub fn without(&self, name: &str) -> Option<Self> {
        let known = self.stations.contains_key(name) || self.satellite(name).is_some();
        let mut register = known.then(|| self.clone())?;
        register.stations.remove(name);
        register.satellites.retain(|s| s.name != name);
        for satellite in &mut register.satellites {
            satellite.stations.retain(|id| id != name);
        }
        register.drop_lost_relays();
        Some(register)
    }
}
