/*
title    = "ConfigMap or Secret changed or deleted by hand"
severity = "medium"
params   = { routine_people = 3, automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did} {names} in {namespace}"
why      = "Configuration changed in place reaches running pods within a minute, or breaks them at their next restart, and no rollout marks the moment. Many incidents without an event begin here."
advice   = """
1. See what was written: select ts, verb, name, request from audit where namespace = '{namespace}' and resource in ('configmaps', 'secrets') and username = '{username}' order by ts.
2. Compare with the errors just after it: select ts, workload, message from business where namespace = '{namespace}' and level = 'error' order by ts.
3. If they agree, restore the content from the repository and restart what reads it: kubectl -n {namespace} rollout restart deployment.
"""
quiet_when = "the team edits its configuration by hand as a rule"
tags     = ["change", "config"]
[zh]
title   = "人工修改或删除 ConfigMap、Secret"
finding = "{username} 在 {namespace} {did_zh}了 {names}"
why     = "直接修改的配置会在一分钟内生效到运行中的 Pod，或在下次重启时引发故障，且没有发布记录可循。许多没有事件的故障都源于此。"
advice  = """
1. 查看写入内容：select ts, verb, name, request from audit where namespace = '{namespace}' and resource in ('configmaps', 'secrets') and username = '{username}' order by ts。
2. 对照其后的报错：select ts, workload, message from business where namespace = '{namespace}' and level = 'error' order by ts。
3. 若时间吻合，从代码仓库恢复内容，并重启读取它的工作负载：kubectl -n {namespace} rollout restart deployment。
"""
quiet_when = "团队惯例就是手工修改配置"
*/
with writes as (
    select cluster, namespace, username, resource, name, verb, ts, row_id
    from audit
    where resource in ('configmaps', 'secrets')
        -- A new object does not change running pods, so `create` is left out.
        and verb in ('patch', 'update', 'delete', 'deletecollection')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        -- Leader election, certificates and releases by service accounts are normal.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
        and coalesce(uri, '') not like '%dryRun=%'
        -- Helm stores its release records in Secrets with this name.
        and coalesce(name, '') not like 'sh.helm.release.%'
        -- These have rules of their own.
        and coalesce(operation, '') <> 'dns'
        and coalesce(name, '') <> 'aws-auth'
),

-- An object that several people change in one day is made for it, such as flags.
routine as (
    select name as routine_name
    from writes
    where verb in ('patch', 'update')
    group by name
    having count(distinct username) >= $routine_people
)
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct resource || '/' || coalesce(name, 'all'))), ', '
    ) as names,
    case
        when bool_and(verb like 'delete%') then 'deleted'
        when bool_or(verb like 'delete%') then 'changed and deleted'
        else 'changed'
    end as did,
    case
        when bool_and(verb like 'delete%') then '删除'
        when bool_or(verb like 'delete%') then '修改并删除'
        else '修改'
    end as did_zh,
    case
        -- Name resolution, the pod network and logins depend on these.
        when namespace = 'kube-system' then 'high'
        -- After a deletion every pod that mounts the object fails at its next restart.
        when bool_or(verb in ('delete', 'deletecollection')) then 'high'
        when bool_and(routine_name is not null) then 'low'
        else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from writes
left join routine on writes.name = routine.routine_name
group by cluster, namespace, username
