//! Tests of the text for people.

pub mod model; // the brief as a model says it, whatever the model does
pub mod model_run; // the same by the program: brief, run, doctor, questions
pub mod page;
pub mod template; // the text of a report // the page of a report, in a browser
