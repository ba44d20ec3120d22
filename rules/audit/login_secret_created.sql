/*
title    = "Secret that is a login created by hand"
severity = "medium"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} created {what} in {namespace}: {names}"
why      = "The token in it does not end with a pod or a session: whoever has read it once can log in until the Secret is deleted."
advice   = """
1. See the request: select ts, verb, name, source_ip, user_agent, request from audit where username = '{username}' and resource = 'secrets' and verb = 'create' order by ts.
2. Use tokens that end (kubectl create token, a projected volume), and delete the Secret: kubectl -n {namespace} delete secret, with its name.
"""
quiet_when = "a node joins, or a tool outside the cluster is set up"
tags     = ["token", "secret", "persistence"]
[zh]
title   = "人工创建登录用 Secret"
finding = "{username} 在 {namespace} 创建了{what_zh}：{names}"
why     = "其中的令牌不随 Pod 或会话失效：读取过一次即可一直登录，直到删除该 Secret。"
advice  = """
1. 查看请求：select ts, verb, name, source_ip, user_agent, request from audit where username = '{username}' and resource = 'secrets' and verb = 'create' order by ts。
2. 改用有期限的令牌（kubectl create token 或 projected 卷），并删除该 Secret：kubectl -n {namespace} delete secret 加其名称。
"""
quiet_when = "节点加入，或集群外的工具正在配置"
*/
with found as (
    select cluster, namespace, username, coalesce(name, '?') as name, ts, row_id,
        regexp_like(request, '"type":\s*"bootstrap[.]kubernetes[.]io/token"')
        or namespace = 'kube-system' and coalesce(name, '') like 'bootstrap-token-%'
            as is_bootstrap,
        regexp_like(request, '"type":\s*"kubernetes[.]io/service-account-token"') as is_account,
        -- The content of Secrets is not kept, so its name has to do.
        request is null
        and regexp_like(coalesce(name, ''), '(^|-)token(-[a-z0-9]{5})?$')
        and coalesce(name, '') not like 'bootstrap-token-%' as is_named
    from audit
    where resource = 'secrets'
        and (verb = 'create' or verb = 'patch' and code = 201)
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- Releases and controllers use service accounts; this rule is about people.
        and (username not like 'system:%' or username = 'system:admin')
        and not regexp_like(username, $automation)
)
select cluster, namespace, username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    concat_ws(
        ' and ',
        case when bool_or(is_account) then 'a lasting token of a service account' end,
        case
            when bool_or(is_named) then 'a Secret named like a token of a service account'
        end,
        case when bool_or(is_bootstrap) then 'a bootstrap token for nodes' end
    ) as what,
    concat_ws(
        '和',
        case when bool_or(is_account) then '服务账号的长期令牌' end,
        case when bool_or(is_named) then '名称形似服务账号令牌的 Secret' end,
        case when bool_or(is_bootstrap) then '节点引导令牌' end
    ) as what_zh,
    array_to_string(array_sort(array_agg(distinct name)), ', ') as names,
    -- Accounts of the cluster itself are there, and they may do nearly everything.
    case
        when namespace = 'kube-system' and bool_or(is_account) then 'high'
        when namespace = 'kube-system' or bool_or(is_account or is_bootstrap) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
where coalesce(is_bootstrap, false) or coalesce(is_account, false) or is_named
group by cluster, namespace, username
