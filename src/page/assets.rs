//! The style sheet, the scripts and the icon. Their addresses contain a hash of all of them, so that a browser may keep
//! them for ever.

use std::sync::LazyLock;

/// A file that pages refer to.
#[derive(Debug)]
pub struct Asset {
    /// Name in its address.
    pub name: &'static str,
    /// Media type.
    pub media: &'static str,
    /// Content.
    pub text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: [Asset; 6] = [
    Asset { name: "page.css", media: "text/css; charset=utf-8", text: include_str!("assets/page.css") },
    Asset { name: "theme.js", media: SCRIPT, text: include_str!("assets/theme.js") },
    Asset { name: "page.js", media: SCRIPT, text: include_str!("assets/page.js") },
    Asset { name: "sql.js", media: SCRIPT, text: include_str!("assets/sql.js") },
    Asset { name: "backtest.js", media: SCRIPT, text: include_str!("assets/backtest.js") },
    Asset { name: "icon.svg", media: "image/svg+xml", text: include_str!("assets/icon.svg") },
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = blake3::Hasher::new();
    for asset in &ASSETS {
        hash.update(asset.text.as_bytes());
    }
    hash.finalize().to_hex()[..12].to_owned()
});

/// Returns the hash of all assets.
pub fn version() -> &'static str {
    &VERSION
}

/// Returns an asset by its name.
pub fn named(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}
