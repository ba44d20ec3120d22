/*
title    = "Client throttled by the API server"
severity = "medium"
params   = { throttled = 50 }
finding  = "{username} was throttled {count} times ({user_agent})"
why      = "The API server is at its limit for this kind of client; it and others of its class wait."
advice   = """
1. See what it asks for: select verb, resource, count(*) from audit where username = '{username}' group by 1, 2 order by 3 desc.
2. See the load: select username, count(*) from audit group by 1 order by 2 desc limit 10.
3. Let the client watch instead of list, or give it a FlowSchema of its own.
"""
quiet_when = "a bulk job as announced"
tags     = ["performance"]
[zh]
title   = "客户端被 API Server 限流"
finding = "{username} 被限流 {count} 次（{user_agent}）"
why     = "API Server 对该类客户端已达上限，它与同类客户端都在等待。"
advice  = """
1. 查看其请求：select verb, resource, count(*) from audit where username = '{username}' group by 1, 2 order by 3 desc。
2. 查看整体负载：select username, count(*) from audit group by 1 order by 2 desc limit 10。
3. 让客户端用 watch 代替 list，或为其配置独立的 FlowSchema。
"""
quiet_when = "按计划执行批量任务"
*/
select cluster, coalesce(username, '?') as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(min(user_agent), '?') as user_agent,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where code = 429
    -- A drain that waits for a budget has a rule of its own.
    and coalesce(subresource, '') <> 'eviction'
    and coalesce(stage, '') <> 'RequestReceived'
group by cluster, coalesce(username, '?')
-- A client tries again after a second; this many is a minute of waiting.
having count(*) >= $throttled
