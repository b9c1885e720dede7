//! What a satellite is for.

use super::shipped_files;
use crate::error::WatchError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a satellite is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Observes the Earth.
    #[serde(rename = "remote sensing")]
    RemoteSensing,
    /// Carries signals.
    #[serde(rename = "communication")]
    Communication,
    /// Tells receivers where they are.
    #[serde(rename = "navigation")]
    Navigation,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RemoteSensing, Self::Communication, Self::Navigation];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RemoteSensing => "remote sensing",
            Self::Communication => "communication",
            Self::Navigation => "navigation",
        }
    }

    /// The roles that a purpose of the UCS Satellite Database names.
    pub fn of_purpose(purpose: &str) -> Vec<Self> {
        let main = purpose.split_once(':').map_or(purpose, |(main, _)| main);
        let named = |words: &[&str]| words.iter().any(|w| main.contains(w));
        let mut roles = Vec::new();
        if named(&[
            "Earth Observation",
            "Earth Science",
            "Earth/Space",
            "Meteorolog",
        ]) {
            roles.push(Self::RemoteSensing);
        }
        if named(&["Communication"]) {
            roles.push(Self::Communication);
        }
        if named(&["Navigation", "Positioning"]) {
            roles.push(Self::Navigation);
        }
        roles
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = WatchError;

    /// `remote sensing`, `remote-sensing`, `Remote_Sensing` and so on.
    fn from_str(text: &str) -> Result<Self, WatchError> {
        let plain = text.trim().to_lowercase().replace(['-', '_'], " ");
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == plain)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                WatchError::Invalid(format!("role {text:?} is none; say one of {known}"))
            })
    }
}

/// Roles by the beginning of a satellite's name: what is left where no list says.
#[derive(Debug, Clone)]
pub struct RoleNames(Vec<RoleName>);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleName {
    begins: Vec<String>,
    role: Role,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFile {
    name: Vec<RoleName>,
}

impl RoleNames {
    /// The shipped `roles.toml`.
    ///
    /// # Errors
    /// [`WatchError`] where the program was built with a wrong file.
    pub fn shipped() -> Result<Self, WatchError> {
        let text = shipped_files()?.remove("roles.toml").unwrap_or_default();
        let file: RoleFile = toml::from_str(&text)
            .map_err(|e| WatchError::Invalid(format!("register/roles.toml: {e}")))?;
        Ok(Self(file.name))
    }

    /// The role of a satellite of that name, and where it comes from.
    pub fn role_of(&self, name: &str) -> Option<(Role, &str)> {
        let name = name.to_uppercase();
        self.0
            .iter()
            .find(|n| n.begins.iter().any(|b| name.starts_with(b.as_str())))
            .map(|n| (n.role, n.source.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_by_word_purpose_and_name() {
        assert_eq!(
            "Remote-Sensing".parse::<Role>().unwrap(),
            Role::RemoteSensing
        );
        let error = "spy".parse::<Role>().unwrap_err().to_string();
        assert!(
            error.contains("remote sensing, communication, navigation"),
            "{error}"
        );
        let both = [Role::RemoteSensing, Role::Navigation];
        assert_eq!(Role::of_purpose("Earth Observation/Navigation"), both);
        assert_eq!(
            Role::of_purpose("Technology Development: Earth Observation"),
            []
        );
        let names = RoleNames::shipped().unwrap();
        for (name, role) in [
            ("STARLINK-1008", Some(Role::Communication)),
            ("GSAT0101 (GALILEO-PFM)", Some(Role::Navigation)),
            ("GSAT-30", Some(Role::Communication)),
            ("COSMOS 2514 (751)", None),
            ("FLOCK 4Q-1", Some(Role::RemoteSensing)),
            ("ISS (ZARYA)", None),
        ] {
            assert_eq!(names.role_of(name).map(|(role, _)| role), role, "{name}");
        }
    }
}
