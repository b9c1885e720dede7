//! Products: recipes that turn scenes into answers.

mod answer;
mod by_model;
mod recipe;
mod run;
mod select;
mod words;

pub use answer::{Layer, MASK_NODATA, ProductResult};
pub(crate) use answer::{figure, word};
pub use recipe::{Alternative, LegendClass, Parameter, Product, ProductKind, ReferenceCase, Style};
pub use run::{ProductInputs, SceneRef, run_product};
pub use select::{SceneQuery, Selection, select};
pub use words::Words;
