/*
title    = "CronJob created or changed"
severity = "low"
params   = { own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} {did} the CronJob {namespace}/{workload}: {what}"
why      = "A schedule acts hours later, when the change is forgotten; one that is suspended or deleted is missed days later."
advice   = """
1. See the writes: select ts, username, verb, request from audit where resource = 'cronjobs' and namespace = '{namespace}' and name = '{workload}' order by ts.
2. See whether it still runs: select ts, reason, message from event where namespace = '{namespace}' and name like '{workload}%' order by ts.
"""
quiet_when = "jobs are part of every release"
tags     = ["inventory", "job"]
[zh]
title   = "CronJob 被创建或修改"
finding = "{username} {did_zh}了 CronJob {namespace}/{workload}：{what}"
why     = "定时任务在数小时后才生效，那时没人记得这次修改；被挂起或删除则几天后才被发现。"
advice  = """
1. 查看写入记录：select ts, username, verb, request from audit where resource = 'cronjobs' and namespace = '{namespace}' and name = '{workload}' order by ts。
2. 确认其是否仍在运行：select ts, reason, message from event where namespace = '{namespace}' and name like '{workload}%' order by ts。
"""
quiet_when = "定时任务随发布一同下发"
*/
with found as (
    select cluster, namespace, workload, username, verb, name, ts, row_id,
        regexp_like(request, '"suspend":\s*true') as is_suspended,
        request->'spec'->>'schedule' as schedule
    from audit
    where resource = 'cronjobs'
        and coalesce(subresource, '') = ''
        and verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- The garbage collector and the controller follow acts of others.
        and not (
            regexp_like(coalesce(username, ''), $own)
            and (namespace = 'kube-system' or verb like 'delete%')
        )
)
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(workload, name, '?') as workload,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when bool_or(verb like 'delete%') then 'deleted'
        when bool_or(verb = 'create') then 'created' else 'changed'
    end as did,
    case
        when bool_or(verb like 'delete%') then '删除'
        when bool_or(verb = 'create') then '创建' else '修改'
    end as did_zh,
    coalesce(
        max(
            case when is_suspended then 'suspend: true' end
        ),
        'schedule: ' || max(schedule),
        '–'
    ) as what,
    -- A job that no longer runs is missed late.
    case
        when bool_or(verb like 'delete%')
            or bool_or(is_suspended)
        then 'medium' else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(username, 'unknown user'),
    coalesce(workload, name, '?')
