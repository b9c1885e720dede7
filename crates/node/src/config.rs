//! The node's configuration: one TOML file, one struct, every default visible.
//!
//! [`NodeConfig::default`] is what an empty file means; [`NodeConfig::to_toml`] shows what is in
//! force. Unknown keys are refused. Only this file reads the environment.

use crate::stapi::StapiVersion;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Environment variable that overrides `bind`.
pub const BIND_VARIABLE: &str = "CORRIDOR_BIND";
/// Environment variable that overrides `public_url`.
pub const PUBLIC_URL_VARIABLE: &str = "CORRIDOR_PUBLIC_URL";

/// What can be wrong with a configuration. Each names the key and what would be right.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// The text is not the TOML this program reads; the message points at line and key.
    #[error("{file}: {reason}")]
    Unreadable {
        /// The file, or the variable, the text came from.
        file: String,
        /// What the parser says.
        reason: String,
    },
    /// An address others can reach, and nobody could tell who asks.
    #[error(
        "bind: {bind} can be reached from other machines, and this node has no identity configured \
         to tell who asks; bind to 127.0.0.1 or [::1] and put a proxy that checks identity before it"
    )]
    NoIdentity {
        /// The address that was asked for.
        bind: SocketAddr,
    },
    /// A value out of its range or form.
    #[error("{key}: {value} {expected}")]
    Value {
        /// The key as it stands in the file.
        key: &'static str,
        /// The value that was given.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
}

/// Where the node listens, what it calls itself, and how much it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// Address and port to listen on; port 0 takes a free one. Loopback only, as long as no
    /// identity can be configured.
    pub bind: SocketAddr,
    /// The address that links in answers begin with, such as `https://eo.example.org/corridor`;
    /// empty takes the `Host` of each request.
    pub public_url: String,
    /// Host names, besides loopback ones and that of `public_url`, a request may be addressed to.
    /// Every other is refused, so that a foreign page cannot rebind its name to this machine.
    pub allowed_hosts: Vec<String>,
    /// How much is taken from outside.
    pub limits: Limits,
    /// Who may see what.
    pub policy: PolicyConfig,
    /// The Sensor Tasking API.
    pub stapi: StapiConfig,
    /// Users who may log in to the openEO interface; `corridor user add` adds one.
    pub users: Vec<UserConfig>,
}

/// The Sensor Tasking API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StapiConfig {
    /// The version that documents and conformance classes follow: `0.1.0`, or `0.2.0` as drafted.
    pub version: StapiVersion,
}

/// A local user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserConfig {
    /// What the user logs in as: letters, digits, `.`, `-`, `_`.
    pub name: String,
    /// Argon2 hash of the password in PHC form, `$argon2id$v=19$…`.
    pub password_hash: String,
}

/// Hashes a password as `node.toml` keeps it: Argon2id with a random salt and the parameters that
/// the argon2 crate recommends (19 MiB, two passes).
///
/// # Errors
/// What the hash function says, for passwords beyond its limits.
pub fn password_hash(password: &str) -> Result<String, String> {
    argon2::Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

/// Bounds on what is taken from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest request body, bytes. The largest honest one is an area of many vertices.
    pub body_max_bytes: usize,
    /// A request that has no answer after this is given up, seconds. Event streams and downloads
    /// are not counted once they have begun.
    pub request_timeout_s: u64,
    /// A client that has not sent its whole request head after this is dropped, seconds.
    pub header_timeout_s: u64,
    /// Most requests worked on at a time; more wait, then are told to come back.
    pub concurrent_requests_max: usize,
    /// Most open connections; more wait in the system's queue.
    pub connections_max: usize,
    /// Most tiles, forecasts and tracks computed at a time; 0 takes one per processor.
    pub concurrent_work_max: usize,
    /// Most open event streams.
    pub event_streams_max: usize,
    /// Most samples (pixel × band × date) that a synchronous openEO request may read; larger ones are
    /// refused at once and run as batch jobs.
    pub synchronous_samples_max: u64,
    /// How long open requests may take to finish when the node stops, seconds.
    pub shutdown_grace_s: u64,
}

/// Who may see what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// Collections that are never served: not in search, tiles, counts, assets, events or errors.
    /// The command line on this machine still reads them.
    pub private_collections: Vec<String>,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            public_url: String::new(),
            allowed_hosts: Vec::new(),
            limits: Limits::default(),
            policy: PolicyConfig::default(),
            stapi: StapiConfig::default(),
            users: Vec::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_max_bytes: 4 << 20,
            request_timeout_s: 60,
            header_timeout_s: 15,
            concurrent_requests_max: 128,
            connections_max: 512,
            concurrent_work_max: 0,
            event_streams_max: 64,
            synchronous_samples_max: 100_000_000,
            shutdown_grace_s: 5,
        }
    }
}

