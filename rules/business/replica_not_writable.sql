/*
title    = "Leader, primary or replica fails"
severity = "high"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload} {does}, {count} times, {state} (last {last_ts}): {quote}"
why      = "A cluster of servers lost its leader, or the client writes to a replica. Writes fail until a leader is elected or the client follows it. A replica that cannot follow serves old data and cannot take over."
advice   = """
1. See which member leads: ask the store itself (redis INFO replication, select pg_is_in_recovery(), etcdctl endpoint status).
2. See restarts and moved pods: select ts, namespace, workload, reason, message from event where namespace = '{namespace}' order by ts.
3. If clients keep writing to the old leader, restart them or check the Service's selector.
"""
quiet_when = "a planned switch of the leader"
tags     = ["database", "replication", "leader"]
[zh]
title   = "主节点、Leader 或副本异常"
finding = "{namespace}/{workload} {does_zh}，{count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "集群失去 Leader，或客户端写到了只读副本；在选出 Leader 或客户端跟随之前，写入都会失败。无法同步的副本只能提供旧数据，也无法接管。"
advice  = """
1. 确认当前的主节点：查询存储自身（redis INFO replication、select pg_is_in_recovery()、etcdctl endpoint status）。
2. 查看重启与迁移：select ts, namespace, workload, reason, message from event where namespace = '{namespace}' order by ts。
3. 若客户端仍写旧主，重启客户端或检查 Service 的选择器。
"""
quiet_when = "计划内的主从切换"
*/
with lines as (
    select *
    from business_lines
    where may_fail
),

failures as (
    select *,
        case
            when regexp_like(
                text,
                '(?i)replication|replica (is )?(lagging|broken|out of sync)|(slave|replica)'
                || ' (sql|i/o|worker)|wal segment|wal stream|主从|从库|复制'
            ) then 'lag'
            else 'leader'
        end as kind
    from lines
    where regexp_like(
            text,
            '(?i)READONLY You can|not (the |a )?(master|primary|leader)\b'
            || '|NotLeader|NOT_LEADER|NotWritablePrimary|NotMaster|ReplicaSetNoPrimary'
            || '|no (master|primary|leader)\b|(leader|master|primary)[^.]{0,20}'
            || ' (not available|not found|unknown|changed|lost|unreachable)'
            || '|leaderless'
            || '|lost (the )?(leader|leadership|quorum|master|raft)'
            || '|MASTERDOWN|CLUSTERDOWN'
            || '|read-only transaction|read-only (mode|replica)|super-read-only'
            || '|--read-only option'
            || '|replication (lag|is broken|error|stopped|failed|slot)|replica (is'
            || ' )?(lagging|broken|out of sync)'
            || '|failed to (acquire|elect)[^.]{0,10} leader'
            || '|quorum[^.]{0,20} (lost|not available|not met|cannot)|split.?brain'
            || '|NOREPLICAS|NotEnoughReplicas|not enough (in-sync )?replicas'
            || '|under-?replicated'
            || '|(slave|replica) (sql|i/o|worker)[^:]{0,60}: [^\n]*(could not|error|fail'
            || '|fatal|stopp|reconnect)|could not execute [a-z_]+ event on table'
            || '|requested WAL segment [^ ]+ has already been removed|could not'
            || ' (receive data from|start) WAL stream'
            || '|(主从|从库|复制)[^。]{0,10}(延迟|中断|异常|失败|停止)'
        )
        -- A controller that loses its lease has its own rule.
        and not regexp_like(
            text,
            '(?i)\bleases?\b|leader ?election'
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
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(kind order by failures desc, quote) as kind,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case kind
        when 'lag' then 'has a replica that does not follow its primary'
        else 'cannot write or has no leader'
    end as does,
    case kind when 'lag' then '的副本无法跟随主节点' else '无法写入或没有 Leader' end
        as does_zh,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when peak >= $failures then 'high' else 'low' end as severity,
    row_ids
from places
-- An election takes a few seconds and costs one or two writes.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_open and count >= $open
