//! The reasons of scores and verdicts: a stable code, and a sentence in English and in Chinese.
//! Sentences only; `candidate` and `verdict` decide which of them hold.

use crate::analysis::trace::link::LinkKind;
use model::report::Reason;

/// A reason with the details of its sentence.
#[derive(Clone, Debug)]
pub enum ReasonKind {
    /// How the changed object is related to the start.
    Link(LinkKind),
    /// The operation is known to cause an event of this reason.
    Mechanism(String),
    /// The operation is known to cause such errors, and they began with it.
    MechanismOnset,
    /// The operation is known to cause such errors.
    MechanismText,
    /// The operation came this long before the symptom.
    Lag(String),
    /// The effect has an earlier time than the operation, by this much.
    BeforeCause(String),
    /// A later change of the workload may be the cause too.
    Trigger(String),
    /// Another operation is nearly as likely.
    Rival(String),
    /// Two operations are equally likely.
    RivalsLevel,
    /// No other operation is nearly as likely.
    NoRival,
    /// The link is not certain.
    WeakIdentity,
    /// This workload, which the failing one calls, began to fail too.
    CalleeFails(String),
    /// The last event of the effect came this long before the symptom.
    EffectEarlier(String),
    /// The mechanism is not certain.
    WeakMechanism,
    /// No cluster event supports the chain.
    NoEventBetween,
    /// There is no error at the requested time; the nearest is at this one.
    ErrorsElsewhere(String),
    /// There is no error in the hours that were read.
    NoErrors(String),
    /// Neither an error nor an event says that anything is wrong at the requested time.
    Calm,
    /// No operation explains the symptom.
    NoOperation,
    /// Only this event explains the symptom.
    EventsOnly(String),
    /// A line names the object and what is wrong with it.
    StateNamed,
    /// The line shows a symptom of the object.
    StateSymptom,
    /// The object's state was seen only after the symptom, or long before it.
    StateLate,
    /// The object is not tied to the symptom by name.
    StateAway,
    /// Another object is wrong too.
    StateRival(String),
    /// These hours have no audit rows.
    NoAuditData(String),
    /// This span has no events.
    NoEventData(String),
}

