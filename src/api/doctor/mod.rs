//! What is wrong with an installation, and what to do: checks as values. It only looks: it takes no
//! lock, makes no lake, and leaves nothing behind. Secrets are named, never shown.

mod bucket;

use crate::analysis::rules;
use crate::api::runs;
use crate::config::{Config, Plain};
use crate::delivery::channel::{Channel, Outside};
use crate::lake::catalog::Catalog;
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

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works; look at it.
    Warn,
    /// Something will not work.
    Fail,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it ended.
    pub state: State,
    /// What was seen.
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

/// What is looked at.
pub struct Installation<'a> {
    /// The config.
    pub config: &'a Config,
    /// Where it stands; nothing for the defaults.
    pub config_place: Option<&'a Path>,
    /// The lake's folder.
    pub lake: PathBuf,
    /// The folder of rules beside the shipped ones.
    pub rules: Option<PathBuf>,
    /// Limits of the query engine.
    pub limits: Limits,
    /// The time.
    pub now: Ts,
    /// Looks an environment variable up.
    pub env: fn(&str) -> Option<String>,
}

/// Looks at everything, in the order in which a day needs it.
pub async fn examine(at: &Installation<'_>) -> Vec<Check> {
    let lake = Lake::open(&at.lake).ok();
    let mut checks = vec![config(at), Check::of("time zone", zone(at)), folder(at, lake.is_some())];
    let mut catalog = None;
    if let Some(lake) = &lake {
        checks.push(match Catalog::open(&lake.catalog_path()) {
            Ok(opened) => {
                catalog = Some(opened);
                Check::ok("catalog", format!("it opens, format {FORMAT_VERSION}"))
            }
            Err(error) => Check::failed("catalog", error),
        });
        checks.push(writer(lake));
    }
    checks.push(Check::of("disk", disk(at, catalog.as_ref())));
    checks.push(Check::of("rules", planned(at).await));
    checks.extend(bucket::examine(at).await);
    checks.extend(channels(at));
    checks.extend(model(at).await);
    checks.push(Check::of("listen", listen(at)));
    checks.extend(robot(at).await.transpose().map(|check| Check::of("xiaozhi", check)));
    checks.extend(catalog.map(|catalog| Check::of("last run", last_run(at, &catalog))));
    checks
}

/// Opens each channel: nothing is sent.
fn channels(at: &Installation<'_>) -> Vec<Check> {
    let open = |config| {
        let channel = Channel::open(config, Outside { env: &at.env, print: |_| Ok(()) })?;
        let kind = config.kind.name();
        Ok(Check::ok("channel", format!("`{}` ({kind}) has where to send to", channel.name)))
    };
    at.config.broadcast.iter().map(|config| Check::of("channel", open(config))).collect()
}

/// Asks the model for a word, where one is configured.
async fn model(at: &Installation<'_>) -> Option<Check> {
    let client = match Client::open(&at.config.llm, at.env) {
        Ok(client) => client?,
        Err(error) => return Some(Check::failed("model", error)),
    };
    let look = async {
        Prompts::load(at.config.llm.prompts.as_deref())?;
        let usage = client.look().await?;
        Ok(Check::ok("model", format!("`{}` answers, {} tokens", client.model, usage.completion_tokens)))
    };
    Some(Check::of("model", look.await))
}

fn config(at: &Installation<'_>) -> Check {
    match at.config_place {
        Some(place) => Check::ok("config", place.display().to_string()),
        None => Check::ok("config", "the defaults: there is no headwater.toml here"),
    }
}

fn zone(at: &Installation<'_>) -> Result<Check> {
    let zone = at.config.zone()?;
    Ok(Check::ok("time zone", format!("{zone}, where it is {}", at.now.local(zone))))
}

/// Returns the folder, or the nearest one above it that exists.
fn existing(folder: &Path) -> &Path {
    let found = folder.ancestors().find(|folder| folder.is_dir());
    found.unwrap_or_else(|| Path::new("."))
}

