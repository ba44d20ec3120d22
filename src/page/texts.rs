//! Fixed texts of the views, from `texts.toml`: `key = ["中文", "English"]`.

use model::error::{Error, Result};
use model::lang::Lang;
use std::collections::BTreeMap;
use std::sync::LazyLock;

type Texts = BTreeMap<String, String>;

static TEXTS: LazyLock<std::result::Result<(Texts, Texts), toml::de::Error>> = LazyLock::new(|| {
    let pairs: BTreeMap<String, (String, String)> = toml::from_str(include_str!("texts.toml"))?;
    let zh = pairs.iter().map(|(key, (zh, _))| (key.clone(), zh.clone())).collect();
    let en = pairs.into_iter().map(|(key, (_, en))| (key, en)).collect();
    Ok((zh, en))
});

/// Returns the texts of a language by their key.
pub(super) fn of(lang: Lang) -> Result<&'static Texts> {
    let (zh, en) = TEXTS.as_ref().map_err(|error| Error::bug("cannot read `texts.toml`").because(error))?;
    Ok(lang.pick(zh, en))
}
