//! A session: its prepared statements and portals, and what each message of the client does. Statements run through
//! the API, as those of every other caller. An error does not fail a transaction, since statements only read.

use crate::api::request::QueryRequest;
use crate::api::response::QueryAnswer;
use crate::api::{Api, ApiResult, Caller, ErrorKind};
use crate::query::guard::MAX_BYTES;
use crate::query::pg_catalog::translate::translated;
use crate::query::pg_catalog::types::TEXT;
use crate::query::sandbox::{Format, Output as Encoding, Truncated};
use crate::query::script;
use crate::server::postgres::bind::{self, MAX_PARAMETERS, Parameter};
use crate::server::postgres::command::{self, Command};
use crate::server::postgres::error::{PgError, PgResult};
use crate::server::postgres::open_sessions::CancelKey;
use crate::server::postgres::rows::Rows;
use crate::server::postgres::wire::{Bind, Message, Output, Wire, is_binary, put_column, sized};
use std::collections::HashMap;

/// Most prepared statements of a session.
const MAX_STATEMENTS: usize = 256;
/// How often a statement waits for its turn again, two seconds each.
const WAITS: usize = 10;
/// Most portals of a session; each may hold a result.
const MAX_PORTALS: usize = 4;
/// Longest name of either in bytes.
const MAX_NAME: usize = 63;

/// A statement with places for parameters.
struct Prepared {
    sql: String,
    /// Types of the parameters; 0 where the client names none.
    types: Vec<u32>,
}

/// A statement with its parameters.
#[derive(Clone)]
struct Bound {
    sql: String,
    /// Formats of its columns.
    formats: Vec<i16>,
    /// Whether the text differs from that of the client.
    has_parameters: bool,
}

/// A statement that can run, and what is left of its rows once it has.
struct Portal {
    bound: Bound,
    rows: Option<Rows>,
}

/// What a client has said so far.
pub struct Session {
    api: Api,
    caller: Caller,
    key: CancelKey,
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    is_in_transaction: bool,
    /// Whether messages are skipped until the next `Sync`, since one before failed.
    has_failed: bool,
}

impl Session {
    pub fn new(api: Api, caller: Caller, key: CancelKey) -> Self {
        let (statements, portals) = (HashMap::new(), HashMap::new());
        Self { api, caller, key, statements, portals, is_in_transaction: false, has_failed: false }
    }

    /// Handles a message.
    ///
    /// # Errors
    /// The connection must end.
    pub async fn handle(&mut self, message: Message, wire: &mut Wire) -> PgResult<()> {
        match message {
            Message::Sync => {
                self.has_failed = false;
                if !self.is_in_transaction {
                    self.portals.clear();
                }
                self.ready(&mut wire.output).await
            }
            Message::Query(sql) => {
                self.has_failed = false;
                if let Err(error) = self.script(&sql, wire).await {
                    fail(error, &mut wire.output)?;
                }
                self.ready(&mut wire.output).await
            }
            Message::Flush => wire.output.send().await,
            _ if self.has_failed => Ok(()),
            message => match self.extended(message, wire).await {
                Ok(()) => wire.output.send_some().await,
                Err(error) => {
                    self.has_failed = true;
                    fail(error, &mut wire.output)
                }
            },
        }
    }

    /// Sends what is buffered, and that the next message may come.
    pub async fn ready(&self, output: &mut Output) -> PgResult<()> {
        output.message(b'Z', |body| body.push(if self.is_in_transaction { b'T' } else { b'I' }));
        output.send().await
    }

    /// Runs statements that are separated by `;`.
    async fn script(&mut self, text: &str, wire: &mut Wire) -> PgResult<()> {
        let script = script::split(text);
        let statements = script.statements.into_iter().chain([script.rest]);
        let mut is_empty = true;
        for sql in statements.filter(|sql| !sql.trim().is_empty()) {
            is_empty = false;
            if let Some(command) = command::of(sql) {
                self.command(command, true, &mut wire.output)?;
                continue;
            }
            let mut rows = self.rows(sql, None, &[], wire).await?;
            rows.describe(&mut wire.output);
            send_rows(&mut rows, usize::MAX, &mut wire.output).await?;
        }
        if is_empty {
            wire.output.empty(b'I');
        }
        Ok(())
    }

