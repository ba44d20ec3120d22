/*
title    = "DNS of the cluster changed"
severity = "high"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} changed the DNS configuration {namespace}/{name}"
why      = "Every name that a pod looks up passes through it. One wrong line stops all calls, one rewrite leads them elsewhere."
advice   = """
1. See the writes: select ts, username, verb, name, request from audit where operation = 'dns' order by ts.
2. Look for failed lookups since: select ts, namespace, workload, message from standard where message like '%no such host%' or message like '%SERVFAIL%' order by ts.
3. Go back: kubectl -n {namespace} rollout restart deployment coredns after restoring {name} from the repository.
"""
quiet_when = "DNS is upgraded or set up as announced"
tags     = ["network", "change"]
[zh]
title   = "集群 DNS 配置被修改"
finding = "{username} 修改了 DNS 配置 {namespace}/{name}"
why     = "所有 Pod 的域名解析都依赖它：写错一行会中断所有调用，一条 rewrite 就能把流量引走。"
advice  = """
1. 查看写入记录：select ts, username, verb, name, request from audit where operation = 'dns' order by ts。
2. 查看此后的解析失败：select ts, namespace, workload, message from standard where message like '%no such host%' or message like '%SERVFAIL%' order by ts。
3. 回退：从仓库恢复 {name} 后执行 kubectl -n {namespace} rollout restart deployment coredns。
"""
quiet_when = "按计划升级或配置 DNS"
*/
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(name, 'all') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(array_sort(array_agg(distinct verb)), ', ') as verbs,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where operation = 'dns'
    -- A new cluster creates it.
    and verb <> 'create'
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    and not regexp_like(coalesce(username, ''), $own)
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, 'all')
