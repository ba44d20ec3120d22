//! How much of an object must not be stored, by its resource, its kind and the manifests in its texts.
//! Must not know what secrets look like, which `redact` does, nor how an object is written.

use crate::text::json_cursor::JsonCursor;
use memchr::memmem::{self, Finder};
use model::record::Text;
use std::sync::LazyLock;

/// Prepared once: every body is searched for them.
static KIND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"kind\""));
static TYPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"@type\""));
static SECRET: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Secret"));
static CONFIG_MAP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("ConfigMap"));

/// What of an object must not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Secrecy {
    /// Nothing by its kind.
    Open,
    /// Its values: of a ConfigMap, the keys stay.
    Values,
    /// All of it: of a Secret, a token, a certificate request.
    Whole,
}

/// Returns the secrecy of the objects of a resource.
pub(super) fn of_resource(resource: &str, subresource: &str) -> Secrecy {
    match (resource, subresource) {
        ("secrets" | "tokenreviews" | "tokenrequests" | "certificatesigningrequests", _)
        | ("serviceaccounts", "token")
        // OpenShift's
        | ("oauthclients" | "oauthaccesstokens" | "oauthauthorizetokens", _) => Secrecy::Whole,
        ("configmaps", _) => Secrecy::Values,
        _ => Secrecy::Open,
    }
}

/// Returns the secrecy of an object of a kind, or of a list of it; also if Google writes the kind as
/// `core.k8s.io/v1.Secret`.
pub(super) fn of_kind(kind: &str) -> Secrecy {
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    match kind.strip_suffix("List").unwrap_or(kind) {
        "Secret" | "TokenReview" | "TokenRequest" | "CertificateSigningRequest" => Secrecy::Whole,
        "ConfigMap" => Secrecy::Values,
        _ => Secrecy::Open,
    }
}

/// Returns the secrecy of a body by the kind that it names itself.
pub(super) fn of_body(body: &str) -> Secrecy {
    kind_of(body).map_or(Secrecy::Open, |kind| of_kind(&kind))
}

/// Returns the kind of an object. The API server writes it first; a patch has none.
fn kind_of(body: &str) -> Option<Text<'_>> {
    let bytes = body.as_bytes();
    if !body.starts_with("{\"kind\"") && KIND.find(bytes).is_none() && TYPE.find(bytes).is_none() {
        return None;
    }
    let mut kind = None;
    // an error ends the reading
    let _ = JsonCursor::new(body).object(|key, value| {
        if !matches!(key, "kind" | "@type") {
            return Ok(());
        }
        kind = value.text()?;
        Err(value.broken("nothing more"))
    });
    kind
}

/// Returns true if a JSON text may contain an object of a secret kind at any depth, also within a
/// string. Names such as `imagePullSecrets` do not count.
pub(super) fn may_mention(json: &str) -> bool {
    let bytes = json.as_bytes();
    [&SECRET, &CONFIG_MAP].into_iter().any(|name| {
        name.find_iter(bytes).any(|at| ends_kind(bytes.get(at + name.needle().len()..).unwrap_or_default()))
    })
}

/// Returns true if a text contains the manifest of a Secret or ConfigMap, JSON or YAML, escaped however
/// often.
pub(super) fn is_manifest(text: &str) -> bool {
    let has_data = || ["data", "Data"].iter().any(|word| text.contains(word));
    let names_kind = |at: usize| {
        let rest = text.get(at + "kind".len()..).unwrap_or("");
        let value = rest.trim_start_matches(['"', '\'', '\\', ':', ' ']);
        let after = ["Secret", "ConfigMap"].iter().find_map(|kind| value.strip_prefix(kind));
        value.len() < rest.len() && after.is_some_and(|after| ends_kind(after.as_bytes()))
    };
    memmem::find_iter(text.as_bytes(), "kind").any(names_kind) && has_data()
}

/// Returns true if the name of a kind, or of its list, ends before `rest`.
fn ends_kind(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"List").unwrap_or(rest);
    !rest.first().is_some_and(u8::is_ascii_alphanumeric)
}

/// Returns true if a line that cannot be read may contain what must not be stored.
pub(super) fn may_be_secret(line: &str) -> bool {
    ["ecret", "onfigmap", "onfigMap", "oken", "ertificate", "last-applied-configuration"]
        .iter()
        .any(|word| memmem::find(line.as_bytes(), word.as_bytes()).is_some())
}
