//! How a caller words that a call failed: by client library, by what went wrong on the way, and
//! by how the callee is addressed. Must not know why it went wrong.

use crate::app::{Level, content};
use crate::fleet::{Style, Workload};
use crate::network::cluster_ip;

/// What a caller sees of a failing call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A packet came back: nothing listens, or the Service has no endpoints.
    Refused,
    /// No packet came back while connecting.
    ConnectTimeout,
    /// Connected, then no answer in time.
    ReadTimeout,
    /// Connected, then cut.
    Reset,
    /// The name does not exist.
    NoSuchHost,
    /// The name server did not answer, or failed.
    LookupFailed,
    /// The callee, or a proxy before it, answered with this HTTP status.
    Status(u16),
}

/// Returns the business record of a caller whose call failed; `wording` picks among the ways the
/// same failure is put.
pub fn complaint(caller: &Workload, callee: &Workload, failure: Failure, wording: u64) -> String {
    let host = address(caller, callee, wording);
    let name = callee.name;
    match caller.style {
        Style::Java => java(caller, callee, &host, failure, wording),
        Style::Node => {
            let message = format!("call {name} failed: {}", node(callee, &host, failure));
            content(caller, Level::Error, "client", &message, "")
        }
        Style::Python => {
            let (error, frame) = python(callee, &host, failure);
            content(caller, Level::Error, "client", &format!("call {name} failed: {error}"), &frame)
        }
        _ => {
            let message = format!("call {name} failed: {}", go(callee, &host, failure, wording));
            content(caller, Level::Error, "client", &message, "")
        }
    }
}

/// Returns the host name a caller uses: short in its own namespace, longer from elsewhere.
pub fn address(caller: &Workload, callee: &Workload, wording: u64) -> String {
    let (name, namespace) = (callee.name, callee.namespace);
    match (caller.namespace == namespace, wording % 3) {
        (true, 0 | 1) => name.to_owned(),
        (false, 0) => format!("{name}.{namespace}"),
        (false, 1) => format!("{name}.{namespace}.svc"),
        _ => format!("{name}.{namespace}.svc.cluster.local"),
    }
}

fn status_text(status: u16) -> &'static str {
    match status {
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Gateway Timeout",
    }
}

fn is_http(callee: &Workload) -> bool {
    !matches!(callee.style, Style::Postgres | Style::Redis)
}

fn go(callee: &Workload, host: &str, failure: Failure, wording: u64) -> String {
    let (port, ip) = (callee.port, cluster_ip(callee));
    let dial = match failure {
        Failure::Refused => format!("dial tcp {ip}:{port}: connect: connection refused"),
        Failure::ConnectTimeout => format!("dial tcp {ip}:{port}: i/o timeout"),
        Failure::ReadTimeout => {
            "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned()
        }
        Failure::Reset => format!("read tcp <ip>:4<n4>->{ip}:{port}: read: connection reset by peer"),
        Failure::NoSuchHost => format!("dial tcp: lookup {host} on 172.20.0.10:53: no such host"),
        Failure::LookupFailed if wording.is_multiple_of(2) => {
            format!("dial tcp: lookup {host} on 172.20.0.10:53: server misbehaving")
        }
        Failure::LookupFailed => {
            format!(
                "dial tcp: lookup {host} on 172.20.0.10:53: read udp <ip>:5<n4>->172.20.0.10:53: i/o timeout"
            )
        }
        Failure::Status(status) => {
            return format!(
                "unexpected status {status} {} from http://{host}:{port}/v1/call",
                status_text(status)
            );
        }
    };
    match callee.style {
        Style::Postgres => {
            format!("failed to connect to `host={host} user=app database=app`: {host}:{port}: {dial}")
        }
        Style::Redis => format!("redis: {host}:{port}: {dial}"),
        _ => format!("Post \"http://{host}:{port}/v1/call\": {dial}"),
    }
}

fn node(callee: &Workload, host: &str, failure: Failure) -> String {
    let (port, ip) = (callee.port, cluster_ip(callee));
    let reason = match failure {
        Failure::Refused => format!("connect ECONNREFUSED {ip}:{port}"),
        Failure::ConnectTimeout => format!("connect ETIMEDOUT {ip}:{port}"),
        Failure::ReadTimeout => "network timeout after 3000 ms".to_owned(),
        Failure::Reset => "read ECONNRESET".to_owned(),
        Failure::NoSuchHost => format!("getaddrinfo ENOTFOUND {host}"),
        Failure::LookupFailed => format!("getaddrinfo EAI_AGAIN {host}"),
        Failure::Status(status) => {
            return format!("http://{host}:{port}/v1/call answered {status} {}", status_text(status));
        }
    };
    format!("request to http://{host}:{port}/v1/call failed, reason: {reason}")
}

