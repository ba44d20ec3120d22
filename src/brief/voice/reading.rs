//! Numbers, units, times and camel-case identifiers of a sentence in words: `512Mi` is 五百一十二兆,
//! `95%` 百分之九十五, `OOMKilled` is OOM killed.

use crate::brief::voice::time::{clock, day};
use chrono::{NaiveDate, NaiveTime};
use model::lang::Lang;
use model::numerals::{write_zh, write_zh_decimal, write_zh_digits};

/// Returns a number, with or without a decimal point, in words; `None` if the text is not a number.
fn number(text: &str, lang: Lang) -> Option<String> {
    let plain = text.replace(',', "");
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let is_number =
        !whole.is_empty() && [whole, rest].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let value: u64 = Some(whole).filter(|_| is_number && !plain.ends_with('.'))?.parse().ok()?;
    Some(match (lang, rest) {
        (Lang::En, _) => plain,
        (Lang::Zh, "") => write_zh(value),
        (Lang::Zh, rest) => write_zh_decimal(value, rest),
    })
}

/// Returns a unit in words; `None` if it is unknown.
fn unit(unit: &str, lang: Lang) -> Option<&'static str> {
    let (zh, en) = match unit {
        "bytes" | "byte" | "B" => ("字节", " bytes"),
        "Ki" | "KiB" | "KB" => ("K字节", " kilobytes"),
        "Mi" | "MiB" | "MB" | "M" => ("兆", " megabytes"),
        "Gi" | "GiB" | "GB" | "G" => ("G", " gigabytes"),
        "Ti" | "TiB" | "TB" | "T" => ("T", " terabytes"),
        "ms" => ("毫秒", " milliseconds"),
        "s" => ("秒", " seconds"),
        "m" | "min" => ("分钟", " minutes"),
        "h" => ("小时", " hours"),
        "d" => ("天", " days"),
        _ => return None,
    };
    Some(lang.pick(zh, en))
}

/// Returns a number with its unit in words: `512Mi`, `95%`, `3`; `None` if the text is not a quantity.
pub(super) fn quantity(text: &str, lang: Lang) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || ".,".contains(c))).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    match (rest, lang) {
        ("", _) => number(digits, lang),
        ("%", Lang::Zh) => Some(format!("百分之{}", number(digits, lang)?)),
        ("%", Lang::En) => Some(format!("{} percent", number(digits, lang)?)),
        _ => Some(format!("{}{}", number(digits, lang)?, unit(rest, lang)?)),
    }
}

/// Splits a camel-case identifier into words: `BackOff` is back off; acronyms stay.
fn split_camel_case(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let mut parts = vec![String::new()];
    for (i, c) in chars.iter().enumerate() {
        let upper = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_uppercase);
        let lower = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_lowercase);
        let before = i.checked_sub(1);
        if upper(Some(i)) && (lower(before) || upper(before) && lower(Some(i + 1))) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(*c);
        }
    }
    if parts.len() == 1 {
        return word.to_owned();
    }
    let acronym = |part: &String| part.len() > 1 && part.bytes().all(|b| b.is_ascii_uppercase());
    let words = parts.iter().map(|part| if acronym(part) { part.clone() } else { part.to_ascii_lowercase() });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns a token of letters, digits and signs in words. `next` is the character after it.
fn word(text: &str, next: Option<char>, lang: Lang) -> String {
    let time = || ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
    if text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return if unit(text, lang).is_some() { text.to_owned() } else { split_camel_case(text) };
    }
    match text {
        "5xx" => return lang.pick("服务端错误", "server errors").into(),
        "4xx" => return lang.pick("客户端错误", "client errors").into(),
        _ => {}
    }
    if let (Lang::Zh, 4, Some('年')) = (lang, text.len(), next) {
        return write_zh_digits(text);
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return day(date, lang);
    }
    if let Some(time) = time() {
        return clock(NaiveDate::default().and_time(time), lang);
    }
    quantity(text, lang).unwrap_or_else(|| text.to_owned())
}

/// Returns a sentence with its tokens in words.
pub(super) fn read(sentence: &str, lang: Lang) -> String {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || ".,:%-+".contains(c);
    let mut words: Vec<String> = Vec::new();
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_inner(c) != is_inner(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if !is_inner(first) {
            words.push(run.to_owned());
            continue;
        }
        let bare = run.trim_end_matches(['.', ',', ':']);
        // the month and day before a time of the day
        let dated = NaiveDate::parse_from_str(&format!("2000-{bare}"), "%Y-%m-%d").ok();
        let time = after.strip_prefix(' ').and_then(|after| after.get(..5));
        let is_timed = time.is_some_and(|time| NaiveTime::parse_from_str(time, "%H:%M").is_ok());
        words.push(match dated.filter(|_| is_timed && bare.len() == 5) {
            Some(date) => day(date, lang),
            None => word(bare, after.chars().next(), lang),
        });
        words.push(run.get(bare.len()..).unwrap_or_default().to_owned());
    }
    let text = join_units(&words, lang);
    if let Lang::Zh = lang { without_gaps(&text) } else { text }
}

/// Joins words and replaces a unit that follows a number and a space, as in `12 min`.
fn join_units(words: &[String], lang: Lang) -> String {
    let mut out = String::new();
    for (i, text) in words.iter().enumerate() {
        let before =
            |back: usize| i.checked_sub(back).and_then(|at| words.get(at)).map_or("", String::as_str);
        let follows_number = before(2).is_empty() && before(1) == " " && !before(3).is_empty();
        let is_number = |text: &str| match lang {
            Lang::Zh => text.chars().all(|c| "零一二三四五六七八九十百千万亿点约".contains(c)),
            Lang::En => text.chars().all(|c| c.is_ascii_digit() || c == '.'),
        };
        match unit(text, lang).filter(|_| follows_number && is_number(before(3))) {
            Some(unit) => {
                out.truncate(out.trim_end().len());
                out.push_str(unit);
            }
            None => out.push_str(text),
        }
    }
    out
}

/// Returns true for Chinese characters and full-width signs.
fn is_wide(c: char) -> bool {
    ('\u{2e80}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ff60}').contains(&c)
}

/// Removes the spaces between Chinese characters.
fn without_gaps(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| is_wide(*c));
    let is_gap = |i: usize| at(i.checked_sub(1)) && at(Some(i + 1));
    chars.iter().enumerate().filter(|(i, c)| **c != ' ' || !is_gap(*i)).map(|(_, c)| *c).collect()
}

/// Adds a space between Chinese and Latin text, where speech changes its language.
pub(super) fn spaced(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let last = out.chars().next_back();
        if last.is_some_and(|last| {
            is_wide(last) && c.is_ascii_alphanumeric() || last.is_ascii_alphanumeric() && is_wide(c)
        }) && !"，。：；、（）".contains(c)
            && !last.is_some_and(|last| "，。：；、（）".contains(last))
        {
            out.push(' ');
        }
        out.push(c);
    }
    out
}
