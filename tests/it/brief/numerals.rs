//! Numbers in words: a number that is written can be parsed.

use model::numerals::{is_en_word, parse_en, parse_zh, write_zh, write_zh_count, write_zh_decimal};

#[test]
fn chinese_numerals_below_ten_thousand_round_trip() {
    for number in 0..10_000_u32 {
        assert_eq!(parse_zh(&write_zh(number.into())), Some(number.into()), "{}", write_zh(number.into()));
    }
    for number in 0..100 {
        assert_eq!(parse_zh(&write_zh_count(number)), Some(number as f64));
    }
}

#[test]
fn larger_chinese_numerals_are_marked_as_rough_and_rounded_to_their_unit() {
    for number in
        (10_000..100_000_000_000_u64).step_by(7_919_113_777).chain((1..11).map(|n| 3 * 10_u64.pow(n)))
    {
        let text = write_zh(number);
        let Some(rough) = text.strip_prefix('约') else {
            assert_eq!(parse_zh(&text), Some(number as f64));
            continue;
        };
        let value = parse_zh(rough).expect("a number");
        let half_unit = if number < 99_995_000 { 5e3 } else { 5e7 };
        assert!((value - number as f64).abs() <= half_unit, "{number}: {text}");
    }
    assert_eq!(write_zh(123_456), "约十二万");
    assert_eq!(parse_zh("十二万"), Some(120_000.0));
}

#[test]
fn chinese_decimals_round_trip() {
    for (whole, fraction, value) in [(0, "25", 0.25), (1, "5", 1.5), (95, "05", 95.05), (3, "0", 3.0)] {
        let parsed = parse_zh(&write_zh_decimal(whole, fraction)).expect("a number");
        assert!((parsed - value).abs() < 1e-9, "{parsed}");
    }
}

#[test]
fn chinese_texts_that_are_not_exact_numbers_are_rejected() {
    for text in ["三四", "一二三万四五", "abc", "三点x"] {
        assert_eq!(parse_zh(text), None, "{text}");
    }
    assert_eq!(parse_zh("二零二六"), Some(2026.0));
    assert_eq!(parse_zh("两万〇五"), Some(20_005.0));
}

#[test]
fn english_number_words_are_parsed() {
    for (text, value) in [
        ("seven", 7.0),
        ("ninety six", 96.0),
        ("one hundred and forty two", 142.0),
        ("one thousand four hundred twelve", 1412.0),
        ("two million", 2e6),
        ("twice", 2.0),
    ] {
        assert_eq!(parse_en(text.split(' ')), value, "{text}");
        assert!(text.split(' ').all(|word| word == "and" || is_en_word(word)), "{text}");
    }
    assert!(!is_en_word("failures"));
}
