//! `corridor settings`: every assumed figure.

use super::{Outcome, open};
use crate::output::{Format, Listing, listing};
use clap::Args;
use corridor_watch::settings::Setting;
use std::path::Path;

/// Every figure that is an assumption, with its unit and its source.
///
/// A `settings.toml` in the data folder replaces values: lines of `"key" = number`.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Settings {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let all: Vec<&Setting> = chain.settings().all().collect();
        let rows = all
            .iter()
            .map(|s| {
                let kind = serde_json::to_value(s.kind).unwrap_or_default();
                vec![
                    s.key.clone(),
                    s.value.to_string(),
                    s.unit.clone(),
                    kind.as_str().unwrap_or_default().to_string(),
                    s.what.clone(),
                    s.source.clone(),
                ]
            })
            .collect();
        Ok(listing(
            self.format,
            &Listing {
                columns: &["key", "value", "unit", "kind", "what", "source"],
                rows,
                records: &all,
                empty: "there are no settings",
            },
        )?)
    }
}
