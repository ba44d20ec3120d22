//! Pseudonyms: the pods, nodes, people and addresses of a report become `pod-1`, `user-2`, `ip-3`,
//! the same in every text, and are restored exactly. A text that already contains `pod-1` becomes
//! `pod-01`: the number of a pseudonym never begins with a zero, so the two cannot be confused.

use crate::rules::EMAIL;
use crate::secrets;
use model::entity::{Entity, workload_of_pod};
use regex::Regex;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::ops::Bound;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The kinds of names, each a prefix of pseudonyms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Pod,
    Node,
    User,
    Email,
    Ip,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Pod, Self::Node, Self::User, Self::Email, Self::Ip];

    fn name(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Node => "node",
            Self::User => "user",
            Self::Email => "email",
            Self::Ip => "ip",
        }
    }
}

/// The names known so far and their pseudonyms.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Pseudonyms by name.
    by_name: BTreeMap<String, String>,
    /// Names by pseudonym.
    by_pseudonym: HashMap<String, String>,
    counts: BTreeMap<Kind, usize>,
}

/// One mapping of names to pseudonyms, for a prompt and its response alike. An address that is not in
/// the report gets its pseudonym when it is first hidden.
#[derive(Debug, Default)]
pub struct Pseudonyms {
    names: Mutex<Names>,
}

impl Names {
    pub(super) fn add(&mut self, kind: Kind, name: &str) {
        if name.chars().nth(1).is_none() || self.by_name.contains_key(name) {
            return; // a single letter is not a name
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let pseudonym = format!("{}-{count}", kind.name());
        self.by_pseudonym.insert(pseudonym.clone(), name.to_owned());
        self.by_name.insert(name.to_owned(), pseudonym);
    }

    /// Adds the user of a request. The accounts of the system are not people and keep their names, except
    /// for the node in `system:node:…`.
    pub(super) fn add_user(&mut self, name: &str) {
        if let Some(node) = name.strip_prefix("system:node:") {
            self.add(Kind::Node, node);
        }
        if name.starts_with("system:") {
            return;
        }
        match name.split_once('@') {
            Some((person, _)) => {
                self.add(Kind::Email, name);
                self.add(Kind::User, person); // sentences use this part alone
            }
            None => self.add(Kind::User, name),
        }
    }

    pub(super) fn add_entity(&mut self, entity: &Entity) {
        for (kind, name) in [(Kind::Pod, &entity.pod), (Kind::Node, &entity.node)] {
            if let Some(name) = name {
                self.add(kind, name);
            }
        }
    }

    /// Returns the longest name that `rest` begins with and that ends at the end of a word.
    fn name_at<'r>(&self, rest: &'r str) -> Option<(&'r str, &str)> {
        let mut reach = rest;
        while !reach.is_empty() {
            let upto = (Bound::Unbounded, Bound::Included(reach));
            let (name, pseudonym) = self.by_name.range::<str, _>(upto).next_back()?;
            let common = name.bytes().zip(reach.bytes()).take_while(|(a, b)| a == b).count();
            if common < name.len() {
                reach = reach.get(..reach.floor_char_boundary(common))?;
                continue;
            }
            let tail = rest.get(name.len()..)?;
            let is_address = pseudonym.starts_with("ip-") || pseudonym.starts_with("email-");
            if ends_word(tail) && !(is_address && continues_address(tail)) {
                return Some((rest.get(..name.len())?, pseudonym));
            }
            reach = reach.get(..reach.floor_char_boundary(name.len() - 1))?;
        }
        None
    }
}

/// Regular expression for addresses and pod names.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let v4 = r"(?P<v4>(?:\d{1,3}\.){3}\d{1,3})";
    let v6 = r"(?P<v6>[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,36}:(?:[0-9A-Fa-f.]{1,15})?)";
    let host = r"(?P<host>ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9-]{1,63}){0,6})";
    let pod = r"(?P<pod>[a-z0-9][a-z0-9-]{0,240}-[a-z0-9]{6,10}-[a-z0-9]{5})";
    Regex::new(&format!("^(?:(?P<email>{EMAIL})|{v4}|{v6}|{host}|{pod})")).ok()
});

/// A pseudonym, or a text that looks like one.
static PSEUDONYM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let kinds = Kind::ALL.map(Kind::name).join("|");
    Regex::new(&format!(r"^(?:{kinds})-\d+")).ok()
});

