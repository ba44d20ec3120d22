/*
title    = "Shell opened in a running pod"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)", sessions = 1 }
finding  = "{username} opened {count} sessions in {pods} pods of {namespace}"
why      = "What is done in a shell is in no log and gone at the next restart. If errors begin right after, this is the first thing to ask about."
advice   = """
1. List the sessions and their commands: select ts, subresource, name, uri from audit where username = '{username}' and subresource in ('exec', 'attach') order by ts.
2. Ask what was done; restart the pod if files or processes in it were touched: kubectl -n {namespace} delete pod, with the names of step 1.
3. For regular needs offer a debug image or a runbook job in place of production shells.
"""
quiet_when = "a namespace for development"
tags     = ["change", "access"]
[zh]
title   = "进入运行中的 Pod 执行命令"
finding = "{username} 在 {namespace} 的 {pods} 个 Pod 中开启了 {count} 次会话"
why     = "在容器内的操作不留日志，重启后也会消失。若随后出现报错，应首先确认此处。"
advice  = """
1. 列出会话与命令：select ts, subresource, name, uri from audit where username = '{username}' and subresource in ('exec', 'attach') order by ts。
2. 向操作人确认；若改动过文件或进程，重建该 Pod：kubectl -n {namespace} delete pod，名称见第 1 步。
3. 对常见需求提供调试镜像或运维任务，减少直接登录生产容器。
"""
quiet_when = "开发用命名空间"
*/
select cluster, namespace, username,
    case when min(workload) = max(workload) then min(workload) end as workload,
    case when min(name) = max(name) then min(name) end as pod,
    min(ts) as first_ts,
    max(ts) as last_ts,
    -- Start and end of a long session may both be logged, with the same id.
    count(distinct audit_id) as count,
    count(distinct name) as pods,
    first_value(regexp_match(uri, 'command=([^&]+)')[1] order by ts, row_id) as command,
    -- System pods have the credentials and the network of the whole cluster.
    case when namespace = 'kube-system' then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'pods'
    -- Over websockets these are GET requests.
    and subresource in ('exec', 'attach')
    and coalesce(stage, '') <> 'RequestReceived'
    -- 101 switches to a stream; refused attempts are counted by audit/denied_burst.
    and coalesce(code, 200) < 400
    and username not like 'system:%'
    and not regexp_like(username, $automation)
group by cluster, namespace, username
-- In production one session is worth reporting; raise the threshold where shells are
-- usual.
having count(distinct audit_id) >= $sessions
