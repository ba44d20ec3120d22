//! Secrets are masked, other text is not, and both in time linear in the text.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "long tests print how much they covered")]

mod clean; // lines without a secret, by kind
mod dice; // seeded random texts
mod forms; // secrets made up from a list of shapes
mod hostile; // text that tries to be slow
mod look_alike; // lines that only look like secrets
mod masks; // what is masked and what is not
mod missed; // one line for each notation
mod planted; // secrets made up, one function for each group
mod words; // the words of the rules
