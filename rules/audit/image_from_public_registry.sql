/*
title    = "Image from a public registry"
severity = "low"
params   = { public = "([a-z0-9_-]+(/[a-z0-9._-]+)?(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]+)?|(docker[.]io|quay[.]io|ghcr[.]io|gcr[.]io)/[^\"]*)" }
finding  = "Images of public registries run in {namespace}: {images} ({names})"
why      = "Such an image is not scanned or kept by you, can change under its tag, and cannot be pulled when the registry limits or blocks you."
advice   = """
1. See them: select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%image%' order by ts.
2. Copy the image to your own registry and name it by digest.
3. If nobody knows the image, look at what it ran: select ts, message from standard where namespace = '{namespace}' order by ts.
"""
quiet_when = "public images are allowed here; set the parameter public to the images that are not"
tags     = ["pod", "image"]
[zh]
title   = "使用了公共仓库镜像"
finding = "{namespace} 有 {workloads} 个工作负载使用公共仓库镜像：{images}（{names}）"
why     = "此类镜像未经自有扫描与留存，标签内容可能变化，公共仓库限流或不可达时还会拉取失败。"
advice  = """
1. 查看这些对象：select ts, username, coalesce(workload, name) as workload, request from audit where namespace = '{namespace}' and request like '%image%' order by ts。
2. 将镜像同步到自有仓库并用 digest 引用。
3. 若无人认识该镜像，查看其输出：select ts, message from standard where namespace = '{namespace}' order by ts。
"""
quiet_when = "允许使用公共镜像；可用参数 public 指定不允许的范围"
*/
with known as (
    -- A pod that ran like this in the days before is not news when it is replaced.
    select distinct namespace, coalesce(workload, name) as known_workload
    from history.audit
    where resource in (
            'pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs'
        )
        and verb in ('create', 'update', 'patch')
        and regexp_like(request, '"image":\s*"' || $public || '"')
),

found as (
    select cluster, audit.namespace, workload, name, ts, row_id,
        regexp_match(request, '"image":\s*"(' || $public || ')"')[1] as public_image
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
        -- Each new node gets such pods; their DaemonSet is judged itself.
        and not (
            coalesce(username, '') like '%:kube-system:daemon-set-controller'
            and request like '%"DaemonSet"%'
        )
        and regexp_like(request, '"image":\s*"' || $public || '"')
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
select cluster, namespace,
    count(distinct coalesce(workload, name, '?')) as workloads,
    array_to_string(
        array_sort(array_agg(distinct coalesce(workload, name, '?'))), ', '
    ) as names,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    array_to_string(
        array_sort(array_agg(distinct public_image)),
        ', '
    ) as images,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
group by cluster, namespace
