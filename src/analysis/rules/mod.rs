//! The rules in force: the shipped ones, and those of the rules folder, which replace shipped rules
//! with the same id. Checks every rule and reports all faults of all files at once; a faulty rule is
//! left out. Must not know how rules are run or what findings are used for.

// A new rule from lines of a log.
pub mod draft;
// Which condition lets a row through, which stops it.
pub mod explain;
pub mod header;
// What rules found on the days of a lake.
pub mod hits;
pub mod last_good;
// The reference of all rules.
pub mod reference;
// Raw lines as rows.
pub mod sample;
pub mod sigma;
pub mod test;

use crate::analysis::rules::header::Rule;
use crate::analysis::rules::last_good::LastGood;
use crate::config::{ErrorText, Exception, RulesConfig};
use crate::query::engine::Engine;
use crate::query::nearest::nearest;
use include_dir::{Dir, include_dir};
use model::entity::Entity;
use model::error::{Error, Problem, Result};
use model::table::Table;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The shipped rules.
static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// A file of a rules folder.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Path below the rules folder: `event/oom_killed.sql`.
    pub path: String,
    /// Path of the file, for errors.
    pub place: String,
    /// Content of the file.
    pub text: String,
}

/// The rules in force, and the faults of the others.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// Rules without faults, sorted by id.
    pub rules: Vec<Rule>,
    /// Test files by rule id.
    pub tests: BTreeMap<String, RuleFile>,
    /// All faults of all files.
    pub faults: Vec<Error>,
    /// Ids of the rules of the user's folder, faulty or not.
    own: BTreeSet<String>,
    /// Their last versions without a fault.
    last_good: LastGood,
    /// Files whose last good version is in `rules`.
    kept: BTreeSet<String>,
}

/// Loads the shipped rules, then those of `folder`, which replace shipped rules with the same id.
pub fn load(folder: Option<&Path>) -> Result<RuleSet> {
    let mut files: BTreeMap<String, RuleFile> = BTreeMap::new();
    shipped(&SHIPPED, &mut files);
    if let Some(folder) = folder {
        if !folder.is_dir() {
            return Err(Error::usage("the rules folder does not exist").at(folder.display().to_string())
                .hint("name one with `--rules DIR` or `[rules] path`; `headwater rules new event/my_rule` starts one"));
        }
        from_folder(folder, folder, &mut files)?;
    }
    let mut set = RuleSet::default();
    for (path, file) in files {
        let is_own = SHIPPED.get_file(&path).and_then(|of| of.contents_utf8()) != Some(file.text.as_str());
        if let Some(id) = path.strip_suffix(".test.toml") {
            set.tests.insert(id.to_owned(), file);
        } else if let Some(id) = path.strip_suffix(".sql") {
            set.own.extend(is_own.then(|| id.to_owned()));
            match Rule::parse(id, &file.text, &file.place) {
                Ok(rule) => set.rules.push(rule),
                Err(error) => set.faults.push(error),
            }
        }
    }
    Ok(set)
}

fn shipped(folder: &Dir<'static>, files: &mut BTreeMap<String, RuleFile>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if let Some(text) = file.contents_utf8() {
            files.insert(
                path.clone(),
                RuleFile { place: format!("rules/{path}"), path, text: text.to_owned() },
            );
        }
    }
    for below in folder.dirs() {
        shipped(below, files);
    }
}

fn from_folder(root: &Path, folder: &Path, files: &mut BTreeMap<String, RuleFile>) -> Result<()> {
    let failed = |error: std::io::Error, path: &Path| {
        Error::usage("cannot read a rules folder").at(path.display().to_string()).because(error)
    };
    for entry in std::fs::read_dir(folder).map_err(|error| failed(error, folder))? {
        let path = entry.map_err(|error| failed(error, folder))?.path();
        if path.is_dir() {
            from_folder(root, &path, files)?;
            continue;
        }
        let below = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if below.ends_with(".sql") || below.ends_with(".test.toml") {
            let text = std::fs::read_to_string(&path).map_err(|error| failed(error, &path))?;
            files.insert(below.clone(), RuleFile { path: below, place: path.display().to_string(), text });
        }
    }
    Ok(())
}

impl RuleSet {
    /// Plans every rule against empty tables and moves the faulty ones to `faults`.
    pub async fn check(&mut self, engine: &Engine, config: &RulesConfig) {
        self.check_if(engine, config, |_| true).await;
        self.check_names(config);
    }

    /// The same for the rules that a user wrote or gave parameters. The others are as they were built and tested.
    pub async fn check_own(&mut self, engine: &Engine, config: &RulesConfig) {
        let own = self.own.clone();
        let is_checked = |rule: &Rule| own.contains(&rule.id) || config.params.contains_key(&rule.id);
        self.check_if(engine, config, is_checked).await;
        let last_good = self.last_good.clone();
        last_good.settle(self);
        self.check_names(config);
    }

