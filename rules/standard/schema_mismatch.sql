/*
title    = "Program and data schema do not fit"
severity = "high"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload} {does}, {count} times, {state} (last {last_ts}): {quote}"
why      = "The release and the schema are out of step: a migration was not run, failed half-way, or ran before the old release was gone."
advice   = """
1. See what is missing: select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. Look for the migration and its job: select ts, workload, reason, message from event where namespace = '{namespace}' and kind in ('Job', 'Pod') order by ts.
3. Run the migration to its end, or roll the program back to the release that fits.
"""
quiet_when = "a tool checks whether a table exists"
tags     = ["database", "migration", "release"]
[zh]
title   = "程序与数据结构不匹配"
finding = "{namespace}/{workload} {does_zh} {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "发布与数据结构不同步：迁移未执行、执行到一半失败，或早于旧版本下线执行。"
advice  = """
1. 查看缺少什么：select ts, pod, message from standard where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 查找迁移任务：select ts, workload, reason, message from event where namespace = '{namespace}' and kind in ('Job', 'Pod') order by ts。
3. 完成迁移，或将程序回滚到匹配的版本。
"""
quiet_when = "工具在检查表是否存在"
*/
with lines as (
    select *
    from standard_lines
    where may_fail
),

failures as (
    select *,
        case
            when regexp_like(text, '(?i)already exists|duplicate column|ORA-(00955|01430)')
            then 'exists'
            when regexp_like(
                text,
                '(?i)does not exist|doesn.t exist|not found|no such|unknown|missing'
                || '|undefined ?(column|table)|invalid (object|column) name|ORA-009(42|04)'
                || '|Unimplemented'
            )
            then 'missing'
            when regexp_like(text, '(?i)migrat') then 'migration'
            else 'other'
        end as kind
    from lines
    where regexp_like(
            text,
            '(?i)relation "?[^ "]+"? does not exist'
            || '|column "?[^ ]+"? (does not exist|not found|of relation)|unknown'
            || ' column'
            || '|table[^.]{0,5} ?.?[^ ]+ (doesn.t exist|does not exist|not found)'
            || '|no such (table|column|index)|ORA-00942|ORA-00904'
            || '|invalid (object|column) name'
            || '|(schema|database) (version|is out of date|migration)[^.]{0,40}'
            || ' (mismatch|expected|required|dirty|fail|behind|pending)'
            || '|migration[^.]{0,40} (failed|error|dirty|missing)|(failed'
            || '|error)[^.]{0,20} migrat'
            || '|BadSqlGrammar|SQLSyntaxError|ProgrammingError'
            || '|UnknownTopic|unknown topic'
            || '|index_not_found|mapper_parsing|strict_dynamic_mapping'
            || '|unknown (field|type|enum|method|service)|code = Unimplemented'
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
        first_value(kind order by ts, row_id) as kind,
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
        first_value(kind order by failures desc, quote) as kind,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case kind
        when 'exists' then 'finds a table, column or index that exists already'
        when 'missing' then 'finds a table, column, index or topic missing'
        when 'migration' then 'fails at a migration of its schema'
        else 'does not fit the schema of its data'
    end as does,
    case kind
        when 'exists' then '遇到已存在的表、字段或索引'
        when 'missing' then '缺少表、字段、索引或主题'
        when 'migration' then '数据库迁移失败'
        else '与数据结构不符'
    end as does_zh,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when peak >= $failures then 'high' else 'low' end as severity,
    row_ids
from places
-- While a release and its migration overlap one or two requests may fail.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_open and count >= $open