fn python(callee: &Workload, host: &str, failure: Failure) -> (String, String) {
    let port = callee.port;
    let made = "<urllib3.connection.HTTPConnection object at 0x7f<hex8>>";
    let why = match failure {
        Failure::Refused => format!(
            "NewConnectionError('{made}: Failed to establish a new connection: [Errno 111] Connection refused')"
        ),
        Failure::ConnectTimeout => {
            format!("ConnectTimeoutError({made}, 'Connection to {host} timed out. (connect timeout=3)')")
        }
        Failure::ReadTimeout => format!(
            "ReadTimeoutError(\"HTTPConnectionPool(host='{host}', port={port}): Read timed out. (read timeout=3)\")"
        ),
        Failure::Reset => {
            "ProtocolError('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"
                .to_owned()
        }
        Failure::NoSuchHost => format!(
            "NameResolutionError(\"{made}: Failed to resolve '{host}' ([Errno -2] Name or service not known)\")"
        ),
        Failure::LookupFailed => format!(
            "NameResolutionError(\"{made}: Failed to resolve '{host}' ([Errno -3] Temporary failure in name resolution)\")"
        ),
        Failure::Status(status) => {
            let error = format!(
                "{status} Server Error: {} for url: http://{host}:{port}/v1/call",
                status_text(status)
            );
            let frame = format!(
                "Traceback (most recent call last):\n  File \"/app/client.py\", line 52, in call\n    response.raise_for_status()\nrequests.exceptions.HTTPError: {error}"
            );
            return (error, frame);
        }
    };
    let error = format!(
        "HTTPConnectionPool(host='{host}', port={port}): Max retries exceeded with url: /v1/call (Caused by {why})"
    );
    let frame = format!(
        "Traceback (most recent call last):\n  File \"/app/client.py\", line 47, in call\n    return self.session.post(url, json=body, timeout=3)\nrequests.exceptions.ConnectionError: {error}"
    );
    (error, frame)
}

fn java(caller: &Workload, callee: &Workload, host: &str, failure: Failure, wording: u64) -> String {
    let (name, port) = (callee.name, callee.port);
    let class = caller.class();
    let (short, root) = match failure {
        Failure::Refused => {
            ("connection refused".to_owned(), "java.net.ConnectException: Connection refused".to_owned())
        }
        Failure::ConnectTimeout => {
            ("connect timed out".to_owned(), "java.net.SocketTimeoutException: connect timed out".to_owned())
        }
        Failure::ReadTimeout => {
            ("timeout after 3000 ms".to_owned(), "java.net.SocketTimeoutException: Read timed out".to_owned())
        }
        Failure::Reset => {
            ("connection reset".to_owned(), "java.net.SocketException: Connection reset".to_owned())
        }
        Failure::NoSuchHost => (
            format!("unknown host {host}"),
            format!("java.net.UnknownHostException: {host}: Name or service not known"),
        ),
        Failure::LookupFailed => (
            format!("cannot resolve {host}"),
            format!("java.net.UnknownHostException: {host}: Temporary failure in name resolution"),
        ),
        Failure::Status(status) => (format!("{status} {}", status_text(status)), String::new()),
    };
    let frame = format!(
        "\tat com.shop.{}.{class}Service.handle({class}Service.java:<n2>)\n\tat java.base/java.lang.Thread.run(Thread.java:840)",
        caller.name.split('-').next().unwrap_or(caller.name)
    );
    let (message, stack) = match failure {
        _ if !is_http(callee) && wording.is_multiple_of(2) => (
            format!("cannot get a connection to {host}:{port}: {short}"),
            format!(
                "org.springframework.jdbc.CannotGetJdbcConnectionException: Failed to obtain JDBC Connection\n{frame}\nCaused by: org.postgresql.util.PSQLException: The connection attempt to {host}:{port} failed.\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:354)\nCaused by: {root}\n\t... 42 common frames omitted"
            ),
        ),
        _ if !is_http(callee) => (
            format!("transaction for order=<n8> rolled back: jdbc:postgresql://{host}:{port}/app: {short}"),
            format!(
                "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms (total=0, active=0, idle=0, waiting=<n2>)\n{frame}\nCaused by: org.postgresql.util.PSQLException: The connection attempt to {host}:{port} failed.\nCaused by: {root}\n\t... 31 common frames omitted"
            ),
        ),
        Failure::Status(status) => (
            format!("call to {name} failed for order=<n8>: {short} from http://{host}:{port}/v1/call"),
            format!(
                "feign.FeignException: [{status} {}] during [POST] to [http://{host}:{port}/v1/call]: [{{\"code\":\"E{status}\",\"message\":\"request failed\"}}]\n\tat feign.FeignException.serverErrorStatus(FeignException.java:256)\n{frame}",
                status_text(status)
            ),
        ),
        _ => {
            let message = match wording % 2 {
                0 => format!("call to {name} failed for order=<n8>: {short}, {host}:{port}"),
                _ => format!("I/O error on POST request for \"http://{host}:{port}/v1/call\": {short}"),
            };
            (
                message,
                format!(
                    "feign.RetryableException: {short} executing POST http://{host}:{port}/v1/call\n{frame}\nCaused by: {root}\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n\t... 28 common frames omitted"
                ),
            )
        }
    };
    content(caller, Level::Error, &format!("client.{}Client", callee.class()), &message, &stack)
}