    /// Handles a message of the extended protocol.
    async fn extended(&mut self, message: Message, wire: &mut Wire) -> PgResult<()> {
        match message {
            Message::Parse { name, sql, types } => {
                if sql.len() > MAX_BYTES {
                    let what = format!(
                        "the statement is {} KiB; the limit is {} KiB",
                        sql.len() >> 10,
                        MAX_BYTES >> 10
                    );
                    return Err(PgError::error("54000", what));
                }
                if types.len() > MAX_PARAMETERS {
                    let what = format!("the statement has more than {MAX_PARAMETERS} parameters");
                    return Err(PgError::error("54023", what));
                }
                room(&self.statements, &name, MAX_STATEMENTS, "prepared statement")?;
                self.statements.insert(name, Prepared { sql, types });
                wire.output.empty(b'1');
            }
            Message::Bind(bind) => {
                self.bind(bind)?;
                wire.output.empty(b'2');
            }
            Message::Describe { target: b'S', name } => self.describe_statement(&name, wire).await?,
            Message::Describe { name, .. } => self.describe_portal(&name, wire).await?,
            Message::Execute { portal, max_rows } => self.execute(&portal, max_rows, wire).await?,
            Message::Close { target, name } => {
                match target {
                    b'S' => drop(self.statements.remove(&name)),
                    _ => drop(self.portals.remove(&name)),
                }
                wire.output.empty(b'3');
            }
            _ => {} // a password or rows of a copy, which nobody waits for
        }
        Ok(())
    }

    fn bind(&mut self, bind: Bind) -> PgResult<()> {
        let Prepared { sql, types } =
            self.statements.get(&bind.statement).ok_or_else(|| no_statement(&bind.statement))?;
        let parameters = bind.parameters.iter().enumerate().map(|(at, value)| Parameter {
            oid: types.get(at).copied().unwrap_or(0),
            is_binary: is_binary(&bind.formats, at),
            value: value.as_deref(),
        });
        let sql = bind::bound(sql, &parameters.collect::<Vec<_>>())?;
        room(&self.portals, &bind.portal, MAX_PORTALS, "portal")?;
        let bound = Bound { sql, formats: bind.results, has_parameters: !bind.parameters.is_empty() };
        self.portals.insert(bind.portal, Portal { bound, rows: None });
        Ok(())
    }

    /// Plans a statement with nulls for its parameters, and sends their types and the columns.
    async fn describe_statement(&mut self, name: &str, wire: &mut Wire) -> PgResult<()> {
        let Prepared { sql, types } = self.statements.get(name).ok_or_else(|| no_statement(name))?;
        let types = bind::parameter_types(sql, types);
        let null = |oid: &u32| Parameter { oid: *oid, is_binary: false, value: None };
        let sql = bind::bound(sql, &types.iter().map(null).collect::<Vec<_>>())?;
        let rows = match has_rows(&sql) {
            true => Some(self.rows(&sql, Some(0), &[], wire).await?),
            false => None,
        };
        wire.output.message(b't', |body| {
            body.extend(u16::try_from(types.len()).unwrap_or(u16::MAX).to_be_bytes());
            types.iter().for_each(|oid| body.extend(oid.to_be_bytes()));
        });
        describe(rows.as_ref(), &sql, &mut wire.output);
        Ok(())
    }

    /// Runs the statement of a portal, keeps its rows, and sends the columns.
    async fn describe_portal(&mut self, name: &str, wire: &mut Wire) -> PgResult<()> {
        let bound = self.portals.get(name).ok_or_else(|| no_portal(name))?.bound.clone();
        let rows = match has_rows(&bound.sql) {
            true => Some(self.rows_of(&bound, wire).await?),
            false => None,
        };
        describe(rows.as_ref(), &bound.sql, &mut wire.output);
        if let Some(portal) = self.portals.get_mut(name) {
            portal.rows = rows;
        }
        Ok(())
    }

    async fn execute(&mut self, name: &str, max_rows: usize, wire: &mut Wire) -> PgResult<()> {
        let portal = self.portals.get_mut(name).ok_or_else(|| no_portal(name))?;
        let (bound, rows) = (portal.bound.clone(), portal.rows.take());
        if is_empty(&bound.sql) {
            wire.output.empty(b'I');
            return Ok(());
        }
        if let Some(command) = command::of(&bound.sql) {
            return self.command(command, false, &mut wire.output);
        }
        let mut rows = match rows {
            Some(rows) => rows,
            None => self.rows_of(&bound, wire).await?,
        };
        let most = if max_rows == 0 { usize::MAX } else { max_rows };
        send_rows(&mut rows, most, &mut wire.output).await?;
        if let Some(portal) = self.portals.get_mut(name) {
            portal.rows = Some(rows);
        }
        Ok(())
    }

    /// Handles a statement that needs no engine.
    fn command(&mut self, command: Command, is_described: bool, output: &mut Output) -> PgResult<()> {
        match command {
            Command::Done(tag) => output.complete(tag),
            Command::Begin(tag) => {
                self.is_in_transaction = true;
                output.complete(tag);
            }
            Command::End(tag) => {
                self.is_in_transaction = false;
                self.portals.clear();
                output.complete(tag);
            }
            Command::Deallocate(name) => {
                match name {
                    Some(name) => drop(self.statements.remove(&name)),
                    None => self.statements.clear(),
                }
                output.complete("DEALLOCATE");
            }
            Command::Show(name, value) => {
                if is_described {
                    describe_setting(name, output);
                }
                output.message(b'D', |body| {
                    body.extend(1_u16.to_be_bytes());
                    sized(body, 0, |out| out.extend(value.bytes()));
                });
                output.complete("SHOW");
            }
            Command::Unknown(name) => {
                let what = format!("the setting `{name}` does not exist");
                return Err(PgError::error("42704", what).hint("settings of the engine cannot be changed"));
            }
        }
        Ok(())
    }

