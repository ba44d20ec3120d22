/*
title    = "Ingress with a snippet of nginx"
severity = "medium"
params   = { snippets = 'nginx[.]ingress[.]kubernetes[.]io/((?:server|configuration|auth|modsecurity|stream|proxy)-snippet)', own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} {did} the Ingress {namespace}/{name} with {snippets}"
why      = "A snippet becomes part of the configuration of the controller, which reads the Secrets of all namespaces: whoever may write an Ingress can read its token (CVE-2021-25742)."
advice   = """
1. See the snippet: select ts, username, verb, request from audit where resource = 'ingresses' and namespace = '{namespace}' and name = '{name}' order by ts.
2. Unless it is needed, forbid snippets: allow-snippet-annotations \"false\" in the ConfigMap of the controller.
3. If it reads files or returns a token, rotate the token of the controller and the Secrets it can read.
"""
quiet_when = "a team uses snippets that were reviewed"
tags     = ["network", "escalation"]
[zh]
title   = "Ingress 使用了 nginx snippet"
finding = "{username} {did_zh}了带有 {snippets} 的 Ingress {namespace}/{name}"
why     = "snippet 会进入控制器配置，而控制器可读取所有命名空间的 Secret：能写 Ingress 的人即可读到其令牌（CVE-2021-25742）。"
advice  = """
1. 查看内容：select ts, username, verb, request from audit where resource = 'ingresses' and namespace = '{namespace}' and name = '{name}' order by ts。
2. 若非必需，在控制器 ConfigMap 中将 allow-snippet-annotations 设为 false。
3. 若其读取文件或返回令牌，轮换控制器令牌及其可读取的 Secret。
"""
quiet_when = "团队使用经过审查的 snippet"
*/
with found as (
    select cluster, namespace, coalesce(username, 'unknown user') as username,
        coalesce(name, '?') as name, verb, ts, row_id,
        regexp_match(request, $snippets)[1] as snippet,
        regexp_like(
            request, '(?i)serviceaccount|_by_lua|io[.]open|load_module|proxy_pass|/etc/'
        ) as is_code
    from audit
    where resource = 'ingresses'
        and verb in ('create', 'update', 'patch')
        and coalesce(subresource, '') = ''
        and regexp_like(request, $snippets)
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, username, name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    case when bool_or(verb = 'create') then 'created' else 'changed' end as did,
    case when bool_or(verb = 'create') then '新建' else '修改' end as did_zh,
    array_to_string(array_sort(array_agg(distinct snippet)), ', ') as snippets,
    -- Code and files have no place in a header or a redirect.
    case when bool_or(is_code) then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, username, name
