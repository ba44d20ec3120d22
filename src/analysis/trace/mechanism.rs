//! Which class of operation can cause which event or error. The table is data: the shipped
//! `sql/trace/mechanisms.csv`, and before it the file that `[trace] mechanisms` names. Knows no
//! objects of any cluster.

use model::error::{Error, Result};
use regex::{Regex, RegexBuilder};

/// One line of the table.
pub struct Mechanism {
    /// Class of the operation.
    operation: String,
    /// Resource that is changed; empty for any.
    resource: String,
    /// Verb; empty for any change of an object that exists, `*` for its creation too.
    verb: String,
    /// The sign by which the effect is recognised.
    pub effect: Effect,
    /// How often such an operation is the cause of the effect, 0 to 1.
    pub strength: f64,
    /// Seconds after the operation within which the effect appears.
    pub within_s: f64,
}

/// The sign by which an effect is recognised.
pub enum Effect {
    /// An event with this reason, and a message that matches.
    Event(String, Option<Regex>),
    /// Errors whose text matches, with or without an event between.
    Text(Regex),
}

const SHIPPED: &str = include_str!("../../../sql/trace/mechanisms.csv");

/// Returns the mechanisms of the shipped table, and before them those of `custom` (text, place).
pub fn mechanisms(custom: Option<(&str, &str)>) -> Result<Vec<Mechanism>> {
    let mut all = Vec::new();
    if let Some((text, place)) = custom {
        read(text, place, &mut all)?;
    }
    read(SHIPPED, "sql/trace/mechanisms.csv", &mut all)?;
    Ok(all)
}

fn read(text: &str, place: &str, all: &mut Vec<Mechanism>) -> Result<()> {
    for (at, line) in text.lines().enumerate().skip(1) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mechanism = mechanism(line).map_err(|why| {
            Error::usage("cannot read the mechanism table")
                .at(format!("{place}:{}", at + 1))
                .because(crate::config::ErrorText(why))
                .hint("a line is operation,resource,verb,effect,sign,strength,within_s; the sign is an event's reason, `Reason~regex` to match its message too, or a regex for the text of errors")
        })?;
        all.push(mechanism);
    }
    Ok(())
}

fn mechanism(line: &str) -> std::result::Result<Mechanism, String> {
    let fields: Vec<&str> = line.split(',').collect();
    let [operation, resource, verb, effect, sign, strength, within] = fields.as_slice() else {
        return Err(format!("it has {} fields instead of 7", fields.len()));
    };
    let regex = |text: &str| {
        RegexBuilder::new(text).case_insensitive(true).build().map_err(|error| error.to_string())
    };
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| format!("`{text}` is not a number"));
    let effect = match *effect {
        "event" => match sign.split_once('~') {
            Some((reason, message)) => Effect::Event(reason.to_owned(), Some(regex(message)?)),
            None => Effect::Event((*sign).to_owned(), None),
        },
        "text" => Effect::Text(regex(sign)?),
        other => return Err(format!("`{other}` is not a valid effect; use event or text")),
    };
    Ok(Mechanism {
        operation: (*operation).to_owned(),
        resource: (*resource).to_owned(),
        verb: (*verb).to_owned(),
        effect,
        strength: number(strength)?,
        within_s: number(within)?,
    })
}

impl Mechanism {
    /// Returns true if it matches any error text: a release can cause any error.
    pub fn is_generic(&self) -> bool {
        matches!(&self.effect, Effect::Text(sign) if sign.as_str() == ".")
    }

    /// Returns true if it applies to an operation of one of those classes. What is new breaks little: a
    /// creation has only the mechanisms that name it.
    pub fn applies_to(&self, classes: &[&str], resource: &str, verb: &str) -> bool {
        classes.contains(&self.operation.as_str())
            && (self.resource.is_empty() || self.resource == resource)
            && match self.verb.as_str() {
                "*" => true,
                "" => verb != "create",
                own => own == verb,
            }
    }
}

impl Effect {
    /// Returns true if an event is this effect.
    pub fn is_event(&self, reason: &str, message: &str) -> bool {
        match self {
            Self::Event(expected, pattern) => {
                expected == reason && pattern.as_ref().is_none_or(|pattern| pattern.is_match(message))
            }
            Self::Text(_) => false,
        }
    }
}
