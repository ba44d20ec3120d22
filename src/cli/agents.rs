//! `headwater agents`: the agents as units.

use crate::api::agents::{agents, named};
use crate::api::document::agents::document;
use crate::api::response::AgentDoc;
use crate::cli::{Context, Done, Result, print, print_json, print_problems, terminal};
use crate::pipeline::AgentTask;
use model::agent::AgentReport;
use model::lang::Lang;
use redact::sanitize::plain;

/// Longest sentence of a finding, in characters.
const SENTENCE: usize = 300;

/// List, show and run the agents, one for each log type
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater agents list\n  headwater agents show event\n  headwater agents run event --date 2026-11-22 --namespace shop --instruction 'crash loops of pay-api?'\n  headwater agents run audit --from '2026-11-22 15:00' --to '2026-11-22 16:00' --json"
)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// List the agents
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print an agent with its key fields and rules
    Show {
        /// business, standard, event or audit
        agent: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Run one agent over a time range of the lake
    Run(RunArgs),
    /// Print the interface document of the agents
    Doc {
        /// Language of the document
        #[arg(long, value_parser = terminal::lang(), default_value = "en")]
        lang: Lang,
    },
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// business, standard, event or audit
    agent: String,
    /// Local day: YYYY-MM-DD, today or yesterday [default: the last day with rows]
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    date: Option<String>,
    /// Start, inclusive: local time, 'yesterday 10:00', '2h ago' or RFC 3339
    #[arg(long, value_name = "TIME", requires = "to")]
    from: Option<String>,
    /// End, exclusive, in the same forms; a time alone is of the day of the start
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<String>,
    /// Only findings of this namespace; may be repeated
    #[arg(long = "namespace", value_name = "NAME")]
    namespaces: Vec<String>,
    /// A question in words, which selects rules and objects
    #[arg(long, value_name = "TEXT")]
    instruction: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Language of the text
    #[arg(long, value_parser = terminal::lang(), default_value = "en")]
    lang: Lang,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let rules = context.rules_path();
    match &args.task {
        Task::List { json } => show(&agents(rules.as_deref(), None)?, *json),
        Task::Show { agent, json } => show(&agents(rules.as_deref(), Some(named(agent)?))?, *json),
        Task::Run(args) => run_agent(context, args),
        Task::Doc { lang } => {
            print(&document(rules.as_deref(), *lang)?)?;
            Ok(Done::All)
        }
    }
}

fn show(agents: &[AgentDoc], json: bool) -> Result<Done> {
    if json {
        print_json(&agents)?;
        return Ok(Done::All);
    }
    let mut text = String::new();
    for AgentDoc { agent, about, key_fields, rules, decision_rules } in agents {
        let fields: Vec<&str> = key_fields.iter().map(|field| field.name.as_str()).collect();
        text += &format!("{agent:<10}{rules:>4} rules  {about}\n{:<10}fields: {}\n", "", fields.join(", "));
        for rule in decision_rules.iter().flatten() {
            text += &format!("  {:<40} {:<9} {}\n", rule.id, rule.severity.name(), rule.title);
        }
    }
    print(&text)?;
    Ok(Done::All)
}

fn run_agent(context: &Context, args: &RunArgs) -> Result<Done> {
    let agent = named(&args.agent)?;
    let mut workspace = context.workspace()?;
    let range = args.from.as_deref().zip(args.to.as_deref());
    let window = context.window(&workspace.catalog, args.date.as_deref(), range)?;
    let (namespaces, instruction) = (args.namespaces.clone(), args.instruction.clone());
    let task = AgentTask { agent, window, namespaces, instruction };
    let spinner = terminal::spinner();
    let on_step = |step: &str| spinner.set_message(step.to_owned());
    let report = context.runtime.block_on(workspace.run_agent(&task, &on_step));
    spinner.finish_and_clear();
    let report = report?;
    if args.json {
        print_json(&report)?;
    } else {
        print(&text(&report, args.lang))?;
    }
    Ok(print_problems("agents", &report.problems))
}

/// Returns the result and the findings, one a line.
fn text(report: &AgentReport, lang: Lang) -> String {
    let mut text = format!(
        "{}\n{}\n",
        plain(lang.pick(&report.summary_zh, &report.summary), SENTENCE * 4),
        plain(lang.pick(&report.selection.why_zh, &report.selection.why), SENTENCE * 4)
    );
    for finding in &report.findings {
        let zh = finding.zh.summary.as_deref().unwrap_or(&finding.summary);
        text += &format!(
            "  {:<9} {}  {}  {}\n",
            finding.severity.name(),
            finding.id,
            finding.rule,
            plain(lang.pick(zh, &finding.summary), SENTENCE)
        );
    }
    text
}
