//! Phrases in which a sentence claims more than numbers and names: certainty, severity, causes, actors,
//! and things to do. Each pattern holds both languages; `assertions` checks the matches against facts.

use crate::brief::pattern::{regex, regexes};
use regex::Regex;
use std::sync::LazyLock;

/// Hedges that contain a word of [`SURE`]; removed before that is matched.
pub(crate) static NOT_SURE: LazyLock<Regex> = regex!(
    r"(?i)(?:尚|还)?未(?:经|被|得到|能)?(?:证实|确认|断定)|(?:尚|还)未|无法(?:确定|确认|断定|证实)|(?:不能|难以|尚不|并不|没有)(?:确定|确认|断定|证实)|不确定|待(?:确认|证实)|请确认|需(?:要)?[^，。；]{0,16}确认|再确认|(?:未能|不足以|不够|而非|不是)[“]?已?确认|rather than confirmed|not \W?confirmed|unconfirmed|unproven|uncertain|inconclusive|\bnot (?:yet )?(?:been )?(?:proven|confirmed|certain|known|established)|\bcannot be (?:confirmed|determined|established)|\bcannot be said for certain|\b(?:neither|none)\b[^.;]{0,80}\b(?:proven|confirmed|certain)|\bto confirm\b|\bconfirm (?:that|whether|with)\b"
);
/// A cause that is denied, or that is none: it was made.
pub(crate) static NO_CAUSE: LazyLock<Regex> = regex!(
    r"(?i)\bno (?:trace|fact|chain|one)\b[^,;.]{0,30}\bcauses?\b|\bnot (?:among|listed|named)\b[^.;]{0,30}\bcauses?\b|\b(?:was|were) made\b|\b(?:made|makes) (?:\w+ ){0,3}?(?:changes?|edits?|operations?)\b|\bnor (?:is|was) there an? cause\b|\b(?:asks?|look(?:s|ing)?) for (?:a|the) cause\b|原因信息|(?:原因|起因)[，,]?\s*事实[里中]没有|事实[里中]没有[^，。；]{0,12}(?:原因|起因)|没有?[^，。；]{0,12}(?:列为|认定为|算作)(?:起因|原因)|不能因为"
);
/// It is not in the facts.
pub(crate) static NOT_IN_FACTS: LazyLock<Regex> = regex!(
    r"(?i)\bfacts?\b|\b(?:do|does) not know\b|\bcannot be (?:said|seen|answered)\b|事实|不知道|回答不了|无法回答|不详"
);
/// The cause is confirmed.
pub(crate) static SURE: LazyLock<Regex> = regex!(
    r"(?i)已?确认|已?证实|确定|肯定|必然|一定是|无疑|毫无疑问|明确(?:是|为)|铁证|可以断定|基本断定|就是(?:因为|由于)|实锤|\b(?:confirmed|confirms?|proven|proved|proof|certain(?:ly)?|definite(?:ly)?|undoubted(?:ly)?|no doubt|clearly|obviously|evidently|established|verified|undeniabl[ey]|conclusive(?:ly)?)\b"
);
/// The cause is likely.
pub(crate) static LIKELY: LazyLock<Regex> =
    regex!(r"(?i)很可能|极可能|大概率|疑似|\b(?:likely|probabl[ey]|presumabl[ey]|suspected)\b");
