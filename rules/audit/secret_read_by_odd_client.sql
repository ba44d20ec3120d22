/*
title    = "Secret read with a script or browser"
severity = "medium"
params   = { clients = "(?i)^(curl|wget|httpie|python|python-requests|python-urllib|aiohttp|go-http-client|okhttp|java|node-fetch|axios|postman.*|mozilla|powershell|ruby|perl|php|kali.*)/" }
finding  = "{username} read Secrets with {client}: {what}"
why      = "kubectl, controllers and kubelets name themselves; curl or a script with a token is how a stolen token is used."
advice   = """
1. See the session: select ts, verb, resource, namespace, name, code, source_ip from audit where username = '{username}' and user_agent like '{client}%' order by ts.
2. If nobody knows it, revoke the token of {username} and rotate what was read.
"""
quiet_when = "a script of your own reads its Secret with curl"
tags     = ["secret", "token"]
[zh]
title   = "用脚本或非常规客户端读取 Secret"
finding = "{username} 使用 {client} 读取 Secret：{what}"
why     = "kubectl、控制器与 kubelet 都有固定标识；用 curl 或脚本携带令牌访问，常见于令牌被盗用。"
advice  = """
1. 查看该会话：select ts, verb, resource, namespace, name, code, source_ip from audit where username = '{username}' and user_agent like '{client}%' order by ts。
2. 若无人认领，吊销 {username} 的令牌并轮换被读取的 Secret。
"""
quiet_when = "自有脚本用 curl 读取 Secret"
*/
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(split_part(user_agent, '/', 1)) as client,
    array_to_string(
        array_sort(
            array_agg(distinct coalesce(namespace, '*') || '/' || coalesce(name, '*'))
        ), ', '
    ) as what,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'secrets'
    and verb in ('get', 'list', 'watch')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and regexp_like(user_agent, $clients)
group by cluster, username
