//! The description of a route: its path, input, outputs, problems and handler.

use crate::config::Role;
use crate::server::ServerState;
use crate::server::problem::{ProblemType, REQUEST_TIMEOUT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE};
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::sync::Arc;

/// One method of one path.
pub(super) struct Route {
    pub path: &'static str,
    /// What it does, one line.
    pub summary: &'static str,
    /// The least role that may call it; `None` if no token is required.
    pub role: Option<Role>,
    pub input: Input,
    /// One entry for each media type.
    pub outputs: &'static [Output],
    /// Problem types besides those of every route.
    pub problems: &'static [ProblemType],
    pub handler: MethodRouter<Arc<ServerState>>,
}

/// The input of a route. Parameters and JSON bodies have an example.
pub(super) enum Input {
    None,
    /// Path and query parameters of a `GET`.
    Query(SchemaOf, &'static str),
    /// The JSON body of a `POST`. Its fields that the path contains are path parameters instead.
    Json(SchemaOf, &'static str),
    /// Files and query parameters of a `POST`.
    Files(SchemaOf, &'static str),
}

/// An output of a route, in one media type.
pub(super) enum Output {
    Json(SchemaOf),
    Text(&'static str),
    Bytes(&'static str),
}

pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

pub(super) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Input {
    /// Returns the HTTP method in lower case.
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::None | Self::Query(..) => "get",
            Self::Json(..) | Self::Files(..) => "post",
        }
    }

    /// Returns the problem types of every route with this kind of input.
    pub(super) fn problems(&self) -> &'static [ProblemType] {
        match self {
            Self::None | Self::Query(..) => &[],
            Self::Json(..) | Self::Files(..) => &[REQUEST_TIMEOUT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE],
        }
    }
}
