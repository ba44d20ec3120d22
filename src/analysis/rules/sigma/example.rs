//! An audit event that a converted rule reports, made from the rule's own values: the first case of its test. Knows no
//! SQL; whether the rule really reports it is found out by running it.

use crate::analysis::rules::sigma::Logic;
use crate::analysis::rules::sigma::value::{FieldTests, Piece, Test};
use serde_json::{Map, Value, json};

/// Returns an audit event, one line, that satisfies the logic as far as values can be derived from it.
pub fn event(logic: &Logic) -> String {
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
        "auditID": "a0000000-0000-4000-8000-000000000001", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods/web-1", "verb": "get",
        "user": { "username": "jane", "groups": ["system:authenticated"] },
        "sourceIPs": ["10.0.8.21"], "userAgent": "kubectl/v1.30.4",
        "objectRef": { "resource": "pods", "namespace": "shop", "name": "web-1", "apiVersion": "v1" },
        "responseStatus": { "metadata": {}, "code": 200 },
        "requestReceivedTimestamp": "2026-11-22T02:11:12.000000Z",
        "stageTimestamp": "2026-11-22T02:11:12.008000Z",
        "annotations": { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
    });
    satisfy(logic, &mut event);
    event.to_string()
}

fn satisfy(logic: &Logic, event: &mut Value) {
    match logic {
        Logic::All(parts) => parts.iter().for_each(|part| satisfy(part, event)),
        Logic::Any(parts) => {
            if let Some(first) = parts.first() {
                satisfy(first, event);
            }
        }
        // the values of the event are ordinary: few rules exclude them
        Logic::Not(_) => {}
        Logic::Tests(tests) => satisfy_tests(tests, event),
    }
}

fn satisfy_tests(of: &FieldTests, event: &mut Value) {
    let texts: Vec<Value> = of.tests.iter().filter_map(value).collect();
    let value = match (of.all, texts.as_slice()) {
        (_, []) => return,
        (true, many) => Value::from(many.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        (false, [first, ..]) => first.clone(),
    };
    set(event, &of.field.path, value);
}

/// Returns a value that passes a test; `None` if none follows from it.
fn value(test: &Test) -> Option<Value> {
    match test {
        Test::Like(pieces) => {
            let text: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.as_str(),
                    Piece::Any => "",
                    Piece::One => "x",
                })
                .collect();
            Some(Value::from(if text.is_empty() { "x".to_owned() } else { text }))
        }
        Test::Number(number) => number.parse::<i64>().ok().map(Value::from),
        Test::Order("<", number) => number.parse::<i64>().ok().map(|number| Value::from(number - 1)),
        Test::Order(">", number) => number.parse::<i64>().ok().map(|number| Value::from(number + 1)),
        Test::Order(_, number) => number.parse::<i64>().ok().map(Value::from),
        Test::Addresses(first, last) => {
            let address = std::net::Ipv4Addr::from(first.saturating_add(1).min(*last));
            Some(Value::from(address.to_string()))
        }
        Test::Exists(true) => Some(Value::from("x")),
        Test::Exists(false) | Test::Regex(_) | Test::Same(_) | Test::Sql(_) => None,
    }
}

/// Sets the value at a path: `.` between keys, numbers are places in lists, `~` is a dot within a key.
fn set(event: &mut Value, path: &str, value: Value) {
    let mut at = event;
    for key in path.split('.') {
        let key = key.replace('~', ".");
        at = match key.parse::<usize>() {
            Ok(_) => {
                if !at.is_array() {
                    *at = Value::Array(Vec::new());
                }
                let Value::Array(items) = at else { return };
                if items.is_empty() {
                    items.push(Value::Null);
                }
                let Some(first) = items.first_mut() else { return };
                first
            }
            Err(_) => {
                if !at.is_object() {
                    *at = Value::Object(Map::new());
                }
                let Value::Object(keys) = at else { return };
                keys.entry(key).or_insert(Value::Null)
            }
        };
    }
    *at = value;
}
