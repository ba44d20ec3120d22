//! Names of statuses, verdicts, step kinds, log types, links and operations in Chinese and
//! English, shared by the brief and the page.

use model::lang::Lang;
use model::report::{Cause, Status, StepKind, Verdict};
use model::table::Table;

pub(crate) fn status(status: Status, lang: Lang) -> &'static str {
    match status {
        Status::New => lang.pick("新增", "new"),
        Status::Ongoing => lang.pick("持续", "ongoing"),
        Status::Worse => lang.pick("加重", "worse"),
        Status::Better => lang.pick("减轻", "better"),
        Status::Recovered => lang.pick("已恢复", "recovered"),
    }
}

pub(crate) fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Confirmed => lang.pick("已确认", "confirmed"),
        Verdict::Likely => lang.pick("很可能", "likely"),
        Verdict::Inconclusive => lang.pick("无法确定", "inconclusive"),
    }
}

pub(crate) fn step_kind(kind: StepKind, lang: Lang) -> &'static str {
    match kind {
        StepKind::Operation => lang.pick("操作", "operation"),
        StepKind::Event => lang.pick("事件", "event"),
        StepKind::Error => lang.pick("错误", "error"),
    }
}

pub(crate) fn table(table: Table, lang: Lang) -> &'static str {
    match table {
        Table::Audit => lang.pick("审计", "audit"),
        Table::Event => lang.pick("事件", "event"),
        Table::Standard => lang.pick("标准输出", "standard"),
        Table::Business => lang.pick("业务", "business"),
        Table::State => lang.pick("状态", "state"),
    }
}

pub(crate) fn link(kind: &str, lang: Lang) -> &str {
    match kind {
        "same_uid" => lang.pick("同一 Pod 实例", "same pod uid"),
        "same_pod" => lang.pick("同一 Pod", "same pod"),
        "same_workload" => lang.pick("同一工作负载", "same workload"),
        "uses" => lang.pick("使用它", "uses it"),
        "calls" => lang.pick("调用它", "calls it"),
        "selects" => lang.pick("选中它", "selects it"),
        "cluster_dns" => lang.pick("集群 DNS", "cluster DNS"),
        "names" => lang.pick("消息提到它", "names it"),
        "same_node" => lang.pick("同一节点", "same node"),
        "same_namespace" => lang.pick("同一命名空间", "same namespace"),
        "cluster" => lang.pick("集群范围", "cluster-wide"),
        other => other,
    }
}

/// Returns the object of an operation: `configmaps shop/pay-config`.
pub(crate) fn operation_target(cause: &Cause) -> String {
    let slash = if cause.namespace.is_empty() { "" } else { "/" };
    format!("{} {}{slash}{}", cause.resource, cause.namespace, cause.name)
}

/// Returns an operation as a verb in the past tense.
pub(crate) fn operation_verb(cause: &Cause, lang: Lang) -> &'static str {
    match (cause.operation.as_str(), cause.verb.as_str()) {
        (_, "delete" | "deletecollection") => lang.pick("删除了", "deleted"),
        ("exec", _) => lang.pick("进入了", "ran a command in"),
        ("scale", _) => lang.pick("调整了副本数：", "scaled"),
        (_, "create") => lang.pick("新建了", "created"),
        (_, "update" | "patch" | "apply") => lang.pick("修改了", "changed"),
        _ => lang.pick("操作了", "acted on"),
    }
}
