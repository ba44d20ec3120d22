/*
title    = "Issuer or certificate deleted by hand"
severity = "high"
params   = { automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} deleted {names}"
why      = "Without its issuer no certificate is renewed; each one goes on until it expires, and then every client fails."
advice   = """
1. See the requests: select ts, verb, resource, namespace, name, user_agent from audit where username = '{username}' and verb like 'delete%' order by ts.
2. Put the objects back from the repository with the same names; the key of an ACME account is kept in a Secret beside the issuer.
3. See what depends on them: kubectl get certificate,certificaterequest -A.
"""
quiet_when = "an issuer is replaced as announced"
tags     = ["certificate", "change"]
[zh]
title   = "证书签发者或证书被人工删除"
finding = "{username} 删除了 {names}"
why     = "签发者不在，证书就无法续期；到期后所有客户端都会失败。"
advice  = """
1. 查看请求：select ts, verb, resource, namespace, name, user_agent from audit where username = '{username}' and verb like 'delete%' order by ts。
2. 从仓库以相同名称恢复；ACME 账户密钥保存在签发者旁的 Secret 中。
3. 查看依赖它的证书：kubectl get certificate,certificaterequest -A。
"""
quiet_when = "按计划更换签发者"
*/
select cluster, username,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        (array_sort(array_agg(distinct
            resource || '/' || coalesce(namespace || '/', '') || coalesce(name, 'all')
        )))[1:8], ', '
    ) as names,
    -- An issuer serves many; one certificate is issued again when its object is back.
    case
        when bool_or(resource <> 'certificates' or verb = 'deletecollection') then 'high'
        else 'medium'
    end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where api_group = 'cert-manager.io'
    and resource in ('issuers', 'clusterissuers', 'certificates')
    and verb in ('delete', 'deletecollection')
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, username
