//! The files of `deploy/`, and the chapter about them, agree with the program: commands, config keys, port, version and sources.

use clap::Parser;
use headwater::cli::Cli;
use headwater::config::schedule::Schedule;
use headwater::config::{Config, DEFAULT, Role};
use regex::Regex;
use serde_json::Value;
use std::path::Path;

/// The chapter that explains the files, in English and in Chinese.
const CHAPTERS: [&str; 2] = ["../docs/en/deploy.md", "../docs/zh/deploy.md"];

const FILES: [&str; 6] = [
    "Dockerfile",
    CHAPTERS[0],
    CHAPTERS[1],
    "kubernetes/cronjob.yaml",
    "kubernetes/serve.yaml",
    "systemd/headwater.service",
];

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the objects of a manifest.
fn objects(name: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn of_kind<'v>(objects: &'v [Value], kind: &str) -> &'v Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

#[track_caller]
fn config(objects: &[Value], place: &str) -> Config {
    let text = of_kind(objects, "ConfigMap")["data"]["headwater.toml"].as_str().expect("headwater.toml");
    Config::parse(text, place).unwrap_or_else(|error| panic!("{error}"))
}

/// Adds each value of `key`, anywhere below `value`, to `found`.
fn all<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key));
            fields.values().for_each(|field| all(field, key, found));
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        _ => {}
    }
}

#[track_caller]
fn check_command<'a>(place: &str, words: impl IntoIterator<Item = &'a str>) {
    let words: Vec<&str> = std::iter::once("headwater").chain(words).collect();
    if let Err(error) = Cli::try_parse_from(&words) {
        panic!("{place}: `{}`: {error}", words.join(" "));
    }
}

#[test]
fn commands_exist() {
    let command =
        Regex::new(r"(?m)(?:^ *|`|=[/a-z]*/|-- )(?:headwater|hw) ([a-z][^`#|&;$\n]*)").expect("a pattern");
    let mut count = 0;
    for name in FILES {
        for found in command.captures_iter(&read(name)) {
            check_command(name, found[1].split_whitespace());
            count += 1;
        }
    }
    assert!(count >= 15, "{count} commands");
    for (name, expected) in [("kubernetes/cronjob.yaml", "run"), ("kubernetes/serve.yaml", "serve")] {
        let objects = objects(name);
        let mut args = Vec::new();
        objects.iter().for_each(|object| all(object, "args", &mut args));
        assert_eq!(args, [&serde_json::json!([expected])], "{name}");
        check_command(name, [expected]);
    }
    assert!(read("Dockerfile").contains("ENTRYPOINT [\"headwater\"]\nCMD [\"run\"]"));
}

#[test]
fn configs_are_valid() {
    let job = objects("kubernetes/cronjob.yaml");
    let own = config(&job, "cronjob.yaml");
    let spec = &of_kind(&job, "CronJob")["spec"];
    assert_eq!(spec["timeZone"], own.timezone.as_str());
    let zone = own.zone().expect("a zone");
    Schedule::parse(spec["schedule"].as_str().expect("a cron"), zone).expect("a cron");
    // with a cron of its own, a day could become due only after the CronJob has run
    assert!(own.schedule().expect("none").is_none());

    let server = config(&objects("kubernetes/serve.yaml"), "serve.yaml");
    assert!(server.schedule().expect("a cron").is_some());

    let timer = read("systemd/headwater.timer");
    assert!(timer.contains(&format!("OnCalendar=*-*-* 07:00:00 {}\n", Config::default().timezone)));
}

#[test]
fn the_lake_and_temporary_files_are_on_volumes() {
    for name in ["kubernetes/cronjob.yaml", "kubernetes/serve.yaml"] {
        let objects = objects(name);
        let mut mounts = Vec::new();
        objects.iter().for_each(|object| all(object, "volumeMounts", &mut mounts));
        let at =
            |path: &str| mounts.iter().flat_map(|m| m.as_array()).flatten().any(|m| m["mountPath"] == path);
        assert!(at(config(&objects, name).lake.path.to_str().expect("a path")), "{name}: the lake");
        assert!(at("/tmp") && at("/etc/headwater"), "{name}");
    }
    assert!(read("Dockerfile").contains("WORKDIR /etc/headwater\n"));
    assert!(read("systemd/headwater.service").contains("WorkingDirectory=/etc/headwater\n"));
}

