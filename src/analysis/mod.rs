//! The analysis of a window: rules find symptoms, traces find their causes, the report holds both.
//! Reads the lake through the query engine; must not know the command line, HTTP, or where a brief
//! is delivered. The modules stand in reading order.

// The rules in force: parsing, checks, tests.
pub mod rules;

// The log lines behind row ids.
mod evidence;

// The rows of one rule → findings.
mod finding;

// Runs the rules of one table over a window.
pub mod agent;

// What operations change, field by field.
pub mod change;

// From a symptom back to the operation that caused it.
pub mod trace;

// From findings and traces to incidents.
mod incident;

// Whether lines lie before their pods existed.
mod clocks;

// Incidents, findings and traces of a day, compared with the day before.
pub mod report;

// Scores reports of days whose cause is known.
pub mod evaluate;
