/*
title    = "Service account opened a shell in a pod"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} opened sessions in pods of {namespace}: {names}"
why      = "Programs talk over the network. One pod that opens shells in others is a deployment tool, or a pod in other hands."
advice   = """
1. See the commands: select ts, namespace, name, uri, source_ip, user_agent from audit where username = '{username}' and subresource in ('exec', 'attach') order by ts.
2. If no tool works like this, delete its binding to pods/exec and the pods that use the account.
"""
quiet_when = "a backup or database operator runs commands in its pods"
tags     = ["exec", "token"]
[zh]
title   = "ServiceAccount 进入 Pod 执行命令"
finding = "{username} 在 {namespace} 的 {pods} 个 Pod 中开启了 {count} 次会话"
why     = "程序之间通过网络通信；由某个 Pod 进入其他 Pod，要么是部署工具，要么该 Pod 已被控制。"
advice  = """
1. 查看执行的命令：select ts, namespace, name, uri, source_ip, user_agent from audit where username = '{username}' and subresource in ('exec', 'attach') order by ts。
2. 若没有工具以此方式工作，删除其 pods/exec 授权与使用该账号的 Pod。
"""
quiet_when = "备份或数据库 Operator 会在 Pod 内执行命令"
*/
with known as (
    -- Operators that always do so are known.
    select distinct username as known_user from history.audit
    where resource = 'pods' and subresource in ('exec', 'attach') and code < 400
)
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(distinct audit_id) as count,
    count(distinct name) as pods,
    array_to_string((array_sort(array_agg(distinct name)))[1:8], ', ') as names,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
left join known on audit.username = known.known_user
where resource = 'pods'
    and subresource in ('exec', 'attach')
    and username like 'system:serviceaccount:%'
    and coalesce(stage, '') <> 'RequestReceived'
    -- 101 switches to a stream.
    and coalesce(code, 200) < 400
    -- Agents of the cluster look after themselves.
    and not (
        namespace = 'kube-system' and username like 'system:serviceaccount:kube-system:%'
    )
    and not regexp_like(username, $automation)
    and known.known_user is null
group by cluster, namespace, username
