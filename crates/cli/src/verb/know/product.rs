//! `corridor know product`: a product on this node's scenes.

use super::extent::Extent;
use crate::output::{Listing, MapFormat, counted, listing, say};
use crate::progress::Step;
use crate::verb::{Failure, Outcome, open};
use clap::Args;
use corridor_know::error::KnowError;
use corridor_know::graph::RunLimits;
use corridor_know::model::Model;
use corridor_know::product::{
    Product, ProductInputs, ProductResult, SceneQuery, Selection, run_product, select,
};
use corridor_know::source::CatalogSource;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Scenes tried for a product of one date, newest first, where the newest cannot be judged.
const TRIES_MAX: usize = 50;

/// Compute a product on this node's scenes.
///
/// A product of one date takes the newest scene of the time that can be judged; a change is between
/// the first and the last; a series judges the time by the history before it. Nothing is kept on
/// the node: watches keep answers.
#[derive(Debug, Args)]
pub(crate) struct RunProduct {
    /// The product; `corridor know products` lists them
    #[arg(value_name = "NAME")]
    product: String,
    #[command(flatten)]
    extent: Extent,
    /// Take scenes of this collection; needed where scenes of several suit
    #[arg(long)]
    collection: Option<String>,
    /// A parameter of the product; VALUE is JSON, or text where it is none
    #[arg(long = "set", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// A network that gives the classes in place of the product's rules: NAME.onnx with its description
    /// NAME.toml beside it
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// File for the result, may be given more than once: .tif (COG of the classes, and beside it
    /// -layers.tif with the figures behind them), .png (picture), .geojson (polygons)
    #[arg(short, long, value_name = "FILE")]
    out: Vec<PathBuf>,
    /// Language of the picture: en, or one that the product has words of (es, fr, pt, ro, …)
    #[arg(long, value_name = "TAG", default_value = "en")]
    lang: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: MapFormat,
}

impl RunProduct {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let kinds = self
            .out
            .iter()
            .map(|path| Kind::of(path))
            .collect::<Result<Vec<_>, _>>()?;
        let area = self.extent.area()?;
        let parameters = super::set_parameters(&self.parameters)?;
        let chain = open(data_dir).await?;
        let mut product = chain.product(&self.product)?.clone();
        if let Some(path) = &self.model {
            let model = Model::open(path).map_err(|error| failed(&error))?;
            product = product.by_model(&model).map_err(|error| failed(&error))?;
        }
        let product = &product;
        let query = SceneQuery {
            bbox: area.as_ref().map(|area| area.bbox()),
            collection: self.collection.clone(),
            from: self.extent.from,
            to: self.extent.to,
        };
        let catalog = chain.catalog();
        let selections = select(product, catalog.as_ref(), &query)
            .await
            .map_err(|error| failed(&error))?;
        let source = CatalogSource::new(catalog, chain.assets());
        let step = Step::start(product.title.clone());
        let mut tried = selections.into_iter().take(TRIES_MAX).peekable();
        let (selection, result) = loop {
            let Some(selection) = tried.next() else {
                return Err(Failure::Failed("there is no scene here".to_string()));
            };
            let inputs = ProductInputs {
                area: area.as_ref().map(|area| area.polygon().clone()),
                scenes: selection.scenes.clone(),
                since: selection.since,
                parameters: parameters.clone(),
            };
            match run_product(product, &inputs, &source, &RunLimits::default()).await {
                Ok(result) => break (selection, result),
                Err(error) if unjudged(&error) && tried.peek().is_some() => {
                    tracing::info!("{}: {error}", selection.scenes[0].item);
                }
                Err(error) => return Err(failed(&error)),
            }
        };
        step.done(counted(selection.scenes.len(), "scene", "scenes"));
        for (path, kind) in self.out.iter().zip(kinds) {
            kind.write(product, &result, &self.lang, path)?;
        }
        self.print(product, &selection, &result)
    }

    fn print(&self, product: &Product, selection: &Selection, result: &ProductResult) -> Outcome {
        let Some(format) = self.format.listing() else {
            let text =
                serde_json::to_string(&result.polygons).map_err(std::io::Error::other)? + "\n";
            return Ok(say(&text)?);
        };
        let record = json!({
            "product": product.id,
            "title": product.title,
            "alternative": result.alternative,
            "headline": result.headline,
            "scenes": selection.scenes,
            "since": selection.since,
            "parameters": result.parameters,
            "area_km2": result.area_km2,
            "valid_area_km2": result.valid_area_km2,
            "valid_fraction": result.valid_fraction,
            "statistics": result.statistics,
            "classes": result.classes,
            "accuracy": product.accuracy,
        });
        let names: Vec<&str> = selection.scenes.iter().map(|s| s.item.as_str()).collect();
        let shown = match names.as_slice() {
            [first, _, _, .., last] => format!("{} scenes, {first} to {last}", names.len()),
            few => few.join(", "),
        };
        let mut rows = vec![
            ["product".to_string(), product.id.clone()],
            ["answer".to_string(), result.headline.clone()],
            ["scenes".to_string(), shown],
            ["way".to_string(), result.alternative.clone()],
            ["valid_fraction".to_string(), number(result.valid_fraction)],
            ["valid_area_km2".to_string(), number(result.valid_area_km2)],
        ];
        // What stands above by name is not counted once more below.
        let above: Vec<String> = rows.iter().map(|[name, _]| name.clone()).collect();
        let figures = result.statistics.iter();
        let figures = figures.filter(|(name, _)| !above.contains(name));
        rows.extend(figures.map(|(name, value)| {
            let text = match value.as_f64() {
                Some(figure) if !value.is_u64() => number(figure),
                _ => value.to_string(),
            };
            [name.clone(), text]
        }));
        Ok(listing(
            format,
            &Listing {
                columns: &["figure", "value"],
                rows: rows.into_iter().map(Vec::from).collect(),
                records: &record,
                empty: "nothing",
            },
        )?)
    }
}

