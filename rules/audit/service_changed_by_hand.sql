/*
title    = "Service changed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} changed {what} of the Service {namespace}/{name}"
why      = "With another selector the name leads to no pod or a wrong one, with another port nothing listens; callers see refused connections."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. Check that it has endpoints: kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name}.
3. See who fails since: select ts, workload, message from business where message like '%{name}%' and level = 'error' order by ts.
"""
quiet_when = "a switch between two versions as announced"
tags     = ["change", "network"]
[zh]
title   = "人工修改 Service"
finding = "{username} 修改了 Service {namespace}/{name} 的 {what}"
why     = "selector 改错会使服务后面没有 Pod 或指向错误的 Pod，端口改错则无人监听；调用方只会看到连接被拒。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 确认有可用端点：kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name}。
3. 查看此后报错的调用方：select ts, workload, message from business where message like '%{name}%' and level = 'error' order by ts。
"""
quiet_when = "按计划进行版本切换"
*/
with found as (
    select cluster, namespace, username, resource, verb, name, code, ts, row_id,
        regexp_match(
            request,
            '"(?:path":\s*"/spec/)?(selector|targetPort|ports|type|clusterIP'
            || '|externalIPs|externalName|loadBalancerSourceRanges)'
        )[1] as part,
        regexp_like(request, 'selector|[pP]ort') as leads_traffic
    from audit
    where resource = 'services'
        and verb in ('update', 'patch')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        and coalesce(code, 200) <> 201
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, namespace, username, coalesce(name, 'all') as name,
    min(resource) as resource,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case
        when bool_or(verb like 'delete%') then 'deleted'
        when bool_or(verb = 'create' or code = 201) then 'created' else 'changed'
    end as did,
    case
        when bool_or(verb like 'delete%') then '删除'
        when bool_or(verb = 'create' or code = 201) then '新建' else '修改'
    end as did_zh,
    coalesce(
        max(part),
        'metadata'
    ) as what,
    -- Labels and annotations lead no traffic.
    case
        when bool_or(leads_traffic) then 'medium' else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, coalesce(name, 'all')
