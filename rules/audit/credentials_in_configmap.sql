/*
title    = "Credentials in a ConfigMap"
severity = "medium"
params   = { keys = "[A-Za-z0-9._-]*(?:[._-]key|[.]pem|id_rsa|id_ed25519|[.]pfx|[.]p12|kubeconfig)", words = "passw(?:or)?d|passphrase|aws[_-](?:s3[_-])?(?:secret[_-])?access[_-]key(?:[_-]id)?|secret[_-]?(?:access[_-]?)?key|private[_-]?key|api[_-]?key|access[_-]?token|client[_-]?secret", own = "^(system:((apiserver|addon-manager)$|kube-|node:|bootstrap:|serviceaccount:(kube-system|openshift-[a-z-]+):)|eks:|aks)" }
finding  = "{username} wrote credentials into the ConfigMap {namespace}/{name}: {keys}"
why      = "Everybody who may read the namespace reads a ConfigMap; it is in backups, in GitOps and in support bundles."
advice   = """
1. See who read it: select ts, username, verb, source_ip from audit where resource = 'configmaps' and namespace = '{namespace}' and name = '{name}' order by ts.
2. Move {keys} into a Secret and change the value, since it counts as known.
"""
quiet_when = "the key only names a Secret or a file"
tags     = ["secret", "config"]
[zh]
title   = "ConfigMap 中包含凭据"
finding = "{username} 将凭据写入了 ConfigMap {namespace}/{name}：{keys}"
why     = "有命名空间只读权限的人都能读取 ConfigMap，它还会进入备份、GitOps 仓库与支持包。"
advice  = """
1. 查看谁读过它：select ts, username, verb, source_ip from audit where resource = 'configmaps' and namespace = '{namespace}' and name = '{name}' order by ts。
2. 将 {keys} 移入 Secret 并更换其值，原值应视为已泄露。
"""
quiet_when = "该键只是 Secret 或文件的名称"
*/
with found as (
    select cluster, namespace, username, name, ts, row_id,
        -- The name of a setting, or that of a file with a private key.
        coalesce(
            regexp_match(
                request, '(?i)(' || $words || ')"?\s*[:=]\s*"?<(?:[2-9]|[1-9][0-9]+) bytes'
            )[1],
            regexp_match(
                request, '(?i)"(' || $keys || ')":\s*"[^"]*<[1-9][0-9]+ bytes'
            )[1]
        ) as word
    from audit
    where resource = 'configmaps'
        and verb in ('create', 'update', 'patch')
        and coalesce(stage, '') <> 'RequestReceived'
        and coalesce(code, 200) < 300
        and coalesce(uri, '') not like '%dryRun=%'
        -- The lake keeps the names of settings, and of values the size only.
        and not regexp_like(coalesce(username, ''), $own)
)
select cluster, namespace, coalesce(username, 'unknown user') as username,
    coalesce(name, '?') as name,
    min(ts) as first_ts,
    max(ts) as last_ts,
    count(*) as count,
    max(word) as keys,
    (array_agg(row_id order by ts, row_id))[1:5] as row_ids
from found
where word is not null
group by cluster, namespace, coalesce(username, 'unknown user'), coalesce(name, '?')
