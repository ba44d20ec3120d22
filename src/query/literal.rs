//! Texts as parts of a statement that the program writes itself.

/// Returns a text for use between single quotes.
pub fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

/// Returns texts as the members of a list: `'a', 'b'`.
pub fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(|text| format!("'{}'", quoted(text))).collect::<Vec<_>>().join(", ")
}
