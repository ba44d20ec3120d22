//! Keys and tokens on the way: no key leaves unencrypted except to this machine, and what comes through a
//! proxy is not this machine.

use crate::server::serve::Server;
use headwater::config::Config;
use headwater::delivery::channel::{Channel, Environment};
use headwater::llm::Client;
use headwater::websocket::Address;

#[test]
fn a_key_is_sent_encrypted_or_to_this_machine() {
    let env = |_: &str| Some("secret-key".to_owned());
    let model = |url: &str, key: &str| {
        let text = format!("[llm]\nbase_url = \"{url}\"\nmodel = \"m\"\n{key}");
        let config = Config::parse(&text, "test").expect("a config");
        Client::open(&config.llm, env).map(|client| client.is_some())
    };
    let key = "api_key_env = \"KEY\"\n";
    for (url, is_allowed) in [
        ("https://model.example.com/v1", true),
        ("http://127.0.0.1:11434/v1", true),
        ("http://localhost:8000", true),
        ("http://[::1]:8000", true),
        ("http://model.example.com/v1", false),
        ("http://10.0.0.7:8000", false),
        ("http://localhost.example.com", false),
        ("http://127.0.0.1.example.com", false),
        ("HTTP://model.example.com", false),
    ] {
        let opened = model(url, key);
        assert_eq!(opened.is_ok(), is_allowed, "{url}: {:?}", opened.err());
        assert!(model(url, "").expect("no key is sent"), "{url}");
    }
    let error = model("http://model.example.com", key).expect_err("not encrypted").to_string();
    assert!(error.contains("https://") && !error.contains("secret-key"), "{error}");
    let config = Config::parse("[xiaozhi]\nendpoint_env = \"MCP\"\n", "test").expect("a config");
    for (address, is_allowed) in [
        ("wss://api.xiaozhi.me/mcp/?token=t0ken", true),
        ("ws://127.0.0.1:8004/mcp/?token=t0ken", true),
        ("ws://localhost/mcp/?token=t0ken", true),
        ("ws://[::1]:8004/mcp/?token=t0ken", true),
        ("ws://api.xiaozhi.me/mcp/?token=t0ken", false),
        ("ws://192.168.1.2:8004/mcp/?token=t0ken", false),
        ("WS://api.xiaozhi.me/?token=t0ken", false),
    ] {
        let opened = Address::of(&config.xiaozhi, |_| Some(address.to_owned()));
        assert_eq!(opened.is_ok(), is_allowed, "{address}");
        assert!(opened.err().is_none_or(|error| !error.to_string().contains("t0ken")), "{address}");
    }
}

#[test]
fn the_key_of_a_robot_is_sent_encrypted_or_to_this_machine() {
    let channel = "kind = \"xiaozhi\"\nname = \"robot\"\nurl_env = \"URL\"\nsecret_env = \"KEY\"\ndevice = \"a\"\n\
        length = \"voice\"\n";
    let config = toml::from_str(channel).expect("a channel");
    for (url, is_allowed) in [
        ("https://gateway.example.com", true),
        ("http://127.0.0.1:8007", true),
        ("http://gateway.example.com", false),
        ("http://192.168.1.2:8007", false),
    ] {
        let env = |name: &str| Some(if name == "URL" { url } else { "secret-key" }.to_owned());
        let opened = Channel::open(&config, Environment { env: &env, print: |_| Ok(()) });
        assert_eq!(opened.is_ok(), is_allowed, "{url}");
        let error = opened.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!error.contains("secret-key") && (is_allowed || error.contains("https://")), "{error}");
    }
}

#[test]
fn without_a_token_only_this_machine_may_call() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path(), "[serve]\nhosts = [\"headwater.ops.svc\"]\n");
    let status = |headers: &str| server.request("GET", "/openapi.json", headers).status;
    for host in ["localhost", "LOCALHOST:8633", "127.0.0.1:80", "[::1]:8633", "127.0.0.2"] {
        assert_eq!(status(&format!("Host: {host}\r\n")), 200, "{host}");
    }
    let problem = server.request("GET", "/v1/runs", "Host: headwater.ops.svc\r\n").problem(403);
    assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("token_env")), "{problem}");
    for proxied in [
        "Forwarded: for=203.0.113.7",
        "X-Forwarded-For: 203.0.113.7",
        "X-Forwarded-Host: headwater.example.com",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 203.0.113.7",
        "Via: 1.1 proxy",
    ] {
        assert_eq!(status(&format!("Host: localhost\r\n{proxied}\r\n")), 403, "{proxied}");
        let mcp = server.post(&format!("{proxied}\r\n"), "{}");
        assert_eq!(mcp.status, 403, "{proxied}: {}", mcp.body);
    }
    assert_eq!(
        server.request("GET", "/healthz", "Host: headwater.ops.svc\r\nVia: 1.1 proxy\r\n").status,
        200
    );
    drop(server);
    let with_token = "[serve]\nhosts = [\"headwater.ops.svc\"]\ntoken_env = \"TOKEN_OF_TEST\"\n";
    let server = Server::start(dir.path(), with_token);
    let headers =
        "Host: headwater.ops.svc\r\nX-Forwarded-For: 203.0.113.7\r\nAuthorization: Bearer let-me-in\r\n";
    assert_eq!(server.request("GET", "/openapi.json", headers).status, 200);
}

#[test]
fn the_one_token_may_have_a_smaller_role() {
    let dir = tempfile::tempdir().expect("a folder");
    let bearer = "Host: localhost\r\nAuthorization: Bearer let-me-in\r\n";
    for (role, audit_log, upload) in [("read", 403, 403), ("run", 403, 400), ("admin", 200, 400)] {
        let config = format!("[serve]\ntoken_env = \"TOKEN_OF_TEST\"\ntoken_role = \"{role}\"\n");
        let server = Server::start(dir.path(), &config);
        assert_eq!(server.request("GET", "/openapi.json", bearer).status, 200, "{role}");
        assert_eq!(server.request("GET", "/v1/audit-log", bearer).status, audit_log, "{role}");
        assert_eq!(server.request("POST", "/v1/logs", bearer).status, upload, "{role}");
    }
    assert!(Config::parse("[serve]\ntoken_role = \"root\"\n", "test").is_err());
}
