//! The shape of a record: an event or an audited request without its names, numbers
//! and times. Two records of one shape were written by the same code of Kubernetes.

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

/// How often each shape was seen.
pub type Shapes = BTreeMap<String, usize>;

/// Counts the shapes of a day's events and audited requests.
pub fn shapes_of(day: &Path) -> Shapes {
    let mut all = Shapes::new();
    for (folder, shapes) in [("event", event as fn(&Value) -> Vec<String>), ("audit", request)] {
        each_record(&day.join(folder), &mut |record| {
            for shape in shapes(record) {
                *all.entry(shape).or_default() += 1;
            }
        });
    }
    all
}

fn each_record(path: &Path, found: &mut dyn FnMut(&Value)) {
    if path.is_dir() {
        fs::read_dir(path)
            .expect("a folder")
            .for_each(|entry| each_record(&entry.expect("an entry").path(), found));
        return;
    }
    // A list of the events at the end repeats those of the watch.
    if path.to_string_lossy().ends_with("events-final.json") {
        return;
    }
    let bytes = fs::read(path).expect("a file");
    let mut text = String::new();
    match path.extension().is_some_and(|end| end == "gz") {
        true => MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("gzip of UTF-8"),
        false => bytes.as_slice().read_to_string(&mut text).expect("UTF-8"),
    };
    text.lines().for_each(|line| found(&serde_json::from_str(line).expect("a line of JSON")));
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

/// Returns the shapes of an event: who reports what of what kind of object, how it is timed, and
/// the message; of one of several clauses, a shape for each.
fn event(record: &Value) -> Vec<String> {
    // A watch wraps the object.
    let event = record.get("object").unwrap_or(record);
    let (source, object) = (&event["source"], &event["involvedObject"]);
    let component = match text(source, "component") {
        "" => format!("({})", text(event, "reportingComponent")),
        component => component.to_owned(),
    };
    let times = ["firstTimestamp", "eventTime", "count", "series"];
    let times = times.into_iter().filter(|key| !event[*key].is_null()).collect::<Vec<_>>().join("+");
    let place = text(object, "fieldPath").split('{').next().unwrap_or("");
    let host = if source["host"].is_null() { "" } else { "@host" };
    let (kind, reason, level) = (text(object, "kind"), text(event, "reason"), text(event, "type"));
    let head = format!("event {component}{host} {kind}[{place}] {level} {reason} {times}");
    let container = text(object, "fieldPath").split(['{', '}']).nth(1).unwrap_or("");
    let is_name = |word: &str| word == container || word == text(object, "name");
    let clauses = clauses(text(event, "message"));
    clauses.into_iter().map(|clause| format!("{head}: {}", masked(&clause, &is_name))).collect()
}

/// Splits a message of the scheduler, which counts the nodes by reason.
fn clauses(message: &str) -> Vec<String> {
    let Some((_, rest)) = message.split_once(" nodes are available: ") else {
        return vec![message.to_owned()];
    };
    let (lacks, end) = rest.split_once(". ").unwrap_or((rest, ""));
    let lacks = lacks.trim_end_matches('.').split(", ").map(|lack| format!("nodes: {lack}"));
    let lacks: Vec<String> = lacks.collect();
    let (way, end) = end.split_once(" nodes are available: ").unwrap_or((end, ""));
    let helps = end.trim_end_matches('.').split(", ").filter(|help| !help.is_empty());
    let helps: Vec<String> = helps.map(|help| format!("preemption: {help}")).collect();
    let way = if way.is_empty() { Vec::new() } else { vec![format!("then: {way}")] };
    [lacks, way, helps].concat()
}

/// Returns a text with `…` for what is quoted, and for names and words with digits.
fn masked(message: &str, is_known: &dyn Fn(&str) -> bool) -> String {
    let quotes = message.split('"').enumerate();
    let bare: Vec<&str> = quotes.map(|(i, part)| if i % 2 == 1 { "…" } else { part }).collect();
    let name = |word: &str| {
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_path = inner.contains(['/', '_', '{', '\\']) || word.contains("://");
        let is_compound = inner.contains('-') && inner.starts_with(|c: char| c.is_ascii_lowercase());
        is_path || is_compound || is_known(inner) || word.contains(|c: char| c.is_ascii_digit())
    };
    let joined = bare.join("\"");
    let words = joined.split_whitespace().map(|word| if name(word) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns the class of a user.
fn who(name: &str) -> String {
    match name.split(':').collect::<Vec<_>>()[..] {
        ["system", "node", _] => "node".to_owned(),
        ["system", "serviceaccount", "kube-system", of]
            if of.ends_with("controller") || of.ends_with("collector") =>
        {
            of.to_owned()
        }
        [
            "system",
            "serviceaccount",
            "kube-system",
            of @ ("horizontal-pod-autoscaler" | "root-ca-cert-publisher"),
        ] => of.to_owned(),
        ["system", "serviceaccount", ..] => "account".to_owned(),
        ["system", of] => of.to_owned(),
        _ => "person".to_owned(),
    }
}

fn body(body: &Value) -> &str {
    match (body, text(body, "kind")) {
        (Value::Null, _) => "-",
        (Value::Array(_), _) => "operations",
        (_, "") => "part",
        (_, kind @ ("DeleteOptions" | "Status" | "Scale" | "Binding" | "Eviction")) => kind,
        _ => "object",
    }
}

/// Returns the shapes of an audited request; of a kubelet's status of a pod, those of its content.
fn request(record: &Value) -> Vec<String> {
    let object = &record["objectRef"];
    let (who, verb) = (who(text(&record["user"], "username")), text(record, "verb"));
    let agent = text(record, "userAgent").split(['/', ' ']).next().unwrap_or("");
    // Programs that run in the cluster differ in the client's name alone.
    let agent = if who == "account" { "-" } else { agent };
    let (mut resource, sub) = (text(object, "resource"), text(object, "subresource"));
    // People and their programs write any kind of object in one way, but for what the policy or the
    // API server treats apart.
    let is_any = matches!(who.as_str(), "person" | "account") && sub.is_empty() && verb != "delete";
    if is_any && !matches!(resource, "secrets" | "") {
        resource = "*";
    }
    let resource = if sub.is_empty() { resource.to_owned() } else { format!("{resource}/{sub}") };
    let (level, stage, code) =
        (text(record, "level"), text(record, "stage"), &record["responseStatus"]["code"]);
    let (sent, got) = (body(&record["requestObject"]), body(&record["responseObject"]));
    let mut all = vec![format!("audit {who} {agent} {verb} {resource} {level} {stage} {code} {sent} {got}")];
    if who == "node" && resource == "pods/status" && verb == "patch" {
        all.extend(status(&record["requestObject"]["status"]));
    }
    all
}

/// Returns the shapes of a pod's status: its keys, and each container's state and last state.
fn status(status: &Value) -> Vec<String> {
    let keys =
        status.as_object().map(|of| of.keys().map(String::as_str).collect::<Vec<_>>()).unwrap_or_default();
    let state = |state: &Value| {
        let Some((name, of)) = state.as_object().and_then(|of| of.iter().next()) else {
            return "-".to_owned();
        };
        let code = of["exitCode"].as_i64().map_or_else(String::new, |code| format!(":{code}"));
        format!("{name}:{}{code}", text(of, "reason"))
    };
    let containers = status["containerStatuses"].as_array().into_iter().flatten().map(|of| {
        let (now, last) = (state(&of["state"]), state(&of["lastState"]));
        format!("container {now} after {last} ready={} started={}", of["ready"], of["started"])
    });
    std::iter::once(format!("status {}", keys.join(","))).chain(containers).collect()
}
