/*
title    = "Image cannot be pulled"
severity = "high"
params   = { attempts = 3 }
finding  = "{namespace}/{workload} cannot pull {image}: {count} failed attempts"
why      = "A pod without its image never starts. Running replicas go on, so this often stays hidden until a node is lost or a rollout replaces the last old pod."
advice   = """
1. Read the reason in the message: not found (wrong tag), unauthorized (pull secret), timeout (registry or network).
2. Try it from the node: crictl pull IMAGE; check the secrets: kubectl get sa default -n NAMESPACE -o yaml.
3. Find who set the image: select ts, username, name from audit where operation = 'image' and namespace = 'NAMESPACE' order by ts.
"""
quiet_when = "preview environments deploy tags before they are pushed"
tags     = ["image", "rollout"]
[zh]
title   = "镜像拉取失败"
finding = "{namespace}/{workload} 无法拉取镜像 {image}，已失败 {count} 次"
why     = "拉不到镜像的 Pod 永远无法启动。旧副本仍在运行，问题常被掩盖，直到节点故障或发布替换掉最后一个旧 Pod。"
advice  = """
1. 从报错判断原因：not found 为标签错误，unauthorized 为拉取凭据问题，timeout 为镜像仓库或网络问题。
2. 在节点上验证：crictl pull IMAGE；检查凭据：kubectl get sa default -n NAMESPACE -o yaml。
3. 查找谁修改了镜像：select ts, username, name from audit where operation = 'image' and namespace = 'NAMESPACE' order by ts。
"""
quiet_when = "预览环境在镜像推送前就已部署"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload, pod, container, node,
        message like 'Failed to pull image%' as is_attempt,
        max(regexp_match(message, 'image "([^"]+)"')[1]) as image,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in (
            'ErrImagePull', 'ImagePullBackOff', 'InspectFailed', 'ErrImageNeverPull'
        )
        or (
            reason in ('Failed', 'BackOff')
            and regexp_like(message, '(?i)pull(ing)? image|ImagePull|InvalidImageName')
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
    -- One failed pull creates several events; if the attempts are among them, only those
    -- are counted.
    coalesce(sum(case when is_attempt then repeats end), max(repeats)) as count,
    coalesce(max(image), '-') as image,
    count(distinct pod) as pods,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from series
group by cluster, namespace, workload
-- A short registry failure costs one or two attempts; the third follows a back-off.
having coalesce(sum(case when is_attempt then repeats end), max(repeats)) >= $attempts
