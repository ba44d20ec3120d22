//! A message with its variables masked, so that equal events group: `timeout after <*>`. The template
//! depends on the message alone, so it is the same in every object, on every day and machine.
//! Must not know any log format.

mod bracket; // quotations and brackets
mod mask; // the walk over a message
mod shape; // what characters say about a piece of text
mod value; // what stands behind `=`; numbers, paths, addresses
mod word; // words and names
mod words; // the words that are known

/// Bytes of a message that its template is made of.
const MAX_BYTES: usize = 2048;

/// Returns the template of a message.
pub fn template_of(message: &str) -> String {
    let mut end = message.len().min(MAX_BYTES);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    mask::Mask::new(message.get(..end).unwrap_or(message)).run()
}

/// Returns the id of a template: 12 hex digits of its hash.
pub fn id_of(template: &str) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
    blake3::hash(template.as_bytes()).as_bytes().iter().take(6).flat_map(digits).collect()
}
