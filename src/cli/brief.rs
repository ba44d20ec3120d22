//! `headwater brief`: the text of a day's report, from a model or the template; and questions about it.

use crate::analysis::report;
use crate::brief::{Answered, Dropped, Length, Look, Path, Writer, ask, brief};
use crate::cli::{Context, Done, Result, print, print_json, say, show};
use crate::llm::Usage;
use crate::query::sandbox::{Limits, Pool, QueryError, Setup, Statement};
use model::error::Error;
use model::lang::Lang;
use model::report::Report;
use serde_json::json;
use std::io::IsTerminal;

/// Say a day's report in a chat group's or a robot's words
///
/// With `[llm]` configured a model says it, and each sentence is checked against the report; without
/// one, or when it fails, the same brief comes from a template. stderr says which.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code 0: done. 1: a model should have spoken and did not; the template's brief was printed."
)]
pub struct Args {
    /// Local day [default: the last one with rows]
    #[arg(long)]
    date: Option<String>,
    /// Lang
    #[arg(long, value_parser = show::lang(), default_value = "en")]
    lang: Lang,
    /// At most 200 characters, to be spoken
    #[arg(long, conflicts_with_all = ["ask", "chat"])]
    voice: bool,
    /// From the template, whatever is configured
    #[arg(long, conflicts_with_all = ["ask", "chat"])]
    template: bool,
    /// One JSON document: the text, who said it, what was dropped
    #[arg(long, conflicts_with = "chat")]
    json: bool,
    /// Ask the model about the day: "why do you think so?"
    #[arg(long, value_name = "QUESTION", conflicts_with = "chat")]
    ask: Option<String>,
    /// Ask one question after another
    #[arg(long)]
    chat: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut place = context.workplace()?;
    let window = context.window(&place.catalog, args.date.as_deref(), None)?;
    let report = match report::kept(&place.catalog, Some(&window.date().to_string()))? {
        Some(report) => report,
        None => context.analyse(&mut place, window)?,
    };
    let lang = args.lang;
    if let Some(question) = &args.ask {
        let speaker = place.speaker();
        let answered = answer(context, &speaker, &report, question, &[], lang)?;
        if args.json {
            print_json(
                &json!({ "schema": "headwater.answer/1", "date": report.run.date, "answer": answered }),
            )?;
        } else {
            print(&answered.text)?;
        }
        return Ok(told(answered.path, answered.why.as_deref(), &answered.dropped, answered.usage));
    }
    if args.chat {
        return conversation(context, &place.speaker(), &report, lang);
    }
    let length = if args.voice { Length::Voice } else { Length::Chat };
    if args.template && !args.json {
        print(&brief(&report, lang, length))?;
        return Ok(Done::All);
    }
    let spinner = show::spinner();
    spinner.set_message("brief");
    let speaker = if args.template { Writer::template() } else { place.speaker() };
    let spoken = context.runtime.block_on(place.spoken(&speaker, &report, lang, length));
    spinner.finish_and_clear();
    let spoken = spoken?;
    if args.json {
        let length = if args.voice { "voice" } else { "chat" };
        print_json(&json!({ "schema": "headwater.brief/1", "date": report.run.date, "lang": lang.name(),
            "length": length, "brief": spoken }))?;
    } else {
        print(&spoken.text)?;
    }
    if !speaker.has_model() {
        return Ok(Done::All);
    }
    if spoken.untold > 0 {
        say(&format!("{} facts did not fit into `[llm] budget`; the model did not see them", spoken.untold));
    }
    Ok(told(spoken.path, spoken.why.as_deref(), &spoken.dropped, spoken.usage))
}

/// Says on stderr who spoke, and what of it was dropped.
fn told(path: Path, why: Option<&str>, dropped: &[Dropped], usage: Usage) -> Done {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    say(&format!(
        "said by: {}{why}; {} requests, {} + {} tokens",
        path.name(),
        usage.calls,
        usage.prompt_tokens,
        usage.completion_tokens
    ));
    for one in dropped {
        say(&format!("  dropped: {} — {}", one.text, one.why));
    }
    if path == Path::Template { Done::InPart } else { Done::All }
}

fn answer(
    context: &Context,
    speaker: &Writer,
    report: &Report,
    question: &str,
    earlier: &[(String, String)],
    lang: Lang,
) -> Result<Answered> {
    if !speaker.has_model() {
        return Err(Error::usage("no model is configured to be asked")
            .hint("`base_url` and `model` under `[llm]`; `headwater brief` needs none"));
    }
    let pool = Pool::new(Setup::of(&context.config, context.lake_path()));
    let limits = Limits { rows: 200, ..Limits::of(&context.config.serve) };
    let look: Box<Look<'_>> = Box::new(move |sql: String| {
        let pool = pool.clone();
        Box::pin(async move {
            say(&format!("looking up: {sql}"));
            let rows = pool.ask(Statement { sql, limits }).await.map_err(|fault| refusal(&fault))?;
            crate::analysis::agent::rows_of(&rows.batches).map_err(|error| error.what)
        })
    });
    let spinner = show::spinner();
    spinner.set_message("asking");
    let answered = context.runtime.block_on(ask(speaker, report, question, earlier, lang, &*look));
    spinner.finish_and_clear();
    Ok(answered)
}

/// Returns why a statement gave no rows, as the model is told it.
fn refusal(fault: &QueryError) -> String {
    match fault {
        QueryError::Refused { what, hint } => format!("refused: {what}; {hint}"),
        QueryError::Invalid { what, hint, .. } => format!("{what}; {}", hint.as_deref().unwrap_or_default()),
        QueryError::TimedOut => "it took longer than it may".into(),
        QueryError::OutOfMemory => "it needed more memory than it may".into(),
        QueryError::Busy => "too much is under way".into(),
        QueryError::Failed { what } => what.clone(),
    }
}

fn conversation(context: &Context, speaker: &Writer, report: &Report, lang: Lang) -> Result<Done> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::usage("`--chat` wants a terminal").hint("`--ask QUESTION` asks one question"));
    }
    let broken = |error: rustyline::error::ReadlineError| Error::failed("the prompt failed").because(error);
    let mut editor = rustyline::DefaultEditor::new().map_err(broken)?;
    say(&format!("ask about {}; Ctrl-D leaves", report.run.date));
    let mut earlier = Vec::new();
    loop {
        let question = match editor.readline("? ") {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => line,
            Err(rustyline::error::ReadlineError::Interrupted) => continue,
            Err(rustyline::error::ReadlineError::Eof) => return Ok(Done::All),
            Err(error) => return Err(broken(error)),
        };
        let _ = editor.add_history_entry(question.trim());
        let answered = answer(context, speaker, report, &question, &earlier, lang)?;
        print(&answered.text)?;
        told(answered.path, answered.why.as_deref(), &answered.dropped, answered.usage);
        earlier.push((question, answered.text));
    }
}
