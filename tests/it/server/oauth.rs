//! Where clients get tokens: the metadata of RFC 9728, and the header of a response without a valid token.

use crate::program::run;
use crate::server::day::Day;
use crate::server::mcp_helpers::initialize;
use serde_json::json;

const PATH: &str = "/.well-known/oauth-protected-resource";

#[test]
fn a_request_without_a_token_leads_to_the_authorization_server() {
    let day = Day::small();
    let config =
        "[serve]\ntoken_env = \"TOKEN_OF_TEST\"\nauthorization_servers = [\"https://login.example.com\"]\n";
    let server = day.serve(config);
    let own = format!("http://{}", server.address);
    // the client of these tests reads headers in lower case
    let denied = server.post("", &initialize("2025-11-25"));
    let challenge = format!("bearer resource_metadata=\"{own}{PATH}/mcp\"");
    assert_eq!((denied.status, denied.header("www-authenticate")), (401, Some(challenge.as_str())));
    let wrong = server.post("Authorization: Bearer wrong\r\n", &initialize("2025-11-25"));
    let challenge = format!("bearer error=\"invalid_token\", resource_metadata=\"{own}{PATH}/mcp\"");
    assert_eq!((wrong.status, wrong.header("www-authenticate")), (401, Some(challenge.as_str())));
    let api = server.get("/v1/brief");
    let challenge = format!("bearer resource_metadata=\"{own}{PATH}\"");
    assert_eq!((api.status, api.header("www-authenticate")), (401, Some(challenge.as_str())));
    for (path, resource) in [("", ""), ("/mcp", "/mcp")] {
        let metadata = server.get(&format!("{PATH}{path}"));
        assert_eq!(
            metadata.json(),
            json!({
                "resource": format!("{own}{resource}"),
                "authorization_servers": ["https://login.example.com"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Headwater",
            })
        );
    }
    server.request("GET", PATH, "Host: evil.example.com\r\n").problem(421);
    let token = "Authorization: Bearer let-me-in\r\n";
    assert_eq!(server.post(token, &initialize("2025-11-25")).status, 200, "tokens stay as they are");
}

#[test]
fn the_public_url_is_announced_behind_a_proxy() {
    let day = Day::small();
    let config = "[serve]\ntoken_env = \"TOKEN_OF_TEST\"\npublic_url = \"https://headwater.example.com/\"\nauthorization_servers = [\"https://login.example.com/realms/ops\"]\n";
    let server = day.serve(config);
    let metadata = server.get(&format!("{PATH}/mcp")).json();
    assert_eq!(metadata["resource"], "https://headwater.example.com/mcp");
    assert_eq!(metadata["authorization_servers"], json!(["https://login.example.com/realms/ops"]));
    let denied = server.post("", &initialize("2025-11-25"));
    let challenge = format!("bearer resource_metadata=\"https://headwater.example.com{PATH}/mcp\"");
    assert_eq!(denied.header("www-authenticate"), Some(challenge.as_str()));
}

#[test]
fn without_an_authorization_server_nothing_is_announced() {
    let day = Day::small();
    let server = day.serve("[serve]\ntoken_env = \"TOKEN_OF_TEST\"\n");
    assert_eq!(server.post("", &initialize("2025-11-25")).header("www-authenticate"), Some("bearer"));
    server.get(PATH).problem(404);
    server.get(&format!("{PATH}/mcp")).problem(404);
}

#[test]
fn urls_that_cannot_be_announced_are_errors_of_the_config() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("headwater.toml");
    for (line, is_valid) in [
        ("authorization_servers = [\"https://login.example.com\"]", true),
        ("authorization_servers = [\"http://localhost:9000\"]", true),
        ("authorization_servers = [\"http://login.example.com\"]", false),
        ("authorization_servers = [\"login.example.com\"]", false),
        ("authorization_servers = [\"https://login.example.com?a=b\"]", false),
        ("public_url = \"https://headwater.example.com\"", true),
        ("public_url = \"https://headwater.example.com/logs\"", false),
        ("public_url = \"headwater.example.com\"", false),
    ] {
        std::fs::write(&path, format!("[serve]\n{line}\n")).expect("written");
        let output = run(
            dir.path(),
            &["--config", path.to_str().expect("a path"), "rules", "show", "event/oom_killed"],
        );
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), is_valid, "{line}: {error}");
        assert!(is_valid || (error.contains("[serve]") && error.contains("hint: ")), "{line}: {error}");
    }
}
