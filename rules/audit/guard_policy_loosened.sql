/*
title    = "Policy of a guard removed or loosened"
severity = "high"
params   = { groups = '(^|[.])(kyverno[.]io|gatekeeper[.]sh|cilium[.]io|projectcalico[.]org|security[.]istio[.]io|policy[.]linkerd[.]io|kubewarden[.]io|aquasecurity[.]github[.]io|policies[.]k8s[.]io)$', kinds = '(?i)(polic(y|ies)|constraint|authentications?$|authorization|^k8s|exceptions?$)', labels = '(admission[.]gatekeeper[.]sh/ignore|(webhooks?[.])?kyverno[.]io/(exclude|ignore)|policy[.]sigstore[.]dev/exclude|istio-injection": *"disabled)', automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} {did}: {names}"
why      = "A policy that is gone, audits only or makes an exception lets in what it kept out, and no request fails that would show it."
advice   = """
1. See the writes: select ts, verb, api_group, resource, namespace, name, request from audit where username = '{username}' and verb not in ('get', 'list', 'watch') order by ts.
2. See what was created since: select ts, kind, namespace, name, username from change where effect = 'created' order by ts.
3. Put the policy back from the repository; take exceptions away that nobody asked for.
"""
quiet_when = "policies are revised as announced"
tags     = ["tampering", "admission"]
[zh]
title   = "安全策略被移除或放宽"
finding = "{username} {did_zh}：{names}"
why     = "策略被删除、改为仅审计或加入例外后，原先被拦截的内容将被放行，而且没有任何请求失败可供察觉。"
advice  = """
1. 查看写入：select ts, verb, api_group, resource, namespace, name, request from audit where username = '{username}' and verb not in ('get', 'list', 'watch') order by ts。
2. 查看此后创建的对象：select ts, kind, namespace, name, username from change where effect = 'created' order by ts。
3. 从仓库恢复策略，移除无人认领的例外。
"""
quiet_when = "按计划调整策略"
*/
with found as (
    select cluster, namespace, username, resource, name, ts, row_id,
        case
            when resource = 'namespaces' then 'took a namespace out of admission'
            when verb like 'delete%' then 'deleted policies'
            when regexp_like(resource, '(?i)exceptions?$') then 'made exceptions'
            else 'loosened policies'
        end as did,
        case
            when resource = 'namespaces' then '将命名空间移出准入检查'
            when verb like 'delete%' then '删除了策略'
            when regexp_like(resource, '(?i)exceptions?$') then '添加了例外'
            else '放宽了策略'
        end as did_zh
    from audit
    where coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Engines look after their own objects; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
        and (
            regexp_like(coalesce(api_group, ''), $groups)
            and regexp_like(resource, $kinds)
            and (
                verb like 'delete%'
                and not regexp_like(resource, '(?i)(exceptions?|reports?)$')
                or verb in ('create', 'update', 'patch')
                and regexp_like(resource, '(?i)exceptions?$')
                -- A patch has what changed; an update has all of the object.
                or verb = 'patch'
                and regexp_like(
                    request,
                    '(?i)"(mode|validationFailureAction|enforcementAction|action)":'
                    || '\s*"(permissive|disable|audit|dryrun|warn|monitor)"'
                )
            )
            or resource = 'namespaces'
            and verb in ('update', 'patch')
            and regexp_like(request, '"' || $labels || '"')
        )
)
select cluster, username, did,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    min(did_zh) as did_zh,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        (array_sort(array_agg(distinct resource || '/' || coalesce(name, 'all'))))[1:8],
        ', '
    ) as names,
    did as name,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, username, did
