/*
title    = "Profiles of the API server read"
severity = "medium"
params   = { own = "^system:(apiserver$|kube-|node:)" }
finding  = "{username} read {what} of the API server from {source_ip}"
why      = "A heap profile and the flags show what the server holds in memory and how it is guarded; a profile of the CPU also slows it down."
advice   = """
1. See the session: select ts, verb, uri, source_ip, user_agent, code from audit where username = '{username}' order by ts.
2. If nobody looks for a slow API server, take nonResourceURLs /debug/* away and start it with --profiling=false.
"""
quiet_when = "somebody looks for the cause of a slow API server"
tags     = ["access", "discovery"]
[zh]
title   = "读取 API Server 性能剖析"
finding = "{username} 从 {source_ip} 读取了 API Server 的 {what}"
why     = "堆剖析与启动参数会暴露内存内容与防护方式；CPU 剖析还会拖慢 API Server。"
advice  = """
1. 查看会话：select ts, verb, uri, source_ip, user_agent, code from audit where username = '{username}' order by ts。
2. 若无人排查性能问题，收回 nonResourceURLs /debug/* 的权限，并以 --profiling=false 启动。
"""
quiet_when = "有人在排查 API Server 变慢的原因"
*/
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    coalesce(min(source_ip), '?') as source_ip,
    array_to_string(
        (array_sort(array_agg(distinct split_part(uri, '?', 1))))[1:5], ', '
    ) as what,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource is null
    and regexp_like(uri, '^/debug(/|$)')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and username is not null
    and not regexp_like(username, $own)
group by cluster, username