/// Six significant digits.
fn number(value: f64) -> String {
    let digits = 5 - value.abs().max(1e-9).log10().floor() as i32;
    let text = format!("{value:.*}", digits.clamp(0, 12) as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

#[allow(clippy::print_stderr, reason = "what is off goes to standard error")]
fn warn(text: &str) {
    eprintln!("corridor: {text}");
}

fn failed(error: &KnowError) -> Failure {
    Failure::Failed(error.to_string())
}

/// Whether another scene may be judged where this one cannot.
fn unjudged(error: &KnowError) -> bool {
    match error {
        KnowError::NotEnoughPixels { .. } => true,
        KnowError::Graph { error } => error.code == "NoDataAvailable",
        _ => false,
    }
}

/// What is written, by the file's name.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Cog,
    Picture,
    Polygons,
}

impl Kind {
    fn of(path: &Path) -> Result<Self, Failure> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        match ending.to_ascii_lowercase().as_str() {
            "tif" | "tiff" => Ok(Self::Cog),
            "png" => Ok(Self::Picture),
            "geojson" | "json" => Ok(Self::Polygons),
            _ => Err(Failure::Usage(format!(
                "--out {}: the name should end with .tif, .png or .geojson",
                path.display()
            ))),
        }
    }

    /// Writes aside and renames: a file that is there is whole.
    fn write(
        self,
        product: &Product,
        result: &ProductResult,
        language: &str,
        path: &Path,
    ) -> Outcome {
        let aside = path.with_extension("part");
        let put = |from: &Path, to: &Path| {
            std::fs::rename(from, to).map_err(|e| Failure::Failed(format!("{}: {e}", to.display())))
        };
        let bytes = |bytes: &[u8]| {
            std::fs::write(&aside, bytes)
                .map_err(|e| Failure::Failed(format!("{}: {e}", path.display())))
        };
        match self {
            Self::Cog => {
                result.write_mask_cog(&aside).map_err(|e| failed(&e))?;
                put(&aside, path)?;
                if result.write_layers_cog(&aside).map_err(|e| failed(&e))? {
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    put(&aside, &path.with_file_name(format!("{stem}-layers.tif")))?;
                }
                Ok(())
            }
            Self::Picture => {
                let picture = result.picture_in(product, language);
                let picture = picture.map_err(|e| failed(&e))?;
                let (drawn, told) = (&picture.captions.drawn, &picture.captions.told);
                if drawn.language != told.language {
                    warn(&format!(
                        "{}: drawn in English, there are no letters for {language:?}; the words go with it as text",
                        path.display()
                    ));
                } else if !language.starts_with(&drawn.language) {
                    warn(&format!(
                        "{}: in English, the product has no words in {language:?}",
                        path.display()
                    ));
                }
                bytes(&picture.png)?;
                put(&aside, path)
            }
            Self::Polygons => {
                let text = serde_json::to_vec(&result.polygons).map_err(std::io::Error::other)?;
                bytes(&text)?;
                put(&aside, path)
            }
        }
    }
}
