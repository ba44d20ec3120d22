/*
title    = "Configuration is missing or wrong"
severity = "high"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload} misses or cannot read its configuration, {count} times, {state} (last {last_ts}): {quote}"
why      = "A variable, a key or a file that the program needs is absent or empty. It stops, or goes on with nonsense such as `http://undefined`."
advice   = """
1. Compare the settings that it requires with those that it gets: kubectl get pod -n {namespace} {sample_pod} -o yaml (env, envFrom, volumes).
2. Find who changed it: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation in ('config', 'rollout', 'image') order by ts.
3. Put the key back from the repository and restart {workload}; variables are read at the start only.
"""
quiet_when = "an optional setting is reported once at the start"
tags     = ["config", "startup"]
[zh]
title   = "配置缺失或有误"
finding = "{namespace}/{workload} 缺少或无法读取配置 {count} 次，{state_zh}（最近一次 {last_ts}）：{quote}"
why     = "程序所需的变量、键或文件不存在或为空：要么启动失败，要么带着 `http://undefined` 之类的值继续运行。"
advice  = """
1. 对比需要与实际得到的配置：kubectl get pod -n {namespace} {sample_pod} -o yaml（env、envFrom、volumes）。
2. 查找变更人：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation in ('config', 'rollout', 'image') order by ts。
3. 从代码仓库恢复并重启 {workload}；环境变量只在启动时读取。
"""
quiet_when = "可选配置在启动时提示一次"
*/
with lines as (
    select *
    from business_lines
    where may_fail
),

failures as (
    select *
    from lines
    where regexp_like(
            text,
            '(?i)env(ironment)?[ _]?var(iable)?s? [^ ]+ (is |was |are )?(not'
            || ' (set|defined|found)|required|missing|undefined|unset|empty)'
            || '|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+ ((is |must be |was )?(not set|not'
            || ' defined|required|missing|undefined|unset|empty)|(must|should) be set)\b'
            || '|(missing|required|undefined|unset)( required)? (env|environment'
            || '|config|configuration|setting|property|parameter|option|flag|key)\b'
            || '|(config|configuration|property|setting|parameter|option|key) [^'
            || ' ]{1,60} (is |was |has )?(not set|not defined|undefined|missing'
            || '|not found|must be set|empty|unset|no value|required)|field'
            || ' required|Could not resolve placeholder|KeyError: .?[A-Z][A-Z0-9_]+'
            || '|(no such file or directory|not found|does not exist'
            || '|ENOENT)[^.]{0,80}\.(ya?ml|json|properties|toml|conf|ini|env|cfg)'
            || '|\.(ya?ml|json|properties|toml|conf|ini|env'
            || '|cfg)[^a-z]{1,3}[^.]{0,20}(no such file|not found|does not exist'
            || '|cannot be (read|parsed|loaded)|is invalid)'
            || '|(cannot|could not|can.t|failed to|unable to|error|invalid|while)'
            || ' (reading?|opening?|load(ing)?|find(ing)?|pars(e|ing)|read|open'
            || '|in)( the| your)? (config|configuration|settings)'
            || '|config(uration)?( file)?[^.]{0,40} (is )?(invalid|unreadable'
            || '|malformed)|config(uration)? (error|validation)|invalid config'
            || '|//(undefined|null|none|nil)\b|\b(undefined|null):(undefined|null'
            || '|[0-9]+)|(lookup|ENOTFOUND) (undefined|null)\b'
            || '|no bean of type|NoSuchBeanDefinition|UnsatisfiedDependency'
            || '|unknown (profile|config key|configuration option|directive)'
            || '|unrecognized (option|field|key)'
            || '|yaml: (line|unmarshal|did not find)|toml: |failed to unmarshal'
            || ' config|Cannot read propert(y|ies) of undefined'
        )
        -- A default, or a page that was not found, is no fault of the configuration.
        and not regexp_like(
            text,
            '(?i)unrecognized environment variable|404|GET /'
            || '|using default|falling back|defaulting'
        )
),

slots as (
    select cluster, namespace, workload,
        date_bin(interval '5 minutes', ts) as slot,
        count(*) as failures,
        min(pod) as first_pod,
        max(pod) as last_pod,
        min(ts) as first_ts,
        max(ts) as last_ts,
        first_value(quote order by ts, row_id) as quote,
        first_value(row_id order by ts, row_id) as row_id
    from failures
    group by cluster, namespace, workload,
        date_bin(interval '5 minutes', ts)
),

places as (
    select cluster, namespace, workload,
        case when min(first_pod) = max(last_pod) then min(first_pod) end as pod,
        min(first_pod) as sample_pod,
        sum(failures) as count,
        max(failures) as peak,
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
    case when peak >= $failures then 'high' else 'low' end as severity,
    row_ids
from places
-- One start may say it twice; the third line comes from another start.
-- A failure at the end of the logs is reported from the first line on, as
-- little known.
where peak >= $failures or is_open and count >= $open
