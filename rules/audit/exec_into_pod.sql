/*
title    = "Command or shell in a running pod"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)", sessions = 1 }
finding  = "{username} {did} in {place}{more}"
why      = "What is done in a shell is in no log and gone at the next restart. If errors begin right after, this is the first thing to ask about."
advice   = """
1. List the sessions and their commands: select ts, subresource, name, uri from audit where username = '{username}' and subresource in ('exec', 'attach') order by ts.
2. Ask what was done; a pod whose files or processes were touched is replaced by deleting it (kubectl -n {namespace} delete pod {first_pod}), a static one by restarting its node's kubelet.
3. For regular needs offer a debug image or a runbook job in place of production shells.
"""
quiet_when = "a namespace for development"
tags     = ["change", "access"]
[zh]
title   = "在运行中的 Pod 内执行命令或打开终端"
finding = "{username} 在 {place} 中{did_zh}{more_zh}"
why     = "在容器内的操作不留日志，重启后也会消失。若随后出现报错，应首先确认此处。"
advice  = """
1. 列出会话与命令：select ts, subresource, name, uri from audit where username = '{username}' and subresource in ('exec', 'attach') order by ts。
2. 向操作人确认；若改动过文件或进程，删除以重建该 Pod（kubectl -n {namespace} delete pod {first_pod}），静态 Pod 则重启其节点的 kubelet。
3. 对常见需求提供调试镜像或运维任务，减少直接登录生产容器。
"""
quiet_when = "开发用命名空间"
*/
with sessions as (
    select *,
        -- The words of a command are parameters of their own.
        nullif(left(trim(
            replace(replace(replace(replace(replace(replace(
                regexp_replace(
                    regexp_replace(coalesce(uri, ''), '^[^?]*[?]?', '&'),
                    '&(command=)?(?:(?:container|stdin|stdout|stderr|tty|timeout)=[^&]*)?',
                    ' ', 'g'
                ),
                '%2F', '/'), '%3A', ':'), '%7C', '|'), '%3E', '>'), '%20', ' '), '+', ' ')
        ), 120), '') as command
    from audit
)
select cluster, namespace, username,
    case when min(workload) = max(workload) then min(workload) end as workload,
    case when min(name) = max(name) then min(name) end as pod,
    min(ts) as first_ts,
    max(ts) as last_ts,
    -- Start and end of a long session may both be logged, with the same id.
    count(distinct audit_id) as count,
    count(distinct name) as pods,
    first_value(name order by ts, row_id) as first_pod,
    namespace || '/' || first_value(name order by ts, row_id) as place,
    first_value(command order by ts, row_id) as command,
    coalesce(
        'ran ' || first_value(command order by ts, row_id),
        case
            when first_value(subresource order by ts, row_id) = 'attach'
            then 'attached to a container' else 'opened a session'
        end
    ) as did,
    coalesce(
        '执行了 ' || first_value(command order by ts, row_id),
        case
            when first_value(subresource order by ts, row_id) = 'attach'
            then '附加到容器' else '打开了会话'
        end
    ) as did_zh,
    case
        when count(distinct audit_id) > 1
        then '; sessions: ' || count(distinct audit_id)
            || ', pods: ' || count(distinct name)
        else ''
    end as more,
    case
        when count(distinct audit_id) > 1
        then '；共 ' || count(distinct audit_id) || ' 次会话，'
            || count(distinct name) || ' 个 Pod'
        else ''
    end as more_zh,
    -- System pods have the credentials and the network of the whole cluster.
    case when namespace = 'kube-system' then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from sessions
where resource = 'pods'
    -- Over websockets these are GET requests.
    and subresource in ('exec', 'attach')
    and coalesce(stage, '') <> 'RequestReceived'
    -- 101 switches to a stream; refused attempts are counted by audit/denied_burst.
    and coalesce(code, 200) < 400
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username
-- In production one session is worth reporting; raise the threshold where shells are
-- usual.
having count(distinct audit_id) >= $sessions
