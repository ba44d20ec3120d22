//! The words that begin the rules' matches.

use redact::{Family, RULES, WordFinder};

#[test]
fn no_word_begins_another() {
    let rules = RULES.iter().filter(|rule| rule.family != Family::Personal);
    let words: Vec<(&str, bool)> =
        rules.flat_map(|rule| rule.words.iter().map(|word| (*word, rule.family.is_any_case()))).collect();
    for (word, any_case) in &words {
        for (other, other_any_case) in &words {
            let is_same = word.eq_ignore_ascii_case(other) && any_case == other_any_case;
            let begins = if *any_case || *other_any_case {
                other.to_ascii_lowercase().starts_with(&word.to_ascii_lowercase())
            } else {
                other.starts_with(word)
            };
            assert!(is_same || !begins, "`{word}` begins `{other}`");
        }
    }
}

#[test]
fn words_are_found_in_their_case_or_any() {
    let finder = WordFinder::of_cases(vec!["AKIA", "sk-"], &["pass", "api_key", "密码"]);
    let found = |text: &str| {
        let mut found = Vec::new();
        finder.each(text.as_bytes(), &mut |start, word| {
            found.push((start, word));
            0
        });
        found
    };
    for before in 0..20 {
        let lead = ".".repeat(before);
        for (text, words) in [
            ("PASSpass", vec![(0, 2), (4, 2)]),
            ("Api_Key AKIA akia SK- sk-", vec![(0, 3), (9 - 1, 0), (22, 1)]),
            ("x密码y", vec![(1, 4)]),
            ("pas", vec![]),
        ] {
            let expected: Vec<(usize, usize)> =
                words.into_iter().map(|(start, word)| (start + before, word)).collect();
            assert_eq!(found(&format!("{lead}{text}")), expected, "{lead}{text}");
        }
    }
}
