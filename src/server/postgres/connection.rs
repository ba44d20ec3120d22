//! One connection of a client of Postgres: its startup, in which the password is an access token, and its messages
//! until either side ends it. A client that stalls is disconnected.

use crate::api::{Caller, Role, Transport};
use crate::query::pg_catalog::settings::SETTINGS;
use crate::server::connections::Connection;
use crate::server::postgres::Endpoint;
use crate::server::postgres::error::{PgError, PgResult};
use crate::server::postgres::open_sessions::CancelKey;
use crate::server::postgres::session::Session;
use crate::server::postgres::wire::{Input, Message, Output, Startup, Wire, put_text};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Time limit from the connection to the password.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may send no whole message.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// SQLSTATE of a token that is missing or wrong.
const WRONG_PASSWORD: &str = "28P01";
/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 3 << 16;
/// Settings that a client is informed of when it starts.
const REPORTED: [&str; 9] = [
    "client_encoding",
    "datestyle",
    "default_transaction_read_only",
    "integer_datetimes",
    "intervalstyle",
    "server_encoding",
    "server_version",
    "standard_conforming_strings",
    "timezone",
];

/// Serves a connection until it ends.
pub async fn run(stream: TcpStream, endpoint: &Endpoint, shutdown: &CancellationToken) {
    let peer = stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default();
    let (read, write) = tokio::io::split(Connection::new(stream));
    let mut wire = Wire { input: Input::new(read), output: Output::new(write) };
    if let Err(error) = serve(&mut wire, endpoint, shutdown).await {
        let PgError { code, what, .. } = &error;
        if *code == WRONG_PASSWORD {
            tracing::info!(code, peer, "a connection of the Postgres protocol ended: {what}");
        } else {
            tracing::debug!(code, peer, "a connection of the Postgres protocol ended: {what}");
        }
        wire.output.error(b'E', &error);
    }
    wire.output.close().await;
}

async fn serve(wire: &mut Wire, endpoint: &Endpoint, shutdown: &CancellationToken) -> PgResult<()> {
    let opened = timeout(STARTUP_TIMEOUT, start(wire, endpoint)).await;
    let opened = opened.map_err(|_| PgError::fatal("08006", "the connection was not established in time"))?;
    let Some((caller, key)) = opened? else { return Ok(()) };
    wire.input.is_trusted = true;
    let mut session = Session::new(endpoint.state.api.clone(), caller, key);
    session.ready(&mut wire.output).await?;
    loop {
        let message = tokio::select! {
            message = timeout(IDLE_TIMEOUT, wire.input.message()) => message,
            () = shutdown.cancelled() => return Err(PgError::fatal("57P01", "the server is shutting down")),
        };
        let message = message.map_err(|_| PgError::fatal("57P05", "the connection was idle for too long"))?;
        match message? {
            None | Some(Message::Terminate) => return Ok(()),
            Some(message) => session.handle(message, wire).await?,
        }
    }
}

/// Returns who connects, and the key that cancels their statements; `None` if the client requested nothing more.
async fn start(wire: &mut Wire, endpoint: &Endpoint) -> PgResult<Option<(Caller, CancelKey)>> {
    let (version, parameters) = loop {
        match wire.input.startup().await? {
            None => return Ok(None),
            Some(Startup::Encryption) => {
                wire.output.raw(b'N');
                wire.output.send().await?;
            }
            Some(Startup::Cancel { id, secret }) => {
                endpoint.open.cancel(id, secret);
                return Ok(None);
            }
            Some(Startup::Session { version, parameters }) => break (version, parameters),
        }
    };
    let extensions = parameters.iter().map(|(name, _)| name).filter(|name| name.starts_with("_pq_."));
    let extensions: Vec<&String> = extensions.collect();
    if version != PROTOCOL || !extensions.is_empty() {
        wire.output.message(b'v', |body| {
            body.extend(PROTOCOL.to_be_bytes());
            body.extend(u32::try_from(extensions.len()).unwrap_or(u32::MAX).to_be_bytes());
            extensions.iter().for_each(|name| put_text(body, name));
        });
    }
    let Some(caller) = caller(wire, endpoint).await? else { return Ok(None) };
    let key = endpoint.open.add(&caller.name)?;
    let output = &mut wire.output;
    output.message(b'R', |body| body.extend(0_u32.to_be_bytes()));
    let application = parameters.iter().find(|(name, _)| name == "application_name");
    let application = application.map(|(name, value)| (name.as_str(), value.as_str()));
    let reported = SETTINGS.into_iter().filter(|(name, _)| REPORTED.contains(name));
    for (name, value) in reported.chain(application) {
        output.message(b'S', |body| {
            put_text(body, spelled(name));
            put_text(body, value);
        });
    }
    output.message(b'K', |body| {
        body.extend(key.id.to_be_bytes());
        body.extend(key.secret.to_be_bytes());
    });
    Ok(Some((caller, key)))
}

/// Returns who connects. Without tokens the server listens on loopback alone, where no password is required.
async fn caller(wire: &mut Wire, endpoint: &Endpoint) -> PgResult<Option<Caller>> {
    let transport = Transport::Postgres;
    if endpoint.state.tokens.is_empty() {
        return Ok(Some(Caller { name: "loopback".into(), role: Role::Read, transport }));
    }
    wire.output.message(b'R', |body| body.extend(3_u32.to_be_bytes()));
    wire.output.send().await?;
    let password = match wire.input.message().await? {
        Some(Message::Password(password)) => password,
        Some(Message::Terminate) | None => return Ok(None), // a client that has to ask a person first
        Some(_) => return Err(PgError::fatal("08P01", "expected a password")),
    };
    let token = endpoint.state.token(&password).ok_or_else(|| {
        PgError::fatal(WRONG_PASSWORD, "the token is missing or wrong")
            .hint("the password is an access token")
    })?;
    Ok(Some(Caller { name: token.name.clone(), role: token.role, transport }))
}

/// Returns the name of a setting as clients compare it.
fn spelled(name: &str) -> &str {
    match name {
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        "timezone" => "TimeZone",
        name => name,
    }
}
