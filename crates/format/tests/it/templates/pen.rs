//! Prints lines of known templates, seeded: holes such as `{ip}` are filled from `values.txt`, whose
//! values have holes themselves, or with numbers and ids made here.

use std::collections::BTreeMap;

/// A seeded writer of values (SplitMix64, so that a line is the same in every release of any crate).
pub struct Pen {
    state: u64,
    values: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Pen {
    /// Starts with a seed.
    pub fn new(seed: u64) -> Self {
        let mut values = BTreeMap::new();
        for line in include_str!("values.txt").lines() {
            let (name, list) = line.split_once(" = ").expect("`name = value ¦ value`");
            let list: Vec<&str> =
                list.split(" ¦ ").map(|value| if value == "{}" { "" } else { value }).collect();
            assert!(values.insert(name, list).is_none(), "{name} is listed twice");
        }
        Self { state: seed, values }
    }

    /// Returns the next value in `0..n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    /// Returns a template with its holes filled. `{{` and `}}` are braces.
    pub fn fill(&mut self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            let name = rest.split('}').next().unwrap_or_default();
            let is_hole = brace == "{"
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            if is_hole {
                rest = &rest[name.len() + 1..];
                self.value(name, &mut out);
            } else {
                rest = rest.strip_prefix(brace).unwrap_or(rest);
                out.push_str(brace);
            }
        }
        out + rest
    }

    fn value(&mut self, name: &str, out: &mut String) {
        if let Some(list) = self.values.get(name) {
            let list = list.clone();
            let picked = list[self.below(list.len() as u64) as usize];
            let filled = self.fill(picked);
            out.push_str(&filled);
            return;
        }
        let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let count: usize = name[kind.len()..].parse().unwrap_or(0);
        let text = match kind {
            "digit" => self.below(10).to_string(),
            "num" => {
                let magnitude = 10u64.pow(1 + self.below(5) as u32);
                self.below(magnitude).to_string()
            }
            "big" => (1_000_000_000 + self.below(999_000_000_000)).to_string(),
            "neg" => (self.below(4000) as i64 - 2000).to_string(),
            "float" => format!("{}.{}", self.below(300), self.below(1000)),
            "octet" => (1 + self.below(254)).to_string(),
            "port" => (1024 + self.below(64000)).to_string(),
            "day" => (10 + self.below(20)).to_string(),
            "hour" => format!("{:02}", self.below(24)),
            "minute" => format!("{:02}", self.below(60)),
            "letter" => self.text(b"abcdef", 1),
            "hex" => self.text(b"0123456789abcdef", count),
            "suffix" => self.text(b"bcdfghjklmnpqrstvwxz2456789", count),
            "b" => self.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 20),
            "uuid" => [8, 4, 4, 4, 12].map(|length| self.text(b"0123456789abcdef", length)).join("-"),
            _ => String::new(),
        };
        assert!(!text.is_empty(), "`{name}` is not a kind of value");
        out.push_str(&text);
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| alphabet[self.below(alphabet.len() as u64) as usize] as char).collect()
    }
}