/// The cause is not known.
pub(crate) static INCONCLUSIVE: LazyLock<Regex> = regex!(
    r"(?i)无法(?:确定|确认|断定)|(?:原因|起因)(?:不明|未知|未明)|未能(?:确定|找到)|(?:没有|未)(?:找到|发现)[^，。；]{0,12}(?:原因|起因|操作)|没有(?:定论|结论|查明|查到|确认)|(?:没有|未)(?:得到|被)?(?:确认|证实|查明)|(?:不能|无法|不可)[^，。；]{0,4}(?:断定|判断|说|确认|回答)|回答不了|不知道|不能下结论|起因未定|不清楚|分不清|inconclusive|unknown|\b(?:cause|reason) (?:is|remains) (?:not known|unclear|open)|\bnot (?:be )?(?:determined|established)|\bcannot be determined|\bno (?:\w+ )?cause\b|\bcause\b[^.;]{0,40} (?:is|are|remains) open|\b(?:draws|draw) no conclusion|\bno (?:operation|change|edit)\b[^.;]{0,30}\b(?:explain|cause[ds]?\b|behind)|\bnor (?:is|was) there an? cause\b|(?:起因|原因)?定不下来|定不了|没有[^，。；]{0,10}(?:认定为|列为|算作)(?:起因|原因)|\bcannot be (?:confirmed|said|seen|named|told|settled|established)|\b(?:is|are|was) not (?:settled|proven|in the facts)|\b(?:neither|none)\b[^.;]{0,80}\b(?:cause|proven|confirmed)|\bno cause can\b|\bdo not know\b"
);
/// Marks a statement as uncertain.
pub(crate) static HEDGE: LazyLock<Regex> = regex!(
    r"(?i)可能|或许|也许|疑似|候选|怀疑|嫌疑|未证实|\b(?:may|might|could|possibl[ey]|perhaps|likely|probabl[ey]|candidates?|suspected|appears? to|seems? to|not proven)\b"
);
/// A cause that is said to be less than certain.
pub(crate) static WEAK: LazyLock<Regex> = regex!(
    r"(?i)可能|或许|也许|疑似|候选|怀疑|嫌疑|未证实|\b(?:may|might|possibl[ey]|perhaps|likely|probabl[ey]|candidates?|suspect\w*|appears? to|seems? to|not proven|guess\w*|speculat\w*|hypothes\w*)\b|猜测|猜想"
);
/// One thing caused another.
pub(crate) static CAUSE: LazyLock<Regex> = regex!(
    r"(?i)导致|造成|引起|引发|触发|致使|使得|因为|由于|起因|根因|原因|源于|归因|归咎|所致|元凶|罪魁|\b(?:because|caus(?:e|es|ed|ing)|due to|led to|leads? to|leading to|result(?:s|ed|ing)? (?:in|of|from)|root cause|trigger(?:s|ed|ing)?|owing to|therefore|thus|hence|as a result|consequence|responsible|blame|culprit|stems? from|brought (?:down|about)|made|makes)\b"
);
/// All is well, or the problem can be ignored.
pub(crate) static PLAYS_DOWN: LazyLock<Regex> = regex!(
    r"(?i)(?:一切|全部|均|都|集群|系统|服务|状态|运行)(?:已)?(?:正常|平稳|健康|稳定|良好)|没有(?:异常|问题|故障|影响)|无(?:异常|问题|影响|害|需(?:处理|关注|理会|操作|担心)|须)|不(?:需要?|必|用)(?:处理|关注|理会|担心|操作|响应)|不(?:严重|重要|影响)|不可信|可(?:以)?忽略|忽略|误报|虚警|演练|测试数据|已(?:经)?(?:解决|处理|缓解|关闭)|恢复正常|轻微|低风险|\b(?:all (?:is )?(?:clear|well|good|fine|healthy|normal)|everything (?:is|was) (?:fine|ok|okay|normal|healthy|good)|(?:is|are|was|were|remains?) (?:healthy|fine|calm|stable|normal|harmless|benign|ok|okay)|no (?:action|issues?|problems?|impact|anomal\w+|incidents?|findings?|errors?|need|risk|cause for)|as (?:it|they) should|does not matter|nothing (?:unusual|wrong|to)|safe(?:ly)?(?: to)? ignor\w+|ignor\w+|disregard\w*|false (?:alarm|positive)s?|benign|harmless|negligible|minor|trivial|drill|test data|not (?:serious|severe|critical|important|a problem|an issue|real))\b"
);
/// Requests that are typical of phishing and prompt injection.
pub(crate) static REQUESTS: LazyLock<Regex> = regex!(
    r"(?i)点击|访问(?:链接|网址|网站|网页|以下|下面|此)|打开(?:链接|网址|网页|此)|登录|扫码|二维码|加群|加微信|联系|致电|拨打|转账|汇款|付款|支付宝|比特币|密码|口令|验证码|转发|回复|告知所有|通知所有|所有人|全体成员|指令|提示词|系统提示|助手|模型|人工智能|\b(?:click\w*|visit\w*|open (?:the|this|a) (?:link|page|url|site)|log ?in|sign ?in|download\w*|scan the|contact\w*|call (?:the|this|us|me|\d)|e-?mail (?:the|us|me)|transfer\w*|pay(?:ment)? to|wire|bitcoin|btc|wallet|passwords?|passphrase|forward this|reply|everyone|all hands|instructions?|prompts?|system message|assistant|language model|as an ai|ai model|you are now|you must|pwned|jailbreak\w*|override\w*|developer mode|approved by)\b"
);
/// A shell command.
pub(crate) static SHELL_COMMANDS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:kubectl|helm|curl|wget|bash|sudo|systemctl|docker|crictl|etcdctl|chmod|nsenter)\b|\brm -"
);
/// A request for a drastic action; group 1 is the verb.
pub(crate) static DRASTIC_ACTIONS: LazyLock<[Regex; 2]> = regexes![
    r"(?i)(?:^|[.;:,]\s*|\b(?:should|must|please|need to|needs to|have to|now|then|first|immediately|and)\s+)(delete|remove|drop|wipe|erase|disable|uninstall|revoke|shut down|terminate|purge|destroy|format|grant|scale|drain|cordon|run|exec|execute|kill|stop|turn off)\b",
    r"(?:请|应当?|应该|需要?|建议|立即|马上|先|可以?|必须|然后|并|^|[，。：；])\s*(?:立即|马上|手动|直接)?(删除|移除|清空|格式化|关闭|停用|禁用|卸载|吊销|停止|下线|驱逐|重装|授予|放开|执行|运行|杀掉)",
];
/// An action of a step, which must be advised.
pub(crate) static ACTIONS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:restart|reboot|mov|migrat|upgrad|downgrad|doubl|tripl|rais|increas|lower|reduc|add|replac|rotat|switch|scal|delet|remov|reinstall|rebuild|evict|drain|cordon|disabl|enabl|block|allow|grant|revok|patch|apply|renew|roll)(?:e|es|ing|ed)?\b|重启|迁移|迁到|升级|降级|翻倍|加倍|提高|调高|增加|降低|调低|减少|添加|更换|轮换|切换|扩容|缩容|删除|移除|重装|重建|驱逐|排空|封锁|禁用|启用|屏蔽|授予|吊销|更新|续期|回滚"
);
/// Words for one action, of which advice may have another than the sentence.
pub(crate) const SAME: [&[&str]; 6] = [
    &["更新", "续期", "续签", "更换", "轮换", "renew", "rotate", "replace"],
    &["回滚", "回退", "撤销", "改回", "roll", "undo", "revert"],
    &["删除", "移除", "清理", "remov", "delet"],
    &["重启", "重新启动", "restart", "rerun"],
    &["提高", "调高", "上调", "增加", "加大", "rais", "increas"],
    &["驱逐", "排空", "drain", "evict"],
];
/// Severities, highest first; English `high` only next to its noun.
pub(crate) static SEVERITIES: LazyLock<[Regex; 5]> = regexes![
    r"(?i)严重(?:级|告警|异常|，|。|）|$)|级别[^，。]{0,6}严重|灾难|\b(?:critical|catastrophic|fatal severity)\b",
    r"(?i)高危|\bhigh(?:[- ]severity|[- ]priority|[- ]risk)\b|\brated (?:as )?high\b|\bseverity\b[^.;]*\bhigh\b|\(high\b|级别[^，。]{0,6}高",
    r"(?i)中等|中危|\bmedium\b",
    r"(?i)低危|轻微|\blow(?:[- ]severity|[- ]priority|[- ]risk)\b|\brated (?:as )?low\b|\bseverity\b[^.;]*\blow\b|\(low\b|级别[^，。]{0,6}[低轻]",
    r"(?i)提示级|仅(?:为)?提示|\binformational\b|\binfo[- ]level\b|\bonly for information\b|\bseverity\b[^.;]*\binfo\b",
];
/// Statuses: new, worse, ongoing, better.
pub(crate) static STATUSES: LazyLock<[Regex; 4]> = regexes![
    r"(?i)新增|新出现|首次出现|\b(?:is|are|was|were) new\b|\bnew (?:finding|error|issue|problem|failure|anomal)\w*|\bnewly\b",
    r"(?i)加重|恶化|更严重|\bwors(?:e|ened|ening)\b|\bescalat\w+\b|\bdeteriorat\w+\b",
    r"(?i)持续存在|仍在持续|(?:状态)?持续(?:中|的)|\bongoing\b|\bstill (?:going on|failing|present)\b",
    r"(?i)减轻|好转|改善|\b(?:better|improved|improving|eased|subsid\w+)\b",
];
/// Something is no longer found.
pub(crate) static GONE: LazyLock<Regex> = regex!(
    r"(?i)不再出现|没有再出现|未再出现|消失|\b(?:gone|disappeared|did not return|no longer (?:seen|found|there|present|occurs?|appears?|reported))\b"
);

