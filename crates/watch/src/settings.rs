//! Named settings: every figure that is an assumption, with its unit and its source.
//!
//! The defaults are `register/assumptions.toml`; a `settings.toml` in the data folder replaces
//! values by key. Code asks for a key and gets a number; nothing else holds an assumed figure.

use crate::error::WatchError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a figure was chosen or looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Chosen by the project or by the operator of this node.
    Assumption,
    /// Published by someone else.
    Data,
}

/// One named figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Dotted name, with the unit at its end.
    pub key: String,
    /// The figure.
    pub value: f64,
    /// Its unit; `1` where it has none.
    pub unit: String,
    /// What it is used for.
    pub what: String,
    /// Where it comes from.
    pub source: String,
    /// Chosen or looked up.
    pub kind: SettingKind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    setting: Vec<Setting>,
}

/// All named settings of this node.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    by_key: BTreeMap<String, Setting>,
}

impl Settings {
    /// Reads the defaults and then the operator's own values over them.
    ///
    /// `overrides` is the text of `settings.toml`: `"key" = value` lines.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names file, key and value.
    pub fn read(defaults: &str, overrides: Option<&str>) -> Result<Self, WatchError> {
        let file: SettingsFile = toml::from_str(defaults)
            .map_err(|e| WatchError::Invalid(format!("assumptions.toml: {e}")))?;
        let mut by_key = BTreeMap::new();
        for setting in file.setting {
            if !setting.value.is_finite() || setting.source.trim().is_empty() {
                return Err(WatchError::Invalid(format!(
                    "assumptions.toml: setting {} needs a finite value and a source",
                    setting.key
                )));
            }
            by_key.insert(setting.key.clone(), setting);
        }
        let mut settings = Self { by_key };
        if let Some(text) = overrides {
            settings.replace(text)?;
        }
        Ok(settings)
    }

    fn replace(&mut self, text: &str) -> Result<(), WatchError> {
        let values: BTreeMap<String, f64> = toml::from_str(text).map_err(|e| {
            WatchError::Invalid(format!("settings.toml: {e}; lines read \"key\" = number"))
        })?;
        for (key, value) in values {
            let Some(setting) = self.by_key.get_mut(&key) else {
                return Err(WatchError::Invalid(format!(
                    "settings.toml: no setting named {key:?}; `corridor settings` lists them"
                )));
            };
            if !value.is_finite() || value < 0.0 {
                return Err(WatchError::Invalid(format!(
                    "settings.toml: {key} = {value} is not a number of at least 0"
                )));
            }
            setting.value = value;
            setting.source = "this node's settings.toml".into();
            setting.kind = SettingKind::Assumption;
        }
        Ok(())
    }

    /// The figure named `key`.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the register's assumptions lack it.
    pub fn value(&self, key: &str) -> Result<f64, WatchError> {
        self.by_key.get(key).map(|s| s.value).ok_or_else(|| {
            WatchError::internal(
                "reading settings",
                format!("assumptions.toml lacks {key:?}"),
            )
        })
    }

    /// How long a product takes on so many megapixels, seconds: its own figures, else the default.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn processing_s(&self, product: &str, megapixels: f64) -> Result<f64, WatchError> {
        let [base, slope] = self.processing_keys(product);
        Ok(self.value(&base)? + self.value(&slope)? * megapixels)
    }

    /// The keys behind [`Self::processing_s`].
    pub fn processing_keys(&self, product: &str) -> [String; 2] {
        let own = format!("processing.{product}.base_s");
        let name = if self.by_key.contains_key(&own) {
            product
        } else {
            "default"
        };
        [
            format!("processing.{name}.base_s"),
            format!("processing.{name}.per_megapixel_s"),
        ]
    }

    /// The key of the coarsest ground sample distance a product takes: its own, else the default.
    pub fn max_gsd_key(&self, product: &str) -> String {
        let own = format!("product.{product}.max_gsd_m");
        if self.by_key.contains_key(&own) {
            own
        } else {
            "product.default.max_gsd_m".into()
        }
    }

    /// All of them, by key.
    pub fn all(&self) -> impl Iterator<Item = &Setting> {
        self.by_key.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: &str = "[[setting]]\nkey = \"a.b_s\"\nvalue = 3\nunit = \"s\"\n\
        what = \"w\"\nsource = \"s\"\nkind = \"assumption\"\n";

    #[test]
    fn the_operators_value_wins_and_says_so() {
        let settings = Settings::read(DEFAULTS, Some("\"a.b_s\" = 5.5\n")).unwrap();
        assert!((settings.value("a.b_s").unwrap() - 5.5).abs() < 1e-12);
        assert!(
            settings
                .all()
                .next()
                .unwrap()
                .source
                .contains("settings.toml")
        );
    }

    #[test]
    fn an_unknown_key_or_a_bad_value_is_refused() {
        for (text, word) in [
            ("\"x\" = 1\n", "x"),
            ("\"a.b_s\" = -1\n", "-1"),
            ("nonsense", "key"),
        ] {
            let e = Settings::read(DEFAULTS, Some(text))
                .unwrap_err()
                .to_string();
            assert!(e.contains(word), "{e}");
        }
        assert!(
            Settings::read(DEFAULTS, None)
                .unwrap()
                .value("nope")
                .is_err()
        );
    }
}
