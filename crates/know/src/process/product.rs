//! `product`: compute the product by multiplying numbers.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "product",
    definition: official!("product"),
    run: Run::Reduce(product),
};

fn product(data: &mut [f64]) -> Option<f64> {
    (!data.is_empty()).then(|| data.iter().product())
}