    /// Adds a fault for each rule that the config names and that does not exist.
    fn check_names(&mut self, config: &RulesConfig) {
        let known: BTreeSet<String> = self
            .rules
            .iter()
            .map(|rule| &rule.id)
            .chain(self.tests.keys())
            .chain(&self.own)
            .cloned()
            .collect();
        let is_known = |pattern: &str| known.iter().any(|id| matches(pattern, id));
        let of_params = config.params.keys().map(|id| (format!("[rules.params.\"{id}\"]"), id));
        let of_exceptions = config
            .exceptions
            .iter()
            .map(|exception| (format!("[[rules.exceptions]] {}", exception.name), &exception.rule));
        for (place, id) in of_params.chain(of_exceptions).filter(|(_, id)| !is_known(id)) {
            let near = nearest(id, known.iter().map(String::as_str));
            let hint = near.map_or_else(
                || "`headwater rules list` lists the rules".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let what = format!("the config names the rule `{id}`, which does not exist");
            if self.faults.iter().all(|fault| fault.what != what) {
                self.faults.push(Error::usage(what).at(place).hint(hint));
            }
        }
    }

    async fn check_if(&mut self, engine: &Engine, config: &RulesConfig, is_checked: impl Fn(&Rule) -> bool) {
        let mut valid = Vec::new();
        for rule in std::mem::take(&mut self.rules) {
            if !is_checked(&rule) {
                valid.push(rule);
                continue;
            }
            let faults = faults_of(&rule, engine, config).await;
            if faults.is_empty() {
                valid.push(rule);
            }
            self.faults.extend(faults);
        }
        self.rules = valid;
    }

    /// Returns the rule with that id.
    pub fn find(&self, id: &str) -> Result<&Rule> {
        self.rules.iter().find(|rule| rule.id == id).ok_or_else(|| {
            let near = nearest(id, self.rules.iter().map(|rule| rule.id.as_str()));
            let hint = near.map_or_else(
                || "`headwater rules list` lists the rules".into(),
                |near| format!("did you mean `{near}`?"),
            );
            Error::usage(format!("unknown rule `{id}`")).hint(hint)
        })
    }

    /// Returns true if the last good version of a faulty rule is used.
    fn is_kept(&self, fault: &Error) -> bool {
        let place = fault.place.as_deref().unwrap_or_default();
        self.kept.iter().any(|file| {
            place == file || place.strip_prefix(file.as_str()).is_some_and(|rest| rest.starts_with(':'))
        })
    }

    /// Returns the faults as problems of a report.
    pub fn problems(&self) -> Vec<Problem> {
        self.faults
            .iter()
            .map(|error| Problem {
                step: "rules".into(),
                what: format!(
                    "{}; {}",
                    error.why().map_or_else(|| error.what.clone(), |why| format!("{}: {why}", error.what)),
                    if self.is_kept(error) { "its last good version is used" } else { "it is left out" }
                ),
                place: error.place.clone(),
                hint: error.hint.clone(),
            })
            .collect()
    }
}

/// Returns every fault of one rule: SQL that cannot be planned, required columns that are missing,
/// and columns that its sentences name but its SQL does not return.
async fn faults_of(rule: &Rule, engine: &Engine, config: &RulesConfig) -> Vec<Error> {
    let params = config.params.get(&rule.id).cloned().unwrap_or_default();
    let sql = match rule.sql(&params) {
        Ok(sql) => sql,
        Err(error) => return vec![error],
    };
    let what = format!("rule `{}` cannot be planned", rule.id);
    let schema = match engine.check(&sql).await {
        Ok(schema) => schema,
        Err(fault) => return vec![fault.into_error(&what, &rule.place)],
    };
    let names: BTreeSet<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut faults = Vec::new();
    let mut wrong = |what: String, hint: &str| {
        faults.push(
            Error::usage(format!("rule `{}` breaks the column contract", rule.id))
                .at(rule.place.clone())
                .because(ErrorText(what))
                .hint(hint),
        );
    };
    if !(names.contains("ts") || names.contains("first_ts") && names.contains("last_ts")) {
        wrong(
            "it has neither `ts` nor `first_ts` and `last_ts`".into(),
            "select min(ts) as first_ts, max(ts) as last_ts",
        );
    }
    if !names.contains("row_id") && !names.contains("row_ids") {
        wrong(
            "it has neither `row_id` nor `row_ids`".into(),
            "select (array_agg(row_id order by ts, row_id))[1:5] as row_ids",
        );
    }
    if !Entity::COLUMNS.iter().any(|column| names.contains(column)) {
        wrong(
            "it has no column that names an entity".into(),
            "select one of cluster, namespace, workload, pod, container, node",
        );
    }
    for name in rule.placeholders() {
        if !names.contains(name.as_str()) {
            wrong(
                format!("its sentence names `{{{name}}}`, which is not a column of its result"),
                "add the column, or correct the sentence",
            );
        }
    }
    faults
}

/// Returns the exception in force on `date` that hides a finding of `rule` about `entity`.
pub fn exception_for<'e>(
    exceptions: &'e [Exception],
    rule: &str,
    entity: &Entity,
    date: chrono::NaiveDate,
) -> Option<&'e Exception> {
    exceptions.iter().find(|exception| {
        let in_force = model::time::parse_date(&exception.until).is_ok_and(|until| date <= until);
        in_force
            && matches(&exception.rule, rule)
            && exception
                .entity
                .iter()
                .all(|(column, pattern)| entity.part(column).is_some_and(|value| matches(pattern, value)))
    })
}

/// Returns true if `value` equals `pattern`, or begins with it when the pattern ends in `*`.
fn matches(pattern: &str, value: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == value, |prefix| value.starts_with(prefix))
}

/// Returns the rules of an agent.
pub fn of_agent(rules: &[Rule], agent: Table) -> impl Iterator<Item = &Rule> {
    rules.iter().filter(move |rule| rule.agent == agent)
}
