//! `headwater config`: the default config with comments, and new tokens.

use crate::cli::{Context, Done, Result, print};
use model::error::Error;
use ring::rand::{SecureRandom, SystemRandom};

/// Print the default config with comments, or generate a token
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater config > headwater.toml\n  headwater config token      a token for a caller, and its hash for `[[serve.tokens]]`"
)]
pub struct Args {
    /// Generate a token for a caller of the API, and the hash of it that `[[serve.tokens]]` stores
    #[arg(value_parser = ["token"], value_name = "token")]
    token: Option<String>,
}

pub fn run(_: &Context, args: &Args) -> Result<Done> {
    match args.token {
        None => print(crate::config::DEFAULT)?,
        Some(_) => print(&token()?)?,
    }
    Ok(Done::All)
}

/// Returns 256 random bits and their BLAKE3 hash, one per line.
fn token() -> Result<String> {
    let mut bits = [0; 32];
    SystemRandom::new()
        .fill(&mut bits)
        .map_err(|_| Error::failed("cannot generate a token: the system returned no random bytes"))?;
    let token = blake3::Hash::from_bytes(bits).to_hex();
    Ok(format!("token = \"{token}\"\nhash = \"{}\"\n", blake3::hash(token.as_bytes()).to_hex()))
}