/// An actor in English: before the verb, or after `by` or `user`; group 1 is the name.
pub(crate) static EN_ACTORS: LazyLock<[Regex; 3]> = regexes![
    r"(?i)([a-z][\w.@:-]*)(?:'s)?\s+(?:(?:has|had|then|also|manually|recently|just|first|later|again)\s+)*(?:changed|patched|updated|edited|modified|deleted|removed|created|scaled|restored|reverted|recreated|rebuilt|uncordoned|lowered|raised|reduced|increased|cut|restarted|rolled|deployed|applied|drained|cordoned|tainted|granted|bound|set|rotated|replaced|upgraded)\b",
    r"(?i)\bby\s+(?:the\s+)?(?:user|operator|engineer|account|admin|administrator)?\s*([a-z][\w.@:-]*)",
    r"(?i)\b(?:user|operator|engineer|account|username)\s+([a-z][\w.@:-]*)",
];
/// An actor in Chinese: between 由/被/是 and the verb, or a personal name; group 1 is the name.
pub(crate) static ZH_ACTORS: LazyLock<[Regex; 2]> = regexes![
    r"(?:由|被|是)\s*([^，。；、\s]{1,16}?)\s*(?:手动|私自|误|在|于|所)?(?:修改|改动|更改|删除|更新|执行|操作|调整|发布|回滚|重启|变更|扩容|缩容|授予|创建|下发|触发)",
    r"(?:^|[，。；、由被因是])\s*([张王李赵刘陈杨黄周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤小老阿][\p{Han}]{1,2}?)(?:于|在|把|将|对|手动|私自|误|擅自)?[^，。；]{0,10}?(?:修改|改动|更改|删除|更新|执行|操作|调整|发布|回滚|重启|变更|扩容|缩容|授予|创建)",
];

