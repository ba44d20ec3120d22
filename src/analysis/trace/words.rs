//! The reasons of scores and verdicts, in English and Chinese; and the sentences of steps.

use crate::analysis::trace::LinkedOperation;
use model::report::Reason;

/// Returns the reason of that code; `detail` fills its sentence.
pub fn reason(code: &str, detail: &str) -> Reason {
    let (text, zh) = match code {
        "same_pod" => ("the operation was on the very pod", "操作对象就是该 Pod"),
        "same_workload" => ("the operation was on the failing workload itself", "操作对象就是出错的工作负载"),
        "uses" => ("the workload uses the object that was changed", "该工作负载使用了被修改的对象"),
        "selects" => {
            ("the Service that was changed selects the workload", "被修改的 Service 选中了该工作负载")
        }
        "calls" => ("the failing workload calls what was changed", "出错的工作负载调用了被修改的对象"),
        "trigger" => (
            "a later change of the workload may be the cause, or only have brought it to light: {}",
            "此后对该工作负载的另一变更可能才是原因，也可能只是让问题显现：{}",
        ),
        "names" => ("the errors name what was changed", "错误信息中提到了被修改的对象"),
        "same_node" => {
            ("the operation was on a node that the workload runs on", "操作对象是该工作负载所在的节点")
        }
        "before_cause" => (
            "it is stamped {} before the operation; clocks that differ would explain it",
            "其时间戳比操作早 {}，可能是时钟不一致",
        ),
        "cluster_dns" => ("every lookup of a name goes through it", "所有域名解析都经过它"),
        "mechanism_onset" => (
            "such a change is known to cause errors of this kind, and they began with it",
            "这类变更会引起此类错误，且错误正是从那时开始的",
        ),
        "same_namespace" => ("the operation touched the whole namespace", "操作影响了整个命名空间"),
        "cluster" => ("the operation touched the whole cluster", "操作影响了整个集群"),
        "mechanism" => ("such a change is known to cause {}", "这类变更会引起 {}"),
        "mechanism_text" => ("such a change is known to cause errors of this kind", "这类变更会引起此类错误"),
        "lag" => ("it came {} before", "发生在此前 {}"),
        "no_rival" => ("no other operation comes near", "没有其他操作与之接近"),
        "rival" => ("another operation is nearly as likely: {}", "另一操作的可能性相近：{}"),
        "rivals_level" => (
            "two operations are equally likely, so neither is called the cause",
            "有两个操作同样可能，因此不下结论",
        ),
        "weak_identity" => (
            "the operation is linked by surroundings only, not by the object itself",
            "该操作只与环境相关，并非对象本身",
        ),
        "weak_mechanism" => ("such a change seldom causes this", "这类变更很少引起此现象"),
        "no_event_between" => {
            ("no cluster event stands between the operation and the error", "操作与错误之间没有集群事件佐证")
        }
        "no_operation" => (
            "no operation on the workload, on what it uses or on what its errors name explains it",
            "该工作负载、其依赖对象以及错误中提到的对象上，均没有能解释此现象的操作",
        ),
        "events_only" => ("cluster events explain the error: {}", "集群事件可以解释该错误：{}"),
        "no_audit_data" => ("there is no audit data for {}", "{} 没有审计数据"),
        "no_event_data" => ("there is no event data for {}", "{} 没有事件数据"),
        _ => ("", ""),
    };
    Reason { code: code.to_owned(), text: text.replace("{}", detail), zh: zh.replace("{}", detail) }
}

/// Returns what an operation did, in English and Chinese.
pub fn operation(operation: &LinkedOperation) -> (String, String) {
    let LinkedOperation { username, verb, resource, namespace, name, .. } = operation;
    let object = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
    match operation.change.text() {
        Some(change) => (
            format!("{username} {verb} {resource} {object}: {change}"),
            format!("{username} 对 {resource} {object} 执行 {verb}：{change}"),
        ),
        None => (
            format!("{username} {verb} {resource} {object}"),
            format!("{username} 对 {resource} {object} 执行 {verb}"),
        ),
    }
}

/// Returns a span of seconds as a person says it: `40 s`, `12 min`, `3.5 h`.
pub fn span(seconds: f64) -> String {
    match seconds.abs() {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
