//! Checks of an installation: what is wrong, and what to do about it. The checks take no lock, create no
//! lake and leave no file behind. Secrets are named, never shown.

mod bucket;

use crate::analysis::rules;
use crate::api::runs;
use crate::config::{Config, ErrorText};
use crate::delivery::channel::{Channel, Environment};
use crate::lake::catalog::{Catalog, RunState};
use crate::lake::{FORMAT_VERSION, Lake, Space};
use crate::llm::Client;
use crate::llm::prompt::Prompts;
use crate::query::engine::{Engine, Limits};
use crate::websocket::Address;
use model::error::{Error, Result};
use model::time::Ts;
use serde::Serialize;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No problem found.
    Ok,
    /// Works, but needs attention.
    Warn,
    /// Does not work.
    Fail,
}

/// A check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The part of the installation: `lake`, `bucket` …
    pub name: &'static str,
    /// The result.
    pub state: State,
    /// What was found, one line.
    pub what: String,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Check {
    fn ok(name: &'static str, what: impl Into<String>) -> Self {
        Self { name, state: State::Ok, what: what.into(), hint: None }
    }

    fn warn(name: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, state: State::Warn, what: what.into(), hint: Some(hint.into()) }
    }

    fn fail(name: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, state: State::Fail, what: what.into(), hint: Some(hint.into()) }
    }

    /// Returns a failed check for an error.
    pub fn failed(name: &'static str, error: Error) -> Self {
        let problem = error.into_problem(name);
        let at = problem.place.map(|place| format!(" ({place})")).unwrap_or_default();
        Self { name, state: State::Fail, what: problem.what + &at, hint: problem.hint }
    }

    fn of(name: &'static str, outcome: Result<Self>) -> Self {
        outcome.unwrap_or_else(|error| Self::failed(name, error))
    }
}

/// The installation to check, and the time.
pub struct CheckContext<'a> {
    /// The config in use.
    pub config: &'a Config,
    /// File of the config; `None` for the defaults.
    pub config_place: Option<&'a Path>,
    /// The lake's folder.
    pub lake: PathBuf,
    /// Folder of rules besides the built-in ones.
    pub rules: Option<PathBuf>,
    /// Limits of the query engine.
    pub limits: Limits,
    /// Current time.
    pub now: Ts,
    /// Returns an environment variable.
    pub env: fn(&str) -> Option<String>,
}

/// Runs all checks, in the order in which a daily run needs the parts.
pub async fn check_all(context: &CheckContext<'_>) -> Vec<Check> {
    let lake = Lake::open(&context.lake).ok();
    let mut checks =
        vec![config(context), Check::of("time zone", zone(context)), folder(context, lake.is_some())];
    let mut catalog = None;
    if let Some(lake) = &lake {
        checks.push(match Catalog::open(&lake.catalog_path()) {
            Ok(opened) => {
                catalog = Some(opened);
                Check::ok("catalog", format!("opens, format {FORMAT_VERSION}"))
            }
            Err(error) => Check::failed("catalog", error),
        });
        checks.push(writer(lake));
    }
    checks.push(Check::of("disk", disk(context, catalog.as_ref())));
    checks.push(Check::of("rules", planned(context).await));
    checks.extend(bucket::check_all(context).await);
    checks.extend(channels(context).await);
    checks.extend(model(context).await);
    checks.push(Check::of("listen", listen(context)));
    checks.extend(robot(context).await.transpose().map(|check| Check::of("xiaozhi", check)));
    checks.extend(catalog.map(|catalog| Check::of("last run", last_run(context, &catalog))));
    checks
}

/// Opens each channel, and checks what its recipient can do, without sending anything.
async fn channels(context: &CheckContext<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    for config in &context.config.channels {
        let check = async {
            let channel = Channel::open(config, Environment { env: &context.env, print: |_| Ok(()) })?;
            let fact = channel.probe().await?.unwrap_or_else(|| "is configured".to_owned());
            Ok(Check::ok("channel", format!("`{}` ({}) {fact}", channel.name, config.kind.name())))
        };
        checks.push(Check::of("channel", check.await));
    }
    checks
}

/// Sends a minimal request to the model, if one is configured.
async fn model(context: &CheckContext<'_>) -> Option<Check> {
    let client = match Client::open(&context.config.llm, context.env) {
        Ok(client) => client?,
        Err(error) => return Some(Check::failed("model", error)),
    };
    let check = async {
        Prompts::load(context.config.llm.prompts.as_deref())?;
        let usage = client.check().await?;
        Ok(Check::ok("model", format!("`{}` responds, {} tokens", client.model, usage.completion_tokens)))
    };
    Some(Check::of("model", check.await))
}

fn config(context: &CheckContext<'_>) -> Check {
    match context.config_place {
        Some(place) => Check::ok("config", place.display().to_string()),
        None => Check::ok("config", "defaults: there is no headwater.toml in this folder"),
    }
}

fn zone(context: &CheckContext<'_>) -> Result<Check> {
    let zone = context.config.zone()?;
    Ok(Check::ok("time zone", format!("{zone}, current time {}", context.now.local(zone))))
}

