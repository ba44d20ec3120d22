//! A serving certificate reaches the end of its life. Nobody did anything: from one second to the
//! next every new connection fails, and the errors say when the certificate ended.

use crate::prelude::*;

/// Who calls whom over TLS.
const PAIRS: [(&str, &str); 5] = [
    ("pay-api", "payment-gateway"),
    ("cart-api", "cart-redis"),
    ("order-api", "orders-db"),
    ("inventory", "inventory-db"),
    ("suggest", "search-index"),
];

pub fn plan(day: &mut Day) -> Story {
    let (caller, callee) = day.turn(&PAIRS, 0);
    let mut it = day.incident(caller, (600, 1500));
    let to = find(callee);
    // A certificate ends at a full second, whole hours after it was made.
    let ended = it.symptom - it.symptom.rem_euclid(15 * MINUTE);
    it.symptom = day.after(ended, 1, 9) / 1000 * 1000;
    it.before = (day.after(ended, -1500, -600), it.symptom);
    if day.variant(PAIRS.len(), 2) == 1 {
        let message = format!("certificate of {callee} ends at {}", rfc3339(ended));
        let warning = content(it.of, Level::Warn, "tls", (&message, ""));
        day.impact(caller, (ended - 50 * MINUTE, ended), 0.01, &[warning]);
    }
    let key = if to.style == Style::Postgres { "certificate.database" } else { "certificate" };
    let (port, end) = (to.port.to_string(), local(ended, "%a %b %d %H:%M:%S CST %Y"));
    let fills = [("callee", callee), ("port", &port), ("local", &end), ("utc", &rfc3339(ended))];
    let lines = own_errors(it.of, key, &fills);
    day.fails_itself(&mut it, &lines, &[Failure::Status(500)]);
    day.decoys(&it);
    let secret = format!("{callee}-tls");
    let target = Target::new("secrets", to.namespace, &secret);
    day.change(it.end, &User::on_call(), ("patch", target), Value::Null);
    it.inconclusive()
}
