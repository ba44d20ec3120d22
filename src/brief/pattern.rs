//! Regular expressions that are written as constants.

/// Returns a constant regular expression, compiled at its first use.
macro_rules! regex {
    ($pattern:expr) => {
        LazyLock::new(|| Regex::new($pattern).unwrap_or_else(|_| unreachable!("constant patterns are valid")))
    };
}

/// Returns several constant regular expressions, compiled at their first use.
macro_rules! regexes {
    ($($pattern:expr),+ $(,)?) => {
        LazyLock::new(|| {
            [$($pattern),+].map(|pattern| {
                Regex::new(pattern).unwrap_or_else(|_| unreachable!("constant patterns are valid"))
            })
        })
    };
}

pub(crate) use {regex, regexes};