impl ReasonKind {
    /// Returns the stable code.
    fn code(&self) -> &'static str {
        match self {
            Self::Link(kind) => kind.name(),
            Self::Mechanism(_) => "mechanism",
            Self::MechanismOnset => "mechanism_onset",
            Self::MechanismText => "mechanism_text",
            Self::Lag(_) => "lag",
            Self::BeforeCause(_) => "before_cause",
            Self::Trigger(_) => "trigger",
            Self::Rival(_) => "rival",
            Self::RivalsLevel => "rivals_level",
            Self::NoRival => "no_rival",
            Self::WeakIdentity => "weak_identity",
            Self::CalleeFails(_) => "callee_fails",
            Self::EffectEarlier(_) => "effect_earlier",
            Self::WeakMechanism => "weak_mechanism",
            Self::NoEventBetween => "no_event_between",
            Self::ErrorsElsewhere(_) => "errors_elsewhere",
            Self::NoErrors(_) => "no_errors",
            Self::Calm => "calm",
            Self::NoOperation => "no_operation",
            Self::EventsOnly(_) => "events_only",
            Self::StateNamed => "state_named",
            Self::StateSymptom => "state_symptom",
            Self::StateLate => "state_late",
            Self::StateAway => "state_away",
            Self::StateRival(_) => "state_rival",
            Self::NoAuditData(_) => "no_audit_data",
            Self::NoEventData(_) => "no_event_data",
        }
    }

    /// Returns the detail that replaces `{}` in the sentences.
    fn detail(&self) -> &str {
        match self {
            Self::Mechanism(detail)
            | Self::Lag(detail)
            | Self::BeforeCause(detail)
            | Self::Trigger(detail)
            | Self::Rival(detail)
            | Self::ErrorsElsewhere(detail)
            | Self::NoErrors(detail)
            | Self::CalleeFails(detail)
            | Self::EffectEarlier(detail)
            | Self::EventsOnly(detail)
            | Self::StateRival(detail)
            | Self::NoAuditData(detail)
            | Self::NoEventData(detail) => detail,
            _ => "",
        }
    }

    /// Returns the reason as a report has it.
    pub fn reason(&self) -> Reason {
        let (text, zh) = self.sentences();
        let fill = |text: &str| text.replace("{}", self.detail());
        Reason { code: self.code().to_owned(), text: fill(text), zh: fill(zh) }
    }

    /// Returns the sentences in English and Chinese, `{}` in place of the detail.
    fn sentences(&self) -> (&'static str, &'static str) {
        match self {
            Self::Link(kind) => link_sentences(*kind),
            Self::Mechanism(_) => ("such a change is known to cause {}", "这类变更会引起 {}"),
            Self::MechanismOnset => (
                "such a change is known to cause errors of this kind, and they began with it",
                "这类变更会引起此类错误，且错误正是从那时开始的",
            ),
            Self::MechanismText => {
                ("such a change is known to cause errors of this kind", "这类变更会引起此类错误")
            }
            Self::Lag(_) => ("it came {} before", "发生在此前 {}"),
            Self::BeforeCause(_) => (
                "it is stamped {} before the operation; clocks that differ would explain it",
                "其时间戳比操作早 {}，可能是时钟不一致",
            ),
            Self::Trigger(_) => (
                "a later change of the workload may be the cause, or only have brought it to light: {}",
                "此后对该工作负载的另一变更可能才是原因，也可能只是让问题显现：{}",
            ),
            Self::Rival(_) => ("another operation is nearly as likely: {}", "另一操作的可能性相近：{}"),
            Self::RivalsLevel => (
                "two operations are equally likely, so neither is called the cause",
                "有两个操作同样可能，因此不下结论",
            ),
            Self::NoRival => ("no other operation comes near", "没有其他操作与之接近"),
            Self::WeakIdentity => (
                "the operation is linked by surroundings only, not by the object itself",
                "该操作只与环境相关，并非对象本身",
            ),
            Self::CalleeFails(_) => (
                "{}, which the failing workload calls, began to fail too",
                "出错的工作负载所调用的 {} 也开始出错",
            ),
            Self::EffectEarlier(_) => (
                "the last event that shows the effect came {} before the errors",
                "能体现其影响的最后一个事件比错误早 {}",
            ),
            Self::WeakMechanism => ("such a change seldom causes this", "这类变更很少引起此现象"),
            Self::NoEventBetween => (
                "no cluster event stands between the operation and the error",
                "操作与错误之间没有集群事件佐证",
            ),
            Self::ErrorsElsewhere(_) => {
                ("there is no error at that time; the nearest is at {}", "该时刻没有错误；最近的错误在 {}")
            }
            Self::NoErrors(_) => (
                "there is no error at all in the hours that were read ({})",
                "所读取的时段内没有任何错误（{}）",
            ),
            Self::Calm => (
                "no error and no event says that anything was wrong with it then",
                "当时没有错误，也没有事件表明其存在异常",
            ),
            Self::NoOperation => (
                "no operation on the workload, on what it uses or on what its errors name explains it",
                "该工作负载、其依赖对象以及错误中提到的对象上，均没有能解释此现象的操作",
            ),
            Self::EventsOnly(_) => ("cluster events explain the error: {}", "集群事件可以解释该错误：{}"),
            Self::StateNamed => {
                ("a log line names the object and what is wrong with it", "日志直接指出了该对象及其问题")
            }
            Self::StateSymptom => (
                "the lines show how the object fails, not what is wrong with it",
                "日志只显示该对象的故障表现，没有指出根源",
            ),
            Self::StateLate => (
                "it was not seen when the symptom began, but before or after",
                "症状开始时未见该状态，只在之前或之后见到",
            ),
            Self::StateAway => ("it is not tied to the symptom by name", "没有名称能将其与症状直接关联"),
            Self::StateRival(_) => ("another object is wrong too: {}", "另有对象异常：{}"),
            Self::NoAuditData(_) => ("there is no audit data for {}", "{} 没有审计数据"),
            Self::NoEventData(_) => ("there is no event data for {}", "{} 没有事件数据"),
        }
    }
}

/// Returns the sentences for a link.
fn link_sentences(kind: LinkKind) -> (&'static str, &'static str) {
    match kind {
        LinkKind::SamePod => ("the operation was on the very pod", "操作对象就是该 Pod"),
        LinkKind::SameWorkload => {
            ("the operation was on the failing workload itself", "操作对象就是出错的工作负载")
        }
        LinkKind::Uses => ("the workload uses the object that was changed", "该工作负载使用了被修改的对象"),
        LinkKind::Selects => {
            ("the Service that was changed selects the workload", "被修改的 Service 选中了该工作负载")
        }
        LinkKind::Calls => {
            ("the failing workload calls what was changed", "出错的工作负载调用了被修改的对象")
        }
        LinkKind::Names => ("the errors name what was changed", "错误信息中提到了被修改的对象"),
        LinkKind::SameNode => {
            ("the operation was on a node that the workload runs on", "操作对象是该工作负载所在的节点")
        }
        LinkKind::SameNamespace => ("the operation touched the whole namespace", "操作影响了整个命名空间"),
        LinkKind::Cluster => ("the operation touched the whole cluster", "操作影响了整个集群"),
        LinkKind::ClusterDns => ("every lookup of a name goes through it", "所有域名解析都经过它"),
    }
}

/// Returns a span of seconds as people write it: `40 s`, `12 min`, `3.5 h`.
pub fn span(seconds: f64) -> String {
    match seconds.abs() {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
