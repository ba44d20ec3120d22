//! `headwater rules import-sigma`: what a converted rule reports, and what is not converted.

use crate::program::run;
use std::path::Path;

/// Returns a Sigma rule with that detection; the lines of it are indented.
fn rule(detection: &str) -> String {
    let head = "title: Invented\nid: 00000000-0000-4000-8000-000000000001\nstatus: test\ndescription: |\n    Somebody does what nobody should, */ and more.\nauthor: Nobody\ntags:\n    - attack.t0000\nlogsource:\n    product: kubernetes\n    service: audit\ndetection:\n";
    let lines: String = detection.lines().map(|line| format!("    {line}\n")).collect();
    format!("{head}{lines}falsepositives:\n    - A drill\nlevel: high\n")
}

/// Converts a rule into a rules folder; returns exit code and stderr.
fn import(dir: &Path, name: &str, text: &str) -> (Option<i32>, String) {
    let file = dir.join(format!("{name}.yml"));
    std::fs::write(&file, text).expect("written");
    let (file, rules) = (file.display().to_string(), dir.join("rules").display().to_string());
    let output = run(dir, &["--rules", &rules, "rules", "import-sigma", &file]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Requires that a detection becomes a rule whose SQL contains `sql` and whose test passes.
#[track_caller]
fn converts(detection: &str, sql: &[&str]) {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, stderr) = import(dir.path(), "kubernetes_audit_invented", &rule(detection));
    assert_eq!(code, Some(0), "{detection}: {stderr}");
    let file = dir.path().join("rules/audit/sigma_invented.sql");
    let text = std::fs::read_to_string(file).expect("a rule");
    for part in sql {
        assert!(text.contains(part), "`{part}` in:\n{text}");
    }
    let rules = dir.path().join("rules").display().to_string();
    let output = run(dir.path(), &["--rules", &rules, "rules", "test", "audit/sigma_invented"]);
    let shown =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && shown.contains("2 cases passed"), "{shown}\n{text}");
}

#[test]
fn selections_and_values() {
    converts(
        "selection:\n    verb: delete\n    objectRef.resource: secrets\ncondition: selection",
        &[
            "severity = \"high\"",
            "resource = 'secrets'",
            "verb = 'delete'",
            "quiet_when = \"A drill\"",
            "\"attack.t0000\"",
        ],
    );
    converts(
        "selection:\n    verb:\n        - delete\n        - patch\ncondition: selection",
        &["verb in ('delete', 'patch')"],
    );
    converts(
        "selection:\n    - verb: delete\n      objectRef.resource: pods\n    - responseStatus.code:\n        - 401\n        - 403\ncondition: selection",
        &["code in (401, 403)", " or "],
    );
    converts(
        "selection:\n    objectRef.subresource: null\n    verb: deletecollection\ncondition: selection",
        &["subresource is null"],
    );
    converts(
        "selection:\n    responseStatus.code: ALLOW\n    verb: watch\ncondition: selection",
        &["decision = 'allow'"],
    );
    converts(
        "keywords:\n    - stolen\n    - lo?t\ncondition: keywords",
        &["ilike '%stolen%'", "ilike '%lo_t%'"],
    );
}

