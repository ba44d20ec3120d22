/*
title    = "Requests from a public address refused"
severity = "low"
params   = { private = '^(0\.|10\.|127\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|::1$|f[cd]|fe80:)', refusals = 10 }
finding  = "{count} requests from the public address {source_ip} were refused: {users} ({what})"
why      = "An API server on the internet is tried all day. Refusals of known identities show a lost right, of many paths a search for one that is open."
advice   = """
1. See what was tried: select ts, username, verb, uri, code, user_agent from audit where source_ip = '{source_ip}' order by ts.
2. See whether anything was allowed: select ts, username, verb, uri, code from audit where source_ip = '{source_ip}' and code < 400 order by ts.
3. Close the public address of the API server, or allow known networks only.
"""
quiet_when = "colleagues work from home with few rights"
tags     = ["access", "scan"]
[zh]
title   = "来自公网地址的请求被拒绝"
finding = "来自公网地址 {source_ip} 的 {count} 次请求被拒绝：{users}（{what}）"
why     = "暴露在公网的 API Server 会被不断试探；已知身份被拒说明权限缺失，大量路径被拒则是在寻找突破口。"
advice  = """
1. 查看尝试内容：select ts, username, verb, uri, code, user_agent from audit where source_ip = '{source_ip}' order by ts。
2. 查看是否有请求被放行：select ts, username, verb, uri, code from audit where source_ip = '{source_ip}' and code < 400 order by ts。
3. 关闭 API Server 公网入口，或只放行已知网段。
"""
quiet_when = "同事在家以较低权限访问"
*/
select cluster, source_ip, source_ip as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct coalesce(nullif(username, ''), '(no login)'))), ', '
    ) as users,
    max(coalesce(verb, '?') || ' ' || coalesce(resource, uri, '?')) as what,
    -- A person who lacks a right tries a few times; more is a script.
    case when count(*) >= $refusals then 'medium' else 'low' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where code in (401, 403)
    and regexp_like(
        source_ip,
        '^(((25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})([.]|$)){4}|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)$'
    )
    and not regexp_like(source_ip, $private)
    and coalesce(stage, '') <> 'RequestReceived'
group by cluster, source_ip
