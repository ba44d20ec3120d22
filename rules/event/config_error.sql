/*
title    = "Pod refers to a ConfigMap or Secret that is not there"
severity = "high"
params   = { failures = 3 }
finding  = "{namespace}/{workload} cannot start: {object} or a key of it is missing ({count} failures)"
why      = "The container cannot be created while a ConfigMap, a Secret or one of its keys is missing. Running pods keep the old content, so the fault shows at the next restart or rollout."
advice   = """
1. Check that the object and the key exist: kubectl get configmap,secret -n NAMESPACE; kubectl describe pod POD.
2. Find who deleted or changed it: select ts, username, verb, name from audit where resource in ('configmaps', 'secrets') and namespace = 'NAMESPACE' and verb <> 'get' order by ts.
3. Put it back from the repository, then wait for the kubelet to retry; no restart is needed.
"""
quiet_when = "a release creates the workload shortly before its configuration"
tags     = ["config", "rollout"]
[zh]
title   = "Pod 引用的 ConfigMap 或 Secret 不存在"
finding = "{namespace}/{workload} 无法启动：{object} 或其中的键缺失（失败 {count} 次）"
why     = "ConfigMap、Secret 或其中的键缺失时容器无法创建；已运行的 Pod 仍用旧内容，因此故障往往在下次重启或发布时才暴露。"
advice  = """
1. 确认对象与键是否存在：kubectl get configmap,secret -n NAMESPACE；kubectl describe pod POD。
2. 查找谁删除或修改了它：select ts, username, verb, name from audit where resource in ('configmaps', 'secrets') and namespace = 'NAMESPACE' and verb <> 'get' order by ts。
3. 从代码仓库恢复该对象后等待 kubelet 自动重试，无需重启。
"""
quiet_when = "发布时工作负载略早于其配置创建"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload, pod, name, container,
        node,
        max(
            regexp_match(
                message, '(?i)((?:configmap|secret)s? "?[a-z0-9][a-z0-9./-]*)'
            )[1]
        ) as object,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in ('CreateContainerConfigError', 'InvalidEnvironmentVariableNames')
        or (
            reason in ('Failed', 'FailedMount')
            and regexp_like(
                message,
                '(?i)(configmap|secret).*(not found|non-existent)'
                || '|find key .* in (configmap|secret)'
                || '|references non-existent (config|secret) key'
                || '|CreateContainerConfigError'
            )
            -- A missing image pull secret is only a warning.
            and message not like '%pull image%'
        )
    group by cluster, namespace, workload, pod, name, container, node, message,
        attrs->>'event_uid'
)
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    case when min(node) = max(node) then min(node) end as node,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(repeats) as count,
    coalesce(replace(max(object), '"', ''), 'ConfigMap/Secret') as object,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from series
group by cluster, namespace, workload
-- If a release creates the workload before its configuration, the second or third attempt
-- of the kubelet succeeds; three failures mean that the object is really missing.
having sum(repeats) >= $failures
