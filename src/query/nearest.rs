//! The name that somebody meant by one that does not exist: `aduit` → `audit`, `user` → `username`.
//! Must not know which names exist.

/// What other tools call a column, and its names here, most likely first.
const SYNONYMS: [(&str, &[&str]); 16] = [
    ("app", &["workload"]),
    ("body", &["message"]),
    ("deployment", &["workload"]),
    ("host", &["node"]),
    ("ip", &["source_ip"]),
    ("log", &["message"]),
    ("msg", &["message"]),
    ("ns", &["namespace"]),
    ("path", &["uri"]),
    ("service", &["workload"]),
    ("severity", &["level"]),
    ("status", &["code", "phase"]),
    ("text", &["message"]),
    ("time", &["ts"]),
    ("timestamp", &["ts"]),
    ("url", &["uri"]),
];

/// Shortest name that counts as a part of another.
const MIN_PART: usize = 3;

/// Returns the name among `names` that `wanted` most likely means, if one is near: a synonym, a few
/// letters apart, or one that contains the other.
pub fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = wanted.to_lowercase();
    let names: Vec<&str> = names.into_iter().collect();
    let synonyms = SYNONYMS.iter().find(|(word, _)| *word == wanted).map_or(&[][..], |(_, names)| names);
    if let Some(name) = synonyms.iter().find_map(|name| names.iter().find(|other| *other == name)) {
        return Some(name);
    }
    // one slip in a short name, two in a longer one
    let allowed = 1 + usize::from(wanted.chars().count() > 4);
    let slips = |name: &&str| (distance(&wanted, &name.to_lowercase()), name.len());
    let by_letters = names.iter().copied().min_by_key(slips);
    if let Some(name) = by_letters.filter(|name| slips(name).0 <= allowed && slips(name).0 < wanted.len()) {
        return Some(name);
    }
    let is_part = |name: &&str| {
        let name = name.to_lowercase();
        let shorter = name.len().min(wanted.len());
        shorter >= MIN_PART && (name.contains(&wanted) || wanted.contains(&name))
    };
    let order = |name: &&str| {
        let lower = name.to_lowercase();
        let begins = lower.starts_with(&wanted) || wanted.starts_with(&lower);
        (!begins, name.len().abs_diff(wanted.len()))
    };
    names.iter().copied().filter(is_part).min_by_key(order)
}

/// Returns how many letters are wrong, missing, added or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let change = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}
