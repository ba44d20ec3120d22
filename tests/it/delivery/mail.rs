//! Mail against a small SMTP server: headers and text, a rejection of each command, and that nothing is sent
//! unencrypted by mistake.

use crate::brief::days::hostile_day;
use crate::delivery::channels::{message, open, runtime};
use crate::program::{headwater, python};
use headwater::brief::{Length, brief};
use headwater::delivery::channel::{Channel, Message, SendOutcome};
use model::lang::Lang;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

/// Replies by the beginning of the command; the first match applies.
type Script = &'static [(&'static str, &'static str)];

struct Server {
    address: SocketAddr,
    /// Received lines, without line breaks.
    lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("an address");
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let own = lines.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(stream, script, &own);
            }
        });
        Self { address, lines }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("lines").clone()
    }

    fn channel(&self, lines: &str) -> Channel {
        let text = format!(
            "host = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"Headwater <robot@ops.example>\"\n{lines}",
            self.address.port()
        );
        open("email", &text, "").expect("a channel")
    }
}

fn serve(stream: TcpStream, script: Script, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    out.write_all(b"220 mail.test ESMTP\r\n")?;
    let mut is_text = false;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        seen.lock().expect("lines").push(line.clone());
        let command = if is_text { if line == "." { "." } else { continue } } else { line.as_str() };
        let scripted = script.iter().find(|(begin, _)| command.starts_with(begin)).map(|(_, answer)| *answer);
        let answer = scripted.unwrap_or(match command.get(..4).unwrap_or(command) {
            "EHLO" => "250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
            "DATA" => "354 go on",
            "AUTH" => "235 welcome",
            "QUIT" => "221 bye",
            _ => "250 ok",
        });
        if answer.is_empty() {
            return Ok(());
        }
        is_text = answer.starts_with("354");
        out.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

fn send(channel: &Channel, message: &Message) -> SendOutcome {
    let parts = channel.parts(message);
    assert_eq!(parts.len(), 1);
    runtime().block_on(channel.send(message, &parts[0]))
}

/// Returns the headers and the decoded bodies of the received mail, parsed by Python.
fn mail(lines: &[String]) -> (Vec<(String, String)>, Vec<String>) {
    let begin = lines.iter().position(|line| line == "DATA").expect("a text") + 1;
    let text = &lines[begin..lines.iter().position(|line| line == ".").expect("its end")];
    let bare = |line: &String| line.strip_prefix('.').unwrap_or(line).to_owned() + "\r\n";
    let text: String = text.iter().map(bare).collect();
    let script = r#"
import email, email.policy, json, sys
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
assert not mail.defects and mail.get_content_type() == "multipart/alternative", mail.defects
parts = list(mail.iter_parts())
assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
print(json.dumps([[[name, str(value)] for name, value in mail.items()], [part.get_content().replace("\r\n", "\n") for part in parts]]))
"#;
    let mut child = python()
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("a mail")
}

/// Returns how often a command was received; the text of a mail does not contain commands.
fn count(lines: &[String], command: &str) -> usize {
    let mut is_text = false;
    let mut found = 0;
    for line in lines {
        found += usize::from(!is_text && line.starts_with(command));
        is_text = if is_text { line != "." } else { line == "DATA" };
    }
    found
}

#[test]
fn a_mail_has_text_html_and_the_headers_it_needs() {
    let server = Server::start(&[]);
    let to = "to = [\"ops@ops.example\", \"Chief <chief@ops.example>\"]\nuser_env = \"USER_OF_MAIL\"\npassword_env = \"SECRET\"";
    let channel = server.channel(to);
    let text = "**3 个异常**\n- 支付 <失败> & \"重试\" [F:01ab]\n.\n.点";
    let sent = send(&channel, &message(text));
    assert_eq!(sent, SendOutcome::Delivered("accepted for 2 recipient(s)".into()));
    let lines = server.lines();
    for command in
        ["MAIL FROM:<robot@ops.example>", "RCPT TO:<ops@ops.example>", "RCPT TO:<chief@ops.example>"]
    {
        assert!(lines.iter().any(|line| line.starts_with(command)), "{command}: {lines:#?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("AUTH PLAIN")), "{lines:#?}");
    let (headers, bodies) = mail(&lines);
    let header = |name: &str| -> Vec<&str> {
        headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(header("Message-ID"), ["<0123456789abcdef@ops.example>"]);
    assert_eq!(header("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(header("Subject"), ["[Headwater] 日志日报 2026-11-22：3 个异常"]);
    assert_eq!(header("To"), ["ops@ops.example, Chief <chief@ops.example>"]);
    for name in ["From", "Date", "Content-Type", "MIME-Version"] {
        assert_eq!(header(name).len(), 1, "{name}: {headers:#?}");
    }
    assert_eq!(bodies.len(), 2, "{bodies:#?}");
    assert!(bodies[0].contains("3 个异常\n- 支付 ‹失败› ＆"), "{}", bodies[0]);
    assert!(bodies[0].contains("\n.\n.点"), "a line with only a dot does not end the text: {}", bodies[0]);
    assert!(bodies[1].contains("<b>3 个异常</b><br>"), "{}", bodies[1]);
}

#[test]
fn no_text_becomes_a_header_or_html() {
    let server = Server::start(&[]);
    let channel = server.channel("to = [\"ops@ops.example\"]\nlang = \"en\"");
    let mut hostile = message(&brief(&hostile_day(), Lang::En, Length::Full));
    hostile.title = "3 findings\r\nBcc: victim@evil.example\r\n\r\n<script>@all</script>".into();
    hostile.text += "\n<script>alert(1)</script><img src=\"http://evil.example/x.png\" onerror='x'>\n**a**\n\r\n.\r\nMAIL FROM:<x@evil.example>";
    assert!(matches!(send(&channel, &hostile), SendOutcome::Delivered(_)));
    let lines = server.lines();
    assert_eq!(count(&lines, "MAIL FROM"), 1, "one mail");
    let (headers, bodies) = mail(&lines);
    for (name, value) in &headers {
        let known =
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert!(known.contains(&name.as_str()), "{name} in {headers:#?}");
        assert!(name != "Subject" || !value.contains(['<', '@']), "{value}");
    }
    let html = &bodies[1];
    let inner = html.split("<body>").nth(1).and_then(|rest| rest.split("</body>").next()).expect("a body");
    let bare = ["<b>", "</b>", "<br>"].iter().fold(inner.to_owned(), |text, own| text.replace(own, ""));
    for bad in ["<", ">", "://", "@", "\"", "www."] {
        assert!(!bare.contains(bad), "`{bad}` in {bare}");
    }
    for bad in ["<", "://", "@", "www."] {
        assert!(!bodies[0].contains(bad), "`{bad}` in {}", bodies[0]);
    }
}

#[test]
fn a_failure_of_each_command_has_the_right_outcome() {
    let to = "to = [\"ops@ops.example\", \"gone@ops.example\"]";
    for (script, expected) in [
        (&[("EHLO", "421 too many")] as Script, "Failed"),
        (&[("MAIL", "451 later")], "Failed"),
        (&[("MAIL", "550 not you")], "Rejected"),
        (&[("RCPT", "550 nobody")], "Rejected"),
        (
            &[("RCPT TO:<gone", "550 nobody")],
            "Delivered(\"accepted, but not for all recipients: recipient 2 of 2",
        ),
        (&[("RCPT TO:<gone", "450 try later")], "Failed"),
        (&[("DATA", "554 no")], "Rejected"),
        (&[("DATA", "")], "Failed"),
        (&[(".", "452 full")], "Failed"),
        (&[(".", "554 spam")], "Rejected"),
        (&[(".", "")], "Unknown"),
    ] {
        let server = Server::start(script);
        let sent = format!("{:?}", send(&server.channel(to), &message("短")));
        assert!(sent.starts_with(expected), "{script:?}: {sent}");
    }
    let login = "to = [\"ops@ops.example\"]\nuser_env = \"USER_OF_MAIL\"\npassword_env = \"SECRET\"";
    let server = Server::start(&[("AUTH", "535 no SECd0n7-7e11-7h15-31th3r for robot")]);
    let sent = format!("{:?}", send(&server.channel(login), &message("短")));
    assert!(sent.starts_with("Rejected") && !sent.contains("d0n7"), "{sent}");
    assert_eq!(count(&server.lines(), "MAIL"), 0, "nothing is sent without a login");
}

#[test]
fn nothing_is_sent_unencrypted_if_tls_is_configured() {
    for tls in ["starttls", "tls"] {
        let server = Server::start(&[]);
        let port = server.address.port();
        let lines = format!(
            "host = \"127.0.0.1\"\nport = {port}\ntls = \"{tls}\"\nfrom = \"a@ops.example\"\nto = [\"b@ops.example\"]\n\
             user_env = \"USER_OF_MAIL\"\npassword_env = \"SECRET\""
        );
        let sent = send(&open("email", &lines, "").expect("a channel"), &message("短"));
        assert!(matches!(sent, SendOutcome::Rejected(_) | SendOutcome::Failed(_)), "{tls}: {sent:?}");
        let clear = server.lines();
        assert_eq!(count(&clear, "AUTH") + count(&clear, "MAIL"), 0, "{tls}: {clear:?}");
    }
}

/// A server with a self-signed certificate for `localhost`: `python - FOLDER starttls|tls`. It writes ca.pem,
/// prints its port, accepts one mail, and prints the user, the TLS version and the envelope.
const TLS_SERVER: &str = r#"
import base64, datetime, pathlib, socket, ssl, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
folder, mode = pathlib.Path(sys.argv[1]), sys.argv[2]
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)
certificate = (
    x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    .serial_number(7).not_valid_before(now - day).not_valid_after(now + day)
    .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    .sign(key, hashes.SHA256())
)
(folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
(folder / "key.pem").write_bytes(key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(60)
print(listener.getsockname()[1], flush=True)
client = listener.accept()[0]
if mode == "tls":
    client = context.wrap_socket(client, server_side=True)
lines, say = client.makefile("rb"), lambda text: client.sendall(text.encode() + b"\r\n")
say("220 localhost")
while True:
    line = lines.readline().decode().strip()
    if line.startswith("EHLO"):
        is_tls = isinstance(client, ssl.SSLSocket)
        say("250-localhost\r\n250 AUTH PLAIN" if is_tls else "250-localhost\r\n250 STARTTLS")
    elif line == "STARTTLS":
        say("220 go on")
        client = context.wrap_socket(client, server_side=True)
        lines = client.makefile("rb")
    elif line.startswith("AUTH PLAIN "):
        print(base64.b64decode(line[11:]).split(b"\0")[1].decode(), client.version())
        say("235 welcome")
    elif line == "DATA":
        say("354 go on")
        while lines.readline().strip() != b".":
            pass
        say("250 taken")
    elif line == "QUIT" or not line:
        break
    else:
        print(line)
        say("250 ok")
"#;

#[test]
fn mail_is_sent_over_tls_only_to_a_server_with_a_valid_certificate() {
    for (tls, host, is_taken) in
        [("starttls", "localhost", true), ("tls", "localhost", true), ("tls", "127.0.0.1", false)]
    {
        let dir = tempfile::tempdir().expect("a folder");
        let mut server = python()
            .args(["-c", TLS_SERVER, dir.path().to_str().expect("a path"), tls])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python starts");
        let mut output_lines = BufReader::new(server.stdout.take().expect("piped"));
        let mut port = String::new();
        output_lines.read_line(&mut port).expect("a port");
        let config = format!(
            "[[channel]]\nkind = \"email\"\nname = \"mail\"\nhost = \"{host}\"\nport = {}\ntls = \"{tls}\"\n\
             from = \"robot@ops.example\"\nto = [\"ops@ops.example\"]\nuser_env = \"MAIL_USER\"\npassword_env = \"MAIL_WORD\"\n",
            port.trim()
        );
        std::fs::write(dir.path().join("headwater.toml"), config).expect("written");
        let output = headwater(&dir.path().join("lake"), &["channels", "test", "mail"])
            .current_dir(dir.path())
            .env("SSL_CERT_FILE", dir.path().join("ca.pem"))
            .env("MAIL_USER", "robot")
            .env("MAIL_WORD", "d0n7-7e11")
            .output()
            .expect("starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        server.wait().expect("it ends");
        let lines: Vec<String> = output_lines.lines().map(|line| line.expect("a line")).collect();
        assert_eq!(output.status.success(), is_taken, "{tls} {host}: {text}");
        assert!(!text.contains("d0n7"), "{text}");
        if is_taken {
            let tail = &lines[1..];
            assert!(lines[0].starts_with("robot TLSv1."), "{lines:?}");
            assert_eq!(tail, ["MAIL FROM:<robot@ops.example>", "RCPT TO:<ops@ops.example>"]);
        } else {
            assert!(lines.is_empty(), "nothing is sent to a server with another name: {lines:?}");
        }
    }
}
