//! HTTP: one list of routes, from which both the router and the OpenAPI document are made, so that
//! neither can have a path that the other lacks. Handlers only decode requests and encode responses.

mod browser; // sessions of browsers, assets
mod extract; // decodes parameters, JSON bodies and `Accept`
mod handlers; // routes that return a response of the API as JSON
mod investigation; // routes of requests that investigate
mod logs; // uploads
mod openapi; // the OpenAPI document
mod page; // the report as a file, probes and metrics
mod robot; // the context of a xiaozhi robot
mod route; // what a route is
mod routes; // the list of routes
mod sql; // rows as JSON, CSV or Arrow
mod view_requests; // parameters of views
mod view_routes; // routes of views
mod views; // views of the page
mod visitor; // who views a page

pub(super) use crate::server::http::browser::{ASSETS, LOGIN};
pub(super) use crate::server::http::visitor::Visitor;

use crate::server::ServerState;
use crate::server::problem::{METHOD_NOT_ALLOWED, NOT_FOUND, Problem};
use axum::Router;
use std::sync::Arc;

type State = axum::extract::State<Arc<ServerState>>;
type Caller = axum::Extension<crate::api::Caller>;

const PLAIN: &str = "text/plain; charset=utf-8";

/// Returns a router with all routes; any other path or method is a problem.
pub fn router() -> Router<Arc<ServerState>> {
    let router = routes::routes()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.path, route.handler));
    router.merge(browser::router()).fallback(unknown_path).method_not_allowed_fallback(unknown_method)
}

async fn unknown_path() -> Problem {
    Problem::new(NOT_FOUND, "the path does not exist").hint("`/openapi.json` lists all paths")
}

async fn unknown_method() -> Problem {
    Problem::new(METHOD_NOT_ALLOWED, "the path does not support this method").hint("see the header `Allow`")
}
