//! Parts of lists: at most so many items and so many tokens, and a cursor to the next part. A cursor belongs to one
//! request and one state of the list: with another it is an error, and never a wrong part.

use crate::api::response::{Cursors, Page};
use crate::api::{ApiError, ApiResult, ErrorKind};
use model::error::Error;
use serde::Serialize;
use serde_json::Value;
use std::any::type_name;

/// Bytes of JSON that are counted as one token.
const TOKEN_BYTES: u64 = 3;
/// Least and largest size of a part that a request may set, in tokens. The largest fits into a response over MCP.
const MIN_TOKENS: u64 = 200;
const MAX_TOKENS: u64 = 20_000;
/// Most items that a cursor may skip.
const MAX_SKIP: usize = 1_000_000;

/// The part of a list that a request selects.
#[derive(Clone, Debug)]
pub(super) struct Paging {
    /// Most items.
    pub limit: usize,
    /// Items before the part.
    pub skip: usize,
    /// The state of the list that the cursor is about; `None` without a cursor.
    pub state: Option<String>,
    bytes: usize,
    /// Hash of the request without what selects the part.
    request: String,
}

impl Paging {
    /// Reads `limit`, `max_tokens` and `cursor` of a request. `default` is the limit if the request has none, `most`
    /// the largest that it may have. Without `max_tokens` only the limit cuts.
    pub(super) fn of<R: Serialize>(request: &R, default: usize, most: usize) -> ApiResult<Self> {
        let mut fields = serde_json::to_value(request)
            .map_err(|error| Error::bug("cannot serialise a request").because(error))?;
        let mut take = |name: &str| fields.as_object_mut().and_then(|fields| fields.remove(name));
        let (limit, tokens, cursor) = (take("limit"), take("max_tokens"), take("cursor"));
        let number = |value: Option<Value>| value.as_ref().and_then(Value::as_u64);
        let tokens = number(tokens).map(|tokens| tokens.clamp(MIN_TOKENS, MAX_TOKENS));
        let limit = number(limit).map(|limit| usize::try_from(limit).unwrap_or(most).clamp(1, most));
        let request =
            blake3::hash(format!("{} {fields}", type_name::<R>()).as_bytes()).to_hex()[..8].to_owned();
        let mut paging = Self {
            limit: limit.unwrap_or(default),
            bytes: tokens
                .map_or(usize::MAX, |tokens| usize::try_from(tokens * TOKEN_BYTES).unwrap_or(usize::MAX)),
            skip: 0,
            state: None,
            request,
        };
        if let Some(cursor) = cursor.as_ref().and_then(Value::as_str) {
            paging.move_to(cursor.trim())?;
        }
        Ok(paging)
    }

    /// Skips what the responses before had.
    fn move_to(&mut self, cursor: &str) -> ApiResult<()> {
        let mut parts = cursor.splitn(3, '.');
        let skip = parts.next().and_then(|skip| skip.parse().ok()).filter(|skip| *skip <= MAX_SKIP);
        match (skip, parts.next(), parts.next()) {
            (Some(skip), Some(request), Some(state)) if request == self.request => {
                (self.skip, self.state) = (skip, Some(state.to_owned()));
                Ok(())
            }
            (Some(_), Some(_), Some(_)) => {
                Err(ApiError::new(ErrorKind::Invalid, "the cursor belongs to a request with other arguments")
                    .hint("repeat the arguments of that request, or leave out `cursor`"))
            }
            _ => Err(ApiError::new(ErrorKind::Invalid, "the cursor is not valid")
                .hint("pass `next_cursor` of the previous response, or leave out `cursor`")),
        }
    }

    /// Fails if the list has changed since the cursor was made.
    pub(super) fn require_state(&self, state: &str) -> ApiResult<()> {
        if self.state.as_ref().is_none_or(|of| of == state) {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::Invalid, "the list has changed since the previous response")
            .hint("request it from the start, without `cursor`"))
    }

    /// Takes the size of what is returned beside the list from the size that the list may have.
    pub(super) fn spent(self, beside: &impl Serialize) -> Self {
        let spent = serde_json::to_string(beside).map_or(0, |text| text.len());
        Self { bytes: self.bytes.saturating_sub(spent), ..self }
    }

    /// Returns what makes the cursors to the items that follow.
    pub(super) fn cursors(&self, state: &str) -> Cursors {
        Cursors { skip: self.skip, request: self.request.clone(), state: state.to_owned() }
    }

    /// Returns the part of a whole list.
    pub(super) fn part<T: Serialize>(&self, all: Vec<T>, state: &str) -> (Vec<T>, Page) {
        let total = all.len() as u64;
        self.cut(all.into_iter().skip(self.skip), total, state)
    }

    /// Cuts the items from the part's first one on to the limits; one item is returned whatever its size.
    pub(super) fn cut<T: Serialize>(
        &self,
        items: impl IntoIterator<Item = T>,
        total: u64,
        state: &str,
    ) -> (Vec<T>, Page) {
        let (mut kept, mut bytes, mut by) = (Vec::new(), 0, "limit");
        for item in items.into_iter().take(self.limit) {
            bytes += serde_json::to_string(&item).map_or(0, |text| text.len());
            if bytes > self.bytes && !kept.is_empty() {
                by = "max_tokens";
                break;
            }
            kept.push(item);
        }
        let end = self.skip.saturating_add(kept.len());
        let is_cut = (end as u64) < total && !kept.is_empty();
        let cursors = self.cursors(state);
        let page = Page {
            shown: kept.len() as u64,
            skipped: self.skip as u64,
            total,
            cut: is_cut.then(|| format!("cut at {end} of {total} ({by})")),
            next_cursor: is_cut.then(|| cursors.after(kept.len())),
            cursors,
        };
        (kept, page)
    }
}
