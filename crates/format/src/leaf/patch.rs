//! The members of a workload that a request body sets: of a merge patch, a JSON patch or a whole object.
//! Must not know what a member means.

use crate::text::json_cursor::{Broken, JsonCursor};

/// Passed for the annotation of a pod template that `kubectl rollout restart` sets.
pub(super) const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Nesting that is looked into. A pod template within a CronJob is half as deep.
const MAX_DEPTH: usize = 24;

/// Passes the name of each member that a body sets to `each`. What names are a user's own (labels,
/// annotations, selectors) are left out, and so is what the API server writes (`metadata`, `status`).
pub(super) fn each_member(body: &str, each: &mut dyn FnMut(&str)) {
    let mut cursor = JsonCursor::new(body);
    // a body that ends early has named some members, which count
    let _ = match cursor.peek() {
        Some(b'[') => cursor.array(|item| operation(item, each)),
        _ => members(&mut cursor, 0, each),
    };
}

fn members(value: &mut JsonCursor<'_>, depth: usize, each: &mut dyn FnMut(&str)) -> Result<(), Broken> {
    if depth > MAX_DEPTH {
        return Ok(());
    }
    match value.peek() {
        Some(b'[') => value.array(|item| members(item, depth + 1, each)),
        Some(b'{') => value.object(|key, inner| {
            if key == "metadata" && depth > 0 && inner.raw()?.contains(RESTARTED_AT) {
                each(RESTARTED_AT);
            }
            if is_bookkeeping(key, depth) {
                return Ok(());
            }
            each(key);
            if has_own_names(key) { Ok(()) } else { members(inner, depth + 1, each) }
        }),
        _ => Ok(()),
    }
}

fn is_bookkeeping(name: &str, depth: usize) -> bool {
    name == "metadata" || name == "status" && depth == 0
}

/// Returns true if a user chooses the names within a member.
fn has_own_names(name: &str) -> bool {
    matches!(name, "nodeSelector" | "selector" | "matchLabels" | "annotations" | "labels")
}

/// Reads one operation of a JSON patch. A `test` sets nothing.
fn operation(item: &mut JsonCursor<'_>, each: &mut dyn FnMut(&str)) -> Result<(), Broken> {
    let (mut op, mut path, mut value) = (None, None, None);
    item.object(|key, inner| {
        match key {
            "op" => op = inner.text()?,
            "path" => path = inner.text()?,
            "value" => value = Some(inner.raw()?),
            _ => {}
        }
        Ok(())
    })?;
    let Some(path) = path.filter(|_| op.as_deref() != Some("test")) else { return Ok(()) };
    let mut depth = 0;
    for step in path.split('/').skip(1) {
        if step == "metadata" && depth > 0 {
            let is_restart = path.contains("kubectl.kubernetes.io~1restartedAt")
                || value.is_some_and(|value| value.contains(RESTARTED_AT));
            if is_restart {
                each(RESTARTED_AT);
            }
        }
        if is_bookkeeping(step, depth) {
            return Ok(());
        }
        if step != "-" && !step.bytes().all(|byte| byte.is_ascii_digit()) {
            each(step);
        }
        if has_own_names(step) {
            return Ok(());
        }
        depth += 1;
    }
    match value {
        Some(value) => members(&mut JsonCursor::new(value), depth, each),
        None => Ok(()),
    }
}
