//! `corridor user`: who may log in to the openEO interface.

use super::{Failure, Outcome};
use crate::output::say;
use clap::{Args, Subcommand};
use corridor_node::NodeConfig;
use corridor_node::config::{UserConfig, password_hash};
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// Shortest password that is taken, characters.
const PASSWORD_CHARS_LEAST: usize = 12;
/// Longest line that is read as a password, bytes.
const PASSWORD_BYTES_MAX: u64 = 1024;

/// Users of the openEO interface.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a user to node.toml; the password is read from standard input
    Add(Add),
}

/// Add a user: name and Argon2id hash of the password go to the configuration file.
///
/// A node that runs already reads it at its next start.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What the user logs in as: letters, digits, dots, hyphens, underscores
    name: String,
    /// Configuration file; `node.toml` in the data folder where it is not said
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl User {
    pub(crate) fn run(self, data_dir: &Path) -> Outcome {
        let Self::Add(add) = self;
        let path = add.config.unwrap_or_else(|| data_dir.join("node.toml"));
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(Failure::Usage(format!("{shown}: {e}"))),
        };
        let usage = |e: corridor_node::config::ConfigError| Failure::Usage(e.to_string());
        let config = NodeConfig::from_toml(&text, &shown).map_err(usage)?;
        if config.users.iter().any(|user| user.name == add.name) {
            return Err(Failure::Usage(format!(
                "{shown} has a user {:?} already; remove it there first",
                add.name
            )));
        }
        let password = password()?;
        let user = UserConfig {
            password_hash: password_hash(&password).map_err(Failure::Usage)?,
            name: add.name,
        };
        // Lines of the file stay as they are; a table of an array may stand at its end.
        let mut text = text;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!(
            "\n[[users]]\nname = {:?}\npassword_hash = {:?}\n",
            user.name, user.password_hash
        ));
        NodeConfig::from_toml(&text, &shown).map_err(usage)?;
        replace(&path, &text)?;
        say(&format!(
            "user {} may log in from the node's next start on ({shown})\n",
            user.name
        ))?;
        Ok(())
    }
}

/// The first line of standard input.
fn password() -> Result<String, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(Failure::Usage(
            "the password is read from standard input and would show on this terminal; \
             pass it from a file or a password manager: corridor user add NAME < FILE"
                .to_string(),
        ));
    }
    let mut line = String::new();
    input.lock().take(PASSWORD_BYTES_MAX).read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.chars().count() < PASSWORD_CHARS_LEAST {
        return Err(Failure::Usage(format!(
            "the password on standard input has fewer than {PASSWORD_CHARS_LEAST} characters"
        )));
    }
    Ok(password.to_string())
}

/// Writes aside, readable by the owner alone, then takes the place of the file.
fn replace(path: &Path, text: &str) -> Outcome {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let aside = path.with_extension("toml.part");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    Ok(())
}
