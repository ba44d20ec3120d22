//! What `/openapi.json` says, held against what the server does: schemathesis makes up requests, good
//! and bad, and looks at each answer.

use crate::program::python;
use crate::server::http::day;
use crate::server::serve::Server;

#[test]
fn the_document_is_valid_and_true() {
    let dir = tempfile::tempdir().expect("a folder");
    day(dir.path());
    let server = Server::start(dir.path(), "[serve]\ntoken_env = \"TOKEN_OF_TEST\"\n");
    let bearer = "Authorization: Bearer let-me-in\r\n";
    let document = server.send("GET", "/openapi.json", bearer, b"").json();
    let path = dir.path().join("openapi.json");
    std::fs::write(&path, document.to_string()).expect("written");
    let valid = python().arg("-m").arg("openapi_spec_validator").arg(&path).output().expect("python starts");
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stdout));
    // that a schema says less than the api checks (a date, an agent's name) is no fault
    let fuzzed = python()
        .current_dir(dir.path())
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("http://{}/openapi.json", server.address))
        .args(["--header", "Authorization: Bearer let-me-in", "--checks", "all"])
        .args(["--exclude-checks", "positive_data_acceptance", "--phases", "examples,coverage,fuzzing"])
        .args(["--seed", "1", "--max-examples", "10", "--max-time", "60", "--workers", "1"])
        .args(["--no-shrink", "--continue-on-failure", "--request-timeout", "60", "--warnings", "off"])
        .output()
        .expect("python starts");
    assert!(fuzzed.status.success(), "{}", String::from_utf8_lossy(&fuzzed.stdout));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
