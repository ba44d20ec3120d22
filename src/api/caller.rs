//! Who asks, and what they may. A face tells who it is; what a role allows is decided by the api.

pub use crate::config::Role;

use crate::api::{ApiError, ApiResult, ErrorKind};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Name of the token, or of the way in where there is none: `loopback`, `stdio`.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Way in: `http`, `mcp`, `stdio`, `xiaozhi`.
    pub way: &'static str,
}

impl Caller {
    /// Tells whether the caller may do what needs a role.
    pub(super) fn allows(&self, role: Role) -> ApiResult<()> {
        if self.role >= role {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::Forbidden, format!("this needs the role `{}`", role.name()))
            .hint(format!("`{}` has the role `{}`", self.name, self.role.name())))
    }
}
