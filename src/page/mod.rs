//! The page of `serve`: views from responses of the API, as HTML. Each view is a plain struct, built by a function
//! without I/O, and a template in `templates/` that escapes all of it; `assets/` has the style sheet and the scripts.
//! Must not know HTTP: `src/server/http/views.rs` requests the responses and sends the HTML.

pub mod assets; // the style sheet and the scripts
pub mod calendar; // the last weeks
pub mod explore; // lines of all tables
pub mod incident; // one incident
pub mod rules; // rules, one rule
pub mod runs; // runs, one run
pub mod sql; // a statement and its rows
pub mod today; // the incidents of a day
pub mod trace; // traces from any place and time

mod chart; // bars, lines and sparklines as SVG
mod link; // addresses
mod log_line; // a log line with links to what it names
mod shell; // what all views share
mod texts; // fixed texts in both languages
mod trace_card; // a trace with its chains

pub use crate::page::shell::Visit;

use crate::brief::page::PICTURE;
use crate::brief::page::templates::Templates;
use crate::page::shell::Shell;
use model::error::{Error, Result};
use model::lang::Lang;
use redact::sanitize::plain;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The most characters of a text that is not a log line.
const TEXT: usize = 600;

static TEMPLATES: LazyLock<Result<Templates>> = LazyLock::new(|| {
    Templates::of(&[
        PICTURE,
        ("base.html", include_str!("templates/base.html")),
        ("error.html", include_str!("templates/error.html")),
        ("explore.html", include_str!("templates/explore.html")),
        ("histogram.html", include_str!("templates/histogram.html")),
        ("incident.html", include_str!("templates/incident.html")),
        ("lines.html", include_str!("templates/lines.html")),
        ("login.html", include_str!("templates/login.html")),
        ("pager.html", include_str!("templates/pager.html")),
        ("rule.html", include_str!("templates/rule.html")),
        ("rules.html", include_str!("templates/rules.html")),
        ("run.html", include_str!("templates/run.html")),
        ("runs.html", include_str!("templates/runs.html")),
        ("sql.html", include_str!("templates/sql.html")),
        ("today.html", include_str!("templates/today.html")),
        ("trace.html", include_str!("templates/trace.html")),
        ("trace_card.html", include_str!("templates/trace_card.html")),
    ])
});

/// The values of a template.
#[derive(Serialize)]
struct Values<'a, V> {
    /// What all views share.
    s: Shell,
    /// Fixed texts.
    t: &'a BTreeMap<String, String>,
    /// The view.
    v: &'a V,
}

fn render(template: &str, title: &str, visit: &Visit, view: &impl Serialize) -> Result<String> {
    let templates = TEMPLATES
        .as_ref()
        .map_err(|error| Error::bug("the templates of the page are not valid").because(error))?;
    let t = texts::of(visit.lang)?;
    templates.render(template, &Values { s: Shell::of(title, visit, t), t, v: view })
}

/// The form that requests a token.
#[derive(Serialize)]
struct Login {
    next: String,
    has_failed: bool,
}

/// Returns the form that requests a token; `next` is the address to show afterwards.
pub fn login(visit: &Visit, next: &str, has_failed: bool) -> Result<String> {
    render(
        "login.html",
        visit.lang.pick("登录", "Sign in"),
        visit,
        &Login { next: next.to_owned(), has_failed },
    )
}

/// An error of a view.
#[derive(Serialize)]
struct Failure {
    status: u16,
    what: String,
    hint: String,
}

/// Returns an error as a page.
pub fn error(visit: &Visit, status: u16, what: &str, hint: Option<&str>) -> Result<String> {
    let failure = Failure { status, what: plain(what, TEXT), hint: plain(hint.unwrap_or_default(), TEXT) };
    render("error.html", visit.lang.pick("出错", "Error"), visit, &failure)
}

/// A named value, in a list.
#[derive(Serialize)]
pub(crate) struct Named {
    class: &'static str,
    name: String,
    value: String,
}

/// Returns the part of a list that is shown, as `1–50 / 1,234`.
fn part_of(page: &crate::api::response::Page) -> String {
    use crate::brief::notation::grouped;
    if page.shown == 0 {
        return grouped(page.total);
    }
    format!("{}–{} / {}", grouped(page.skipped + 1), grouped(page.skipped + page.shown), grouped(page.total))
}

/// Returns the language of a text as HTML names it.
fn html_lang(lang: Lang) -> &'static str {
    lang.pick("zh-CN", "en")
}
