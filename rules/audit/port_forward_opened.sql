/*
title    = "Port of a pod forwarded"
severity = "low"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} forwarded ports of pods in {namespace}: {names}"
why      = "A forwarded port passes by Ingress, NetworkPolicy and login pages; databases are read this way."
advice   = """
1. See the sessions: select ts, namespace, name, source_ip, user_agent from audit where username = '{username}' and subresource = 'portforward' order by ts.
2. If it was a database, ask what was read or changed.
"""
quiet_when = "a namespace for development"
tags     = ["exec", "access"]
[zh]
title   = "端口转发到 Pod"
finding = "{username} 对 {namespace} 的 {pods} 个 Pod 做了端口转发（{names}）"
why     = "端口转发会绕过 Ingress、NetworkPolicy 与登录页，常被用来直连数据库。"
advice  = """
1. 查看会话：select ts, namespace, name, source_ip, user_agent from audit where username = '{username}' and subresource = 'portforward' order by ts。
2. 若目标是数据库，询问读取或修改了什么。
"""
quiet_when = "开发用命名空间"
*/
select cluster, namespace, coalesce(username, 'unknown user') as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct audit_id) as count,
    count(distinct name) as pods,
    array_to_string(array_sort(array_agg(distinct name)), ', ') as names,
    case when namespace = 'kube-system' then 'medium' else 'low' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where subresource = 'portforward'
    and coalesce(stage, '') <> 'RequestReceived'
    -- 101 switches to a stream.
    and coalesce(code, 200) < 400
    and not regexp_like(coalesce(username, ''), $automation)
group by cluster, namespace, coalesce(username, 'unknown user')
