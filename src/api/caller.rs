//! Who calls the API. Authentication is done by HTTP, MCP and the robot; what a role allows is decided
//! here.

pub use crate::config::Role;

use crate::api::{ApiError, ApiResult, ErrorKind};

/// How a request arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTP.
    Http,
    /// MCP over HTTP.
    Mcp,
    /// MCP over stdin and stdout.
    Stdio,
    /// MCP over the websocket of a xiaozhi robot.
    Xiaozhi,
    /// The Postgres protocol.
    Postgres,
}

impl Transport {
    /// Returns the name used in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Mcp => "mcp",
            Self::Stdio => "stdio",
            Self::Xiaozhi => "xiaozhi",
            Self::Postgres => "postgres",
        }
    }
}

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Name of the token; `loopback`, `stdio` or `xiaozhi` if there is none.
    pub name: String,
    /// What the caller may do.
    pub role: Role,
    /// How the request arrived.
    pub transport: Transport,
}

impl Caller {
    /// Fails unless the caller has `role` or a higher one.
    pub(super) fn require(&self, role: Role) -> ApiResult<()> {
        if self.role >= role {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::Forbidden, format!("this request requires the role `{}`", role.name()))
            .hint(format!("caller `{}` has the role `{}`", self.name, self.role.name())))
    }
}