fn folder(at: &Installation<'_>, is_lake: bool) -> Check {
    let folder = existing(&at.lake);
    if let Err(error) = tempfile::tempfile_in(folder) {
        let error = Error::failed("nothing can be written").at(folder.display().to_string()).because(error);
        return Check::failed(
            "lake",
            error.hint("give this user the folder, or name another: `[lake] path`"),
        );
    }
    let place = at.lake.display();
    if is_lake {
        return Check::ok("lake", format!("{place} can be written"));
    }
    Check::warn("lake", format!("there is none yet at {place}"), "`headwater run` makes it")
}

/// Below this a day of a small cluster may not fit.
const LEAST_FREE_BYTES: u64 = 5 << 30;

fn disk(at: &Installation<'_>, catalog: Option<&Catalog>) -> Result<Check> {
    let space = Space::of(existing(&at.lake))?;
    let last_day = catalog.map_or(Ok(0), Catalog::last_day_bytes)?;
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    let what = format!("{} free of {}", gib(space.free_bytes), gib(space.size_bytes));
    // a changed day is written anew before the old files go: it takes its own size twice
    let needed = LEAST_FREE_BYTES.max(last_day.saturating_mul(2));
    if space.free_bytes >= needed {
        return Ok(Check::ok("disk", what));
    }
    let hint = format!("keep {} free, twice the last day and 5 GiB at least", gib(needed));
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

async fn planned(at: &Installation<'_>) -> Result<Check> {
    let mut set = rules::load(at.rules.as_deref())?;
    set.check(&Engine::empty(at.limits)?, &at.config.rules).await;
    let Some(first) = set.faults.first() else {
        return Ok(Check::ok("rules", format!("{} are sound", set.rules.len())));
    };
    let place = first.place.as_deref().unwrap_or_default();
    let what = format!("{} fault(s), the first at {place}: {}", set.faults.len(), first.what);
    Ok(Check::fail("rules", what, "`headwater rules check` shows every fault"))
}

fn listen(at: &Installation<'_>) -> Result<Check> {
    let serve = &at.config.serve;
    let keys = serve.keys(at.env)?;
    let guard = if keys.is_empty() { "this machine alone" } else { "with a token" };
    match TcpListener::bind(serve.listen) {
        Ok(_) => Ok(Check::ok("listen", format!("{} is free, {guard}", serve.listen))),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let hint = "fine while `headwater serve` runs; else another program has the port";
            Ok(Check::warn("listen", format!("{} is in use", serve.listen), hint))
        }
        Err(error) => Err(Error::failed("the address cannot be listened on")
            .at(serve.listen.to_string())
            .because(error)
            .hint("set `[serve] listen` to an address of this machine")),
    }
}

/// Knocks at the endpoint of the robot. A connection would end the one that `serve` has.
async fn robot(at: &Installation<'_>) -> Result<Option<Check>> {
    let Some(address) = Address::of(&at.config.xiaozhi, at.env)? else { return Ok(None) };
    match address.reach().await {
        Ok(()) => Ok(Some(Check::ok(
            "xiaozhi",
            format!("{address} answers; whether it takes the token, `headwater serve` says"),
        ))),
        Err(why) => Err(Error::failed("the robot's endpoint does not answer")
            .at(address.to_string())
            .because(Plain(why))
            .hint("is the address in `[xiaozhi] endpoint_env` the one that the robot's console shows?")),
    }
}

/// A daily job that is late by two hours is late.
const OLD_S: f64 = 26.0 * 3600.0;

fn last_run(at: &Installation<'_>, catalog: &Catalog) -> Result<Check> {
    let Some(run) = runs::list(catalog, None, 1)?.pop() else {
        return Ok(Check::warn("last run", "nothing ran yet", "`headwater run`"));
    };
    let hours = at.now.since_s(run.started_ts) / 3600.0;
    let note = run.note.map(|note| format!(": {note}")).unwrap_or_default();
    let what = format!("{} of {} is {}, begun {hours:.1} h ago{note}", run.id, run.date, run.state);
    let hint = "`headwater runs show last` tells more";
    Ok(match run.state.as_str() {
        "failed" => Check::fail("last run", what, hint),
        _ if hours * 3600.0 > OLD_S => {
            Check::warn("last run", format!("no run in 26 h; {what}"), "is the schedule on?")
        }
        "done" | "running" => Check::ok("last run", what),
        _ => Check::warn("last run", what, hint),
    })
}
