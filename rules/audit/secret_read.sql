/*
title    = "Secret read by a person"
severity = "low"
params   = { namespaces = 4, automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} read Secrets of {place}: {what}"
why      = "A Secret that somebody has seen has to be counted as known to them; list and watch return the contents of all."
advice   = """
1. See each read: select ts, verb, namespace, name, source_ip, user_agent from audit where username = '{username}' and resource = 'secrets' order by ts.
2. If nobody asked for it, rotate what was read and take the right away.
"""
quiet_when = "kubectl apply or helm reads each Secret that it writes"
tags     = ["secret", "access"]
[zh]
title   = "人员读取 Secret"
finding = "{username} 读取了 {place_zh} 的 Secret：{what}"
why     = "被人看过的 Secret 应视为已被其掌握；list 与 watch 会返回全部内容。"
advice  = """
1. 查看每次读取：select ts, verb, namespace, name, source_ip, user_agent from audit where username = '{username}' and resource = 'secrets' order by ts。
2. 若非工作需要，轮换被读取的凭据并收回权限。
"""
quiet_when = "kubectl apply 或 helm 在写入前会读取 Secret"
*/
with reads as (
    select cluster, namespace, username, verb, name, ts, row_id
    from audit
    where resource = 'secrets'
        and verb in ('get', 'list', 'watch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        -- A list of all namespaces has a rule of its own.
        and (namespace is not null or verb = 'get')
        -- Helm keeps its releases in Secrets, and lists no others.
        and coalesce(name, '') not like 'sh.helm.release.%'
        and not regexp_like(coalesce(uri, ''), 'labelSelector=[^&]*owner(=|%3D)helm')
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
),

-- Reads all over the cluster are one deed, not one for each namespace.
spread as (
    select cluster as in_cluster, username as reader,
        count(distinct namespace) as namespaces
    from reads
    group by cluster, username
    having count(distinct namespace) >= $namespaces
),

placed as (
    select reads.*, namespaces,
        case when namespaces is null then namespace end as place_of
    from reads
    left join spread
        on reads.username = spread.reader
        and (reads.cluster is not distinct from spread.in_cluster)
)
select cluster, place_of as namespace, username,
    coalesce(place_of, max(namespaces) || ' namespaces', 'all namespaces') as place,
    coalesce(place_of, max(namespaces) || ' 个命名空间', '所有命名空间') as place_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        (array_sort(array_agg(distinct
            verb || ' ' || case when namespaces is null then '' else namespace || '/' end
                || coalesce(name, 'all')
        )))[1:20], ', '
    ) as what,
    case
        -- The credentials of the cluster itself are there.
        when bool_or(namespace = 'kube-system') or max(namespaces) is not null then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from placed
group by cluster, place_of, username
