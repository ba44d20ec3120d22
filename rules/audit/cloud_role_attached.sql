/*
title    = "Service account tied to a cloud role"
severity = "medium"
params   = { roles = '(eks[.]amazonaws[.]com/role-arn|azure[.]workload[.]identity/client-id|iam[.]gke[.]io/gcp-service-account|pod-identity[.]alibabacloud[.]com/role-name|qcloud[.]com/role-arn|tke[.]cloud[.]tencent[.]com/role-arn)"[: ]*"([^"]+)"', automation = "(?i)(^|[^a-z])(ci|cd|bot|argocd|argo|flux|jenkins|gitlab|github|tekton|spinnaker|terraform|velero)([^a-z]|$)|^(eks:|aksservice$)" }
finding  = "{username} tied the service account {namespace}/{name} to the cloud role {role}"
why      = "Every pod with that account can do in the cloud what the role may: storage, other clusters, other accounts. For the account `default` that is every pod that names none."
advice   = """
1. See the write: select ts, username, verb, request from audit where resource = 'serviceaccounts' and namespace = '{namespace}' and name = '{name}' order by ts.
2. See which pods use it: kubectl -n {namespace} get pods -o custom-columns=N:.metadata.name,A:.spec.serviceAccountName.
3. If nobody asked for it, take the annotation away and look at what the role did in the log of the cloud.
"""
quiet_when = "a workload that uses the cloud is set up by hand"
tags     = ["access", "cloud"]
[zh]
title   = "ServiceAccount 绑定云角色"
finding = "{username} 将 ServiceAccount {namespace}/{name} 绑定到云角色 {role}"
why     = "使用该账号的所有 Pod 都能在云上行使该角色的权限：存储、其他集群、其他账号。若为 default 账号，则所有未指定账号的 Pod 均可使用。"
advice  = """
1. 查看写入：select ts, username, verb, request from audit where resource = 'serviceaccounts' and namespace = '{namespace}' and name = '{name}' order by ts。
2. 查看使用它的 Pod：kubectl -n {namespace} get pods -o custom-columns=N:.metadata.name,A:.spec.serviceAccountName。
3. 若非计划内操作，移除该注解，并在云审计中查看该角色的行为。
"""
quiet_when = "手工部署需要访问云服务的工作负载"
*/
select cluster, namespace, username, coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(regexp_match(request, $roles)[2]) as role,
    -- Every pod that names no account has this one.
    case when name = 'default' then 'high' else 'medium' end as severity,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from audit
where resource = 'serviceaccounts'
    and verb in ('create', 'update', 'patch')
    and coalesce(subresource, '') = ''
    and regexp_like(request, $roles)
    and coalesce(stage, '') <> 'RequestReceived'
    and coalesce(code, 200) < 300
    and coalesce(uri, '') not like '%dryRun=%'
    -- Releases and controllers use service accounts; this rule is about people.
    and (username not like 'system:%' or username = 'system:admin')
    and not regexp_like(username, $automation)
group by cluster, namespace, username, name
