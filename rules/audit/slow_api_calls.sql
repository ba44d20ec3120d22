/*
title    = "API server answers slowly"
severity = "medium"
params   = { slow_ms = 1000, slow_calls = 20, share = 10 }
finding  = "{count} of {calls} {verb} requests on {resource} took longer than {slow_ms} ms (median {median_ms} ms, slowest {max_ms} ms)"
why      = "Controllers, kubelets and deployments wait for it. Slow on all objects points to etcd or load, on one to its webhook or its size."
advice   = """
1. See when and by whom: select ts, username, namespace, name, latency_ms, user_agent from audit where resource = '{resource}' and verb = '{verb}' and latency_ms > 1000 order by latency_ms desc.
2. See who asks most: select username, count(*) from audit where resource = '{resource}' group by 1 order by 2 desc.
3. Look at etcd and webhooks: select ts, node, message from standard where message like '%took too long%' or message like '%webhook%' order by ts.
"""
quiet_when = "an API server has just started"
tags     = ["performance"]
[zh]
title   = "API Server 响应缓慢"
finding = "对 {resource} 的 {calls} 次 {verb} 请求中有 {count} 次超过 {slow_ms} ms（中位数 {median_ms} ms，最慢 {max_ms} ms）"
why     = "控制器、kubelet 与发布都会随之等待。所有对象都慢多为 etcd 或负载问题，单一对象慢多为其 Webhook 或数据量。"
advice  = """
1. 查看时间与来源：select ts, username, namespace, name, latency_ms, user_agent from audit where resource = '{resource}' and verb = '{verb}' and latency_ms > 1000 order by latency_ms desc。
2. 查看请求最多的客户端：select username, count(*) from audit where resource = '{resource}' group by 1 order by 2 desc。
3. 检查 etcd 与 Webhook：select ts, node, message from standard where message like '%took too long%' or message like '%webhook%' order by ts。
"""
quiet_when = "API Server 刚刚启动"
*/
with calls as (
    select cluster, resource, verb, ts, row_id, latency_ms
    from audit
    where stage = 'ResponseComplete'
        -- These last as long as the session.
        and verb not in ('watch', 'connect')
        and coalesce(subresource, '') not in ('exec', 'attach', 'portforward', 'proxy', 'log')
        and coalesce(uri, '') not like '%watch=true%'
        and resource is not null
),

-- Counted apart, so that only the slow ones are sorted.
counts as (
    select cluster, resource, verb,
        count(*) as calls,
        median(latency_ms) as median_ms
    from calls
    group by cluster, resource, verb
    having count(*) filter (where latency_ms > $slow_ms) >= $slow_calls
        -- A few slow calls among thousands are ordinary.
        and 100.0 * count(*) filter (where latency_ms > $slow_ms) / count(*) >= $share
)
select slow.cluster, slow.resource, slow.verb, slow.verb || ' ' || slow.resource as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(counts.calls) as calls,
    $slow_ms as slow_ms,
    round(max(counts.median_ms)) as median_ms,
    round(max(latency_ms)) as max_ms,
    (array_agg(row_id order by latency_ms desc, row_id))[1:5] as row_ids
from calls as slow
join counts
    on slow.resource = counts.resource
    and slow.verb = counts.verb
    and (slow.cluster is not distinct from counts.cluster)
where latency_ms > $slow_ms
group by slow.cluster, slow.resource, slow.verb