#[test]
fn modifiers() {
    converts(
        "selection:\n    requestURI|contains:\n        - 100%_a\n        - /bin/sh\ncondition: selection",
        &[r"uri ilike '%100\%\_a%'"],
    );
    converts(
        "selection:\n    userAgent|startswith: Evil*\ncondition: selection",
        &["user_agent ilike 'Evil%%'"],
    );
    converts(
        "selection:\n    user.username|endswith: \"'s-bot\"\ncondition: selection",
        &["username ilike '%''s-bot'"],
    );
    converts(
        "selection:\n    requestURI|contains|all:\n        - alpha\n        - beta\ncondition: selection",
        &["uri ilike '%alpha%' and uri ilike '%beta%'"],
    );
    converts("selection:\n    user.username|cased: Jane\ncondition: selection", &["username = 'Jane'"]);
    converts(
        "selection:\n    user.groups:\n        - system:masters\ncondition: selection",
        &["array_to_string(groups"],
    );
    converts(
        "selection:\n    sourceIPs|cidr: 192.0.2.0/24\ncondition: selection",
        &["between 3221225984 and 3221226239"],
    );
    converts(
        "selection:\n    responseStatus.code|gte: 500\ncondition: selection",
        &["try_cast(code as double) >= 500"],
    );
    converts(
        "selection:\n    objectRef.subresource|exists: true\ncondition: selection",
        &["subresource is not null"],
    );
    converts(
        "selection:\n    objectRef.subresource|exists: false\n    verb: patch\ncondition: selection",
        &["subresource is null"],
    );
    converts(
        "selection:\n    verb: create\n    hostPath: '*'\ncondition: selection",
        &[r#"'"hostPath"\s*:'"#],
    );
    converts(
        "selection:\n    verb: create\n    requestObject.spec.containers.securityContext.privileged: true\ncondition: selection",
        &["request->'spec'->>'containers'"],
    );
    converts(
        "selection:\n    requestObject.spec.hostNetwork: true\n    verb: create\ncondition: selection",
        &["lower((request->'spec'->>'hostNetwork')) = 'true'"],
    );
}

#[test]
fn conditions() {
    let three = "sel_a:\n    verb: create\nsel_b:\n    objectRef.resource: jobs\nfilter:\n    user.username|startswith: 'system:'\n";
    converts(&format!("{three}condition: all of sel_* and not filter"), &["is not true"]);
    converts(&format!("{three}condition: 1 of sel_* and not 1 of filter*"), &[" or ", "is not true"]);
    converts(&format!("{three}condition: (sel_a or sel_b) and not (filter or sel_b)"), &["is not true"]);
    converts(
        "a:\n    verb: create\nb:\n    objectRef.resource: jobs\ncondition: all of them",
        &["verb = 'create'"],
    );
    converts("a:\n    verb: create\nb:\n    verb: patch\ncondition:\n    - a\n    - b", &[" or "]);
}

#[test]
fn what_cannot_be_converted_is_named_with_its_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let fails = |text: &str, line: usize, why: &str| {
        let (code, stderr) = import(dir.path(), "wrong", text);
        let place = format!("wrong.yml:{line}\n");
        assert!(code == Some(1) && stderr.contains(&place) && stderr.contains(why), "{why}: {stderr}");
        assert!(!dir.path().join("rules/audit/sigma_wrong.sql").exists());
    };
    let one = |field: &str| rule(&format!("selection:\n    verb: create\n    {field}\ncondition: selection"));
    fails(&one("userAgent|windash: x"), 15, "the modifier `windash`");
    fails(&one("weather: rain"), 15, "the field `weather`");
    fails(&one("responseStatus.code: many"), 15, "is not a number");
    fails(&one("requestURI|re: '(?=x)y'"), 15, "look-around");
    fails(&one("sourceIPs|cidr: '2001:db8::/32'"), 15, "IPv4");
    fails(&rule("selection:\n    verb: create\ncondition: selection | count() > 5"), 15, "aggregation");
    fails(&rule("selection:\n    verb: create\ncondition: 2 of selection*"), 15, "`2 of`");
    fails(&rule("selection:\n    verb: create\ncondition: selection and other"), 15, "`other`");
    fails(&rule("selection:\n    verb: create\ncondition: (selection"), 15, "lacks a `)`");
    fails(&rule("selection:\n    verb: create\ntimeframe: 5m\ncondition: selection"), 15, "`timeframe`");
    fails(
        "title: x\nlogsource:\n    product: windows\ndetection:\n    a: [b]\n    condition: a\n",
        2,
        "logsource",
    );
    fails("title: x\ncorrelation:\n    type: event_count\n", 2, "`correlation`");
    fails("title: [x\nlevel: low\n", 2, "cannot read");
}

#[test]
fn a_folder_is_converted_as_far_as_possible_and_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let from = dir.path().join("sigma/deep");
    std::fs::create_dir_all(&from).expect("a folder");
    let good = rule("selection:\n    verb: delete\ncondition: selection");
    std::fs::write(from.join("good.yml"), &good).expect("written");
    std::fs::write(from.join("bad.yaml"), good.replace("verb:", "weather:")).expect("written");
    std::fs::write(from.join("README.md"), "no rule").expect("written");
    let (from, rules) =
        (dir.path().join("sigma").display().to_string(), dir.path().join("rules").display().to_string());
    let import = || run(dir.path(), &["--rules", &rules, "rules", "import-sigma", &from]);
    let output = import();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && stderr.contains("1 of 2 Sigma rules converted"), "{stderr}");
    let checked = run(dir.path(), &["--rules", &rules, "rules", "check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let output = import();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("rule `audit/sigma_good` exists") && stderr.contains("0 of 2"), "{stderr}");
}