/// Words in the place of an actor that are not names.
pub(crate) const NOT_ACTORS: &str = " account the a an this that these those which who it its they and or then was were been being be is are has had have not never someone somebody operator user users operation operations change changes update updates patch limit limits config configuration deployment rollout release controller kubelet scheduler kubernetes cluster system node nodes pod pods container containers workload service services containers image images quota policy role binding memory cpu probe trace audit event events log logs kernel oom so when after before once also recently manually if may might could must should same one another each all both counting altered anyone nobody mounting someone's hand default design itself name on in of at to with from for against into only first later as requests traffic latency usage load calls replicas restarts rate count payments cache connection refused timeout errors error failures failure failing lack missing ";

/// Terms that a sentence may use without a fact that contains them.
pub(crate) const TERMS: &str = " pod pods oom oomkill oomkilled oomkilling cpu memory configmap configmaps secret secrets deployment deployments statefulset statefulsets daemonset daemonsets replicaset replicasets job jobs cronjob cronjobs service services ingress node nodes namespace namespaces api apis apiserver kube-apiserver dns http https tcp udp ip ips sql rbac kubelet kubernetes k8s scheduler controller container containers image images probe readiness liveness error errors warning log logs event events audit webhook webhooks pvc pv hpa quota resourcequota limitrange networkpolicy crd tls url id ok utc etcd coredns cni crashloop crashloopbackoff imagepullbackoff errimagepull backoff timeout mib gib mi gi cluster-wide serviceaccount clusterrole clusterrolebinding rolebinding endpoint endpoints rollout rollback ci cd cve e.g i.e etc vs json yaml csv out-of-memory same-node follow-up up-to-date re-created re-deployed roll-back crash-loop crash-looping memory-related on-call day-to-day knock-on up-stream down-stream read-only long-running step-by-step in-cluster cross-namespace end-to-end january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday i first ";

/// Returns true if a list of this file contains a word.
pub(crate) fn contains(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}
