//! An installation: the folder of the lake, the folder of custom rules, and the config. The command line and
//! the API open the lake, the source and the channels through it.

use crate::analysis::rules::RuleSet;
use crate::analysis::rules::last_good::LastGood;
use crate::config::Config;
use crate::delivery::channel::{Channel, Environment};
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::pipeline::{Workspace, limits};
use crate::query::engine::Engine;
use crate::source::{BucketOptions, Source};
use model::error::{Error, Result};
use std::io;
use std::path::PathBuf;
use tokio::runtime::Handle;

/// The folder of a lake, the custom rules and the config.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Folder of the lake.
    pub lake: PathBuf,
    /// Folder of custom rules; `None` for only the built-in ones.
    pub rules: Option<PathBuf>,
    /// The config.
    pub config: Config,
    /// Custom rules as they last were without a fault; clones of an installation share them.
    pub last_good: LastGood,
}

impl Installation {
    /// Returns an installation that has not loaded its rules yet.
    pub fn new(lake: PathBuf, rules: Option<PathBuf>, config: Config) -> Self {
        Self { lake, rules, config, last_good: LastGood::default() }
    }

    /// Opens the catalog of a lake and loads the rules.
    pub fn open(&self, lake: Lake) -> Result<Workspace> {
        let catalog = Catalog::open(&lake.catalog_path())?;
        let rules = self.rules()?;
        Ok(Workspace { lake, catalog, config: self.config.clone(), rules })
    }

    /// Loads the built-in and custom rules.
    pub fn rules(&self) -> Result<RuleSet> {
        self.last_good.load(self.rules.as_deref())
    }

    /// Loads and checks the rules, so that a later fault of one falls back to the version of now; returns the faults.
    pub async fn remember_rules(&self) -> Result<Vec<Error>> {
        let mut set = self.rules()?;
        set.check_own(&Engine::empty(limits(&self.config)).await?, &self.config.rules).await;
        Ok(set.faults)
    }

    /// Opens the source of the daily job.
    ///
    /// # Errors
    /// Usage: `[source] url` is not set.
    pub fn source(&self, runtime: &Handle) -> Result<Source> {
        let config = &self.config.source;
        let url = config.url.as_deref().ok_or_else(|| {
            Error::usage("no source is configured")
                .hint("set `url` under `[source]`: cos://bucket-appid/prefix, s3://bucket/prefix or a folder")
        })?;
        Source::open(url, &BucketOptions::of(config), runtime)
    }

    /// Opens the configured channels; sends nothing. `print` prints the messages of a channel of kind
    /// `stdout`.
    pub fn channels(&self, print: fn(&str) -> io::Result<()>) -> Result<Vec<Channel>> {
        let env = |name: &str| std::env::var(name).ok();
        let environment = Environment { env: &env, print };
        self.config.channels.iter().map(|config| Channel::open(config, environment)).collect()
    }
}
