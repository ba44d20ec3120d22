//! The program's own output, for a terminal or a timer that mails what it prints. Whoever runs the
//! program says how it prints.

use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Message, Outside, Result, Sent, Way};
use futures::future::BoxFuture;
use std::io;

const STYLE: Style = Style { bold: ("", ""), item: "- ", newline: "\n", escape: |_| None, size: str::len };

struct Stdout {
    print: fn(&str) -> io::Result<()>,
}

pub(super) fn open(outside: Outside) -> Result<Box<dyn Way>> {
    Ok(Box::new(Stdout { print: outside.print }))
}

impl Way for Stdout {
    fn parts(&self, message: &Message) -> Vec<String> {
        vec![markup::lines(&message.text, &STYLE, usize::MAX).join("\n")]
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, Sent> {
        let sent = match (self.print)(&(message.marked(part, "\n") + "\n\n")) {
            Ok(()) => Sent::Delivered("printed".into()),
            Err(error) => Sent::Refused(error.to_string()),
        };
        Box::pin(async { sent })
    }
}
