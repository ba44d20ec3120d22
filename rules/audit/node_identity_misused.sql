/*
title    = "Identity of a node used by another program"
severity = "high"
params   = { refused = 3, clients = '^(kubectl|curl|Wget|python|Python|k9s|Helm|helm|oc)(/|-|$)' }
finding  = "{username} was used with {client}: {what}{refusals}"
why      = "The certificate of a kubelet lies on its node: whoever has left a pod for the node holds it, and with it the Secrets of all pods there."
advice   = """
1. See what was done with it: select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' and user_agent not like 'kubelet%' order by ts.
2. Ask whether somebody worked on the node; if not, take it out of the cluster (kubectl cordon, then a new machine) and renew its certificate.
3. Rotate the Secrets of the pods that ran on it.
"""
quiet_when = "an administrator looks after the node with its own kubeconfig"
tags     = ["access", "escape"]
[zh]
title   = "节点身份被其他程序使用"
finding = "{username} 被 {client} 使用：{what}{refusals_zh}"
why     = "kubelet 的证书存放在节点上：从 Pod 逃逸到节点的人即可持有它，并读取该节点上所有 Pod 的 Secret。"
advice  = """
1. 查看其操作：select ts, verb, resource, namespace, name, source_ip, user_agent, code from audit where username = '{username}' and user_agent not like 'kubelet%' order by ts。
2. 确认是否有人在该节点上维护；否则将节点移出集群（kubectl cordon 后更换机器）并更换证书。
3. 轮换曾在该节点运行的 Pod 的 Secret。
"""
quiet_when = "管理员使用节点自身的 kubeconfig 维护节点"
*/
select cluster, username, replace(username, 'system:node:', '') as node,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct split_part(user_agent, ' ', 1))), ', '
    ) as client,
    array_to_string(
        (array_sort(array_agg(
            distinct verb || ' ' || coalesce(resource, uri, 'a path')
        )))[1:5], ', '
    ) as what,
    case
        when count(*) filter (where code >= 400) > 0
        then ' (refused: ' || count(*) filter (where code >= 400) || ')' else ''
    end as refusals,
    case
        when count(*) filter (where code >= 400) > 0
        then '（被拒绝 ' || count(*) filter (where code >= 400) || ' 次）' else ''
    end as refusals_zh,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where username like 'system:node:%'
    and regexp_like(user_agent, $clients)
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) not in (401, 404, 409, 429)
    and coalesce(code, 200) < 500
group by cluster, username
-- One refusal may be a mistake on the node; several are a search for what is open.
having count(*) filter (where coalesce(code, 200) < 400) > 0
    or count(*) filter (where code = 403) >= $refused
