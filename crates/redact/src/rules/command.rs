//! Passwords on command lines. A row is a command and the flags whose value is one; the flags are
//! searched in a short part of the text after the command.

use crate::check;
use crate::rules::{Family, Rule, rule};

/// From the name of the command to the beginning of one of its arguments, in a line or in JSON.
macro_rules! arguments {
    () => {
        r#"(?:["']?[\s,\\"'][^\r\n|]*?)?[\s"']"#
    };
}

/// From a flag to its value.
macro_rules! then {
    () => {
        r#"(?:[\s,=]|\\{0,7}["'])+"#
    };
}

/// A value.
macro_rules! value {
    () => {
        r#"(?P<v>[^\s"'\\]{1,})"#
    };
}

const fn command(words: &'static [&'static str], pattern: &'static str) -> Rule {
    rule("command_password", Family::Command, words, pattern, check::command_password)
}

pub(super) const RULES: &[Rule] = &[
    command(
        &["curl"],
        concat!(
            arguments!(),
            r#"(?:-[a-zA-Z]*[uU]|--user|--proxy-user)(?:[\s,=]|\\{0,7}["'])*[^\s"':,\\=]{0,64}:"#,
            value!()
        ),
    ),
    command(&["mysql", "mariadb"], concat!("[a-z_-]{0,12}", arguments!(), r#"-p\\{0,7}["']?"#, value!())),
    command(&["redis-cli"], concat!(arguments!(), "(?:-a|--pass|(?i:auth))", then!(), value!())),
    command(
        &["mongo"],
        concat!("(?:sh|dump|restore|export|import|stat|top|files)?", arguments!(), "-p", then!(), value!()),
    ),
    command(&["sshpass"], concat!(arguments!(), r#"-p(?:[\s,]|\\{0,7}["'])*"#, value!())),
    command(
        &["ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldapwhoami", "ldappasswd"],
        concat!(arguments!(), "-[a-zA-Z]{0,4}w", then!(), value!()),
    ),
    command(
        &[
            "docker login",
            "podman login",
            "nerdctl login",
            "skopeo login",
            "buildah login",
            "oras login",
            "helm registry login",
            "az login",
            "oc login",
        ],
        concat!(arguments!(), "-p", then!(), value!()),
    ),
    command(
        &["htpasswd"],
        concat!(r"\s-[a-zA-Z]{0,4}b[a-zA-Z]{0,4}\s{1,4}[^\s]{1,128}\s{1,4}[^\s]{1,64}\s{1,4}", value!()),
    ),
    command(
        &["rabbitmqctl"],
        concat!(r"\s[^\r\n|]*?(?:add_user|change_password)\s{1,4}[^\s]{1,64}\s{1,4}", value!()),
    ),
    command(
        &["smbclient"],
        concat!(arguments!(), r#"(?:-U|--user)[\s=]{0,4}["']?[^\s%"']{1,64}%"#, value!()),
    ),
    command(
        &["sqlplus"],
        r#"\s{1,4}(?:-[A-Za-z]{1,4}\s{1,4}){0,3}["']?[^\s/@"'-]{1,64}/(?P<v>[^\s@"'\\]{1,})"#,
    ),
];
