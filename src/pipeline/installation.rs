//! What a lake is worked on with: its folder, the rules beside the shipped ones, the config. The
//! command line and the desk open the same things the same way.

use crate::analysis::rules;
use crate::config::Config;
use crate::delivery::channel::{Channel, Outside};
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::pipeline::Workplace;
use crate::source::{Access, Source};
use model::error::{Error, Result};
use std::io;
use std::path::PathBuf;
use tokio::runtime::Handle;

/// A lake's folder, and what it is worked on with.
#[derive(Clone, Debug)]
pub struct Site {
    /// The lake's folder.
    pub lake: PathBuf,
    /// A folder of rules beside the shipped ones.
    pub rules: Option<PathBuf>,
    /// The config.
    pub config: Config,
}

impl Site {
    /// Opens a lake of it for reading and analysis.
    pub fn open(&self, lake: Lake) -> Result<Workplace> {
        let catalog = Catalog::open(&lake.catalog_path())?;
        let rules = rules::load(self.rules.as_deref())?;
        Ok(Workplace { lake, catalog, config: self.config.clone(), rules })
    }

    /// Opens the source of the daily job.
    pub fn source(&self, runtime: &Handle) -> Result<Source> {
        let config = &self.config.source;
        let url = config.url.as_deref().ok_or_else(|| {
            Error::usage("no source is configured")
                .hint("set `url` under `[source]`: cos://bucket-appid/prefix, s3://bucket/prefix or a folder")
        })?;
        Source::open(url, &Access::of(config), runtime)
    }
    /// Opens the channels that briefs go out on; nothing is sent.
    pub fn channels(&self, print: fn(&str) -> io::Result<()>) -> Result<Vec<Channel>> {
        let env = |name: &str| std::env::var(name).ok();
        let outside = Outside { env: &env, print };
        self.config.broadcast.iter().map(|config| Channel::open(config, outside)).collect()
    }
}
