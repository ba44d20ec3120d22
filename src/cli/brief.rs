//! `headwater brief`: prints the brief of a day, and answers questions about its report.

use crate::brief::{Answer, Author, DroppedSentence, Length, Question, RunQuery, Writer, brief};
use crate::cli::{Context, Done, Result, notice, print, print_json, terminal};
use crate::llm::Usage;
use crate::query::error::QueryError;
use crate::query::sandbox::{Format, Output, Pool, PoolConfig, Statement, StatementLimits};
use model::error::Error;
use model::lang::Lang;
use model::report::Report;
use serde_json::json;
use std::io::IsTerminal;

/// Rows of a query that the model is sent.
const ANSWER_ROWS: usize = 200;

/// Print the brief of a day, or ask a model about its report
///
/// With `[llm]` in the config a model writes the brief, and each of its sentences is checked against the
/// report. Without a model, or if it fails, a template writes the brief. stderr names the author.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater brief --date 2026-11-22 --lang zh\n  headwater brief --ask 'why did checkout fail?'\n\nExit codes: 0 done; 1 the model failed and the template wrote the brief."
)]
pub struct Args {
    /// Local day: YYYY-MM-DD, today or yesterday [default: the last day with rows]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Language of the brief or the answers
    #[arg(long, value_parser = terminal::lang(), default_value = "en")]
    lang: Lang,
    /// Write at most 200 characters, to be read aloud
    #[arg(long, conflicts_with_all = ["ask", "chat"])]
    voice: bool,
    /// Use the template even if a model is configured
    #[arg(long, conflicts_with_all = ["ask", "chat"])]
    template: bool,
    /// Print one JSON document: the text, its author and the dropped sentences
    #[arg(long, conflicts_with = "chat")]
    json: bool,
    /// Ask the model a question about the day
    #[arg(long, value_name = "QUESTION", conflicts_with = "chat")]
    ask: Option<String>,
    /// Ask the model questions at a prompt
    #[arg(long)]
    chat: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut workspace = context.workspace()?;
    let report = context.report(&mut workspace, args.date.as_deref())?;
    let lang = args.lang;
    if let Some(question) = &args.ask {
        let conversation = Conversation { context, writer: workspace.writer(), report: &report, lang };
        let answer = conversation.answer(question, &[])?;
        if args.json {
            print_json(
                &json!({ "schema": "headwater.answer/1", "date": report.run.date, "answer": answer }),
            )?;
        } else {
            print(&answer.text)?;
        }
        return Ok(print_author(answer.author, answer.why.as_deref(), &answer.dropped, answer.usage));
    }
    if args.chat {
        return Conversation { context, writer: workspace.writer(), report: &report, lang }.prompt();
    }
    let length = if args.voice { Length::Voice } else { Length::Chat };
    if args.template && !args.json {
        print(&brief(&report, lang, length))?;
        return Ok(Done::All);
    }
    let spinner = terminal::spinner();
    spinner.set_message("brief");
    let writer = if args.template { Writer::template() } else { workspace.writer() };
    let brief = context.runtime.block_on(workspace.write_brief(&writer, &report, lang, length));
    spinner.finish_and_clear();
    let brief = brief?;
    if args.json {
        let length = if args.voice { "voice" } else { "chat" };
        print_json(&json!({ "schema": "headwater.brief/1", "date": report.run.date, "lang": lang.name(),
            "length": length, "brief": brief }))?;
    } else {
        print(&brief.text)?;
    }
    if !writer.has_model() {
        return Ok(Done::All);
    }
    if brief.omitted_facts > 0 {
        notice(&format!(
            "{} facts exceeded `[llm] budget` and were not sent to the model",
            brief.omitted_facts
        ));
    }
    Ok(print_author(brief.author, brief.why.as_deref(), &brief.dropped, brief.usage))
}

/// Prints the author and the dropped sentences to stderr.
fn print_author(author: Author, why: Option<&str>, dropped: &[DroppedSentence], usage: Usage) -> Done {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    notice(&format!(
        "written by: {}{why}; {} requests, {} + {} tokens",
        author.name(),
        usage.calls,
        usage.prompt_tokens,
        usage.completion_tokens
    ));
    for sentence in dropped {
        notice(&format!("  dropped: {} — {}", sentence.text, sentence.why));
    }
    if author == Author::Template { Done::InPart } else { Done::All }
}

/// Questions about one report, answered by a model that may query the lake.
struct Conversation<'c> {
    context: &'c Context,
    writer: Writer,
    report: &'c Report,
    lang: Lang,
}

impl Conversation<'_> {
    /// Answers a question; `earlier` holds the questions and answers before it.
    fn answer(&self, question: &str, earlier: &[(String, String)]) -> Result<Answer> {
        if !self.writer.has_model() {
            return Err(Error::usage("cannot answer questions: no model is configured")
                .hint("set `base_url` and `model` under `[llm]`; `headwater brief` alone needs no model"));
        }
        let config = &self.context.config;
        let pool = Pool::new(PoolConfig::of(config, self.context.lake_path()));
        let limits = StatementLimits { rows: ANSWER_ROWS, ..StatementLimits::of(&config.serve) };
        let run_query: Box<RunQuery<'_>> = Box::new(move |sql: String| {
            let pool = pool.clone();
            Box::pin(async move {
                notice(&format!("query: {sql}"));
                let statement = Statement { sql, output: Output::of(Format::Lines), limits };
                let answer = pool.run(statement).await.map_err(|error| query_error_text(&error))?;
                answer.objects().map_err(|error| error.what)
            })
        });
        let spinner = terminal::spinner();
        spinner.set_message("waiting for the model");
        let question = Question { report: self.report, text: question, earlier, lang: self.lang };
        let answer = self.context.runtime.block_on(self.writer.answer(&question, &*run_query));
        spinner.finish_and_clear();
        Ok(answer)
    }

    /// Answers questions at a prompt until the end of input.
    fn prompt(&self) -> Result<Done> {
        if !std::io::stdin().is_terminal() {
            return Err(Error::usage("`--chat` requires a terminal")
                .hint("use `--ask QUESTION` for a single question"));
        }
        let failed =
            |error: rustyline::error::ReadlineError| Error::failed("the prompt failed").because(error);
        let mut editor = rustyline::DefaultEditor::new().map_err(failed)?;
        notice(&format!("ask about {}; Ctrl-D exits", self.report.run.date));
        let mut earlier = Vec::new();
        loop {
            let question = match editor.readline("? ") {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => line,
                Err(rustyline::error::ReadlineError::Interrupted) => continue,
                Err(rustyline::error::ReadlineError::Eof) => return Ok(Done::All),
                Err(error) => return Err(failed(error)),
            };
            let _ = editor.add_history_entry(question.trim());
            let answer = self.answer(&question, &earlier)?;
            print(&answer.text)?;
            print_author(answer.author, answer.why.as_deref(), &answer.dropped, answer.usage);
            earlier.push((question, answer.text));
        }
    }
}

/// Describes an error of a statement for the model that wrote the statement.
fn query_error_text(error: &QueryError) -> String {
    match error {
        QueryError::NotAllowed { what, hint } => format!("not allowed: {what}; {hint}"),
        QueryError::Invalid(error) => {
            format!("{}; {}", error.what, error.hint.as_deref().unwrap_or_default())
        }
        QueryError::TimedOut => "the statement exceeded its time limit".into(),
        QueryError::OutOfMemory => "the statement exceeded its memory limit".into(),
        QueryError::Busy => "too many statements are running; try again".into(),
        QueryError::Failed { what } => what.clone(),
    }
}
