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
select cluster, username, resource as name, resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) filter (where code = 409) as count,
    round(100.0 * count(*) filter (where code = 409) / count(*)) as share,
    (array_agg(row_id order by ts, row_id) filter (where code = 409))[1:5] as row_ids
from audit
where verb in ('update', 'patch')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(uri, '') not like '%dryRun=%'
group by cluster, username, resource
having count(*) filter (where code = 409) >= $conflicts
    -- Below this share it works as intended.
    and 100.0 * count(*) filter (where code = 409) / count(*) >= $share
