//! The views that rules share, over the tables of a session: their statements are in `sql/`.

use crate::query::engine::Engine;
use model::error::Result;

/// The views of every session, and what each has.
pub const VIEWS: [(&str, &str); 5] = [
    ("broken", "objects that are wrong beside the others of their cluster"),
    ("business_lines", "records of `business` with the text to search for words"),
    ("business_peers", "lines of `business` with the host that was called"),
    ("standard_lines", "records of `standard` with the text to search for words"),
    ("standard_peers", "lines of `standard` with the host that was called"),
];

/// Returns the views of a file: names and statements, each behind a line `-- view NAME`.
pub(crate) fn of_file(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split("\n-- view ").skip(1).filter_map(|view| view.split_once('\n'))
}

/// A table of logs as `usual.sql` counts it: whose records they are, and which of them failed.
struct Counted {
    table: &'static str,
    namespace: &'static str,
    owner: &'static str,
    failed: &'static str,
}

const COUNTED: [Counted; 4] = [
    Counted {
        table: "business",
        namespace: "namespace",
        owner: "workload",
        failed: "level in ('error', 'fatal')",
    },
    Counted {
        table: "standard",
        namespace: "namespace",
        owner: "workload",
        failed: "level in ('error', 'fatal')",
    },
    Counted {
        table: "event",
        namespace: "namespace",
        owner: "coalesce(workload, name)",
        failed: "type = 'Warning'",
    },
    Counted { table: "audit", namespace: "cast(null as varchar)", owner: "username", failed: "code >= 400" },
];

impl Engine {
    /// Registers the view of the objects that are wrong. Without states it is empty and reads no logs.
    pub(crate) async fn add_broken(&self, has_states: bool) -> Result<()> {
        let sql = include_str!("../../sql/state/broken.sql").replace("{has_states}", &has_states.to_string());
        self.view("broken", &sql).await
    }

    /// Registers the views over the tables as they are now. Without `history` there are none of what is usual.
    pub(crate) async fn add_views(&self, has_history: bool) -> Result<()> {
        self.add_broken(true).await?;
        for (table, text, exception) in [
            ("business", "concat_ws(chr(10), message, stack)", "exception"),
            ("standard", "message", "cast(null as varchar)"),
        ] {
            let lines = include_str!("../../sql/rules/lines.sql")
                .replace("{table}", table)
                .replace("{text}", text)
                .replace("{exception}", exception);
            self.view(&format!("{table}_lines"), &lines).await?;
            let peers = include_str!("../../sql/rules/peers.sql").replace("{table}", table);
            self.view(&format!("{table}_peers"), &peers).await?;
        }
        for Counted { table, namespace, owner, failed } in COUNTED.iter().filter(|_| has_history) {
            let usual = include_str!("../../sql/rules/usual.sql")
                .replace("{table}", table)
                .replace("{namespace}", namespace)
                .replace("{owner}", owner)
                .replace("{failed}", failed);
            self.view(&format!("{table}_usual"), &usual).await?;
            let days = include_str!("../../sql/rules/days.sql").replace("{table}", table);
            self.view(&format!("{table}_days"), &days).await?;
        }
        Ok(())
    }
}
