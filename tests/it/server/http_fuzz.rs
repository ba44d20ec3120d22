//! `/openapi.json` compared with the server: schemathesis generates valid and invalid requests and checks
//! each response.

use crate::program::python;
use crate::server::day::Day;

#[test]
fn the_openapi_document_is_valid_and_matches_the_server() {
    let day = Day::small();
    let server = day.serve("[serve]\ntoken_env = \"TOKEN_OF_TEST\"\n");
    let bearer = "Authorization: Bearer let-me-in\r\n";
    let document = server.send("GET", "/openapi.json", bearer, b"").json();
    let path = day.dir.path().join("openapi.json");
    std::fs::write(&path, document.to_string()).expect("written");
    let valid = python().arg("-m").arg("openapi_spec_validator").arg(&path).output().expect("python starts");
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stdout));
    // a schema may be less strict than the API, such as for a date or the name of an agent
    let fuzzed = python()
        .current_dir(day.dir.path())
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("http://{}/openapi.json", server.address))
        .args(["--header", "Authorization: Bearer let-me-in", "--checks", "all"])
        .args(["--exclude-checks", "positive_data_acceptance", "--phases", "examples,coverage,fuzzing"])
        .args(["--seed", "1", "--max-examples", "10", "--max-time", "60", "--workers", "1"])
        .args(["--no-shrink", "--continue-on-failure", "--request-timeout", "60", "--warnings", "off"])
        .args(["--max-response-time", "60"]) // its own limit fails on a busy machine
        .output()
        .expect("python starts");
    assert!(fuzzed.status.success(), "{}", String::from_utf8_lossy(&fuzzed.stdout));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
