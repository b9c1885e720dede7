//! The Sensor Tasking API (STAPI): products, opportunities, orders. Version 0.1.0, and the draft of
//! 0.2.0 where `stapi.version` says so.
//!
//! | conformance class | state | test (`tests/suite/stapi.rs`) |
//! | --- | --- | --- |
//! | core | done | `every_link_leads_somewhere`, `products_are_the_instruments_that_are_carried_each_once` |
//! | order-statuses | done | `an_order_becomes_a_watch` |
//! | opportunities | done | `opportunities_are_those_of_the_chain` |
//! | opportunities-async | done | `a_search_is_answered_later` |
//! | searches-opportunity, searches-opportunity-statuses | done | `a_search_is_answered_later` |
//! | geometry: Point, Polygon, MultiPolygon | done | `places_of_every_kind` |
//! | geometry: LineString, MultiPoint, MultiLineString | not offered, refused | `what_is_wrong_is_named` |
//!
//! An instrument of the register that some satellite carries is a product, an order is a watch, and
//! what the watch answers is what is delivered. Requests that are wrong are answered with 422 and the
//! `detail` list of the published document, other errors as everywhere on this node.

mod document;
mod landing;
mod opportunity;
mod order;
mod page;
mod product;
mod refusal;
pub mod request;
mod search;

use crate::policy::Action;
use crate::route::Route;
use serde::{Deserialize, Serialize};

/// Content type of features.
const GEOJSON: &str = "application/geo+json";
/// Content type of the rest.
const JSON: &str = "application/json";

/// The version of the standard that documents and conformance classes follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StapiVersion {
    /// As published.
    #[default]
    #[serde(rename = "0.1.0")]
    V0_1_0,
    /// The draft of the next version, as of August 2026.
    #[serde(rename = "0.2.0")]
    V0_2_0,
}

impl StapiVersion {
    /// As documents write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0_1_0 => "0.1.0",
            Self::V0_2_0 => "0.2.0",
        }
    }
}

/// The routes of this standard. Who reads orders and searches reads where others look, as with watches.
pub(crate) fn routes() -> Vec<Route> {
    use Action::{ChangeWatches, ReadRegister, ReadWatches};
    let routes = vec![
        Route::get("/stapi", ReadRegister, landing::landing),
        Route::get("/stapi/", ReadRegister, landing::landing),
        Route::get("/stapi/conformance", ReadRegister, landing::conformance),
        Route::get("/stapi/products", ReadRegister, product::list),
        Route::get("/stapi/products/{product}", ReadRegister, product::one),
        Route::get(
            "/stapi/products/{product}/conformance",
            ReadRegister,
            product::conformance,
        ),
        Route::get(
            "/stapi/products/{product}/queryables",
            ReadRegister,
            product::queryables,
        ),
        Route::get(
            "/stapi/products/{product}/order-parameters",
            ReadRegister,
            product::order_parameters,
        ),
        Route::post(
            "/stapi/products/{product}/opportunities",
            ReadWatches,
            opportunity::search,
        ),
        Route::get(
            "/stapi/products/{product}/opportunities/{collection}",
            ReadWatches,
            opportunity::collection,
        ),
        Route::get(
            "/stapi/products/{product}/orders",
            ReadWatches,
            order::of_product,
        ),
        Route::post(
            "/stapi/products/{product}/orders",
            ChangeWatches,
            order::place,
        ),
        Route::get("/stapi/orders", ReadWatches, order::list),
        Route::get("/stapi/orders/{order}", ReadWatches, order::one),
        Route::get(
            "/stapi/orders/{order}/statuses",
            ReadWatches,
            order::statuses,
        ),
        Route::get("/stapi/searches/opportunities", ReadWatches, search::list),
        Route::get(
            "/stapi/searches/opportunities/{search}",
            ReadWatches,
            search::one,
        ),
        Route::get(
            "/stapi/searches/opportunities/{search}/statuses",
            ReadWatches,
            search::statuses,
        ),
    ];
    routes
        .into_iter()
        .map(|route| route.answered_through(refusal::as_published))
        .collect()
}
