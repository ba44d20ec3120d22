//! Standard output, for a terminal or a timer that mails the output. The caller decides how to print.

use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Environment, Message, SendOutcome, Transport};
use futures::future::BoxFuture;
use std::io;

const STYLE: Style = Style { bold: ("", ""), item: "- ", newline: "\n", escape: |_| None, size: str::len };

struct Stdout {
    print: fn(&str) -> io::Result<()>,
}

pub(super) fn open(environment: Environment) -> Box<dyn Transport> {
    Box::new(Stdout { print: environment.print })
}

impl Transport for Stdout {
    fn parts(&self, message: &Message) -> Vec<String> {
        vec![markup::lines(&message.text, &STYLE, usize::MAX).join("\n")]
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, SendOutcome> {
        let outcome = match (self.print)(&(message.with_notes(part, "\n") + "\n\n")) {
            Ok(()) => SendOutcome::Delivered("printed".into()),
            Err(error) => SendOutcome::Failed(error.to_string()),
        };
        Box::pin(async { outcome })
    }
}
