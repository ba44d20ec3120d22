/*
title    = "Ingress changed by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} changed the Ingress {namespace}/{name} (hosts: {hosts})"
why      = "It decides which requests from outside reach which Service; a wrong host, path or class causes 404 or 503 for users at once."
advice   = """
1. See what was written: select ts, username, verb, field, old, new from change where name = '{name}' order by ts.
2. See errors of users since: select ts, workload, message from standard where message like '%{name}%' and level = 'error' order by ts.
3. Go back to the version of the repository.
"""
quiet_when = "certificates are renewed by annotation"
tags     = ["change", "network"]
[zh]
title   = "人工修改 Ingress"
finding = "{username} 修改了 Ingress {namespace}/{name}（域名：{hosts}）"
why     = "Ingress 决定外部请求到达哪个服务；域名、路径或 class 写错，用户会立即看到 404 或 503。"
advice  = """
1. 查看改动内容：select ts, username, verb, field, old, new from change where name = '{name}' order by ts。
2. 查看此后的用户报错：select ts, workload, message from standard where message like '%{name}%' and level = 'error' order by ts。
3. 回退到仓库版本。
"""
quiet_when = "通过注解续期证书"
*/
with found as (
    select cluster, namespace, username, resource, verb, name, code, ts, row_id,
        regexp_match(request, '"host":\s*"([^"]*)"')[1] as host
    from audit
    where resource in (
            'ingresses', 'ingressclasses', 'gateways', 'httproutes', 'virtualservices'
        )
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
        nullif(
            array_to_string(
                array_sort(array_agg(distinct host)), ', '
            ),
            ''
        ),
        '–'
    ) as hosts,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, coalesce(name, 'all')
