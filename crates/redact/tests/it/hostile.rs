//! Text made to be slow: its time is linear, so that this test ends.

use redact::secrets;

#[test]
fn long_lines_are_masked_in_linear_time() {
    let words = [
        "token=[",
        "token=${",
        "token",
        "password=",
        "pass",
        "://",
        "://a:",
        "://a:b/",
        "@tcp(",
        "a:b@tcp(",
        "-p",
        "curl -u ",
        "mysql -p ",
        "curl",
        "redis-cli",
        "%3a%2f%2f",
        "%3a%2f%2fa%3a",
        "token%3D",
        "eyJhbGciOi.",
        "-----BEGIN ",
        "secret: ",
        "1380013",
        "138-0013-",
        "138 0013 ",
        "1 ",
        "1-",
        "<redacted:",
        "<redacted:x>password=abcd ",
        "a@",
        "\"auth\": \"",
        "密码：",
        "identified by",
        "machine ",
        "8Q~",
        ".atlasv1.",
        ":AA",
        "12345678:AA",
    ];
    for word in words {
        let text = word.repeat((1 << 20) / word.len());
        assert!(!secrets(&text).is_empty());
    }
    let long = format!("Authorization: Bearer {} end", "aB3".repeat(1 << 20));
    assert_eq!(secrets(&long), "Authorization: Bearer <redacted:authorization> end");
}
