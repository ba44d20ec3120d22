//! The fixed texts of the page in Chinese and English, one row per label. `report.html` uses the keys.

use model::lang::Lang;
use std::collections::BTreeMap;

/// Key, Chinese, English.
const LABELS: &[(&str, &str, &str)] = &[
    ("brand", "溯源 Headwater", "Headwater 溯源"),
    ("cluster", "集群", "cluster"),
    ("findings", "异常", "Findings"),
    ("no_findings", "没有异常", "No findings"),
    (
        "calm",
        "四类日志全部读到，没有发现异常。",
        "All four log types were read and nothing unusual was found.",
    ),
    (
        "partial",
        "读到的日志里没有异常，但数据不完整：缺口内的情况未知。",
        "Nothing unusual in the lines that were read, but the data is incomplete: what happened in the gaps is unknown.",
    ),
    (
        "no_data",
        "没有读到任何日志。这不说明集群正常。",
        "Not one log line was read. This says nothing about the health of the cluster.",
    ),
    ("glance", "全天一览", "The day at a glance"),
    ("glance_alt", "各类日志的异常在时间轴上的分布", "Findings of each log type along the window"),
    ("gap", "没有数据", "no data"),
    ("cause_mark", "起因", "cause"),
    ("traces", "溯源链路", "Traced to the source"),
    ("since", "始于", "since"),
    ("cause_confirmed", "起因（已确认）", "Cause, confirmed"),
    ("cause_likely", "很可能的起因（未证实）", "Likely cause, not proven"),
    ("cause_inconclusive", "候选起因（无法确定）", "Candidate only, inconclusive"),
    ("no_cause", "源头是事件，之前没有找到操作", "It begins with an event; no operation was found before it"),
    (
        "nothing_found",
        "没有找到可以作为起因的操作或事件。",
        "No operation or event was found that could be the cause.",
    ),
    ("reasons", "依据", "Why this verdict"),
    ("score", "得分", "score"),
    ("timeline_alt", "从起因到错误的链路", "The chain from cause to error"),
    ("not_to_scale", "时间按先后排列，不按比例", "in order of time, not to scale"),
    ("steps", "步骤与证据", "Steps and evidence"),
    ("rivals", "其他假设", "Rival hypotheses"),
    ("repaired", "此后恢复正常", "Restored by"),
    ("part_of", "涉及异常", "Findings of this trace"),
    ("filter", "筛选：名称、规则、文字……", "Filter: name, rule, text …"),
    ("severities", "按级别显示", "Show severities"),
    ("expand", "全部展开", "Expand all"),
    ("collapse", "全部收起", "Collapse all"),
    ("copy", "复制行号", "copy row id"),
    ("copied", "已复制", "copied"),
    ("none_match", "没有符合条件的异常", "No finding matches"),
    ("times", "次", "times"),
    ("why", "为什么重要", "Why it matters"),
    ("advice", "怎么做", "What to do"),
    ("evidence", "证据", "Evidence"),
    ("facts", "数据", "Facts"),
    ("in_trace", "链路", "trace"),
    ("coverage", "数据范围", "Data coverage"),
    ("table", "日志", "Log type"),
    ("rows", "行数", "Rows"),
    ("unparsed", "未解析", "Unparsed"),
    ("rules", "规则", "Rules"),
    ("hours", "无数据时段", "Hours without data"),
    ("fields", "全程无值的字段", "Fields without a value"),
    ("complete", "完整", "none"),
    ("objects", "个对象", "objects"),
    ("problems", "出错的步骤", "Failed steps"),
    ("hint", "提示", "hint"),
    ("gone", "前一天有、今天没有再出现", "Gone since the day before"),
    ("suppressed", "被例外隐藏", "Hidden by exceptions"),
    ("run", "运行", "run"),
];

/// Returns the labels of a language by their key.
pub(super) fn of(lang: Lang) -> BTreeMap<&'static str, &'static str> {
    LABELS.iter().map(|(key, zh, en)| (*key, lang.pick(*zh, *en))).collect()
}
