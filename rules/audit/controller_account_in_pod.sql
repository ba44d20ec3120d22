/*
title    = "Pod with the account of a controller"
severity = "high"
params   = { controllers = "(clusterrole-aggregation|attachdetach|certificate|cronjob|daemon-set|deployment|disruption|endpoint|endpointslice|expand|generic-garbage-collector|horizontal-pod-autoscaler|job|namespace|node|persistent-volume-binder|pod-garbage-collector|replicaset|replication|resourcequota|root-ca-cert-publisher|route|service|service-account|statefulset|token-cleaner|bootstrap-signer|ttl)(-controller)?" }
finding  = "{username} runs {namespace}/{workload} with the controller account {account}"
why      = "The control plane's controllers have rights close to cluster-admin and run in no pod; whoever mounts their token has those rights."
advice   = """
1. See who asked for it and the specification: select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts.
2. Delete the pod and rotate the token: kubectl -n {namespace} delete serviceaccount {account} (the control plane makes it anew).
3. See what it did with the rights: select ts, verb, resource, namespace, name, source_ip from audit where username = 'system:serviceaccount:{namespace}:{account}' order by ts.
"""
quiet_when = "none is known"
tags     = ["pod", "token", "escalation"]
[zh]
title   = "Pod 使用了系统控制器账号"
finding = "{username} 让 {namespace}/{workload} 使用系统控制器账号 {account}"
why     = "控制面控制器的权限接近 cluster-admin，且本不在 Pod 中运行；谁挂载其令牌，谁就拥有这些权限。"
advice  = """
1. 查看是谁提交的、规格是什么：select ts, username, verb, resource, name, request from audit where namespace = '{namespace}' and (workload = '{workload}' or name = '{workload}') and request is not null order by ts。
2. 删除该 Pod 并轮换令牌：kubectl -n {namespace} delete serviceaccount {account}（控制面会重新创建）。
3. 查看以该身份做了什么：select ts, verb, resource, namespace, name, source_ip from audit where username = 'system:serviceaccount:{namespace}:{account}' order by ts。
"""
quiet_when = "暂无已知的误报场景"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(
            request, '"serviceAccount(Name)?":\s*"' || $controllers || '"'
        )
),

found as (
    select cluster, audit.namespace, workload, username, name, ts, row_id,
        regexp_match(
            request, '"serviceAccount(?:Name)?":\s*"(' || $controllers || ')"'
        )[1] as controller
    from audit
    left join known
        on audit.namespace = known.namespace
        and coalesce(audit.workload, audit.name) = known.known_workload
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and coalesce(subresource, '') = ''
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        and regexp_like(
            request, '"serviceAccount(Name)?":\s*"' || $controllers || '"'
        )
        -- Only there do accounts of these names have those rights.
        and audit.namespace = 'kube-system'
        -- The cluster's own agents run like this in its own namespaces.
        and not (
            regexp_like(
                audit.namespace, '^(kube-system|kube-flannel|openshift-.*|gke-.*)$'
            )
            and regexp_like(coalesce(username, ''), '^(system|eks):')
            and username <> 'system:admin'
        )
        and known.known_workload is null
)
select cluster, namespace, coalesce(workload, name) as workload,
    coalesce(
        min(username) filter (where username not like 'system:%'),
        min(username), 'unknown user'
    ) as username,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(controller) as account,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace, coalesce(workload, name)
