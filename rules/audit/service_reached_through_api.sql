/*
title    = "Service or pod reached through the API server"
severity = "low"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} reached {names} in {namespace} through the API server (requests: {count})"
why      = "Such requests come from the API server itself and so pass by NetworkPolicy and the login of the Ingress."
advice   = """
1. See the paths: select ts, verb, uri, source_ip, code from audit where username = '{username}' and namespace = '{namespace}' and subresource = 'proxy' order by ts.
2. Give regular users an Ingress with a login.
"""
quiet_when = "dashboards are opened with kubectl proxy"
tags     = ["access", "network"]
[zh]
title   = "经 API Server 代理访问服务"
finding = "{username} 经 API Server 代理访问了 {namespace} 的 {names}（{count} 次）"
why     = "此类请求由 API Server 发出，因而绕过 NetworkPolicy 与 Ingress 的登录校验。"
advice  = """
1. 查看访问路径：select ts, verb, uri, source_ip, code from audit where username = '{username}' and namespace = '{namespace}' and subresource = 'proxy' order by ts。
2. 为常规用户提供带登录的 Ingress。
"""
quiet_when = "通过 kubectl proxy 打开仪表盘"
*/
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct resource || '/' || name)), ', '
    ) as names,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource in ('services', 'pods')
    and subresource = 'proxy'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 400
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username
