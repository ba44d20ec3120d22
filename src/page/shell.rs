//! What all views share: the language, the navigation, and the addresses of the assets.

use crate::page::{assets, html_lang};
use chrono_tz::Tz;
use model::lang::Lang;
use serde::Serialize;
use std::collections::BTreeMap;

/// Who views what.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Language of the page.
    pub lang: Lang,
    /// Path and parameters of the request, without the language.
    pub address: String,
    /// True if a cookie proves who views the page; the page then has a button that ends the session.
    pub is_signed_in: bool,
    /// Zone of local times.
    pub zone: Tz,
}

/// The head and the foot of a page.
#[derive(Serialize)]
pub(super) struct Shell {
    lang: &'static str,
    title: String,
    nav: Vec<NavItem>,
    /// The same page in the other language.
    other_lang: String,
    assets: &'static str,
    is_signed_in: bool,
    zone: String,
    version: &'static str,
}

#[derive(Serialize)]
struct NavItem {
    href: &'static str,
    name: String,
    is_current: bool,
}

/// Paths of the views in the navigation, and the keys of their names.
const NAV: [(&str, &str); 6] = [
    ("/", "nav_today"),
    ("/explore", "nav_explore"),
    ("/trace", "nav_trace"),
    ("/sql", "nav_sql"),
    ("/rules", "nav_rules"),
    ("/runs", "nav_runs"),
];

impl Shell {
    pub(super) fn of(title: &str, visit: &Visit, texts: &BTreeMap<String, String>) -> Self {
        let path = visit.address.split('?').next().unwrap_or_default();
        let is_current = |href: &str| match href {
            "/" => path == "/" || path.starts_with("/incidents/"),
            _ => path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/')),
        };
        let item = |(href, key): (&'static str, &str)| NavItem {
            href,
            name: texts.get(key).cloned().unwrap_or_default(),
            is_current: is_current(href),
        };
        let separator = if visit.address.contains('?') { '&' } else { '?' };
        Self {
            lang: html_lang(visit.lang),
            title: format!("{title} · {}", visit.lang.pick("溯源", "Headwater")),
            nav: NAV.into_iter().map(item).collect(),
            other_lang: format!("{}{separator}lang={}", visit.address, visit.lang.pick("en", "zh")),
            assets: assets::version(),
            is_signed_in: visit.is_signed_in,
            zone: visit.zone.name().into(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}
