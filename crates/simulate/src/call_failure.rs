//! How a caller words that a call failed: by client library, by the failure, and by how the callee
//! is addressed. Must not know why the call failed.

use crate::app::{Level, content};
use crate::fleet::{Style, Workload};
use crate::rng::Rng;
use crate::wording::{Wording, wordings};

/// A failing call as the caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A packet came back: nothing listens, or the Service has no endpoints.
    Refused,
    /// No packet came back while connecting.
    ConnectTimeout,
    /// Connected, then no response in time.
    ReadTimeout,
    /// Connected, then cut.
    Reset,
    /// The name does not exist.
    NoSuchHost,
    /// The name server did not respond, or failed.
    LookupFailed,
    /// The callee, or a proxy before it, returned this HTTP status.
    Status(u16),
}

/// Returns the ClusterIP of a workload's Service.
pub fn cluster_ip(workload: &Workload) -> String {
    let mut rng = Rng::new(&format!("service/{}/{}", workload.namespace, workload.name));
    format!("172.20.{}.{}", rng.between(1, 250), rng.between(2, 250))
}

/// Returns the host name a caller uses: short in its own namespace, longer from elsewhere.
pub fn address(caller: &Workload, callee: &Workload, wording: u64) -> String {
    let (name, namespace) = (callee.name, callee.namespace);
    match (caller.namespace == namespace, wording % 3) {
        (true, 0 | 1) => name.to_owned(),
        (false, 0) => format!("{name}.{namespace}"),
        (false, 1) => format!("{name}.{namespace}.svc"),
        _ => format!("{name}.{namespace}.svc.cluster.local"),
    }
}

impl Failure {
    /// Returns the key of its texts, and its HTTP status if it has one.
    fn key(self) -> (&'static str, String) {
        let key = match self {
            Self::Refused => "why.refused",
            Self::ConnectTimeout => "why.connect",
            Self::ReadTimeout => "why.read",
            Self::Reset => "why.reset",
            Self::NoSuchHost => "why.unknown",
            Self::LookupFailed => "why.lookup",
            Self::Status(status) => return ("why.status", status.to_string()),
        };
        (key, String::new())
    }
}

/// Returns the business record of a caller whose call failed; `wording` picks among the ways the
/// same failure is put.
pub fn call_failed(caller: &Workload, callee: &Workload, failure: Failure, wording: u64) -> String {
    let (key, status) = failure.key();
    let (host, port, ip) = (address(caller, callee, wording), callee.port.to_string(), cluster_ip(callee));
    let text = match status.as_str() {
        "500" => "Internal Server Error",
        "502" => "Bad Gateway",
        "503" => "Service Unavailable",
        _ => "Gateway Timeout",
    };
    let url = format!("http://{host}:{port}/v1/call");
    let mut fills = vec![("host", host.as_str()), ("port", &port), ("ip", &ip), ("url", &url)];
    fills.extend([("status", status.as_str()), ("text", text), ("callee", callee.name)]);
    let [_, why, root] = one_of(wordings(key, caller.style, &fills), wording);
    let (class, noun, client) = (caller.class(), caller.noun(), format!("client.{}Client", callee.class()));
    let frame = format!(
        "\tat com.shop.{noun}.{class}Service.handle({class}Service.java:<n2>)\n\tat java.base/java.lang.Thread.run(Thread.java:840)"
    );
    fills.extend([("why", why.as_str()), ("root", &root), ("frame", &frame), ("client", &client)]);
    let key = match (callee.style, failure) {
        (Style::Postgres, _) => "call.database",
        (Style::Redis, _) => "call.cache",
        (_, Failure::Status(_)) => "call.status",
        _ => "call.http",
    };
    let [logger, message, stack] = one_of(wordings(key, caller.style, &fills), wording);
    content(caller, Level::Error, &logger, (&message, &stack))
}

/// Returns the wording whose turn it is.
fn one_of(all: Vec<Wording>, wording: u64) -> Wording {
    let turn = wording as usize % all.len().max(1);
    all.into_iter().nth(turn).unwrap_or_default()
}
