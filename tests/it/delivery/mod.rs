//! Tests of channels and the outbox.

pub mod channels; // every kind of channel against the rules of its service
pub mod mail; // SMTP
pub mod outbox; // delivery once to each channel, routes, quiet hours
pub mod receiver; // a server that accepts or rejects messages
pub mod robot; // the gateway of a xiaozhi robot
