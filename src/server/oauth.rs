//! Where clients get tokens: OAuth 2.0 Protected Resource Metadata (RFC 9728), as the authorization of MCP requires.
//! Only announces the servers of `[serve] authorization_servers`; which tokens are accepted is decided in `auth`.

use crate::config::ServeConfig;
use crate::server::ServerState;
use crate::server::problem::{HttpResult, NOT_FOUND, Problem};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// The path of the metadata; that of a resource below `/` has its path behind it.
pub const PATH: &str = "/.well-known/oauth-protected-resource";
/// The path of the metadata of `/mcp`.
pub const PATH_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

/// What clients need to get a token.
#[derive(Clone, Debug, Default)]
pub struct OAuth {
    servers: Vec<String>,
    /// Scheme and host under which clients reach this server; `None` is `http` and the `Host` of the request.
    origin: Option<String>,
}

/// OAuth 2.0 Protected Resource Metadata (RFC 9728).
#[derive(Serialize, JsonSchema)]
pub struct Metadata {
    /// The resource: the URL that clients send requests to.
    resource: String,
    /// Issuers of tokens for the resource.
    authorization_servers: Vec<String>,
    /// How a token is sent: in the header `Authorization`.
    bearer_methods_supported: [&'static str; 1],
    /// Name for people.
    resource_name: &'static str,
}

impl OAuth {
    /// Returns what the config announces.
    pub fn of(config: &ServeConfig) -> Self {
        let origin = config.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        Self { servers: config.authorization_servers.clone(), origin }
    }

    fn origin(&self, headers: &HeaderMap) -> String {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        self.origin.clone().unwrap_or_else(|| format!("http://{host}"))
    }

    fn metadata(&self, headers: &HeaderMap, path: &str) -> HttpResult<Json<Metadata>> {
        if self.servers.is_empty() {
            return Err(Problem::new(NOT_FOUND, "no authorization server is configured").hint(
                "tokens come from whoever runs this server: `[serve] authorization_servers` is not set",
            ));
        }
        Ok(Json(Metadata {
            resource: format!("{}{path}", self.origin(headers)),
            authorization_servers: self.servers.clone(),
            bearer_methods_supported: ["header"],
            resource_name: "Headwater",
        }))
    }

    /// Returns the value of `WWW-Authenticate` for a request without a valid token; `None` if no authorization
    /// server is configured.
    pub fn challenge(&self, request: &Request) -> Option<HeaderValue> {
        if self.servers.is_empty() {
            return None;
        }
        let path = if is_mcp(request.uri().path()) { PATH_OF_MCP } else { PATH };
        // a request that names no token has no error (RFC 6750 §3.1)
        let error = match request.headers().contains_key(header::AUTHORIZATION) {
            true => "error=\"invalid_token\", ",
            false => "",
        };
        let origin = self.origin(request.headers());
        HeaderValue::try_from(format!("Bearer {error}resource_metadata=\"{origin}{path}\"")).ok()
    }
}

/// Returns true for a path of the MCP endpoint.
pub fn is_mcp(path: &str) -> bool {
    path == "/mcp" || path.starts_with("/mcp/")
}

/// `GET /.well-known/oauth-protected-resource`
pub async fn metadata(state: State<Arc<ServerState>>, headers: HeaderMap) -> HttpResult<Json<Metadata>> {
    state.oauth.metadata(&headers, "")
}

/// `GET /.well-known/oauth-protected-resource/mcp`
pub async fn metadata_of_mcp(
    state: State<Arc<ServerState>>,
    headers: HeaderMap,
) -> HttpResult<Json<Metadata>> {
    state.oauth.metadata(&headers, "/mcp")
}
