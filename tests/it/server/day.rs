//! A lake of one simulated day, shared by the tests of HTTP and MCP.

use crate::program::{json, simulate};
use crate::server::serve::Server;
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

/// The simulated day.
pub const DAY: &str = "2026-11-22";

/// A lake of one day with its report, in a temporary folder.
pub struct Day {
    pub dir: TempDir,
    pub lake: PathBuf,
    /// truth.json of the simulation.
    pub truth: Value,
}

impl Day {
    /// Returns a day of 4 MB of logs.
    pub fn new() -> Self {
        Self::of_bytes(4_000_000)
    }

    /// Returns a day of 1 MB of logs.
    pub fn small() -> Self {
        Self::of_bytes(1_000_000)
    }

    fn of_bytes(bytes: u64) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let lake = dir.path().join("lake");
        let bucket = tempfile::tempdir().expect("a folder");
        let truth = simulate(bucket.path(), "memory_limit_lowered", 3, bytes);
        std::fs::remove_file(bucket.path().join("truth.json")).expect("truth.json is beside the logs");
        json(&lake, &["ingest", bucket.path().to_str().expect("a path"), "--json"]);
        json(&lake, &["analyze", "--date", DAY, "--json"]);
        Self { dir, lake, truth }
    }

    /// Starts a server over the lake.
    pub fn serve(&self, config: &str) -> Server {
        Server::start(self.dir.path(), config)
    }
}
