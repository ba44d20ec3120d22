/*
title    = "One person lists the whole cluster"
severity = "low"
params   = { kinds = 10, minutes = 10, automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} listed {kinds} kinds of objects over all namespaces within {minutes} minutes from {source_ip}"
why      = "Who arrives with a credential looks around first: namespaces, nodes, pods, roles, accounts."
advice   = """
1. See the session: select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' order by ts.
2. Compare the address with those of the days before; ask the person.
"""
quiet_when = "somebody works with a console such as k9s or Lens"
tags     = ["scan", "access"]
[zh]
title   = "人员遍历集群资源"
finding = "{username} 在 {minutes} 分钟内从 {source_ip} 跨命名空间列出了 {kinds} 类资源"
why     = "拿到凭据的人首先会摸清环境：命名空间、节点、Pod、角色与账号。"
advice  = """
1. 查看该会话：select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' order by ts。
2. 与前几天的来源地址对比，并向本人确认。
"""
quiet_when = "正在使用 k9s、Lens 等控制台"
*/
with lists as (
    select cluster, username, source_ip, resource, ts, row_id,
        floor(date_part('epoch', ts) / ($minutes * 60)) as slot
    from audit
    where verb = 'list'
        and namespace is null
        and coalesce(code, 200) < 300
        and coalesce(stage, '') <> 'RequestReceived'
        -- Controllers list the kinds that they watch.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    count(distinct resource) as kinds,
    $minutes as minutes,
    coalesce(min(source_ip), '?') as source_ip,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from lists
group by cluster, username, slot
-- Work on one fault looks at pods, nodes and events; ten kinds are a survey.
having count(distinct resource) >= $kinds
