/*
title    = "Image cannot be pulled"
severity = "high"
params   = { attempts = 3, together = 5 }
finding  = "{subject} cannot pull {image}: {problem}, {count} failed attempts, {state} (last {last_ts})"
why      = "A pod without its image never starts. Running replicas go on, so this often stays hidden until a node is lost or a rollout replaces the last old pod."
advice   = """
1. Read the reason in the message: not found (wrong tag), unauthorized (pull secret), timeout (registry or network).
2. Try it from the node: crictl pull {image}; check the secrets: kubectl get sa -A -o yaml.
3. Find who set the image: select ts, username, name from audit where operation = 'image' order by ts.
"""
quiet_when = "preview environments deploy tags before they are pushed"
tags     = ["image", "rollout"]
[zh]
title   = "镜像拉取失败"
finding = "{subject} 无法拉取镜像 {image}（{problem}），已失败 {count} 次，{state_zh}（最近一次 {last_ts}）"
why     = "拉不到镜像的 Pod 永远无法启动。旧副本仍在运行，问题常被掩盖，直到节点故障或发布替换掉最后一个旧 Pod。"
advice  = """
1. 从报错判断原因：not found 为标签错误，unauthorized 为拉取凭据问题，timeout 为镜像仓库或网络问题。
2. 在节点上验证：crictl pull {image}；检查凭据：kubectl get sa -A -o yaml。
3. 查找谁修改了镜像：select ts, username, name from audit where operation = 'image' order by ts。
"""
quiet_when = "预览环境在镜像推送前就已部署"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload, name, pod, container,
        node,
        message like 'Failed to pull image%' as is_attempt,
        max(regexp_match(message, '(?i)image "([^"]+)"')[1]) as image,
        max(case
            when regexp_like(message, '(?i)toomanyrequests|429|pull rate limit')
            then 'rate limited'
            when regexp_like(message, '(?i)unauthorized|denied|authentication|forbidden|401')
            then 'access denied'
            when regexp_like(message, '(?i)x509|tls:|certificate') then 'certificate'
            when regexp_like(message, '(?i)no such host|timeout|refused|unreachable|reset')
            then 'registry not reachable'
            when regexp_like(message, '(?i)not ?found|manifest unknown') then 'not found'
            when regexp_like(message, '(?i)no space left') then 'no space on the node'
            when regexp_like(message, '(?i)invalid ?(image|reference)|parse') then 'invalid name'
        end) as problem,
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
),

well as (
    select cluster, namespace, name, max(ts) as well_ts
    from event
    where reason in ('Started', 'Pulled')
    group by cluster, namespace, name
),

places as (
    select series.cluster, series.namespace, series.workload,
        case when min(pod) = max(pod) then min(pod) end as pod,
        case when min(container) = max(container) then min(container) end as container,
        case when min(node) = max(node) then min(node) end as node,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        -- One failed pull creates several events; if the attempts are among them, only
        -- those are counted.
        coalesce(sum(case when is_attempt then repeats end), max(repeats)) as count,
        coalesce(max(image), '-') as image,
        coalesce(max(problem), 'unknown reason') as problem,
        count(distinct pod) as pods,
        bool_or(
            last_ts >= (select max(ts) from event) - interval '6 minutes'
            and (well_ts is null or well_ts < last_ts)
        ) as is_open,
        bool_and(well_ts is not null and well_ts >= last_ts) as is_well,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from series
    left join well
        on series.name = well.name
        and (series.namespace is not distinct from well.namespace)
        and (series.cluster is not distinct from well.cluster)
    group by series.cluster, series.namespace, series.workload
),

failing as (
    select *, concat_ws('/', namespace, workload) as place,
        split_part(image, '/', 1) as registry,
        count(*) over (partition by cluster, split_part(image, '/', 1), problem)
            as workloads
    from places
    -- A short registry failure costs one or two attempts; the third follows a back-off.
    -- A failure at the end of the logs is reported at once, as little known.
    where count >= $attempts or is_open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when count(*) = 1 then min(workload) end as workload,
    case when count(*) = 1 then min(pod) end as pod,
    case when count(*) = 1 then min(container) end as container,
    case when min(node) = max(node) then min(node) end as node,
    case when count(*) > 1 then min(registry) end as name,
    min(image) as image,
    min(problem) as problem,
    count(*) as workloads,
    array_to_string((array_agg(place order by count desc, place))[1:3], ', ')
        || case when count(*) > 3 then ' …(' || count(*) || ')' else '' end as subject,
    (array_agg(place order by place))[1:50] as places,
    sum(count) as count,
    sum(pods) as pods,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    case
        when bool_and(is_well) then 'recovered'
        when bool_or(is_open) then 'still failing'
        else 'over'
    end as state,
    case
        when bool_and(is_well) then '已恢复'
        when bool_or(is_open) then '仍在持续'
        else '已停止'
    end as state_zh,
    case when max(count) >= $attempts then 'high' else 'low' end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One registry that fails in many workloads is one finding.
group by cluster,
    case when workloads >= $together and image <> '-' then registry || problem else place end
