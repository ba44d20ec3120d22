//! Numbers in words: Chinese numerals, written and parsed, and English number words, parsed (English
//! briefs keep digits). Both directions are in this file so that the spoken brief and the fact check
//! agree on every numeral. It must not know context: units, percent and "about" are the caller's.

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// Returns a number in Chinese: exact below ten thousand, rounded to 万 or 亿 and led by 约 above,
/// 上千亿 from 100 billion on.
pub fn write_zh(number: u64) -> String {
    match number {
        0 => DIGITS[0].into(),
        1..10_000 => below_ten_thousand(number),
        10_000..99_995_000 => format!("约{}万", below_ten_thousand((number + 5_000) / 10_000)),
        100_000_000_000.. => "上千亿".into(),
        _ => format!("约{}亿", below_ten_thousand(((number + 50_000_000) / 100_000_000).max(1))),
    }
}

/// Returns a Chinese number as it is used before a measure word, where 2 is 两 instead of 二.
pub fn write_zh_count(number: usize) -> String {
    if number == 2 { "两".into() } else { write_zh(number as u64) }
}

/// Returns a decimal in Chinese, its fraction digit by digit: `3` and `05` are 三点零五.
pub fn write_zh_decimal(whole: u64, fraction: &str) -> String {
    format!("{}点{}", write_zh(whole), write_zh_digits(fraction))
}

/// Returns digits one by one in Chinese, as in a year; other characters are dropped.
pub fn write_zh_digits(digits: &str) -> String {
    digits.chars().filter_map(|c| DIGITS.get(c.to_digit(10)? as usize)).copied().collect()
}

fn below_ten_thousand(number: u64) -> String {
    let mut out = String::new();
    let mut has_gap = false;
    for (unit, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = number / unit % 10;
        if digit == 0 {
            has_gap = has_gap || !out.is_empty();
            continue;
        }
        if std::mem::take(&mut has_gap) {
            out.push_str(DIGITS[0]);
        }
        // 十五, not 一十五, at the start of a number
        if !(digit == 1 && unit == 10 && out.is_empty()) {
            out.push_str(DIGITS.get(digit as usize).unwrap_or(&""));
        }
        out.push_str(name);
    }
    out
}

/// Returns the value of Chinese numerals such as 一千四百一十二, 三点五 or 十二万; `None` if the text is
/// not a number or only a rough one, such as 三四 (three or four).
pub fn parse_zh(text: &str) -> Option<f64> {
    if let Some((whole, fraction)) = text.split_once('点') {
        let mut value = parse_zh(whole)?;
        for (at, c) in fraction.chars().enumerate() {
            value += zh_digit(c)? / 10_f64.powi(at as i32 + 1);
        }
        return Some(value);
    }
    let chars: Vec<char> = text.chars().collect();
    if let [first, _, rest @ ..] = chars.as_slice()
        && chars.iter().all(|c| zh_digit(*c).is_some())
    {
        // two digits without a unit are a guess (三四), more are read digit by digit (二零二六)
        if rest.is_empty() && *first != '零' {
            return None;
        }
        return chars.iter().try_fold(0.0, |value, c| Some(value * 10.0 + zh_digit(*c)?));
    }
    let (mut total, mut section, mut current) = (0.0, 0.0, None);
    for c in chars {
        match c {
            '十' | '百' | '千' => {
                let unit = match c {
                    '十' => 10.0,
                    '百' => 100.0,
                    _ => 1000.0,
                };
                section += current.take().unwrap_or(1.0) * unit;
            }
            '万' | '亿' => {
                let unit = if c == '万' { 1e4 } else { 1e8 };
                section += current.take().unwrap_or(0.0);
                total = (total + if section == 0.0 && total == 0.0 { 1.0 } else { section }) * unit;
                section = 0.0;
            }
            other => match (zh_digit(other)?, current) {
                (value, None | Some(0.0)) => current = Some(value),
                _ => return None,
            },
        }
    }
    Some(total + section + current.unwrap_or(0.0))
}

fn zh_digit(c: char) -> Option<f64> {
    match c {
        '〇' => Some(0.0),
        '两' => Some(2.0),
        other => "零一二三四五六七八九".chars().position(|digit| digit == other).map(|digit| digit as f64),
    }
}

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
/// Twenty and above, from index 2.
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Returns true if a word in lower case is an English number word: `seven`, `ninety`, `million`, `twice`.
pub fn is_en_word(word: &str) -> bool {
    en_value(word).is_some()
        || matches!(word, "hundred" | "thousand" | "million" | "once" | "twice" | "thrice")
}

/// Returns the value of English number words in lower case, such as `one hundred forty two`; words that
/// are not numbers, such as `and`, are passed over.
pub fn parse_en<'w>(words: impl IntoIterator<Item = &'w str>) -> f64 {
    let (mut total, mut part) = (0.0_f64, 0.0_f64);
    for word in words {
        (total, part) = match word {
            "once" => (total, part + 1.0),
            "twice" => (total, part + 2.0),
            "thrice" => (total, part + 3.0),
            "hundred" => (total, part.max(1.0) * 100.0),
            "thousand" => (total + part.max(1.0) * 1e3, 0.0),
            "million" => (total + part.max(1.0) * 1e6, 0.0),
            other => (total, part + en_value(other).unwrap_or(0.0)),
        };
    }
    total + part
}

/// Returns the value of a word below one hundred.
fn en_value(word: &str) -> Option<f64> {
    let ones = ONES.iter().position(|one| *one == word);
    let tens = || TENS.iter().skip(2).position(|ten| *ten == word).map(|at| (at + 2) * 10);
    ones.or_else(tens).map(|value| value as f64)
}
