//! A serving certificate reaches the end of its life. Nobody did anything: from one second to the
//! next every new connection fails, and the errors say when the certificate ended.

use crate::app::Level;
use crate::day::Day;
use crate::fleet::{Style, Workload};
use crate::scenario::fallout::{own_error, variant};
use crate::scenario::{Scenario, Story, User, customers_see, times};
use crate::text::{MINUTE, SECOND, local, rfc3339};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "certificate_expired",
    about: "a serving certificate runs out; its callers' TLS handshakes fail; nobody changed anything",
    plan,
};

/// Who calls whom over TLS.
const PAIRS: [(&str, &str); 5] = [
    ("pay-api", "payment-gateway"),
    ("cart-api", "cart-redis"),
    ("order-api", "orders-db"),
    ("inventory", "inventory-db"),
    ("suggest", "search-index"),
];

fn plan(day: &mut Day) -> Story {
    let mut at = times(day, (600, 1500));
    let (caller, callee) = PAIRS[day.seed as usize % PAIRS.len()];
    let find = |name: &str| day.cluster.states[day.cluster.find(name)].workload;
    let (from, to) = (find(caller), find(callee));
    // A certificate ends at a full second, whole hours after it was made.
    let ended = at.symptom - at.symptom.rem_euclid(15 * MINUTE);
    at.symptom = day.after(ended, 1, 9) / 1000 * 1000;
    at.cause = day.after(ended, -1500, -600);
    let lines = errors(from, to, ended);
    if variant(day, PAIRS.len(), 2) == 1 {
        let warning = crate::app::content(
            from,
            Level::Warn,
            "tls",
            &format!("certificate of {callee} ends at {}", rfc3339(ended)),
            "",
        );
        day.impact(caller, (ended - 50 * MINUTE, ended), 0.01, &[warning]);
    }
    day.is_incident = true;
    let span = (at.symptom, at.end + MINUTE / 2);
    let symptom = day.impact(caller, span, 0.4, &lines);
    let behind = (span.0 + 3 * SECOND, span.1);
    if from.namespace == "shop" {
        crate::scenario::calls_fail(day, "checkout", caller, behind, &[crate::app::Fault::Broken], 0.25);
        customers_see(day, "checkout", (behind.0 + SECOND, span.1), 502, 0.05);
    } else {
        customers_see(day, caller, (behind.0 + SECOND, span.1), 502, 0.05);
    }
    day.distract(at.cause, symptom, &Day::on_call(), &[caller]);
    day.is_incident = false;
    renew(day, at.end, to);
    Story { symptom, cause: None, verdict: "inconclusive" }
}

/// Returns what a caller says of a certificate that ended.
fn errors(from: &Workload, to: &Workload, ended: i64) -> Vec<String> {
    let (name, port) = (to.name, to.port);
    match (from.style, to.style) {
        (Style::Java, Style::Postgres) => vec![own_error(
            from,
            "db.Pool",
            &format!("cannot get a connection to {name}:{port}: SSL error: certificate has expired"),
            &format!(
                "org.postgresql.util.PSQLException: SSL error: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed\n\tat org.postgresql.ssl.MakeSSL.convert(MakeSSL.java:43)\nCaused by: java.security.cert.CertificateExpiredException: NotAfter: {}",
                local(ended, "%a %b %d %H:%M:%S CST %Y")
            ),
        )],
        (Style::Java, _) => vec![own_error(
            from,
            "client.TlsClient",
            &format!(
                "call to {name} failed for order=<n8>: SSLHandshakeException from https://{name}:{port}: certificate has expired"
            ),
            &format!(
                "javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed\n\tat java.base/sun.security.ssl.Alert.createSSLException(Alert.java:130)\nCaused by: java.security.cert.CertificateExpiredException: NotAfter: {}",
                local(ended, "%a %b %d %H:%M:%S CST %Y")
            ),
        )],
        (Style::Node, _) => vec![own_error(
            from,
            "client",
            &format!(
                "query <hex8> failed: request to https://{name}:{port}/_search failed, reason: certificate has expired (CERT_HAS_EXPIRED)"
            ),
            "",
        )],
        _ => vec![
            own_error(
                from,
                "client",
                &format!(
                    "call {name} failed: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time <utc> is after {}",
                    rfc3339(ended)
                ),
                "",
            ),
            own_error(
                from,
                "pool",
                &format!("cannot dial {name}:{port}: remote error: tls: expired certificate"),
                "",
            ),
        ],
    }
}

/// Lets the engineer on call put a new certificate in place.
fn renew(day: &mut Day, at: i64, of: &Workload) {
    let user: User = Day::on_call();
    day.write_secret(at, &user, "patch", (of.namespace, &format!("{}-tls", of.name)));
}
