/*
title    = "Messages cannot be read"
severity = "medium"
params   = { failures = 10, open = 5 }
finding  = "{namespace}/{workload} cannot read messages or answers, {count} times, {state} (last {last_ts}): {quote}"
why      = "A peer changed its format, or sends an error page in place of data. A consumer may be stuck on one message."
advice   = """
1. See what came: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. Compare the releases of both sides: select ts, username, namespace, name from audit where operation in ('image', 'rollout') order by ts.
3. If one message is tried again and again, move it aside.
"""
quiet_when = "scanners send garbage to a public port"
tags     = ["data", "release"]
[zh]
title   = "消息无法解析"
finding = "{namespace}/{workload} 无法解析消息或响应 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "对端改变了格式，或返回了错误页而非数据；消费者可能卡在同一条消息上。"
advice  = """
1. 查看收到的内容：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 对比双方的发布：select ts, username, namespace, name from audit where operation in ('image', 'rollout') order by ts。
3. 若同一条消息被反复处理，先将其移出。
"""
quiet_when = "扫描器向公网端口发送垃圾数据"
*/
with lines as (
    select *
    from standard_lines
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)(failed|unable|cannot|could not|error|can.t) (to )?(parse'
            || '|parsing|decode|decoding|unmarshal|deserializ|deserialis)'
            || '|(deserializ|serializ|deserialis)[a-z]* ?(error|exception|failed)'
            || '|SerializationException|MessageConversion'
            || '|JsonParse|JSONDecodeError|MismatchedInput|invalid character'
            || ' .{1,4} looking for'
            || '|Unexpected token|unexpected end of (JSON|input|file|stream)'
            || '|(invalid|malformed|illegal) (json|xml|message|payload|request'
            || '|utf-?8|protobuf|header|packet|wire)'
            || '|(proto|protobuf|avro|schema): .*(mismatch|cannot parse'
            || '|incompatible|invalid)'
        )
        -- Configuration has its own rule.
        and not regexp_like(
            text,
            '(?i)config|yaml|toml'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        max(failures) as peak,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from standard) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when peak >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- Single bad messages come every day.
-- A failure at the end of the logs is reported from 5 lines on, as
-- little known.
where peak >= $failures or is_open and count >= $open
