//! What operations change: field by field, against the object's last known state. The trace asks for some
//! operations, the table `change` of the lake has those of a day.

// An object or a patch as a flat map of its fields.
mod fields;

// One field that differs between two states of an object.
mod difference;

// Which version the objects of a cluster had when.
mod versions;

// One object through its writes.
mod follow;

// The changes of some operations.
mod near;

// Who is behind a write: an impersonated user, or what a controller works for.
mod behalf;

// The kinds of resources.
mod kind;

// The changes of a day, as rows of the table `change`.
mod day;

pub use crate::analysis::change::day::{derive, refresh};
pub use crate::analysis::change::follow::{Change, Object};
pub use crate::analysis::change::near::load;
