//! Why containers end, as events of their pods and the last errors of their logs say it.

use crate::{listed, seen};
use cluster::{Observation, broken};
use serde_json::json;

/// Checks the text of the only fault of a pod that ends again and again.
#[track_caller]
fn check(code: i64, hints: &[(&str, &str)], expected: &str) {
    let name = "cart-6c8f7b9d5d-q8w4z";
    let metadata = json!({ "name": name, "namespace": "shop" });
    let hints = hints.iter().map(|(kind, message)| {
        let hint = json!({ "type": kind, "status": "False", "message": message });
        let pod = json!({ "kind": "Pod", "metadata": metadata, "status": { "reported": [hint] } });
        Observation { is_reported: true, is_partial: true, ..seen(0, pod) }
    });
    let row = json!({ "kind": "Pod", "metadata": metadata, "status": { "ready": [0, 1], "restarts": 6 } });
    // what events said before counts also for an object that is shown as a whole afterwards
    let pod = json!({ "kind": "Pod", "metadata": metadata, "status": { "containerStatuses": [{
        "name": "app", "ready": false, "restartCount": 6, "state": { "waiting": { "reason": "CrashLoopBackOff" } },
        "lastState": { "terminated": { "exitCode": code, "reason": "Error" } }
    }] } });
    let found = broken(hints.chain([listed(0, row), seen(1, pod)]));
    let whats: Vec<&str> = found.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(whats, [expected]);
}

#[test]
fn a_probe_that_is_wrong_explains_its_kills() {
    let said = "Liveness probe failed: HTTP probe failed with statuscode: 404";
    let words = ("LastWords", "ERROR no route /health");
    let expected = format!("container app ends with exit code 137, 6 restarts: {said}");
    check(137, &[("Probe", said), words], &expected);
    let late = "Liveness probe failed: dial tcp 10.1.0.7:8080: connect: connection refused";
    let expected = format!("container app ends with exit code 143, 6 restarts: {late}");
    check(143, &[("Probe", late)], &expected);
}

#[test]
fn the_last_error_explains_what_ends_by_itself() {
    let fails = |text: &str, expected: &str| {
        let expected = format!("container app ends with exit code 1, 6 restarts: {expected}");
        check(1, &[("LastWords", text)], &expected);
    };
    fails("nginx: [emerg] unknown directive \"lisen\"", "nginx: [emerg] unknown directive \"lisen\"");
    let python = "Traceback (most recent call last):\n  File \"/till.py\", line 7, in <module>\n    start()\n\
                  KeyError: 'TILL_URL'";
    fails(python, "KeyError: 'TILL_URL'");
    fails(
        "shop.Failed: no\n\tat shop.Till\nCaused by: java.net.Refused: till\n\tat a",
        "java.net.Refused: till",
    );
    fails("time=1 starting\npanic: no till\n\ngoroutine 1", "panic: no till");
}

#[test]
fn a_hook_that_fails_explains_the_end() {
    let said = "PostStartHook failed: /bin/warm: no such file";
    let expected = format!("container app ends with exit code 0, 6 restarts: {said}");
    let expected = expected.replace("ends with exit code 0", "ends again and again");
    check(0, &[("Hook", said)], &expected);
}
