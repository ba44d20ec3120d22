/*
title    = "Source of a release changed or stopped by hand"
severity = "high"
params   = { kinds = '^(applications|applicationsets|appprojects|kustomizations|helmreleases|gitrepositories|helmrepositories|ocirepositories|buckets)$', groups = '(^|[.])(argoproj[.]io|fluxcd[.]io)$', automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did}: {names}{detail}"
why      = "The cluster now runs what the new source says, or no longer what the repository says; each later sync spreads it without another request by a person."
advice   = """
1. See the writes: select ts, verb, api_group, resource, namespace, name, request from audit where username = '{username}' and resource in ('applications', 'kustomizations', 'helmreleases', 'gitrepositories') order by ts.
2. See what was applied since: select ts, kind, namespace, name, effect, username from change order by ts.
3. Put the object back from the repository and let it sync; take the right to write it from people.
"""
quiet_when = "a release is stopped on purpose during an incident"
tags     = ["gitops", "change"]
[zh]
title   = "人工更改或停用发布来源"
finding = "{username} {did_zh}：{names}{detail}"
why     = "集群将运行新来源的内容，或不再与仓库一致；之后的每次同步都会自动扩散，不再需要人工请求。"
advice  = """
1. 查看写入：select ts, verb, api_group, resource, namespace, name, request from audit where username = '{username}' and resource in ('applications', 'kustomizations', 'helmreleases', 'gitrepositories') order by ts。
2. 查看此后下发的内容：select ts, kind, namespace, name, effect, username from change order by ts。
3. 从仓库恢复该对象并重新同步；收回人员对其的写权限。
"""
quiet_when = "故障期间有意暂停发布"
*/
with writes as (
    select cluster, namespace, username, resource, name, ts, row_id,
        regexp_match(
            request, '"(?:repoURL|url|targetRevision|chart|branch|path)":\s*"([^"]*)"'
        )[1] as source,
        case
            when verb like 'delete%' then 3
            -- A patch has what changed; an update has all of the object.
            when verb = 'patch'
            and (
                regexp_like(request, '"(repoURL|targetRevision|sourceRef|chart|url)":')
                or regexp_like(request, '"path":\s*"/spec/(sources?|chart|url|ref)(/|")')
            ) then 2
            when regexp_like(request, '"suspend":\s*true|"automated":\s*null')
            or verb = 'patch'
            and (
                regexp_like(request, '"syncPolicy":\s*(null|\{\s*\})')
                or regexp_like(request, '"op":\s*"remove"')
                and regexp_like(request, '"path":\s*"/spec/syncPolicy(/automated)?"')
                or regexp_like(request, '"path":\s*"/spec/suspend"')
                and regexp_like(request, '"value":\s*true')
            ) then 1
        end as kind
    from audit
    where regexp_like(coalesce(api_group, ''), $groups)
        and regexp_like(resource, $kinds)
        and verb in ('update', 'patch', 'delete', 'deletecollection')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, username, kind as name,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case kind
        when 3 then 'deleted what a release comes from'
        when 2 then 'changed the source of a release'
        else 'stopped automatic releases'
    end as did,
    case kind
        when 3 then '删除了发布对象'
        when 2 then '更改了发布来源'
        else '停用了自动发布'
    end as did_zh,
    array_to_string(
        (array_sort(array_agg(distinct
            resource || '/' || coalesce(namespace || '/', '') || coalesce(name, 'all')
        )))[1:8], ', '
    ) as names,
    case when kind = 2 then coalesce(' (' || max(source) || ')', '') else '' end as detail,
    case when kind = 1 then 'medium' else 'high' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from writes
where kind is not null
group by cluster, username, kind
