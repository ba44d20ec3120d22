//! The gaps in the data as one spoken sentence: the short form says that logs are missing, the long one
//! which table and hours.

use crate::brief::gaps::table_gaps;
use crate::brief::labels;
use crate::brief::notation::plural;
use crate::brief::outline::Outline;
use crate::brief::voice::time;
use model::lang::Lang;
use model::numerals::write_zh_count;

/// Returns the forms of the sentence; none if the data is complete.
pub(super) fn forms(outline: &Outline, lang: Lang) -> Vec<String> {
    if outline.is_complete() {
        return Vec::new();
    }
    let gaps = table_gaps(outline.report);
    let missing = lang.pick("日志有缺失，情况不完整。", "Some logs are missing.").to_owned();
    let (objects, steps) = outline.failures();
    if gaps.is_empty() && objects + steps == 0 {
        return vec![lang.pick("不少日志行无法解析。", "Many log lines could not be parsed.").to_owned()];
    }
    let Some(gap) = gaps.first() else {
        return vec![match (outline.report.coverage.objects, objects) {
            (0, _) => missing,
            (_, 0) => {
                lang.pick("部分步骤失败，结论不完整。", "Some steps failed; this is incomplete.").to_owned()
            }
            (_, objects) => lang.pick(
                format!("有{}个日志文件未能读入。", write_zh_count(objects)),
                format!("{} could not be read.", plural(objects, "log file")),
            ),
        }];
    };
    let table = labels::table(gap.table, lang);
    let more = match (gap.spans.len().saturating_sub(1) + gaps.len() - 1, lang) {
        (0, _) => "",
        (_, Lang::Zh) => "，还有其他缺口",
        (_, Lang::En) => ", among other gaps",
    };
    let hours = match (gap.spans.first(), lang) {
        (None, Lang::Zh) => format!("{table}日志全天没有数据{more}，情况未知。"),
        (None, Lang::En) => format!("No {table} logs all day{more}."),
        (Some(span), Lang::Zh) => format!("{table}日志{}没有数据{more}。", time::span(*span, lang)),
        (Some(span), Lang::En) => format!("No {table} logs from {}{more}.", time::span(*span, lang)),
    };
    vec![missing, hours]
}
