//! A GitOps controller that applies all manifests again and again, without effect: the response
//! is the object as it was. Planned last; an object that somebody has changed by hand is left alone, as
//! with a controller that only reports a difference.

use crate::api::Target;
use crate::audit::Request;
use crate::change::query;
use crate::day::Day;
use crate::fleet::{FLEET, Kind};
use crate::manifest;
use crate::people::User;
use crate::text::{HOUR, MINUTE, SECOND, version};
use serde_json::{Value, json};

/// Local hours at which everything is applied.
const ROUNDS: [f64; 4] = [5.6, 10.7, 14.9, 20.2];

impl Day {
    /// Plans the rounds of the day.
    pub fn git_is_applied(&mut self) {
        for round in ROUNDS {
            let start = self.time_between(round, round + 0.4);
            for (workload, of) in FLEET.iter().enumerate().filter(|(_, of)| of.kind != Kind::CronJob) {
                let at = start + workload as i64 * MINUTE / 7;
                let history = self.history.get(&workload).and_then(|history| history.get(1));
                if history.is_none_or(|(changed, _)| at < *changed) {
                    let whole =
                        manifest::workload(self.state_at(workload, at), (self.from, self.from - HOUR));
                    self.apply_again(at, self.target(workload, ""), &whole);
                }
                let config = of.config_map();
                let (config, service) = (
                    Target::new("configmaps", of.namespace, &config),
                    Target::new("services", of.namespace, of.name),
                );
                for (i, target) in
                    [config, service].into_iter().enumerate().take(1 + usize::from(of.port > 0))
                {
                    let at = at + (1 + i as i64) * SECOND / 9;
                    if self.is_untouched(target, at) {
                        let whole = self.first_stored(target);
                        self.apply_again(at, target, &whole);
                    }
                }
            }
        }
    }

    fn is_untouched(&self, target: Target<'_>, at: i64) -> bool {
        let key = (target.resource.to_owned(), format!("{}/{}", target.namespace, target.name));
        self.touched.get(&key).is_none_or(|first| at < *first)
    }

    /// Records a manifest that is applied to an object that agrees with it.
    fn apply_again(&mut self, at: i64, target: Target<'_>, whole: &Value) {
        let user = User::gitops();
        let mut stored = whole.clone();
        stored["metadata"]["resourceVersion"] = json!(version(self.from, self.from - HOUR).to_string());
        let request = Request::new(&user, "patch", target).query(query(&user, "patch"));
        self.audit(at, &request.body(&manifest::applied(whole)).response(&stored));
    }
}
