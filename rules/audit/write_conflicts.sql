/*
title    = "Many conflicting writes"
severity = "low"
params   = { conflicts = 30, share = 50 }
finding  = "{username} lost {count} of its writes of {resource} to others ({share} %)"
why      = "Each conflict is a second read and write; a controller that loses most of them is slow, or two copies of it run."
advice   = """
1. See the objects: select namespace, name, count(*) from audit where username = '{username}' and code = 409 group by 1, 2 order by 3 desc.
2. See who else writes them: select username, count(*) from audit where resource = '{resource}' and operation is not null group by 1 order by 2 desc.
3. Check that one leader runs: kubectl get leases -A.
"""
quiet_when = "controllers start together"
tags     = ["performance"]
[zh]
title   = "大量写冲突"
finding = "{username} 对 {resource} 的写入有 {count} 次因冲突失败（{share}%）"
why     = "每次冲突都要重新读写；大部分写入都冲突，说明控制器变慢，或同时运行了两个副本。"
advice  = """
1. 查看涉及的对象：select namespace, name, count(*) from audit where username = '{username}' and code = 409 group by 1, 2 order by 3 desc。
2. 查看还有谁在写：select username, count(*) from audit where resource = '{resource}' and operation is not null group by 1 order by 2 desc。
3. 确认只有一个 leader：kubectl get leases -A。
"""
quiet_when = "多个控制器同时启动"
*/
with writes as (
    select cluster, username, resource, code, ts, row_id
    from audit
    where verb in ('update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(uri, '') not like '%dryRun=%'
),

-- Counted apart, so that only the conflicts are sorted.
shares as (
    select cluster, username, resource,
        round(100.0 * count(*) filter (where code = 409) / count(*)) as share
    from writes
    group by cluster, username, resource
    having count(*) filter (where code = 409) >= $conflicts
        -- Below this share it works as intended.
        and 100.0 * count(*) filter (where code = 409) / count(*) >= $share
)
select writes.cluster, writes.username, writes.resource as name, writes.resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(shares.share) as share,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from writes
join shares
    on writes.username = shares.username
    and writes.resource = shares.resource
    and (writes.cluster is not distinct from shares.cluster)
where code = 409
group by writes.cluster, writes.username, writes.resource
