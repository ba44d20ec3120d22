//! The page: self-contained, without live log text, complete in both languages, and working in a browser.

use crate::brief::days::{HOSTILE, calm_day, empty_day, hostile_day, incident_day};
use headwater::brief::page::html;
use model::error::Result;
use model::lang::Lang;
use model::report::{Report, State, Step};
use std::path::PathBuf;
use std::process::Command;

const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];

#[track_caller]
fn assert_contains(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "the page lacks `{text}`");
    }
}

/// Opens a page in Chromium and returns the document after the script ran.
fn opened(report: &Report, lang: Lang) -> std::result::Result<String, Box<dyn std::error::Error>> {
    let chromium =
        std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    assert!(
        chromium.exists(),
        "`{}` does not exist: install Chromium, or set CHROMIUM to its path; this test opens the page in it",
        chromium.display()
    );
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("report.html");
    std::fs::write(&file, html(report, lang).map_err(|error| error.to_string())?)?;
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", file.display()))
        .output()?;
    assert!(output.status.success(), "chromium failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn the_page_needs_no_network() -> Result<()> {
    for lang in LANGS {
        for report in [incident_day(), calm_day(), empty_day(), hostile_day()] {
            let page = html(&report, lang)?;
            assert!(!page.contains("http://") && !page.contains("https://"), "the page names an address");
            assert!(!page.contains("<link") && !page.contains("<iframe") && !page.contains("@import"));
            assert_contains(&page, &["Content-Security-Policy", "default-src 'none'"]);
        }
    }
    Ok(())
}

#[test]
fn the_page_names_the_object_that_is_wrong_and_escapes_it() -> Result<()> {
    let mut report = incident_day();
    let best = report.traces.iter_mut().find_map(|trace| trace.hypotheses.first_mut());
    let best = best.expect("a hypothesis");
    best.cause = None;
    best.state = Some(State {
        kind: "Secret".into(),
        namespace: "shop".into(),
        name: "cart-db".into(),
        what: "does not exist <b>".into(),
        zh: "不存在 <b>".into(),
    });
    assert_contains(&html(&report, Lang::En)?, &["Secret shop&#x2f;cart-db: does not exist &lt;b&gt;"]);
    assert_contains(&html(&report, Lang::Zh)?, &["Secret shop&#x2f;cart-db：不存在 &lt;b&gt;"]);
    Ok(())
}

#[test]
fn the_page_describes_the_day_in_both_languages() -> Result<()> {
    let zh = html(&incident_day(), Lang::Zh)?;
    assert_contains(
        &zh,
        &[
            "lang=\"zh-CN\"",
            "已确认",
            "很可能的起因（未证实）",
            "无法确定",
            "支付失败：连接被拒绝",
            "容器因超出内存限制被反复杀死",
            "同一工作负载",
            "+4 分 36 秒",
            "+5 小时 30 分",
            "10:12–10:58",
            "13:00–15:00",
            "1,280",
            "镜像拉取失败",
            "nightly-batch",
            "<li>对比上限与实际用量。</li>",
            "headwater.report",
            "run-20261123-0700",
        ],
    );
    let en = html(&incident_day(), Lang::En)?;
    assert_contains(
        &en,
        &[
            "lang=\"en\"",
            "Cause, confirmed",
            "Likely cause, not proven",
            "same workload",
            "+5 h 30 min",
            "Rival hypotheses",
            "Hours without data",
        ],
    );
    Ok(())
}

#[test]
fn no_data_and_no_anomaly_look_different() -> Result<()> {
    let (calm, empty) = (html(&calm_day(), Lang::En)?, html(&empty_day(), Lang::En)?);
    assert_contains(&calm, &["All four log types were read and nothing unusual was found."]);
    assert!(!calm.contains("class=\"gap\""));
    assert_contains(&empty, &["Not one log line was read.", "the whole window"]);
    assert_eq!(empty.matches("class=\"gap\"").count(), 4, "each lane is hatched");
    Ok(())
}

#[test]
fn hostile_text_stays_text() -> Result<()> {
    for lang in LANGS {
        let page = html(&hostile_day(), lang)?;
        assert_eq!(page.matches("<script").count(), 1, "only the page's own script");
        assert_eq!(page.matches("</style").count(), 1);
        assert_eq!(page.matches("</title>").count(), page.matches("<title>").count());
        for live in ["<img", "<@", "\u{202e}", "\u{2066}", "\u{200b}", "\u{1b}", HOSTILE] {
            assert!(!page.contains(live), "`{live}` is live");
        }
        assert_contains(&page, &["&lt;script&gt;", "&lt;img src=x"]);
    }
    Ok(())
}

#[test]
fn cards_of_a_chain_never_overlap() -> Result<()> {
    // twelve steps: in the same second, hours apart, out of order, and with an invalid lag
    let mut report = incident_day();
    for hypothesis in report.traces.iter_mut().flat_map(|trace| &mut trace.hypotheses) {
        let step = |(i, step): (usize, Step)| Step {
            id: format!("s{i}"),
            ts: step.ts.plus_s([0, 0, 86_400, -3, 0, 1][i % 6]),
            ..step
        };
        let steps: Vec<Step> = hypothesis.steps.iter().cycle().take(12).cloned().collect();
        hypothesis.steps = steps.into_iter().enumerate().map(step).collect();
        for link in hypothesis.steps.iter_mut().flat_map(|step| &mut step.link).take(2) {
            link.lag_s = f64::NAN;
        }
    }
    let page = html(&report, Lang::Zh)?;
    let chain =
        page.split("<svg class=\"chain\"").nth(1).and_then(|rest| rest.split("</svg>").next()).unwrap_or("");
    let edges: Vec<f64> = chain
        .split("<rect class=\"card\" x=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next()?.parse().ok())
        .collect();
    assert_eq!(edges.len(), 12);
    assert!(edges.windows(2).all(|pair| pair[1] - pair[0] >= 176.0 + 100.0), "{edges:?}");
    assert!(!page.contains("NaN") && !page.contains("inf\""));
    Ok(())
}

#[test]
fn a_browser_draws_the_page() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let page = opened(&incident_day(), Lang::En)?;
    assert_contains(&page, &["data-ready=\"true\"", "class=\"copy\"", "copy row id"]);
    for (kind, count) in [("operation", 3), ("event", 3), ("error", 3)] {
        assert_eq!(page.matches(&format!("class=\"node {kind}\"")).count(), count, "nodes of kind {kind}");
    }
    let hostile = opened(&hostile_day(), Lang::Zh)?;
    assert_contains(&hostile, &["data-ready=\"true\""]);
    assert!(!hostile.contains("<title>PWNED") && !hostile.contains("<img"));
    Ok(())
}
