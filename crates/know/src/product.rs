//! Products: recipes that turn scenes into answers.

mod recipe;
mod run;
mod select;

pub use recipe::{Alternative, LegendClass, Parameter, Product, ProductKind, ReferenceCase, Style};
pub use run::{Layer, MASK_NODATA, ProductInputs, ProductResult, SceneRef, run_product};
pub use select::{SceneQuery, Selection, select};
