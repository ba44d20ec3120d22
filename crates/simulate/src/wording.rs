//! The texts that applications log, from `wording.txt`: data that is looked up by key and by the
//! style of the workload. Must not know when they are logged.

use crate::fleet::Style;

/// A text: its logger, its message and its stack; the first and the last may be empty.
pub type Wording = [String; 3];

/// Returns the texts of a key for a style, else those of the key for every style; each `{field}`
/// of `fills` is replaced.
pub fn wordings(key: &str, style: Style, fills: &[(&str, &str)]) -> Vec<Wording> {
    let name = format!("{style:?}");
    let of = |wanted: &str| -> Vec<Wording> {
        let rows = include_str!("wording.txt").lines().map(|line| line.split(" ¦ ").collect::<Vec<_>>());
        let rows = rows.filter(|row| row[0] == key && row.len() > 2);
        let rows = rows.filter(|row| row[1].split(' ').any(|style| style == wanted));
        rows.map(|row| [2, 3, 4].map(|i| filled(row.get(i).unwrap_or(&""), fills))).collect()
    };
    let own = of(&name);
    if own.is_empty() { of("*") } else { own }
}

fn filled(text: &str, fills: &[(&str, &str)]) -> String {
    let text = text.replace("\\n", "\n").replace("\\t", "\t");
    fills.iter().fold(text, |text, (field, value)| text.replace(&format!("{{{field}}}"), value))
}
