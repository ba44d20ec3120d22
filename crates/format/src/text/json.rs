//! Reading JSON members without building values: what envelopes and JSON logs need.
//! Texts borrow from the line; what is not looked at is never parsed.

use model::record::Text;
use sonic_rs::{JsonValueTrait, LazyValue, ObjectJsonIter};
use std::borrow::Cow;

/// The members of a JSON object in order, values unread; broken JSON ends it with an error.
pub fn members<'a>(json: &Cow<'a, str>) -> Members<'a> {
    match json {
        Cow::Borrowed(text) => Members(Some(sonic_rs::to_object_iter(*text))),
        Cow::Owned(_) => Members(None), // never: values of a borrowed line borrow
    }
}

/// See [`members`].
pub struct Members<'a>(Option<ObjectJsonIter<'a>>);

impl<'a> Iterator for Members<'a> {
    type Item = sonic_rs::Result<(Text<'a>, LazyValue<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.as_mut()?.next()
    }
}

/// Returns the raw JSON of a value.
pub fn raw_of<'a>(value: &LazyValue<'a>) -> Cow<'a, str> {
    value.as_raw_cow()
}

/// Returns a text, number or bool as text; nothing for null, empty text, arrays and objects.
pub fn text_of<'a>(value: &LazyValue<'a>) -> Option<Text<'a>> {
    let raw = value.as_raw_cow();
    match raw.as_bytes().first()? {
        b'"' => {
            if raw.contains('\\') {
                return sonic_rs::from_str::<String>(&raw).ok().filter(|t| !t.is_empty()).map(Cow::Owned);
            }
            let text = match raw {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(1..text.len() - 1)?),
                Cow::Owned(text) => Cow::Owned(text.get(1..text.len() - 1)?.to_owned()),
            };
            (!text.is_empty()).then_some(text)
        }
        b'n' | b'[' | b'{' => None,
        _ => Some(raw),
    }
}

/// Returns a number, or a text that holds one, as an integer.
pub fn int_of(value: &LazyValue<'_>) -> Option<i64> {
    value.as_i64().or_else(|| text_of(value)?.parse().ok())
}

/// Says where JSON broke, without repeating the text around it.
pub fn json_error(error: &sonic_rs::Error, text: &str) -> String {
    if error.is_eof() {
        return format!("JSON ends early at byte {}", text.len());
    }
    let what = error.to_string();
    let what = what.lines().next().unwrap_or("broken JSON").trim_end_matches(['.', ':']);
    format!("broken JSON at byte {}: {what}", error.offset())
}