/// Returns the folder, or its nearest ancestor that exists.
fn existing(folder: &Path) -> &Path {
    let found = folder.ancestors().find(|folder| folder.is_dir());
    found.unwrap_or_else(|| Path::new("."))
}

fn folder(context: &CheckContext<'_>, is_lake: bool) -> Check {
    let folder = existing(&context.lake);
    if let Err(error) = tempfile::tempfile_in(folder) {
        let error =
            Error::failed("cannot write to the folder").at(folder.display().to_string()).because(error);
        return Check::failed(
            "lake",
            error.hint("grant this user write access, or set `[lake] path` to another folder"),
        );
    }
    let place = context.lake.display();
    if is_lake {
        return Check::ok("lake", format!("{place} is writable"));
    }
    Check::warn("lake", format!("no lake at {place} yet"), "`headwater run` creates it")
}

/// With less free space a day of a small cluster may not fit.
const LEAST_FREE_BYTES: u64 = 5 << 30;

fn disk(context: &CheckContext<'_>, catalog: Option<&Catalog>) -> Result<Check> {
    let space = Space::of(existing(&context.lake))?;
    let last_day = catalog.map_or(Ok(0), Catalog::last_day_bytes)?;
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    let what = format!("{} free of {}", gib(space.free_bytes), gib(space.size_bytes));
    // a changed day is rewritten before its old files are deleted, so it needs twice its size
    let needed = LEAST_FREE_BYTES.max(last_day.saturating_mul(2));
    if space.free_bytes >= needed {
        return Ok(Check::ok("disk", what));
    }
    let hint = format!("free up space: {} are needed, twice the last day and at least 5 GiB", gib(needed));
    Ok(Check::warn("disk", what, hint))
}

fn writer(lake: &Lake) -> Check {
    match lake.writer() {
        None => Check::ok("write lock", "free"),
        Some(0) => Check::ok("write lock", "held by a process outside this container"),
        Some(pid) => {
            let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            Check::ok("write lock", format!("held by process {pid}: {}", command.trim()))
        }
    }
}

async fn planned(context: &CheckContext<'_>) -> Result<Check> {
    let mut set = rules::load(context.rules.as_deref())?;
    set.check(&Engine::empty(context.limits).await?, &context.config.rules).await;
    let Some(first) = set.faults.first() else {
        return Ok(Check::ok("rules", format!("{} rules are valid", set.rules.len())));
    };
    let place = first.place.as_deref().unwrap_or_default();
    let what = format!("{} error(s), the first at {place}: {}", set.faults.len(), first.what);
    Ok(Check::fail("rules", what, "`headwater rules check` shows all errors"))
}

fn listen(context: &CheckContext<'_>) -> Result<Check> {
    let serve = &context.config.serve;
    let tokens = serve.access_tokens(context.env)?;
    let access = if tokens.is_empty() { "loopback only, without a token" } else { "requires a token" };
    match TcpListener::bind(serve.listen) {
        Ok(_) => Ok(Check::ok("listen", format!("{} is free; {access}", serve.listen))),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let hint = "expected while `headwater serve` runs; otherwise another program uses the port";
            Ok(Check::warn("listen", format!("{} is in use", serve.listen), hint))
        }
        Err(error) => Err(Error::failed("cannot listen on the address")
            .at(serve.listen.to_string())
            .because(error)
            .hint("set `[serve] listen` to an address of this machine")),
    }
}

/// Checks the robot's endpoint over TCP. A websocket connection would replace the one of `serve`.
async fn robot(context: &CheckContext<'_>) -> Result<Option<Check>> {
    let Some(address) = Address::of(&context.config.xiaozhi, context.env)? else { return Ok(None) };
    match address.check_reachable().await {
        Ok(()) => Ok(Some(Check::ok(
            "xiaozhi",
            format!("{address} is reachable; the log of `headwater serve` shows if the token is accepted"),
        ))),
        Err(reason) => Err(Error::failed("the robot's endpoint is not reachable")
            .at(address.to_string())
            .because(ErrorText(reason))
            .hint(
                "compare the address in the variable of `[xiaozhi] endpoint_env` with the robot's console",
            )),
    }
}

/// A daily job whose last run began longer ago is late.
const LATE_S: f64 = 26.0 * 3600.0;

fn last_run(context: &CheckContext<'_>, catalog: &Catalog) -> Result<Check> {
    let Some(run) = runs::list(catalog, None, 1)?.pop() else {
        return Ok(Check::warn("last run", "there are no runs yet", "`headwater run` runs the daily job"));
    };
    let hours = context.now.since_s(run.started_ts) / 3600.0;
    let note = run.note.map(|note| format!(": {note}")).unwrap_or_default();
    let what = format!("{} of {} is {}, started {hours:.1} h ago{note}", run.id, run.date, run.state);
    let hint = "`headwater runs show last` shows the details";
    Ok(match run.state {
        RunState::Failed => Check::fail("last run", what, hint),
        _ if hours * 3600.0 > LATE_S => {
            Check::warn("last run", format!("no run in 26 h; {what}"), "check that the schedule is enabled")
        }
        RunState::Done | RunState::Running => Check::ok("last run", what),
        _ => Check::warn("last run", what, hint),
    })
}
