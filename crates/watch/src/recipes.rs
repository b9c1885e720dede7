//! The recipes of a node: products, and the networks that can stand in for their rules.

use crate::error::WatchError;
use corridor_know::model::Models;
use corridor_know::product::Product;
use std::collections::BTreeMap;
use std::path::Path;

/// What the node can compute.
#[derive(Debug)]
pub(crate) struct Recipes {
    /// By id.
    pub(crate) products: BTreeMap<String, Product>,
    pub(crate) models: Models,
}

impl Recipes {
    /// The shipped products, those of the data folder's `products/` over them, and each network of
    /// its `models/` as one more product where it says whose rules it stands in for.
    pub(crate) fn read(data_dir: &Path) -> Result<Self, WatchError> {
        let invalid = |e: corridor_know::error::KnowError| WatchError::Invalid(e.to_string());
        let mut products: BTreeMap<String, Product> = Product::shipped()
            .iter()
            .map(|p| (p.id.clone(), p.clone()))
            .collect();
        let folder = data_dir.join("products");
        if folder.is_dir() {
            let doing = |e: std::io::Error| {
                WatchError::Invalid(format!("reading {}: {e}", folder.display()))
            };
            for entry in std::fs::read_dir(&folder).map_err(doing)? {
                let path = entry.map_err(doing)?.path();
                if path.is_dir() {
                    let product = Product::load(&path).map_err(invalid)?;
                    products.insert(product.id.clone(), product);
                }
            }
        }
        let models = Models::in_folder(&data_dir.join("models")).map_err(invalid)?;
        for model in models.all() {
            let about = model.description();
            let Some(id) = &about.product else { continue };
            let product = products.get(id).ok_or_else(|| {
                WatchError::Invalid(format!(
                    "the network {:?} in {} is for the product {id:?}, which is not here",
                    about.id,
                    data_dir.join("models").display()
                ))
            })?;
            let by_model = product.by_model(model).map_err(invalid)?;
            products.insert(by_model.id.clone(), by_model);
        }
        Ok(Self { products, models })
    }
}
