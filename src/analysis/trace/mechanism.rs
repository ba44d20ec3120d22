//! Which operation can cause which event or error: data (`sql/trace/mechanisms.csv` and a file of
//! the config), read here. Must not know any cluster's objects.

use model::error::{Error, Result};
use regex::{Regex, RegexBuilder};

/// One line of the table.
pub struct Mechanism {
    /// Class of the operation.
    operation: String,
    /// Resource that it is on; empty for any.
    resource: String,
    /// Verb; empty for any.
    verb: String,
    /// What it shows by.
    pub effect: Effect,
    /// How well it is known to cause it, 0 to 1.
    pub strength: f64,
    /// How many seconds later it may show at the latest.
    pub within_s: f64,
}

/// What a change shows by.
pub enum Effect {
    /// An event of that reason whose message fits.
    Event(String, Option<Regex>),
    /// Errors whose text fits, with or without an event between.
    Text(Regex),
}

const SHIPPED: &str = include_str!("../../../sql/trace/mechanisms.csv");

/// Reads the shipped table, and before it the lines of `own` (text, place).
pub fn mechanisms(own: Option<(&str, &str)>) -> Result<Vec<Mechanism>> {
    let mut all = Vec::new();
    if let Some((text, place)) = own {
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
            Error::usage("the mechanism table cannot be read")
                .at(format!("{place}:{}", at + 1))
                .because(crate::config::Plain(why))
                .hint("a line is operation,resource,verb,effect,sign,strength,within_s; a sign is an event's reason, `Reason~regex` for its message, or a regex of the error's text")
        })?;
        all.push(mechanism);
    }
    Ok(())
}

fn mechanism(line: &str) -> std::result::Result<Mechanism, String> {
    let fields: Vec<&str> = line.split(',').collect();
    let [operation, resource, verb, effect, sign, strength, within] = fields.as_slice() else {
        return Err(format!("{} fields, not 7", fields.len()));
    };
    let regex = |text: &str| {
        RegexBuilder::new(text).case_insensitive(true).build().map_err(|error| error.to_string())
    };
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| format!("`{text}` is no number"));
    let effect = match *effect {
        "event" => match sign.split_once('~') {
            Some((reason, message)) => Effect::Event(reason.to_owned(), Some(regex(message)?)),
            None => Effect::Event((*sign).to_owned(), None),
        },
        "text" => Effect::Text(regex(sign)?),
        other => return Err(format!("`{other}` is no effect: event or text")),
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
    /// Tells whether it fits whatever an error says.
    pub fn is_generic(&self) -> bool {
        matches!(&self.effect, Effect::Text(sign) if sign.as_str() == ".")
    }

    /// Tells whether it speaks of such an operation.
    pub fn fits(&self, classes: &[&str], resource: &str, verb: &str) -> bool {
        classes.contains(&self.operation.as_str())
            && (self.resource.is_empty() || self.resource == resource)
            && (self.verb.is_empty() || self.verb == verb)
    }
}

impl Effect {
    /// Tells whether an event is such an effect.
    pub fn is_event(&self, reason: &str, message: &str) -> bool {
        match self {
            Self::Event(wanted, pattern) => {
                wanted == reason && pattern.as_ref().is_none_or(|pattern| pattern.is_match(message))
            }
            Self::Text(_) => false,
        }
    }
}
