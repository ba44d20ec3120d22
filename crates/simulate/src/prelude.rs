//! The words of the scenarios: everything a file under `scenario/` may use, in one place.
//! Must not define anything.

pub use crate::adhoc::AdHoc;
pub use crate::api::{RBAC, Target};
pub use crate::app::{Level, content, own_errors, worded};
pub use crate::audit::Request;
pub use crate::call_failure::{Failure, address};
pub use crate::cluster::{NODES, Probe};
pub use crate::day::{Day, Log};
pub use crate::event::Object;
pub use crate::fleet::{FLEET, Kind, Style, callers, find, index_of, reach};
pub use crate::impact::{GROWING, INGRESS, LINKS};
pub(crate) use crate::manifest;
pub use crate::people::{User, admins, owners, team};
pub use crate::service::Route;
pub use crate::single::{FULL, SINGLES, TOO_SMALL};
pub use crate::store::{config_text, patch_into};
pub use crate::story::{Incident, Story};
pub use crate::strike::{
    JAVA, Strike, apply_one_replica, break_config, drown, lower_memory, remove_env, remove_env_needed_later,
    scale_to_one,
};
pub use crate::text::{HOUR, MINUTE, SECOND, local, mib_text, rfc3339};
pub use crate::truth::Cause;
pub use crate::workload::Rollout;
pub use serde_json::{Value, json};
