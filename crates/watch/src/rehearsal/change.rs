//! One station, satellite or relay more or less.

use crate::error::WatchError;
use crate::register::{Register, Relay};
use corridor_transmit::station::Station;

/// What is different.
#[derive(Debug, Clone)]
pub enum Change {
    /// A station, satellite or relay is left out.
    Without(String),
    /// A station is added; satellites whose stations receive one of its bands, or any where its bands are
    /// not known, send to it as well.
    WithStation(Box<Station>),
    /// A planned satellite or mission of the register flies.
    WithPlanned(String),
    /// The satellites of a mission file fly, planned or not: its path and its text.
    WithMission(String, String),
    /// A relay is added.
    WithRelay(Box<Relay>),
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Without(name) => write!(f, "without {name}"),
            Self::WithStation(station) => write!(f, "with station {}", station.id),
            Self::WithPlanned(name) => write!(f, "with planned {name}"),
            Self::WithMission(path, _) => write!(f, "with {path}"),
            Self::WithRelay(relay) => write!(f, "with relay {}", relay.name),
        }
    }
}

/// The chain with changes: the register, of which only what flies takes part, and the relays. `register`
/// holds planned satellites as well.
///
/// # Errors
/// [`WatchError::Invalid`] where a change names what is not there, or a station or mission cannot be.
pub fn apply(
    register: &Register,
    relays: &[Relay],
    changes: &[Change],
) -> Result<(Register, Vec<Relay>), WatchError> {
    let wrong = |what: String| Err(WatchError::Invalid(what));
    let mut relays = relays.to_vec();
    let mut planned: Vec<String> = Vec::new();
    let mut with = register.clone();
    for change in changes {
        match change {
            Change::WithPlanned(name) => {
                let meant = |s: &crate::register::Satellite| {
                    s.planned && (s.name == *name || s.mission == *name)
                };
                let names: Vec<String> = register
                    .satellites()
                    .iter()
                    .filter(|s| meant(s))
                    .map(|s| s.name.clone())
                    .collect();
                if names.is_empty() {
                    return wrong(format!(
                        "the register has no planned satellite or mission {name:?}"
                    ));
                }
                planned.extend(names);
            }
            Change::WithMission(path, text) => {
                let before = with.satellites().len();
                with = with.with_mission(path, text)?;
                planned.extend(with.satellites()[before..].iter().map(|s| s.name.clone()));
            }
            Change::WithStation(station) => {
                station
                    .check()
                    .map_err(|e| WatchError::Invalid(e.to_string()))?;
                if with.station(&station.id).is_some() {
                    return wrong(format!(
                        "station {:?} is in the register already",
                        station.id
                    ));
                }
                with = with.with_station(station);
            }
            Change::WithRelay(relay) => {
                if relays.iter().any(|r| r.name == relay.name) {
                    return wrong(format!("relay {:?} is there already", relay.name));
                }
                if let Some(id) = relay.stations.iter().find(|id| with.station(id).is_none()) {
                    return wrong(format!(
                        "relay {}: station {id:?} is not in the register",
                        relay.name
                    ));
                }
                relays.push((**relay).clone());
            }
            Change::Without(_) => {}
        }
    }
    let mut with = with.flying(&planned);
    for change in changes {
        let Change::Without(name) = change else {
            continue;
        };
        let relay = relays.iter().position(|r| r.name == *name);
        match with.without(name) {
            Some(less) => with = less,
            None if relay.is_none() => {
                return wrong(format!(
                    "{name:?} is no station, satellite or relay that takes part"
                ));
            }
            None => {}
        }
        relays.retain(|r| r.name != *name);
    }
    Ok((with, relays))
}
