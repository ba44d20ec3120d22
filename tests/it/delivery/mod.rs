//! Tests of channels and the outbox.

pub mod channels; // every kind of channel against its service's rules
pub mod mail; // SMTP
pub mod outbox; // what is owed to whom, until it arrived
pub mod receiver; // a server that takes messages, or does not
