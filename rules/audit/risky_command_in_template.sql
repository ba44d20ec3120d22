/*
title    = "Risky command in a pod template"
severity = "high"
params   = { reverse_shell = '/dev/(tcp|udp)/|\b(nc|ncat|netcat)\b[^\]]* (-e|-c) |\bmkfifo\b[^\]]*\bnc\b|\bsocat\b[^\]]*(exec|EXEC):|bash -i\b|pty[.]spawn', miner = '(?i)stratum[+](tcp|ssl|tls)://|\bxmrig\b|monero|--donate-level|cryptonight|nicehash|minergate|ethminer|nbminer', node = '\bnsenter\b[^\]]*(-t|--target)[ =\",]*1\b|\bchroot[ \",]+/(host|node|rootfs|mnt)\b', download = '\b(curl|wget)\b[^|\]]*https?://[^|\]]*[|] *(sudo +)?(ba|da|z|a)?sh\b', own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} runs {namespace}/{workload} with a command that {what}: {command}"
why      = "The command runs at each start of the pod, on as many nodes as it has replicas, and comes back when the pod is deleted."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. See what that account did before and since: select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' order by ts.
3. If nobody knows it: delete what makes the pod (not the pod alone), keep its log first, and rotate the token and the Secrets that it mounts.
"""
quiet_when = "an installer or an agent of the node does so on purpose"
tags     = ["pod", "execution"]
[zh]
title   = "Pod 模板中包含高危命令"
finding = "{username} 在 {namespace}/{workload} 中运行的命令{what_zh}：{command}"
why     = "该命令在 Pod 每次启动时都会执行，副本越多影响的节点越多；只删除 Pod 会被重新创建。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 查看该账号前后的行为：select ts, verb, resource, namespace, name, source_ip, user_agent from audit where username = '{username}' order by ts。
3. 若无人认领：先保存日志，再删除创建该 Pod 的对象（而非仅删除 Pod），并轮换其令牌与挂载的 Secret。
"""
quiet_when = "安装程序或节点代理有意如此"
*/
with behaviours(rank, what, what_zh, pattern) as (
    values
        (4, 'opens a reverse shell', '建立反弹 shell', $reverse_shell),
        (3, 'mines crypto currency', '挖掘加密货币', $miner),
        (3, 'enters the node', '进入宿主机', $node),
        (2, 'runs what it downloads', '下载并直接执行', $download)
),

-- The words of the containers and their images; JSON writes > and & as escapes.
templates as (
    select cluster, namespace, coalesce(workload, name, '?') as workload,
        coalesce(username, 'unknown user') as username, ts, row_id,
        replace(replace(replace(request,
            '\u003e', '>'), '\u003c', '<'), '\u0026', '&') as body
    from audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'replicasets', 'jobs',
            'cronjobs', 'replicationcontrollers'
        )
        and verb in ('create', 'update', 'patch')
        and coalesce(subresource, '') in ('', 'ephemeralcontainers')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- What a controller makes was asked for by the one who wrote its template.
        and (
            not regexp_like(coalesce(username, ''), $own)
            -- A pod that a node reports was asked for by a file on the node.
            or username like 'system:node:%'
        )
),

words as (
    select *,
        unnest([
            regexp_match(body, '"command":\s*(\[[^\]]*\])')[1],
            regexp_match(body, '"args":\s*(\[[^\]]*\])')[1],
            regexp_match(
                body, '"(?:command|args)":.*"(?:command|args)":\s*(\[[^\]]*\])'
            )[1],
            regexp_match(body, '"value":\s*(\[?"[^\]]*)')[1],
            regexp_match(body, '"image":\s*("[^"]*")')[1]
        ]) as command
    from templates
)
select cluster, namespace, workload, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct row_id) as count,
    first_value(what order by rank desc, ts, row_id) as what,
    first_value(what_zh order by rank desc, ts, row_id) as what_zh,
    left(first_value(command order by rank desc, ts, row_id), 200) as command,
    case when max(rank) = 4 then 'critical' else 'high' end as severity,
    (array_agg(distinct row_id order by row_id))[1:5] as row_ids
from words
join behaviours on regexp_like(words.command, behaviours.pattern)
group by cluster, namespace, workload, username