#[test]
fn one_port_and_one_version() {
    let default: toml::Table = DEFAULT.parse().expect("TOML");
    let listen = default["serve"]["listen"].as_str().expect("an address");
    let own = listen.rsplit(':').next().expect("a port");
    let port = Regex::new(r"(?i)(?:port|listen|expose|localhost|deploy/headwater)\W.*?\b(\d{4,5})\b")
        .expect("a pattern");
    let image = Regex::new(r"\bheadwater:(\S+)").expect("a pattern");
    let (mut ports, mut images) = (0, 0);
    for name in FILES {
        let text = read(name);
        for found in text.lines().filter_map(|line| port.captures(line)) {
            assert_eq!(&found[1], own, "{name}: {}", &found[0]);
            ports += 1;
        }
        for found in image.captures_iter(&text) {
            assert_eq!(&found[1], env!("CARGO_PKG_VERSION"), "{name}: {}", &found[0]);
            images += 1;
        }
    }
    assert!(ports >= 6 && images >= 7, "{ports} ports, {images} images");
}

/// Prometheus scrapes with a token that may only read, and the chapter creates each token.
#[test]
fn metrics_are_read_with_a_token_of_role_read() {
    let text = read("kubernetes/serve.yaml");
    let server = config(&objects("kubernetes/serve.yaml"), "serve.yaml");
    let scraper = server.serve.tokens.iter().find(|token| token.name == "prometheus").expect("a token");
    assert_eq!(scraper.role, Role::Read);
    let variable = scraper.env.clone().expect("a variable");
    assert!(
        text.contains(&format!("# Prometheus sends {variable}")),
        "the scrape annotation names the token"
    );
    let names = [server.serve.token_env.clone().expect("a variable"), variable];
    for name in &names {
        for chapter in CHAPTERS {
            assert!(read(chapter).contains(&format!("--from-literal={name}=")), "{chapter}: {name}");
        }
    }
    let tokens = server.serve.access_tokens(|name| names.contains(&name.to_owned()).then(|| name.to_owned()));
    let roles: Vec<Role> = tokens.expect("tokens").iter().map(|token| token.role).collect();
    assert_eq!(roles, [Role::Admin, Role::Read]);
}

