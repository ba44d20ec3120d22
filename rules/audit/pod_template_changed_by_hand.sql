/*
title    = "Pod template changed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} changed {what} of {namespace}/{workload}{change}"
why      = "The change starts a rollout at once, and the next release undoes it or is surprised by it. Faults within the next half hour begin here more often than elsewhere."
advice   = """
1. See what was written: select ts, username, field, old, new from change where namespace = '{namespace}' and name = '{workload}' order by ts.
2. Compare with the errors after it: select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' order by ts.
3. If they agree: kubectl -n {namespace} rollout undo {resource}/{workload}; bring the wanted state into the repository.
"""
quiet_when = "the team deploys by hand as a rule"
tags     = ["change", "rollout"]
[zh]
title   = "人工修改 Pod 模板"
finding = "{username} 修改了 {namespace}/{workload} 的 {what}{change}"
why     = "修改会立即触发滚动更新，下次发布又会将其覆盖或冲突；此后半小时内的故障多源于此。"
advice  = """
1. 查看改动内容：select ts, username, field, old, new from change where namespace = '{namespace}' and name = '{workload}' order by ts。
2. 对照其后的报错：select ts, pod, message from business where namespace = '{namespace}' and workload = '{workload}' and level = 'error' order by ts。
3. 若时间吻合：kubectl -n {namespace} rollout undo {resource}/{workload}，并将期望状态写回代码仓库。
"""
quiet_when = "团队惯例手工发布"
*/
with writes as (
    select cluster, namespace, resource, name, username, operation, verb, ts, row_id,
        -- A restart changes nothing in the template and has a rule of its own.
        verb = 'patch' and coalesce(request, '') like '%restartedAt%' as is_restart,
        coalesce(
            response->'spec'->'template'->'spec', request->'spec'->'template'->'spec'
        ) as spec,
        request->'spec'->'template'->'spec' as patch,
        -- A JSON patch adds to the end of the list.
        regexp_like(
            request, '"path":\s*"/spec/template/spec/(initC|c)ontainers/-"'
        ) as is_added,
        regexp_match(request, '"image":\s*"([^"]*)"')[1] as patched_image,
        -- Beside another change the operation does not name it.
        verb = 'patch' and coalesce(operation, '') <> 'resources'
        and (
            regexp_like(request, '"op":\s*"remove"')
            and regexp_like(request, '"path":\s*"[^"]*/resources(/limits(/[a-z]+)?)?"')
            or regexp_like(request, '"limits":\s*null')
        ) as is_unlimited,
        -- Whoever writes more of a container than its image may have added it.
        regexp_like(request, '"(args|command|env|ports|volumeMounts|securityContext)":')
            as has_more
    from audit
    where resource in ('deployments', 'statefulsets', 'daemonsets')
        and coalesce(subresource, '') = ''
        and verb in ('create', 'update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
),

parts as (
    select cluster, namespace, resource, name, username, operation, verb, ts, row_id,
        is_restart, is_added, is_unlimited, patched_image, has_more,
        patch->'containers'->0->>'name' as patched_name,
        patch->>'nodeSelector' as node_selector,
        spec->'containers'->0->>'image' as image,
        coalesce(spec->'containers'->0->>'resources', '') as resources,
        concat(
            spec->'containers'->0->>'env', spec->'containers'->0->>'envFrom'
        ) as env,
        concat(
            spec->'containers'->0->>'command', spec->'containers'->0->>'args'
        ) as command,
        concat(
            spec->'containers'->0->>'livenessProbe',
            spec->'containers'->0->>'readinessProbe',
            spec->'containers'->0->>'startupProbe'
        ) as probe,
        coalesce(spec->>'volumes', '') as volumes,
        concat(
            spec->>'nodeSelector', spec->>'affinity', spec->>'tolerations'
        ) as scheduling
    from writes
),

changes as (
    select *,
        -- A patch shows one member only, so an omitted one is not a change.
        operation = 'update' and verb = 'update' and lag(image) over w is not null
            as is_whole,
        lag(image) over w as old_image,
        lag(resources) over w as old_resources,
        lag(env) over w as old_env,
        lag(command) over w as old_command,
        lag(probe) over w as old_probe,
        lag(volumes) over w as old_volumes,
        lag(scheduling) over w as old_scheduling
    from parts
    window w as (partition by cluster, namespace, resource, name order by ts, row_id)
),

named as (
    select *,
        concat_ws(
            ', ',
            case
                when is_added or operation = 'image' and verb = 'patch' and has_more
                then 'containers'
                when operation in (
                    'image', 'env', 'command', 'probe', 'volumes', 'scheduling', 'rollout'
                )
                then operation
            end,
            case when is_unlimited then 'limits (removed)' end,
            case when is_whole and image <> old_image then 'image' end,
            case when is_whole and resources <> old_resources then 'resources' end,
            case when is_whole and env <> old_env then 'env' end,
            case when is_whole and command <> old_command then 'command' end,
            case when is_whole and probe <> old_probe then 'probe' end,
            case when is_whole and volumes <> old_volumes then 'volumes' end,
            case when is_whole and scheduling <> old_scheduling then 'scheduling' end
        ) as changed
    from changes
    where (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
        and not is_restart
)
select cluster, namespace, username, name as workload,
    min(resource) as resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(
            array_distinct(string_to_array(string_agg(changed, ', '), ', '))
        ),
        ', '
    ) as what,
    coalesce(
        ': ' || first_value(old_image || ' → ' || image order by ts, row_id)
            filter (where image <> old_image),
        ': ' || first_value(
            coalesce(patched_name || ' = ', '') || patched_image order by ts, row_id
        ) filter (where verb = 'patch' and (is_added or operation = 'image')),
        ': nodeSelector ' || first_value(node_selector order by ts, row_id)
            filter (where verb = 'patch' and operation = 'scheduling'),
        ''
    ) as change,
    -- The network and the name server of every pod run there.
    case when namespace = 'kube-system' then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from named
where changed <> ''
group by cluster, namespace, username, name
