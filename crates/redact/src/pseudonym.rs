//! Names that travel under others: the pods, nodes, people and addresses of a report become
//! `pod-1`, `user-2`, `ip-3`, the same everywhere, and back again exactly. A text that holds `pod-1`
//! already travels as `pod-01`: no stand-in begins with a zero, so nothing is ever mistaken.

use crate::rules::EMAIL;
use crate::secrets;
use model::entity::{Entity, workload_of_pod};
use regex::Regex;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::ops::Bound;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// What stand-ins are made of.
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

/// Names and their stand-ins, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Stand-ins by name.
    hidden: BTreeMap<String, String>,
    /// Names by stand-in.
    shown: HashMap<String, String>,
    counts: BTreeMap<Kind, usize>,
}

/// One mapping of names to stand-ins: for prompt, trace and answer alike. An address that was
/// not in the report gets its stand-in when it is first hidden.
#[derive(Debug, Default)]
pub struct Pseudonyms {
    names: Mutex<Names>,
}

impl Names {
    pub(super) fn add(&mut self, kind: Kind, name: &str) {
        if name.chars().nth(1).is_none() || self.hidden.contains_key(name) {
            return; // a single letter names nobody
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let stand_in = format!("{}-{count}", kind.name());
        self.shown.insert(stand_in.clone(), name.to_owned());
        self.hidden.insert(name.to_owned(), stand_in);
    }

    /// Adds whoever did something; the system's own accounts are no people, and say what they are.
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
                self.add(Kind::User, person); // sentences call people so
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

    /// Returns the longest name that `rest` begins with and that ends as a word does.
    fn name_at<'r>(&self, rest: &'r str) -> Option<(&'r str, &str)> {
        let mut reach = rest;
        while !reach.is_empty() {
            let upto = (Bound::Unbounded, Bound::Included(reach));
            let (name, stand_in) = self.hidden.range::<str, _>(upto).next_back()?;
            let common = name.bytes().zip(reach.bytes()).take_while(|(a, b)| a == b).count();
            if common < name.len() {
                reach = reach.get(..reach.floor_char_boundary(common))?;
                continue;
            }
            let tail = rest.get(name.len()..)?;
            let is_address = stand_in.starts_with("ip-") || stand_in.starts_with("email-");
            if ends_word(tail) && !(is_address && goes_on_as_address(tail)) {
                return Some((rest.get(..name.len())?, stand_in));
            }
            reach = reach.get(..reach.floor_char_boundary(name.len() - 1))?;
        }
        None
    }
}

/// What addresses and pods look like, from their first character on.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let v4 = r"(?P<v4>(?:\d{1,3}\.){3}\d{1,3})";
    let v6 = r"(?P<v6>[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,36}:(?:[0-9A-Fa-f.]{1,15})?)";
    let host = r"(?P<host>ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9-]{1,63}){0,6})";
    let pod = r"(?P<pod>[a-z0-9][a-z0-9-]{0,240}-[a-z0-9]{6,10}-[a-z0-9]{5})";
    Regex::new(&format!("^(?:(?P<email>{EMAIL})|{v4}|{v6}|{host}|{pod})")).ok()
});

/// A stand-in, or what looks like one.
static STAND_IN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let kinds = Kind::ALL.map(Kind::name).join("|");
    Regex::new(&format!(r"^(?:{kinds})-\d+")).ok()
});

impl Pseudonyms {
    pub(super) fn lock(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the text without secrets, each name under its stand-in.
    pub fn hide(&self, text: &str) -> String {
        let text = secrets(text);
        let mut names = self.lock();
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
        let mut begins = true;
        while let Some(first) = rest.chars().next() {
            let mut size = first.len_utf8();
            if begins && let Some(taken) = taken_at(rest, &mut names, &mut out) {
                (size, begins) = (taken, false); // a stand-in ends with a digit
            } else {
                out.push(first);
                begins = !is_word(first);
            }
            rest = rest.get(size..).unwrap_or_default();
        }
        out
    }

    /// Returns the text with the names that stand behind its stand-ins.
    pub fn undo(&self, text: &str) -> String {
        let names = self.lock();
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut begins = true;
        while let Some(first) = rest.chars().next() {
            let mut size = first.len_utf8();
            if begins && let Some(stand_in) = stand_in_at(rest) {
                match names.shown.get(stand_in) {
                    Some(name) => out.push_str(name),
                    None => out.push_str(&stand_in.replacen("-0", "-", 1)), // it stood there before
                }
                (size, begins) = (stand_in.len(), false);
            } else {
                out.push(first);
                begins = !is_word(first);
            }
            rest = rest.get(size..).unwrap_or_default();
        }
        out
    }

    /// Returns each stand-in and the name behind it.
    pub fn known(&self) -> Vec<(String, String)> {
        let names = self.lock();
        names.hidden.iter().map(|(name, stand_in)| (stand_in.clone(), name.clone())).collect()
    }
}

/// Writes what stands for the name, address or stand-in that `rest` begins with, and returns its bytes.
fn taken_at(rest: &str, names: &mut Names, out: &mut String) -> Option<usize> {
    let address = address_at(rest);
    if let Some((name, stand_in)) = names.name_at(rest)
        && address.is_none_or(|(_, address)| address.len() <= name.len())
    {
        out.push_str(stand_in);
        return Some(name.len());
    }
    if let Some(stand_in) = stand_in_at(rest) {
        out.push_str(&stand_in.replacen('-', "-0", 1));
        return Some(stand_in.len());
    }
    let (kind, address) = address?;
    names.add(kind, address);
    out.push_str(names.hidden.get(address)?);
    Some(address.len())
}

fn stand_in_at(rest: &str) -> Option<&str> {
    let found = STAND_IN.as_ref()?.find(rest)?;
    ends_word(rest.get(found.end()..)?).then(|| found.as_str())
}

fn address_at(rest: &str) -> Option<(Kind, &str)> {
    if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_')) {
        return None;
    }
    let stretch = rest.get(..rest.floor_char_boundary(512))?;
    let captures = ADDRESS.as_ref()?.captures(stretch)?;
    let group = captures.iter().skip(1).position(|group| group.is_some())?;
    let text = captures.get(0)?.as_str();
    // `::1:` is an address before a colon
    let text = if group == 2 && !text.ends_with("::") { text.trim_end_matches(':') } else { text };
    let tail = rest.get(text.len()..)?;
    let is_told = |ip: IpAddr| !ip.is_loopback() && !ip.is_unspecified();
    let kind = match group {
        0 => Kind::Email,
        1 | 2 if text.parse().is_ok_and(is_told) => Kind::Ip,
        3 => Kind::Node,
        4 if is_generated_pod(text) => Kind::Pod,
        _ => return None,
    };
    let ends = ends_word(tail) && !(matches!(kind, Kind::Email | Kind::Ip) && goes_on_as_address(tail));
    ends.then_some((kind, text))
}

/// Tells whether a name carries both suffixes that a Deployment's pod gets, in their alphabet.
fn is_generated_pod(name: &str) -> bool {
    let workload = workload_of_pod(name, None);
    name.len() > workload.len() + 11
}

/// Tells whether a character goes on with a name. `_` does not: paths join names by it.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn ends_word(tail: &str) -> bool {
    !tail.starts_with(is_word)
}

/// Tells whether `.5` or `.com` goes on with an address.
fn goes_on_as_address(tail: &str) -> bool {
    tail.strip_prefix(['.', '@']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}
