/*
title    = "Many failed logins of users"
severity = "medium"
params   = { failures = 20, open = 10 }
finding  = "{namespace}/{workload}: {count} failed logins, up to {peak} in five minutes, {state} (last {last_ts}): {quote}"
why      = "Either someone tries passwords, or a client goes on with an old one until the account is locked."
advice   = """
1. See from where and for whom: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20.
2. Block the source at the ingress, or lock the account, if it is one.
3. If many users fail, look at the login service's own dependencies.
"""
quiet_when = "a load test logs in with made-up users"
tags     = ["auth", "security"]
[zh]
title   = "大量用户登录失败"
finding = "{namespace}/{workload}：登录失败 {count} 次，五分钟内最多 {peak} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "可能有人在尝试口令，或某客户端一直使用旧口令直至账号锁定。"
advice  = """
1. 查看来源与账号：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level in ('warn', 'error', 'fatal') order by ts limit 20。
2. 若来源单一，在入口处封禁或锁定账号。
3. 若大量用户失败，检查登录服务自身的依赖。
"""
quiet_when = "压测使用虚构用户登录"
*/
with failures as (
    select *
    from business_lines
    where regexp_like(
            text,
            '(?i)Failed password for'
            || '|(login|logon|sign-?in)( attempt)? (failed|failure|denied|rejected)'
            || '|(failed|invalid|rejected) (login|logon|sign-?in)'
            || '|too many (failed )?(login|authentication|password) (attempts'
            || '|failures)|account[^.]{0,30} (is |was |has been )?locked'
            || '|maximum authentication attempts|BadCredentialsException'
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
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
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
-- Users mistype; twenty in five minutes is a machine.
-- A failure at the end of the logs is reported from 10 lines on, as
-- little known.
where peak >= $failures or is_open and count >= $open
