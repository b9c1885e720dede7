//! A route: method, path, the permission it needs, and who answers it.
//!
//! A [`Route`] cannot be made without an [`Action`], so none can be registered unguarded. The
//! table of all routes is also what the OpenAPI document is checked against.

use crate::Node;
use crate::policy::{Action, Principal};
use crate::problem::Problem;
use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};

/// One entry of the route table.
pub(crate) struct Route {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub(crate) method: &'static str,
    /// The path with `{parameters}`.
    pub(crate) path: &'static str,
    action: Action,
    handler: MethodRouter<Node>,
}

impl Route {
    /// A route that reads.
    pub(crate) fn get<H, T>(path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Node>,
        T: 'static,
    {
        Self {
            method: "GET",
            path,
            action,
            handler: get(handler),
        }
    }

    /// A route that adds, or searches with a body.
    pub(crate) fn post<H, T>(path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Node>,
        T: 'static,
    {
        Self {
            method: "POST",
            path,
            action,
            handler: post(handler),
        }
    }

    /// A route that puts something under a name.
    pub(crate) fn put<H, T>(path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Node>,
        T: 'static,
    {
        Self {
            method: "PUT",
            path,
            action,
            handler: put(handler),
        }
    }

    /// A route that changes parts.
    pub(crate) fn patch<H, T>(path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Node>,
        T: 'static,
    {
        Self {
            method: "PATCH",
            path,
            action,
            handler: patch(handler),
        }
    }

    /// A route that removes.
    pub(crate) fn delete<H, T>(path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Node>,
        T: 'static,
    {
        Self {
            method: "DELETE",
            path,
            action,
            handler: delete(handler),
        }
    }

    /// The same route with what it answers passed through `layer`, for a standard with its own form
    /// of errors.
    pub(crate) fn answered_through<F, R>(self, layer: F) -> Self
    where
        F: Fn(Request, Next) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response> + Send + 'static,
    {
        Self {
            handler: self.handler.route_layer(middleware::from_fn(layer)),
            ..self
        }
    }
}

/// Every route of the node but the page, which answers what none of these does.
pub(crate) fn table() -> Vec<Route> {
    [
        crate::stac::routes(),
        crate::stapi::routes(),
        crate::tiles::routes(),
        crate::assets::routes(),
        crate::status::routes(),
        crate::register::routes(),
        crate::contacts::routes(),
        crate::watches::routes(),
        crate::answers::routes(),
        crate::assumptions::routes(),
        crate::products::routes(),
        crate::events::routes(),
        crate::openeo::routes(),
        crate::openapi::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The table as a router: each route behind its permission, the page behind its own.
pub(crate) fn router(node: &Node) -> Router<Node> {
    let mut router = Router::new();
    for route in table() {
        let action = route.action;
        let guarded = route.handler.route_layer(middleware::from_fn_with_state(
            node.clone(),
            move |State(node): State<Node>, request: Request, next: Next| {
                permit(node, action, request, next)
            },
        ));
        tracing::trace!(route.method, route.path, "route");
        router = router.route(route.path, guarded);
    }
    router
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .fallback_service(
            get(crate::ui::page)
                .route_layer(middleware::from_fn_with_state(
                    node.clone(),
                    |State(node): State<Node>, request: Request, next: Next| {
                        permit(node, Action::ReadPage, request, next)
                    },
                ))
                .fallback(|| async { Problem::method_not_allowed() })
                .with_state(node.clone()),
        )
}

/// Lets the request through if the policy allows its action to its caller.
async fn permit(node: Node, action: Action, request: Request, next: Next) -> Response {
    let principal = request
        .extensions()
        .get::<Principal>()
        .unwrap_or(&Principal::Stranger);
    if node.policy().allows(principal, action) {
        next.run(request).await
    } else if *principal == Principal::ForeignPage {
        crate::openeo::login_needed().into_response()
    } else {
        Problem::denied("this node answers only its own machine").into_response()
    }
}
