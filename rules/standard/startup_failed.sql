/*
title    = "Application fails to start"
severity = "high"
params   = { starts = 2 }
finding  = "{namespace}/{workload} failed to start {count} times: {sample}"
why      = "The program ends before it serves anything, so restarting cannot cure it: usually a bad configuration, a missing file or variable, a taken port or an image for another platform."
advice   = """
1. Read the message; it mostly names the setting, file or port: kubectl logs -n NAMESPACE POD --previous.
2. Compare with the last change: select ts, username, operation, name from audit where namespace = 'NAMESPACE' and operation in ('image', 'config', 'rollout') order by ts.
3. Roll back to the last revision that started: kubectl rollout undo deployment WORKLOAD.
"""
quiet_when = "a preview environment is being set up"
tags     = ["startup", "config"]
[zh]
title   = "应用启动失败"
finding = "{namespace}/{workload} 启动失败 {count} 次：{sample}"
why     = "程序在提供服务前就已退出，重启无法解决：多为配置错误、缺少文件或环境变量、端口被占用，或镜像架构不符。"
advice  = """
1. 报错通常会指出具体的配置项、文件或端口：kubectl logs -n NAMESPACE POD --previous。
2. 对照最近的变更：select ts, username, operation, name from audit where namespace = 'NAMESPACE' and operation in ('image', 'config', 'rollout') order by ts。
3. 回滚到上一个能正常启动的版本：kubectl rollout undo deployment WORKLOAD。
"""
quiet_when = "预览环境正在搭建"
*/
with failures as (
    select cluster, namespace, workload, pod, container, ts, row_id, message
    from standard
    where regexp_like(
        message,
        '(?i)APPLICATION FAILED TO START|application startup failed'
        || '|Application run failed'
        || '|exec format error|error while loading shared libraries'
        || '|cannot find module|ModuleNotFoundError|no main manifest attribute'
        || '|could not find or load main class|bind: address already in use|EADDRINUSE'
        || '|(failed|unable) to (load|read|parse) (the )?(config|configuration)\b'
        || '|(missing|required) (required )?(env|environment) ?(var|variable)'
        || '|environment variable .* (is not set|is required|not found)'
    )
)
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    left(first_value(message order by ts, row_id), 120) as sample,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from failures
group by cluster, namespace, workload
-- After one restart a port is free again and a file is mounted; a second failure has
-- another cause.
having count(*) >= $starts
