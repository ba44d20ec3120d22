/*
title    = "Application fails to start"
severity = "high"
params   = { failures = 2, again = 3, open = 1 }
finding  = "{namespace}/{workload} failed to start {count} times, {state} (last {last_ts}): {quote}"
why      = "The program ends before it serves anything, so restarting cannot cure it: usually a bad configuration, a missing file or variable, a taken port or an image for another platform."
advice   = """
1. Read the message; it mostly names the setting, file or port: kubectl logs -n {namespace} {sample_pod} --previous.
2. Compare with the last change: select ts, username, operation, name from audit where namespace = '{namespace}' and operation in ('image', 'config', 'rollout') order by ts.
3. Roll back to the last revision that started: kubectl rollout undo deployment/{workload} -n {namespace}.
"""
quiet_when = "a preview environment is being set up"
tags     = ["startup", "config"]
[zh]
title   = "应用启动失败"
finding = "{namespace}/{workload} 启动失败 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "程序在提供服务前就已退出，重启无法解决：多为配置错误、缺少文件或环境变量、端口被占用，或镜像架构不符。"
advice  = """
1. 报错通常会指出具体的配置项、文件或端口：kubectl logs -n {namespace} {sample_pod} --previous。
2. 对照最近的变更：select ts, username, operation, name from audit where namespace = '{namespace}' and operation in ('image', 'config', 'rollout') order by ts。
3. 回滚到上一个能正常启动的版本：kubectl rollout undo deployment/{workload} -n {namespace}。
"""
quiet_when = "预览环境正在搭建"
*/
with lines as (
    select *
    from business_lines
    -- A warning is about something that the program survived.
    where may_fail and coalesce(level, '') <> 'warn'
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)application failed to start|application startup failed'
            || '|application run failed|startup (aborted|failed)|exec format error'
            || '|error while loading shared libraries|cannot open shared object'
            || ' file'
            || '|cannot find module|ModuleNotFoundError|ImportError'
            || '|ClassNotFoundException|NoClassDefFoundError|NoSuchMethodError'
            || '|UnsupportedClassVersionError'
            || '|no main manifest attribute|could not find or load main class'
            || '|address already in use|EADDRINUSE'
            || '|(cannot|could not|failed to|unable to|error) (start|starting|boot'
            || '|bootstrap|initiali[sz]e|initiali[sz]ing|run|create)( the| up)?'
            || ' [a-z0-9 _-]{0,40}(server|service|daemon|application|app|manager'
            || '|provisioner|listener|plugin|component|container|engine|command)'
            || '|^cannot start$|^(cannot|failed to|unable to|error) start(ing)?\b'
            || '|(command|executable file) not found|\bsh: [^ ]*:? ?[^ ]+: not'
            || ' found|no such file or directory: unknown|exec: '
            || '|(init|initiali[sz]ation|bootstrap|registry init|plugin init)[a-z'
            || ' ]{0,20} failed|incompatible (plugin|abi|version|architecture)'
            || '|(unknown|invalid|unrecognized) (flag|argument|option|command)'
            || '|flag provided but not defined|Invalid command'
            || '|exiting|shutting down due to|aborting(:| startup| start)'
            || '|(^|\n)\s*fatal: '
        )
        -- `FATAL:` alone may be what a database answers to a program that runs.
        and not (
            regexp_like(
                text,
                '(?i)fatal: +(password|(peer|ident|ldap) authentication|no pg_hba'
                || '|role |database |sorry|terminating|connection|canceling'
                || '|the database system is|(un)?supported|cannot (connect|execute)'
                || '|remaining|too many|permission denied)'
            )
            and not regexp_like(
                text,
                '(?i)\b(start(ed|ing|up)?|starts|boot(ing|strap)?|exiting|abort(ing|ed)?'
                || '|initiali[sz](e|ing|ation)|shutting down)\b'
            )
        )
        -- A server that refuses one more client has long started, and so has the client; a
        -- controller without its lease ends on purpose.
        and not regexp_like(
            text,
            '(?i)too many (clients|connections)|remaining connection slots'
            || '|leader ?election lost|lost (the )?lease'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        count(*) over half_hour as slots_hit,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
    window half_hour as (
        partition by cluster, namespace, workload
        order by date_bin(interval '5 minutes', ts)
        range between interval '25 minutes' preceding and current row
    )
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        max(failures) as peak,
        -- A container that ends at once is started again every five minutes.
        max(slots_hit) >= $again as is_steady,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        max(last_ts) >= (select max(ts) from business) - interval '3 minutes' as is_open,
        first_value(quote order by failures desc, quote) as quote,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from slots
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, sample_pod,
    count, peak, first_ts, last_ts, quote,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when peak >= $failures or is_steady then 'high' else 'low' end as severity,
    row_ids
from places
-- After one restart a port is free again and a file is mounted; a second failure has
-- another cause.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_steady or is_open and count >= $open
