//! `headwater rules doc`: the reference of all rules.

use crate::analysis::rules::reference::reference;
use crate::cli::rules::{fail_if_any, load};
use crate::cli::{Context, Done, Result, print, terminal};
use model::lang::Lang;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Language of the texts
    #[arg(long, value_parser = terminal::lang(), default_value = "en")]
    lang: Lang,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let set = load(context)?;
    print(&reference(&set, args.lang))?;
    fail_if_any(&set.faults)
}
