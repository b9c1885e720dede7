//! A product by a network that the user brings, in place of its rules.

use super::recipe::{Alternative, Product};
use crate::error::KnowError;
use crate::model::Model;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parameters that a run by a network gives to the graph besides: its id, and its bands.
pub(super) const MODEL_PARAMETERS: [&str; 2] = ["model", "model_bands"];

impl Product {
    /// The product by a network in place of its rules: its id is that of both, its parameters are
    /// gone with the rules.
    ///
    /// # Errors
    /// [`KnowError::Parameter`] where the product takes no network, or the network is for another
    /// product or gives classes that this one has not.
    pub fn by_model(&self, model: &Arc<Model>) -> Result<Product, KnowError> {
        let about = model.description();
        let fault = |reason: String| KnowError::Parameter {
            product: self.id.clone(),
            name: "model".to_string(),
            reason,
        };
        let Some((graph_file, graph)) = &self.model_graph else {
            return Err(fault(format!(
                "{:?} was given, and this product takes none",
                about.id
            )));
        };
        if let Some(other) = about.product.as_ref().filter(|other| **other != self.id) {
            return Err(fault(format!(
                "{:?} is for the product {other:?}",
                about.id
            )));
        }
        let known = |class: &u8| self.style.classes.iter().any(|known| known.value == *class);
        if let Some(class) = about.classes.iter().find(|class| !known(class)) {
            let classes: Vec<u8> = self.style.classes.iter().map(|c| c.value).collect();
            return Err(fault(format!(
                "{:?} gives the class {class}; the product has {classes:?}",
                about.id
            )));
        }
        let titled = |title: &str| format!("{title}: {}", about.title);
        let mut words = self.words.clone();
        for words in words.values_mut() {
            words.title = titled(&words.title);
        }
        Ok(Product {
            id: format!("{}-{}", self.id, about.id),
            title: titled(&self.title),
            accuracy: match about.accuracy.is_empty() {
                true => "Its makers say; nothing was measured here.".to_string(),
                false => about.accuracy.clone(),
            },
            parameters: BTreeMap::new(),
            alternatives: vec![Alternative {
                name: about.id.clone(),
                bands: about.bands.clone(),
                graph_file: graph_file.clone(),
                graph: graph.clone(),
                statistics: BTreeMap::new(),
            }],
            words,
            model: Some(model.clone()),
            ..self.clone()
        })
    }
}
