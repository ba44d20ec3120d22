//! Keys that the store's client cannot address: with an empty part (`a//b`), `.` or `..`. One of them in a page of a
//! listing makes the client reject the page, so they are taken out of the response before it reads it, and named
//! in a problem. Must not know what the objects hold.

use bytes::Bytes;
use futures::future::BoxFuture;
use model::error::Problem;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::path::Path;
use object_store::{ClientOptions, Result};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The keys that listings left out, shared by the clones of a bucket.
#[derive(Clone, Debug, Default)]
pub struct LeftOut(Arc<Mutex<BTreeSet<String>>>);

impl LeftOut {
    /// Returns the problem of the keys left out so far and forgets them; `None` if there are none.
    pub(super) fn problem(&self, address: &str) -> Option<Problem> {
        let keys = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let first = keys.first()?;
        let more = if keys.len() > 1 { format!(" and {} more", keys.len() - 1) } else { String::new() };
        Some(Problem {
            step: "collect".into(),
            what: format!(
                "objects with an empty part, `.` or `..` in their key cannot be read: `{first}`{more}"
            ),
            place: Some(address.to_owned()),
            hint: Some("store them under another key, such as `a/b` instead of `a//b`".into()),
        })
    }
}

/// Makes clients whose listings have only keys that can be addressed.
#[derive(Debug)]
pub(super) struct Addressable(pub(super) LeftOut);

impl HttpConnector for Addressable {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Listings { client, left_out: self.0.clone() }))
    }
}

#[derive(Debug)]
struct Listings {
    client: HttpClient,
    left_out: LeftOut,
}

impl HttpService for Listings {
    fn call<'s, 'f>(&'s self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        let is_listing = request.uri().query().is_some_and(|query| query.contains("list-type=2"));
        Box::pin(async move {
            let response = self.client.execute(request).await?;
            if !is_listing || !response.status().is_success() {
                return Ok(response);
            }
            let (parts, body) = response.into_parts();
            let page = body.bytes().await?;
            Ok(HttpResponse::from_parts(parts, self.left_out.without(page).into()))
        })
    }
}

impl LeftOut {
    /// Returns a page without the entries of keys that cannot be addressed.
    fn without(&self, page: Bytes) -> Bytes {
        let Ok(text) = std::str::from_utf8(&page) else { return page };
        let is_fine = |entry: &str| key_of(entry).is_none_or(|key| is_addressable(&key));
        let entries = || text.split_inclusive("</Contents>");
        if entries().all(is_fine) {
            return page;
        }
        let mut kept = String::with_capacity(text.len());
        let mut left_out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries() {
            if is_fine(entry) {
                kept.push_str(entry);
            } else {
                kept.push_str(entry.split("<Contents>").next().unwrap_or_default());
                left_out.extend(key_of(entry));
            }
        }
        kept.into()
    }
}

/// Returns the key of an entry of a page.
fn key_of(entry: &str) -> Option<String> {
    let (_, entry) = entry.split_once("<Contents>")?;
    let key = entry.split_once("<Key>")?.1.split_once("</Key>")?.0;
    Some(["&lt;<", "&gt;>", "&quot;\"", "&apos;'", "&amp;&"].iter().fold(key.to_owned(), |key, escape| {
        let (escape, sign) = escape.split_at(escape.len() - 1);
        key.replace(escape, sign)
    }))
}

/// Returns true if the client reads the object of a key under that key.
fn is_addressable(key: &str) -> bool {
    Path::parse(key).is_ok_and(|path| path.as_ref() == key.strip_suffix('/').unwrap_or(key))
}