impl NodeConfig {
    /// Reads a configuration; keys that are not there keep their defaults.
    ///
    /// # Errors
    /// [`ConfigError`] with `file` and the line, key or value that is wrong.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|e| ConfigError::Unreadable {
            file: file.to_string(),
            reason: e.to_string().trim().replace('\n', " "),
        })?;
        config.check()?;
        Ok(config)
    }

    /// The configuration in force, whole, as the file that would give it.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] where a value has no place in TOML, such as a number past 2^63.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|e| ConfigError::Unreadable {
            file: "configuration".into(),
            reason: e.to_string(),
        })
    }

    /// Applies [`BIND_VARIABLE`] and [`PUBLIC_URL_VARIABLE`] over what the file says.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn with_environment(self) -> Result<Self, ConfigError> {
        self.with_variables(|name| std::env::var(name).ok())
    }

    fn with_variables(
        mut self,
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        if let Some(text) = read(BIND_VARIABLE) {
            self.bind = text.parse().map_err(|_| ConfigError::Value {
                key: BIND_VARIABLE,
                value: format!("{text:?}"),
                expected: "is not an address and port such as 127.0.0.1:8080",
            })?;
        }
        if let Some(text) = read(PUBLIC_URL_VARIABLE) {
            self.public_url = text;
        }
        self.check()?;
        Ok(self)
    }

    /// Whether these values can be served.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key and what would be right.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !self.bind.ip().is_loopback() {
            return Err(ConfigError::NoIdentity { bind: self.bind });
        }
        if !self.public_url.is_empty() && public_host(&self.public_url).is_none() {
            return Err(ConfigError::Value {
                key: "public_url",
                value: format!("{:?}", self.public_url),
                expected: "is not an address such as https://eo.example.org/corridor, \
                           without query and closing slash",
            });
        }
        for host in &self.allowed_hosts {
            if host.is_empty()
                || !host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
            {
                return Err(ConfigError::Value {
                    key: "allowed_hosts",
                    value: format!("{host:?}"),
                    expected: "is not a host name (no scheme, port or wildcard)",
                });
            }
        }
        self.check_users()?;
        self.limits.check()
    }

    fn check_users(&self) -> Result<(), ConfigError> {
        for (index, user) in self.users.iter().enumerate() {
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            if user.name.is_empty() || user.name.len() > 100 || !user.name.chars().all(plain) {
                return Err(ConfigError::Value {
                    key: "users.name",
                    value: format!("{:?}", user.name),
                    expected: "is not a name of up to 100 letters, digits, dots, hyphens and underscores",
                });
            }
            if user.name == crate::openeo::OPERATOR {
                return Err(ConfigError::Value {
                    key: "users.name",
                    value: format!("{:?}", user.name),
                    expected: "is who asks without a token on this machine; take another name",
                });
            }
            if self.users[..index]
                .iter()
                .any(|other| other.name == user.name)
            {
                return Err(ConfigError::Value {
                    key: "users.name",
                    value: format!("{:?}", user.name),
                    expected: "stands twice",
                });
            }
            if PasswordHash::new(&user.password_hash).is_err() {
                return Err(ConfigError::Value {
                    key: "users.password_hash",
                    // Not shown: it may be a password that was put here by mistake.
                    value: format!("that of {:?}", user.name),
                    expected: "is not an Argon2 hash in PHC form; make one with `corridor user add`",
                });
            }
        }
        Ok(())
    }

    /// Whether a request may be addressed to `host`, given without port.
    pub(crate) fn serves_host(&self, host: &str) -> bool {
        let name = host.trim_start_matches('[').trim_end_matches(']');
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        if let Ok(address) = name.parse::<IpAddr>() {
            return address.is_loopback();
        }
        public_host(&self.public_url).is_some_and(|public| public.eq_ignore_ascii_case(name))
            || self
                .allowed_hosts
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(name))
    }
}