/// Pods meet the `restricted` Pod Security Standard of Kubernetes and get no service account token.
#[test]
fn pods_are_restricted() {
    for name in ["kubernetes/cronjob.yaml", "kubernetes/serve.yaml"] {
        let objects = objects(name);
        let mut pods = Vec::new();
        objects.iter().for_each(|object| all(object, "template", &mut pods));
        assert_eq!(pods.len(), 1, "{name}");
        let pod = &pods[0]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        let container = &pod["containers"][0]["securityContext"];
        assert_eq!(container["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(container["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(container["capabilities"]["drop"], serde_json::json!(["ALL"]), "{name}");
    }
}

/// The directives that the units may use, by section: systemd.unit(5), systemd.service(5),
/// systemd.exec(5), systemd.kill(5), systemd.resource-control(5) and systemd.timer(5).
const DIRECTIVES: [(&str, &[&str]); 4] = [
    ("Unit", &["Description", "Wants", "After", "StartLimitIntervalSec", "StartLimitBurst"]),
    (
        "Service",
        &[
            "AmbientCapabilities",
            "CapabilityBoundingSet",
            "EnvironmentFile",
            "ExecStart",
            "Group",
            "KillMode",
            "LockPersonality",
            "MemoryDenyWriteExecute",
            "MemoryMax",
            "Nice",
            "NoNewPrivileges",
            "PrivateDevices",
            "PrivateTmp",
            "PrivateUsers",
            "ProtectClock",
            "ProtectControlGroups",
            "ProtectHome",
            "ProtectHostname",
            "ProtectKernelLogs",
            "ProtectKernelModules",
            "ProtectKernelTunables",
            "ProtectProc",
            "ProtectSystem",
            "RemoveIPC",
            "Restart",
            "RestartPreventExitStatus",
            "RestartSec",
            "RestrictAddressFamilies",
            "RestrictNamespaces",
            "RestrictRealtime",
            "RestrictSUIDSGID",
            "StateDirectory",
            "StateDirectoryMode",
            "SystemCallArchitectures",
            "SystemCallFilter",
            "TimeoutStartSec",
            "TimeoutStopSec",
            "Type",
            "UMask",
            "User",
            "WorkingDirectory",
        ],
    ),
    ("Timer", &["OnCalendar", "Persistent", "AccuracySec"]),
    ("Install", &["WantedBy"]),
];

/// Returns the section, directive and value of each line of a unit.
fn directives(name: &str) -> Vec<(String, String, String)> {
    let text = read(&format!("systemd/{name}"));
    let mut section = "";
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = header;
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: `{line}`"));
        found.push((section.to_owned(), key.to_owned(), value.to_owned()));
    }
    found
}

#[test]
fn units_use_directives_of_systemd() {
    for name in ["headwater.service", "headwater.timer"] {
        for (section, key, value) in directives(name) {
            let known = DIRECTIVES.iter().find(|(known, _)| *known == section);
            let (_, keys) = known.unwrap_or_else(|| panic!("{name}: section [{section}]"));
            assert!(keys.contains(&key.as_str()), "{name}: `{key}` in [{section}]");
            let is_flag =
                ["Private", "Protect", "Persistent", "NoNew", "Lock"].iter().any(|p| key.starts_with(p));
            let is_valid = ["yes", "no", "true", "strict", "invisible"].contains(&value.as_str());
            assert!(!is_flag || is_valid, "{name}: `{key}={value}`");
        }
    }
    let service = directives("headwater.service");
    let value =
        |key: &str| service.iter().find(|(_, name, _)| name == key).map(|(_, _, value)| value.as_str());
    assert_eq!(value("ExecStart"), Some("/usr/local/bin/headwater run"));
    assert_eq!(value("Type"), Some("oneshot"));
    // the shell function of the chapter runs commands as the service does
    let property = Regex::new(r"--property=(\w+)=(\S+)").expect("a pattern");
    for chapter in CHAPTERS {
        let text = read(chapter);
        let properties: Vec<_> = property.captures_iter(&text).collect();
        assert!(properties.len() >= 4, "{chapter}: {} properties", properties.len());
        for found in properties {
            assert_eq!(value(&found[1]), Some(&found[2]), "{chapter}: {}", &found[0]);
        }
    }
}

/// systemd itself reads the units too, if it is installed; the test above needs nothing installed.
#[test]
fn units_pass_systemd_analyze() {
    let folder = tempfile::tempdir().expect("a folder");
    let units = ["headwater.service", "headwater.timer"].map(|name| folder.path().join(name));
    for unit in &units {
        let name = unit.file_name().and_then(|name| name.to_str()).expect("a name");
        let text = read(&format!("systemd/{name}")).replace("/usr/local/bin/headwater run", "/bin/true");
        std::fs::write(unit, text).expect("written");
    }
    match std::process::Command::new("systemd-analyze").arg("verify").args(&units).output() {
        Err(error) => eprintln!("only the directives are checked: cannot run systemd-analyze: {error}"),
        Ok(output) => {
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !message.contains(".service:"), "{message}");
        }
    }
}

/// The builder of the image gets what `.dockerignore` lets through: all that `cargo build` reads.
#[test]
fn the_image_is_built_from_every_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = std::fs::read_to_string(root.join(".dockerignore")).expect(".dockerignore");
    let copied: Vec<&str> = rules.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert_eq!(copied, ["Cargo.toml", "Cargo.lock", "src", "crates", "sql", "rules"]);
    assert!(copied.iter().all(|name| root.join(name).exists()), "{copied:?}");
    let manifest: toml::Table =
        std::fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml").parse().expect("TOML");
    assert_eq!(manifest["workspace"]["members"], toml::Value::from(vec!["crates/*"]));
    assert!(read("Dockerfile").contains("\nCOPY . .\n"));
}
