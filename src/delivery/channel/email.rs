//! Email over SMTP, as text and HTML. Each SMTP command is sent on its own: a failure before the text is
//! transferred means that the message certainly did not arrive. The id of a message is its `Message-ID`.

use crate::config::{EmailConfig, Tls};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Environment, Message, Result, SendOutcome, Transport};
use futures::future::BoxFuture;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use model::error::Error;
use redact::sanitize::plain;
use std::time::Duration;
use tokio::time::timeout;

/// Time limit of one SMTP command.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Time limit of the transfer: a server may scan a message before it accepts it.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(60);

const TEXT: Style = Style { bold: ("", ""), item: "- ", newline: "\n", escape: |_| None, size: str::len };
const HTML: Style = Style { bold: ("<b>", "</b>"), item: "• ", newline: "<br>\n", escape, size: str::len };

fn escape(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

struct Email {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<(String, String)>,
    from: Mailbox,
    to: Vec<Mailbox>,
    subject: String,
}

pub(super) fn open(config: &EmailConfig, environment: Environment) -> Result<Box<dyn Transport>> {
    let mailbox = |key: &str, text: &str| -> Result<Mailbox> {
        text.parse().map_err(|error| {
            Error::usage(format!("`{}` is not a valid mail address", plain(text, 80)))
                .because(error)
                .hint(format!("`{key}` must be like `ops@example.com` or `Ops <ops@example.com>`"))
        })
    };
    let login = match (&config.user_env, &config.password_env) {
        (Some(user), Some(password)) => {
            Some((environment.variable("user_env", user)?, environment.variable("password_env", password)?))
        }
        _ => None,
    };
    let default_port = match config.tls {
        Tls::Starttls => 587,
        Tls::Tls => 465,
        Tls::None => 25,
    };
    Ok(Box::new(Email {
        host: config.host.clone(),
        port: config.port.unwrap_or(default_port),
        tls: config.tls,
        login,
        from: mailbox("from", &config.from)?,
        to: config.to.iter().map(|text| mailbox("to", text)).collect::<Result<_>>()?,
        subject: config.subject.clone().unwrap_or_else(|| "[Headwater]".into()),
    }))
}

impl Transport for Email {
    fn send<'a>(&'a self, message: &'a Message, _: &'a str) -> BoxFuture<'a, SendOutcome> {
        Box::pin(async move {
            let mail = match self.mail(message) {
                Ok(mail) => mail,
                Err(error) => {
                    return SendOutcome::Rejected(format!("the message cannot be sent as mail: {error}"));
                }
            };
            let (mut connection, rejected) = match self.prepare().await {
                Ok(prepared) => prepared,
                Err(outcome) => return outcome,
            };
            let accepted = timeout(TRANSFER_TIMEOUT, connection.message(&mail)).await;
            let outcome = match accepted {
                Ok(Ok(_)) if rejected.is_empty() => {
                    SendOutcome::Delivered(format!("accepted for {} recipient(s)", self.to.len()))
                }
                Ok(Ok(_)) => SendOutcome::Delivered(format!(
                    "accepted, but not for all recipients: {}",
                    rejected.join("; ")
                )),
                Ok(Err(error)) if error.status().is_some() => self.failure(&error),
                Ok(Err(error)) => SendOutcome::Unknown(self.redacted(&error)),
                Err(_) => {
                    SendOutcome::Unknown(format!("no response within {} s", TRANSFER_TIMEOUT.as_secs()))
                }
            };
            let _ = timeout(TIMEOUT, connection.abort()).await; // the outcome is known; errors no longer matter
            outcome
        })
    }
}

impl Email {
    /// Sends all commands before the text. Also returns the recipients that the server rejected.
    async fn prepare(&self) -> std::result::Result<(AsyncSmtpConnection, Vec<String>), SendOutcome> {
        let timed_out = || SendOutcome::Failed(format!("no response within {} s", TIMEOUT.as_secs()));
        let mut connection = timeout(TIMEOUT, self.connect()).await.map_err(|_| timed_out())??;
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            let login = connection.auth(DEFAULT_MECHANISMS, &credentials);
            timeout(TIMEOUT, login).await.map_err(|_| timed_out())?.map_err(|error| self.failure(&error))?;
        }
        let mail = connection.command(Mail::new(Some(self.from.email.clone()), Vec::new()));
        timeout(TIMEOUT, mail).await.map_err(|_| timed_out())?.map_err(|error| self.failure(&error))?;
        let mut rejected = Vec::new();
        for (n, recipient) in self.to.iter().enumerate() {
            let rcpt = connection.command(Rcpt::new(recipient.email.clone(), Vec::new()));
            match timeout(TIMEOUT, rcpt).await.map_err(|_| timed_out())? {
                Ok(_) => {}
                Err(error) if error.is_permanent() && rejected.len() + 1 < self.to.len() => {
                    rejected.push(format!(
                        "recipient {} of {}: {}",
                        n + 1,
                        self.to.len(),
                        self.redacted(&error)
                    ));
                }
                // temporary: nothing was transferred yet, so all recipients get the message later
                Err(error) => return Err(self.failure(&error)),
            }
        }
        let data = connection.command(Data);
        timeout(TIMEOUT, data).await.map_err(|_| timed_out())?.map_err(|error| self.failure(&error))?;
        Ok((connection, rejected))
    }

    async fn connect(&self) -> std::result::Result<AsyncSmtpConnection, SendOutcome> {
        let address = (self.host.as_str(), self.port);
        let fail = |error: smtp::Error| self.failure(&error);
        let client = ClientId::default();
        let tls = || TlsParameters::new(self.host.clone()).map_err(fail);
        let implicit_tls = if self.tls == Tls::Tls { Some(tls()?) } else { None };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(TIMEOUT), &client, implicit_tls, None)
                .await
                .map_err(fail)?;
        if self.tls == Tls::Starttls {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(SendOutcome::Rejected(
                    "the server does not offer STARTTLS, and nothing is sent unencrypted".into(),
                ));
            }
            connection.starttls(tls()?, &client).await.map_err(fail)?;
        }
        Ok(connection)
    }

    /// Returns the outcome of an error before the text was transferred, or of a rejected text.
    fn failure(&self, error: &smtp::Error) -> SendOutcome {
        let text = self.redacted(error);
        if error.is_permanent() { SendOutcome::Rejected(text) } else { SendOutcome::Failed(text) }
    }

    /// Returns an error as one short line without the login.
    fn redacted(&self, error: &smtp::Error) -> String {
        let text = error.to_string();
        let secrets = self.login.iter().flat_map(|(user, password)| [password, user]);
        plain(&secrets.fold(text, |text, secret| text.replace(secret.as_str(), "…")), 120)
    }

    /// Returns a message as a MIME document.
    fn mail(&self, message: &Message) -> std::result::Result<Vec<u8>, lettre::error::Error> {
        let body = |style: &Style| {
            let lines = markup::lines(&message.text, style, usize::MAX);
            message.with_notes(&lines.join(style.newline), style.newline)
        };
        let html = format!(
            "<!doctype html>\n<html><meta charset=\"utf-8\"><body>\n{}\n</body></html>\n",
            body(&HTML)
        );
        let subject = format!("{} {}", self.subject, markup::line(&plain(&message.title, 200), &TEXT));
        let domain = self.from.email.domain();
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            // RFC 3834: automatic responders do not reply
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ));
        for recipient in &self.to {
            mail = mail.to(recipient.clone());
        }
        Ok(mail.multipart(MultiPart::alternative_plain_html(body(&TEXT), html))?.formatted())
    }
}