impl Limits {
    fn check(&self) -> Result<(), ConfigError> {
        let at_least_one = [
            ("limits.body_max_bytes", self.body_max_bytes as u64),
            ("limits.request_timeout_s", self.request_timeout_s),
            ("limits.header_timeout_s", self.header_timeout_s),
            (
                "limits.concurrent_requests_max",
                self.concurrent_requests_max as u64,
            ),
            ("limits.connections_max", self.connections_max as u64),
            ("limits.event_streams_max", self.event_streams_max as u64),
            (
                "limits.synchronous_samples_max",
                self.synchronous_samples_max,
            ),
        ];
        /// Past this a count or size is a slip of the pen, and some would overflow a semaphore.
        const LARGEST: u64 = 1 << 32;
        for (key, value) in at_least_one {
            if value == 0 || value > LARGEST {
                return Err(ConfigError::Value {
                    key,
                    value: value.to_string(),
                    expected: "is not from 1 to 4294967296",
                });
            }
        }
        if self.concurrent_work_max as u64 > LARGEST {
            return Err(ConfigError::Value {
                key: "limits.concurrent_work_max",
                value: self.concurrent_work_max.to_string(),
                expected: "is not from 0 to 4294967296",
            });
        }
        Ok(())
    }
}

/// The host of an `http` or `https` address without query, fragment, user or closing slash.
fn public_host(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    if rest.ends_with('/') || rest.contains(['?', '#', '@', ' ', '"', '<', '>', '\\']) {
        return None;
    }
    let authority = rest.split('/').next()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            port.parse::<u16>().ok()?;
            host
        }
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults_and_shows_them_all() {
        let config = NodeConfig::from_toml("", "corridor.toml").unwrap();
        assert_eq!(config, NodeConfig::default());
        let shown = config.to_toml().unwrap();
        for key in [
            "bind",
            "public_url",
            "allowed_hosts",
            "body_max_bytes",
            "private_collections",
        ] {
            assert!(shown.contains(key), "{key} is not in {shown}");
        }
        assert_eq!(
            NodeConfig::from_toml(&shown, "corridor.toml").unwrap(),
            config
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let error = NodeConfig::from_toml("[limits]\nbody_max = 3\n", "corridor.toml").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("corridor.toml") && text.contains("line 2"),
            "{text}"
        );
        assert!(text.contains("body_max"), "{text}");
    }

    #[test]
    fn an_address_others_reach_needs_identity() {
        for bind in ["0.0.0.0:8080", "192.0.2.1:80", "[::]:8080"] {
            let error =
                NodeConfig::from_toml(&format!("bind = {bind:?}"), "corridor.toml").unwrap_err();
            assert!(matches!(error, ConfigError::NoIdentity { .. }));
            assert!(error.to_string().contains("identity"), "{error}");
        }
        assert!(NodeConfig::from_toml("bind = \"[::1]:0\"", "corridor.toml").is_ok());
    }

    #[test]
    fn the_environment_overrides_and_is_checked() {
        let variables = |name: &str| (name == BIND_VARIABLE).then(|| "127.0.0.1:9".to_string());
        let config = NodeConfig::default().with_variables(variables).unwrap();
        assert_eq!(config.bind.port(), 9);
        let wrong = |name: &str| (name == BIND_VARIABLE).then(|| "here".to_string());
        let error = NodeConfig::default().with_variables(wrong).unwrap_err();
        assert!(error.to_string().contains("here"), "{error}");
    }

    #[test]
    fn values_out_of_range_name_their_key() {
        for (text, key) in [
            ("public_url = \"ftp://x\"", "public_url"),
            ("public_url = \"https://x/\"", "public_url"),
            ("public_url = \"https://a@b\"", "public_url"),
            ("allowed_hosts = [\"*.example\"]", "allowed_hosts"),
            ("[limits]\nconnections_max = 0", "limits.connections_max"),
            (
                "[limits]\nconnections_max = 9000000000000000000",
                "limits.connections_max",
            ),
        ] {
            let error = NodeConfig::from_toml(text, "corridor.toml").unwrap_err();
            assert!(error.to_string().contains(key), "{text}: {error}");
        }
    }

    #[test]
    fn only_named_hosts_are_served() {
        let config = NodeConfig {
            public_url: "https://eo.example.org:8443/corridor".into(),
            allowed_hosts: vec!["corridor.lan".into()],
            ..NodeConfig::default()
        };
        for host in [
            "localhost",
            "LOCALHOST",
            "127.0.0.1",
            "[::1]",
            "eo.example.org",
            "corridor.lan",
        ] {
            assert!(config.serves_host(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.0.2.1",
            "127.0.0.1.evil.example",
            "",
        ] {
            assert!(!config.serves_host(host), "{host}");
        }
    }
}
