//! How much of an object must not be stored, by its resource, its kind and the manifests in its texts.
//! Must not know what secrets look like, which `redact` does, nor how an object is written.

use crate::text::json_cursor::JsonCursor;
use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem::{self, Finder};
use model::record::Text;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Prepared once: every body is searched for them.
static KIND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"kind\""));
static TYPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"@type\""));

/// `Secret` and `ConfigMap`, as written and as base64 writes them at each of its three offsets.
static MENTIONS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let mentions = [
        "Secret",
        "ConfigMap",
        "U2VjcmV0",
        "NlY3Jld",
        "TZWNyZX",
        "Q29uZmlnTWFw",
        "NvbmZpZ01hc",
        "Db25maWdNYX",
    ];
    // leftmost: such a search is vectorised
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(mentions).ok()
});

/// Base64 of either padding, of texts that were cut too.
static BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Parameters of a URI whose values let somebody in.
const SECRET_PARAMETERS: [&str; 7] =
    ["access_token", "id_token", "refresh_token", "token", "code", "client_secret", "password"];

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
        | ("oauthclients" | "oauthaccesstokens" | "oauthauthorizetokens" | "useroauthaccesstokens", _) => {
            Secrecy::Whole
        }
        ("configmaps", _) => Secrecy::Values,
        _ => Secrecy::Open,
    }
}

/// Returns the secrecy of an object of a kind, or of a list of it; also if Google writes the kind as
/// `core.k8s.io/v1.Secret`.
pub(super) fn of_kind(kind: &str) -> Secrecy {
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    match kind.strip_suffix("List").unwrap_or(kind) {
        "Secret" | "TokenReview" | "TokenRequest" | "CertificateSigningRequest" | "BootstrapToken" => {
            Secrecy::Whole
        }
        "OAuthClient" | "OAuthAccessToken" | "OAuthAuthorizeToken" | "UserOAuthAccessToken" => Secrecy::Whole,
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
/// string, plain or base64. Names such as `imagePullSecrets` do not count.
pub(super) fn may_mention(json: &str) -> bool {
    const PLAIN: usize = 2;
    let bytes = json.as_bytes();
    MENTIONS.as_ref().is_none_or(|mentions| {
        mentions.find_iter(json).any(|found| {
            found.pattern().as_usize() >= PLAIN || ends_kind(bytes.get(found.end()..).unwrap_or_default())
        })
    })
}

/// Returns true if a text is the base64 of a manifest of a Secret or ConfigMap, also as a `data:` URL.
pub(super) fn is_encoded_manifest(text: &str) -> bool {
    let text = text.rsplit_once(";base64,").map_or(text, |(_, encoded)| encoded);
    let encoded: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // the shortest manifest is longer
    if encoded.len() < 40 || !encoded.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
    {
        return false;
    }
    // an end that was cut within a group of four
    let whole = encoded.get(..encoded.len() / 4 * 4).unwrap_or_default();
    BASE64.decode(whole).is_ok_and(|decoded| is_manifest(&String::from_utf8_lossy(&decoded)))
}

/// Returns a request URI without the values of parameters that let somebody in.
pub(super) fn redact_uri(uri: Text<'_>) -> Text<'_> {
    let Some((path, query)) = uri.split_once('?') else { return uri };
    let name_of = |pair: &'_ str| pair.split_once('=').map_or(0, |(name, _)| name.len());
    let is_secret = |pair: &str| {
        let name = pair.get(..name_of(pair)).unwrap_or("");
        SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
    };
    if !query.split('&').any(is_secret) {
        return uri;
    }
    let hidden = |pair: &str| match is_secret(pair) {
        true => format!("{}=<hidden>", pair.get(..name_of(pair)).unwrap_or("")),
        false => pair.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(hidden).collect();
    Cow::Owned(format!("{path}?{}", pairs.join("&")))
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
