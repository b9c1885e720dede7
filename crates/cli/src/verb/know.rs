//! `corridor know`: products, process graphs, statistics under polygons.

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
    /// Statistics of a raster under polygons, weighted by the part of each pixel covered
    Stat(stat::Stat),
    /// Run a process graph on this node's scenes
    Run(run::Run),
}

/// List the products.
#[derive(Debug, Args)]
pub(crate) struct Products {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Know {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let products = match self {
            Self::Products(products) => products,
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
                    p.accuracy.clone(),
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
