//! Mail over SMTP, as text and HTML. The steps are taken one by one, so that what failed before the
//! text was handed over surely did not arrive. The id of a message is its `Message-ID`.

use crate::config::{ChannelConfig, Tls};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Message, Outside, Result, Sent, Way};
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

/// How long one step may take.
const STEP: Duration = Duration::from_secs(15);

/// A server may look into what it takes before it says that it takes it.
const TAKE: Duration = Duration::from_secs(60);

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

pub(super) fn open(config: &ChannelConfig, outside: Outside) -> Result<Box<dyn Way>> {
    let mailbox = |key: &str, text: &str| -> Result<Mailbox> {
        text.parse().map_err(|error| {
            Error::usage(format!("`{}` is no mail address", plain(text, 80)))
                .because(error)
                .hint(format!("`{key}` takes `ops@example.com` or `Ops <ops@example.com>`"))
        })
    };
    let login = match (&config.user_env, &config.password_env) {
        (None, None) => None,
        (user, password) => Some((
            outside.variable("user_env", user.as_ref())?,
            outside.variable("password_env", password.as_ref())?,
        )),
    };
    let usual = match config.tls {
        Tls::Starttls => 587,
        Tls::Tls => 465,
        Tls::None => 25,
    };
    Ok(Box::new(Email {
        host: config.host.clone().unwrap_or_default(),
        port: config.port.unwrap_or(usual),
        tls: config.tls,
        login,
        from: mailbox("from", config.from.as_deref().unwrap_or_default())?,
        to: config.to.iter().map(|text| mailbox("to", text)).collect::<Result<_>>()?,
        subject: config.subject.clone().unwrap_or_else(|| "[Headwater]".into()),
    }))
}

impl Way for Email {
    fn send<'a>(&'a self, message: &'a Message, _: &'a str) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let letter = match self.letter(message) {
                Ok(letter) => letter,
                Err(error) => return Sent::Rejected(format!("no mail can be made of it: {error}")),
            };
            let (mut connection, refused) = match self.knock().await {
                Ok(open) => open,
                Err(sent) => return sent,
            };
            let taken = timeout(TAKE, connection.message(&letter)).await;
            let sent = match taken {
                Ok(Ok(_)) if refused.is_empty() => {
                    Sent::Delivered(format!("taken for {} receiver(s)", self.to.len()))
                }
                Ok(Ok(_)) => Sent::Delivered(format!("taken, but not for all: {}", refused.join("; "))),
                Ok(Err(error)) if error.status().is_some() => self.failure(&error),
                Ok(Err(error)) => Sent::Unknown(self.told(&error)),
                Err(_) => Sent::Unknown(format!("no answer within {} s", TAKE.as_secs())),
            };
            let _ = timeout(STEP, connection.abort()).await; // says goodbye, whatever came of it
            sent
        })
    }
}

impl Email {
    /// Goes to the point where the text is handed over. Also returns the receivers that were refused.
    async fn knock(&self) -> std::result::Result<(AsyncSmtpConnection, Vec<String>), Sent> {
        let late = || Sent::Refused(format!("no answer within {} s", STEP.as_secs()));
        let mut connection = timeout(STEP, self.connect()).await.map_err(|_| late())??;
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            let login = connection.auth(DEFAULT_MECHANISMS, &credentials);
            timeout(STEP, login).await.map_err(|_| late())?.map_err(|error| self.failure(&error))?;
        }
        let mail = connection.command(Mail::new(Some(self.from.email.clone()), Vec::new()));
        timeout(STEP, mail).await.map_err(|_| late())?.map_err(|error| self.failure(&error))?;
        let mut refused = Vec::new();
        for (n, receiver) in self.to.iter().enumerate() {
            let receipt = connection.command(Rcpt::new(receiver.email.clone(), Vec::new()));
            match timeout(STEP, receipt).await.map_err(|_| late())? {
                Ok(_) => {}
                Err(error) if error.is_permanent() && refused.len() + 1 < self.to.len() => {
                    refused.push(format!("receiver {} of {}: {}", n + 1, self.to.len(), self.told(&error)));
                }
                // for now: nothing was handed over, and all of them get it later
                Err(error) => return Err(self.failure(&error)),
            }
        }
        let data = connection.command(Data);
        timeout(STEP, data).await.map_err(|_| late())?.map_err(|error| self.failure(&error))?;
        Ok((connection, refused))
    }

    async fn connect(&self) -> std::result::Result<AsyncSmtpConnection, Sent> {
        let place = (self.host.as_str(), self.port);
        let fail = |error: smtp::Error| self.failure(&error);
        let me = ClientId::default();
        let tls = || TlsParameters::new(self.host.clone()).map_err(fail);
        let outer = if self.tls == Tls::Tls { Some(tls()?) } else { None };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(STEP), &me, outer, None).await.map_err(fail)?;
        if self.tls == Tls::Starttls {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(Sent::Rejected("it offers no STARTTLS, and nothing is sent in the clear".into()));
            }
            connection.starttls(tls()?, &me).await.map_err(fail)?;
        }
        Ok(connection)
    }

    /// Returns what failed before the text was handed over, or was refused with it.
    fn failure(&self, error: &smtp::Error) -> Sent {
        let told = self.told(error);
        if error.is_permanent() { Sent::Rejected(told) } else { Sent::Refused(told) }
    }

    /// Returns what a server says, on one short line without the login.
    fn told(&self, error: &smtp::Error) -> String {
        let text = error.to_string();
        let secrets = self.login.iter().flat_map(|(user, password)| [password, user]);
        plain(&secrets.fold(text, |text, secret| text.replace(secret.as_str(), "…")), 120)
    }

    fn letter(&self, message: &Message) -> std::result::Result<Vec<u8>, lettre::error::Error> {
        let written = |style: &Style| {
            let lines = markup::lines(&message.text, style, usize::MAX);
            message.marked(&lines.join(style.newline), style.newline)
        };
        let html = format!(
            "<!doctype html>\n<html><meta charset=\"utf-8\"><body>\n{}\n</body></html>\n",
            written(&HTML)
        );
        let subject = format!("{} {}", self.subject, markup::line(&plain(&message.title, 200), &TEXT));
        let domain = self.from.email.domain();
        let mut letter = lettre::Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            // no answering machine answers
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ));
        for receiver in &self.to {
            letter = letter.to(receiver.clone());
        }
        Ok(letter.multipart(MultiPart::alternative_plain_html(written(&TEXT), html))?.formatted())
    }
}
