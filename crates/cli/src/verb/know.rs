//! `corridor know`: products, process graphs, statistics under polygons.

mod extent;
mod product;
mod run;
mod stat;

use super::{Failure, Outcome, open};
use crate::output::{Format, Listing, listing};
use clap::{Args, Subcommand};
use std::path::Path;

/// Products.
#[derive(Debug, Subcommand)]
pub(crate) enum Know {
    /// List the products: what they say, from which bands, how well
    Products(Products),
    /// Compute a product on this node's scenes: figures, COG, picture, polygons
    Product(product::RunProduct),
    /// Statistics of a raster under polygons, weighted by the part of each pixel covered
    Stat(stat::Stat),
    /// Run a process graph on this node's scenes
    Run(run::Run),
}

/// List the products; `--format json` has what is stated of their accuracy in full.
#[derive(Debug, Args)]
pub(crate) struct Products {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Reads `--set NAME=VALUE`: VALUE is JSON, or text where it is none.
fn set_parameters(given: &[String]) -> Result<serde_json::Map<String, serde_json::Value>, Failure> {
    given
        .iter()
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').ok_or_else(|| {
                Failure::Usage(format!("--set {parameter}: NAME=VALUE is needed"))
            })?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            Ok((name.to_string(), value))
        })
        .collect()
}

/// What a text begins with; the rest stands in the machine formats.
fn first_sentence(text: &str) -> &str {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    &text[..end]
}

impl Know {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let products = match self {
            Self::Products(products) => products,
            Self::Product(product) => return product.run(data_dir).await,
            Self::Stat(stat) => {
                return tokio::task::spawn_blocking(move || stat.run())
                    .await
                    .map_err(|e| Failure::Failed(e.to_string()))?;
            }
            Self::Run(run) => return run.run(data_dir).await,
        };
        let chain = open(data_dir).await?;
        let all: Vec<_> = chain.products().collect();
        let rows = all
            .iter()
            .map(|p| {
                let ways: Vec<String> = p
                    .alternatives
                    .iter()
                    .map(|a| format!("{}: {}", a.name, a.bands.join(" ")))
                    .collect();
                vec![
                    p.id.clone(),
                    p.title.clone(),
                    ways.join("; "),
                    match products.format {
                        Format::Table => first_sentence(&p.accuracy).to_string(),
                        _ => p.accuracy.clone(),
                    },
                ]
            })
            .collect();
        Ok(listing(
            products.format,
            &Listing {
                columns: &["id", "title", "bands", "accuracy"],
                rows,
                records: &all,
                empty: "no products",
            },
        )?)
    }
}
