//! Tests of the brief and the page.

pub mod days; // sample reports
mod fact_check; // sentences that are kept or dropped
mod injection; // log lines that try to instruct the model
mod model_brief; // a brief from a model
mod model_faults; // a model server that fails in every way
mod model_run; // `headwater brief`, `run` and `doctor` with a model
pub mod model_stub; // a scripted model server
mod numerals;
mod page; // the page, also in a browser
mod sentences; // sentences written without knowledge of the checker
mod template; // the template brief
mod tokens; // token counts
mod voice; // the voice brief

use headwater::brief::{Length, brief};
use model::lang::Lang;
use model::report::Report;

#[track_caller]
fn check(report: &Report, lang: Lang, length: Length, expected: &str) {
    assert_eq!(brief(report, lang, length), expected);
}

#[track_caller]
fn assert_speakable(text: &str) {
    let size = text.chars().count();
    assert!(size <= 200 && size > 0, "{size} characters: {text}");
    for sign in
        ["_", "[", "]", "<", ">", "*", "`", "@", "#", "|", "http", "://", "www", "\n", "7d9f8b6c5d", "x2x7k"]
    {
        assert!(!text.contains(sign), "`{sign}` is in: {text}");
    }
    assert!(text.ends_with(['.', '。']), "not a whole sentence: {text}");
}