impl Pseudonyms {
    pub(super) fn lock(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a name that the report does not have; its column says what it is.
    pub fn learn(&self, column: &str, name: &str) {
        let mut names = self.lock();
        match column {
            "username" | "user" | "who" | "on_behalf_of" | "impersonated" => names.add_user(name),
            "pod" => names.add(Kind::Pod, name),
            "node" => names.add(Kind::Node, name),
            _ => {}
        }
    }

    /// Returns the text with its secrets masked and each name replaced by its pseudonym.
    pub fn hide(&self, text: &str) -> String {
        let text = secrets(text);
        let mut names = self.lock();
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
        let mut begins = true;
        while let Some(first) = rest.chars().next() {
            let mut size = first.len_utf8();
            if begins && let Some(replaced) = replace_at(rest, &mut names, &mut out) {
                (size, begins) = (replaced, false); // a pseudonym ends with a digit
            } else {
                out.push(first);
                begins = !is_word(first);
            }
            rest = rest.get(size..).unwrap_or_default();
        }
        out
    }

    /// Returns the text with each pseudonym replaced by its name.
    pub fn restore(&self, text: &str) -> String {
        let names = self.lock();
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut begins = true;
        while let Some(first) = rest.chars().next() {
            let mut size = first.len_utf8();
            if begins && let Some(pseudonym) = pseudonym_at(rest) {
                match names.by_pseudonym.get(pseudonym) {
                    Some(name) => out.push_str(name),
                    None => out.push_str(&pseudonym.replacen("-0", "-", 1)), // the original text had it
                }
                (size, begins) = (pseudonym.len(), false);
            } else {
                out.push(first);
                begins = !is_word(first);
            }
            rest = rest.get(size..).unwrap_or_default();
        }
        out
    }

    /// Returns each pseudonym and its name.
    pub fn known(&self) -> Vec<(String, String)> {
        let names = self.lock();
        names.by_name.iter().map(|(name, pseudonym)| (pseudonym.clone(), name.clone())).collect()
    }
}

/// Appends the pseudonym of the name or address that `rest` begins with, and returns the number of
/// bytes it replaces. `None` if there is nothing to replace.
fn replace_at(rest: &str, names: &mut Names, out: &mut String) -> Option<usize> {
    let address = address_at(rest);
    if let Some((name, pseudonym)) = names.name_at(rest)
        && address.is_none_or(|(_, address)| address.len() <= name.len())
    {
        out.push_str(pseudonym);
        return Some(name.len());
    }
    if let Some(pseudonym) = pseudonym_at(rest) {
        out.push_str(&pseudonym.replacen('-', "-0", 1));
        return Some(pseudonym.len());
    }
    let (kind, address) = address?;
    names.add(kind, address);
    out.push_str(names.by_name.get(address)?);
    Some(address.len())
}

fn pseudonym_at(rest: &str) -> Option<&str> {
    let found = PSEUDONYM.as_ref()?.find(rest)?;
    ends_word(rest.get(found.end()..)?).then(|| found.as_str())
}

fn address_at(rest: &str) -> Option<(Kind, &str)> {
    if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_')) {
        return None;
    }
    let part = rest.get(..rest.floor_char_boundary(512))?;
    let captures = ADDRESS.as_ref()?.captures(part)?;
    let group = captures.iter().skip(1).position(|group| group.is_some())?;
    let text = captures.get(0)?.as_str();
    // `::1:` is an address before a colon
    let text = if group == 2 && !text.ends_with("::") { text.trim_end_matches(':') } else { text };
    let tail = rest.get(text.len()..)?;
    let is_public = |ip: IpAddr| !ip.is_loopback() && !ip.is_unspecified();
    let kind = match group {
        0 => Kind::Email,
        1 | 2 if text.parse().is_ok_and(is_public) => Kind::Ip,
        3 => Kind::Node,
        4 if is_generated_pod(text) => Kind::Pod,
        _ => return None,
    };
    let ends = ends_word(tail) && !(matches!(kind, Kind::Email | Kind::Ip) && continues_address(tail));
    ends.then_some((kind, text))
}

/// Returns true if a name has both generated suffixes of a Deployment's pod.
fn is_generated_pod(name: &str) -> bool {
    let workload = workload_of_pod(name, None);
    name.len() > workload.len() + 11
}

/// Returns true if a character is part of a name. `_` is not: paths join names with it.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn ends_word(tail: &str) -> bool {
    !tail.starts_with(is_word)
}

/// Returns true if `tail` continues an address with `.5` or `.com`.
fn continues_address(tail: &str) -> bool {
    tail.strip_prefix(['.', '@']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}
