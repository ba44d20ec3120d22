//! `headwater config`: the commented default, and fresh tokens.

use crate::cli::{Done, Result, print};
use model::error::Error;
use ring::rand::{SecureRandom, SystemRandom};

/// Print the commented default config, or a fresh token for `[serve]`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A fresh token with the hash that stands for it in `[[serve.tokens]]`
    #[arg(value_parser = ["token"], value_name = "token")]
    of: Option<String>,
}

pub fn run(args: &Args) -> Result<Done> {
    match args.of {
        None => print(crate::config::DEFAULT)?,
        Some(_) => print(&token()?)?,
    }
    Ok(Done::All)
}

/// Returns 256 random bits and their hash, one a line.
fn token() -> Result<String> {
    let mut bits = [0; 32];
    SystemRandom::new().fill(&mut bits).map_err(|_| Error::failed("the system gives no random bytes"))?;
    let token = blake3::Hash::from_bytes(bits).to_hex();
    Ok(format!("token = \"{token}\"\nhash = \"{}\"\n", blake3::hash(token.as_bytes()).to_hex()))
}