    /// Runs a statement, also if it has to wait: a dashboard sends a dozen at once.
    async fn answer(&self, request: QueryRequest) -> ApiResult<QueryAnswer> {
        for _ in 0..WAITS {
            match self.api.query(&self.caller, request.clone(), Encoding::of(Format::Arrow)).await {
                Err(error) if error.kind == ErrorKind::Busy => {}
                answer => return answer,
            }
        }
        self.api.query(&self.caller, request, Encoding::of(Format::Arrow)).await
    }

    /// Runs the statement of a portal.
    async fn rows_of(&self, bound: &Bound, wire: &mut Wire) -> PgResult<Rows> {
        let rows = self.rows(&bound.sql, None, &bound.formats, wire).await;
        rows.map_err(|error| if bound.has_parameters { error.without_position() } else { error })
    }

    /// Runs a statement until it ends, is cancelled, or the client leaves. A limit of 0 only plans it.
    async fn rows(&self, sql: &str, limit: Option<u32>, formats: &[i16], wire: &mut Wire) -> PgResult<Rows> {
        // the guard refuses what is longer
        let text = if sql.len() > MAX_BYTES { sql.to_owned() } else { translated(sql) };
        let is_own = text == sql;
        let request = QueryRequest { sql: text, limit };
        let answer = tokio::select! {
            answer = self.answer(request) => answer.map_err(|error| {
                let error = PgError::of_statement(error, sql);
                if is_own { error } else { error.without_position() }
            })?,
            () = self.key.cancelled.notified() => {
                return Err(PgError::error("57014", "the statement was cancelled at the request of the client"));
            }
            () = wire.input.closed() => return Err(PgError::gone()),
        };
        if let Some(cut_by) = answer.truncated.filter(|_| limit != Some(0)) {
            wire.output.error(b'N', &cut(cut_by, answer.rows));
        }
        Rows::of(answer.body, formats)
    }
}

/// Sends rows, and how many they were; or that there are more.
async fn send_rows(rows: &mut Rows, most: usize, output: &mut Output) -> PgResult<()> {
    let mut sent = 0;
    while sent < most {
        if !rows.next(output)? {
            output.complete(&format!("SELECT {sent}"));
            return Ok(());
        }
        sent += 1;
        output.send_some().await?;
    }
    output.empty(b's');
    Ok(())
}

/// Sends an error, unless it ends the connection.
fn fail(error: PgError, output: &mut Output) -> PgResult<()> {
    if error.is_fatal() {
        return Err(error);
    }
    output.error(b'E', &error);
    Ok(())
}

/// Returns true if a statement is answered with rows of the engine.
fn has_rows(sql: &str) -> bool {
    !is_empty(sql) && command::of(sql).is_none()
}

/// Returns true for a text without a statement: some clients send one to see whether the server answers.
fn is_empty(sql: &str) -> bool {
    let script = script::split(sql);
    script.statements.is_empty() && script.rest.is_empty()
}

/// Sends the columns of a statement that was planned, or of one that needs no engine.
fn describe(rows: Option<&Rows>, sql: &str, output: &mut Output) {
    match (rows, command::of(sql)) {
        (Some(rows), _) => rows.describe(output),
        (None, Some(Command::Show(name, _))) => describe_setting(name, output),
        (None, _) => output.empty(b'n'),
    }
}

/// Sends the column of a setting.
fn describe_setting(name: &str, output: &mut Output) {
    output.message(b'T', |body| {
        body.extend(1_u16.to_be_bytes());
        put_column(body, name, (TEXT.oid, TEXT.size), false);
    });
}

/// Fails if there is no room for another name.
fn room<T>(of: &HashMap<String, T>, name: &str, most: usize, what: &str) -> PgResult<()> {
    if name.len() > MAX_NAME {
        return Err(PgError::error("42622", format!("the name of a {what} is longer than {MAX_NAME} bytes")));
    }
    if of.len() < most || of.contains_key(name) {
        return Ok(());
    }
    Err(PgError::error("53400", format!("the session has {most} {what}s; close one")))
}

fn no_statement(name: &str) -> PgError {
    PgError::error("26000", format!("prepared statement `{name}` does not exist"))
}

fn no_portal(name: &str) -> PgError {
    PgError::error("34000", format!("portal `{name}` does not exist"))
}

/// Returns the notice that a result is not complete.
fn cut(limit: Truncated, rows: usize) -> PgError {
    let what = match limit {
        Truncated::Rows => format!("the result was cut after {rows} rows (`[serve] query_rows`)"),
        Truncated::Bytes => format!("the result was cut after {rows} rows: it is too large"),
        Truncated::Cell => "long values of the result were cut".into(),
    };
    PgError::warning("01004", what).hint("filter by `ts`, or aggregate")
}
