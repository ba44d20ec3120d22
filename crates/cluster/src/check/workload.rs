//! Workloads with fewer pods than they require, and the policies that refuse pods.

use crate::Broken;
use crate::check::component::is_core;
use crate::check::reference;
use crate::check::{Cluster, Said};
use crate::object::{Key, Object, is_selected, labels, plain};
use crate::snapshot::{Owner, Snapshot};
use model::json::text;
use model::quantity::quantity;
use std::collections::BTreeMap;

const KINDS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/// Services that may select a workload that are looked at.
const SERVICES: usize = 1000;
/// Share of a quota from which it may refuse the next pod.
const FULL: f64 = 0.95;

/// Returns the workloads that have fewer ready pods than they require.
pub(super) fn without_pods(snapshot: &Snapshot) -> Vec<Owner> {
    let workloads = KINDS.iter().flat_map(|kind| snapshot.of(kind));
    workloads.filter(|workload| missing(workload).is_some()).map(Owner::of).collect()
}

/// Returns the ready and required pods of a workload that lacks some.
fn missing(workload: &Object) -> Option<(i64, i64)> {
    let first = |paths: [&str; 2]| paths.iter().find_map(|path| workload.int(path));
    let wanted = first(["/spec/replicas", "/status/desiredNumberScheduled"])?;
    let ready = first(["/status/readyReplicas", "/status/numberReady"]).unwrap_or(0);
    (ready < wanted).then_some((ready, wanted))
}

/// Returns the faults of workloads, and the quotas that are used up.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let mut found = Vec::new();
    for workload in KINDS.iter().take(3).flat_map(|kind| cluster.snapshot.of(kind)) {
        let owner = Owner::of(workload);
        let said = stopped(cluster, workload)
            .or_else(|| paused(workload))
            .or_else(|| refused(workload))
            .or_else(|| short(workload));
        found.extend(said.map(|said| said.of_owner(&owner, workload)));
    }
    for set in cluster.snapshot.of("ReplicaSet") {
        found.extend(refused(set).map(|said| said.of_owner(&cluster.snapshot.owner(set), set)));
    }
    let workloads = KINDS.iter().flat_map(|kind| cluster.snapshot.of(kind));
    let refusing: BTreeMap<_, _> = workloads.filter_map(|it| refusing(cluster.snapshot, it)).collect();
    found.extend(refusing.into_values());
    found.extend(
        cluster.snapshot.of("ResourceQuota").filter_map(|quota| Some(full(cluster, quota)?.of(quota))),
    );
    found.extend(cluster.snapshot.of("Job").filter_map(|job| Some(failed(job)?.of(job))));
    found.extend(cluster.snapshot.of("CronJob").filter_map(|job| Some(suspended(job)?.of(job))));
    found
}

/// Returns a workload with zero replicas.
fn stopped(cluster: &Cluster<'_>, workload: &Object) -> Option<Said> {
    let is_stopped = workload.int("/spec/replicas") == Some(0) && workload.kind() != "DaemonSet";
    let template = labels(&workload.value, "/spec/template/metadata/labels")
        .or_else(|| labels(&workload.value, "/spec/selector/matchLabels"));
    let is_called = cluster.snapshot.within("Service", workload.namespace()).take(SERVICES).any(|service| {
        let selector = labels(&service.value, "/spec/selector");
        let is_selected =
            selector.zip(template).is_some_and(|(selector, labels)| is_selected(labels, selector));
        is_selected || service.name() == workload.name()
    });
    is_stopped.then(|| Said {
        reason: "ScaledToZero",
        strength: match cluster.snapshot.knows_all("Service", workload.namespace()) {
            _ if is_called || is_core(workload) => 0.95,
            true => 0.5,
            // whether somebody calls it is not shown
            false => 0.6,
        },
        what: "is set to 0 replicas".to_owned(),
        zh: "期望副本数为 0".to_owned(),
    })
}

/// Returns a workload whose new version is not rolled out because somebody paused it.
fn paused(workload: &Object) -> Option<Said> {
    let progress = workload.condition("Progressing");
    let is_paused = workload.at("/spec/paused").as_bool() == Some(true)
        || progress.is_some_and(|it| text(it, "/reason") == "DeploymentPaused");
    is_paused.then(|| Said {
        reason: "RolloutPaused",
        strength: 0.6,
        what: "is paused: changes of its pods are not rolled out".to_owned(),
        zh: "已暂停发布：对 Pod 的修改不会生效".to_owned(),
    })
}

/// Returns why the API refuses the pods of a workload; what an event says counts while pods are missing.
fn refusal(workload: &Object) -> Option<&str> {
    let failure = workload.condition("ReplicaFailure").filter(|it| text(it, "/status") == "True");
    let said = workload.reported("ReplicaFailure");
    failure
        .map(|failure| text(failure, "/message"))
        .or_else(|| Some(said).filter(|said| !said.is_empty() && missing(workload).is_some()))
        .map(|message| message.strip_prefix("Error creating: ").unwrap_or(message))
}

/// Returns a workload whose pods the API refuses.
fn refused(workload: &Object) -> Option<Said> {
    let message = refusal(workload)?;
    Some(Said {
        reason: "PodsRefused",
        strength: 0.9,
        what: format!("its pods are refused: {message}").trim_end_matches(": ").to_owned(),
        zh: format!("无法创建 Pod：{message}").trim_end_matches('：').to_owned(),
    })
}

/// Returns the object that the refusal of a workload's pods names: a quota that is used up, a class that does not exist.
fn refusing(snapshot: &Snapshot, workload: &Object) -> Option<(Key, Broken)> {
    let message = refusal(workload)?;
    let class =
        message.split_once("no PriorityClass with name ").and_then(|(_, rest)| rest.split(' ').next());
    if let Some(name) = class {
        let is_set = workload.kind() == "ReplicaSet";
        let owner = if is_set { snapshot.owner(workload).name } else { workload.name().to_owned() };
        let said = reference::missing(&owner, 0.95);
        let key: Key = ("PriorityClass".into(), String::new(), name.into());
        return Some((key.clone(), Broken { workload: owner, ..said.named(key, workload) }));
    }
    if let Some(found) = unreachable_webhook(workload, message).or_else(|| range(snapshot, workload, message))
    {
        return Some(found);
    }
    let (_, rest) = message.split_once("exceeded quota: ")?;
    let (name, amounts) = rest.split_once(", ")?;
    let said = Said {
        reason: "QuotaFull",
        strength: 0.95,
        what: format!("refuses pods: {amounts}"),
        zh: format!("配额不足，拒绝创建 Pod：{amounts}"),
    };
    let key: Key = ("ResourceQuota".into(), workload.namespace().into(), name.into());
    Some((key.clone(), said.named(key, workload)))
}

/// Returns the Service of a webhook that has no pods: `Post "https://name.namespace.svc:443/…": no endpoints available for
/// service "name"`.
fn unreachable_webhook(workload: &Object, message: &str) -> Option<(Key, Broken)> {
    let (before, after) = message.split_once("no endpoints available for service \"")?;
    let name = after.split('"').next().filter(|name| !name.is_empty())?;
    let (_, host) = before.rsplit_once(&format!("//{name}."))?;
    let namespace = host.split(['.', ':', '/']).next()?;
    let said = Said {
        reason: "NoEndpoint",
        strength: 0.95,
        what: "has no endpoints, and a webhook for new pods calls it".to_owned(),
        zh: "没有端点，而创建 Pod 时要调用的 webhook 由它提供".to_owned(),
    };
    let key: Key = ("Service".into(), namespace.into(), name.into());
    Some((key.clone(), Broken { workload: name.to_owned(), ..said.named(key, workload) }))
}

/// Returns the LimitRange whose bounds pods break, if the namespace has one alone.
fn range(snapshot: &Snapshot, workload: &Object, message: &str) -> Option<(Key, Broken)> {
    let bounds = ["maximum ", "minimum "].iter().filter_map(|bound| message.find(bound)).min()?;
    let sentence = message
        .get(bounds..)
        .filter(|sentence| sentence.contains(" per Container is ") || sentence.contains(" per Pod is "))?;
    let mut ranges = snapshot.within("LimitRange", workload.namespace());
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return None };
    let said = Said {
        reason: "OutOfRange",
        strength: 0.95,
        what: format!("refuses pods: {}", sentence.trim_end_matches(']')),
        zh: format!("拒绝创建 Pod：{}", sentence.trim_end_matches(']')),
    };
    Some((range.key.clone(), said.named(range.key.clone(), workload)))
}

fn short(workload: &Object) -> Option<Said> {
    let (ready, wanted) = missing(workload)?;
    Some(Said {
        reason: "PodsMissing",
        strength: 0.4,
        what: format!("has {ready} of {wanted} pods ready"),
        zh: format!("就绪副本 {ready}/{wanted}"),
    })
}

/// Returns a quota that is used up.
fn full(cluster: &Cluster<'_>, quota: &Object) -> Option<Said> {
    let hard = quota.at("/status/hard").as_object().or_else(|| quota.at("/spec/hard").as_object())?;
    let used = quota.at("/status/used").as_object()?;
    let (resource, used, hard) = hard.iter().find_map(|(resource, hard)| {
        let (used, hard) = (plain(used.get(resource)?), plain(hard));
        let share = quantity(&used)? / quantity(&hard)?.max(f64::MIN_POSITIVE);
        (share >= FULL).then_some((resource, used, hard))
    })?;
    let is_felt = cluster.failing.iter().any(|owner| {
        let lacks = cluster.snapshot.get(&owner.kind, &owner.namespace, &owner.name);
        let pods = cluster.pods.get(owner).map_or(0, Vec::len) as i64;
        owner.namespace == quota.namespace()
            && lacks.and_then(missing).is_some_and(|(_, wanted)| pods < wanted)
    });
    Some(Said {
        reason: "QuotaFull",
        strength: if is_felt { 1.0 } else { 0.5 },
        what: format!("{used} of {hard} {resource} are used"),
        zh: format!("{resource} 已用 {used}，上限 {hard}"),
    })
}

fn failed(job: &Object) -> Option<Said> {
    let failure = job.condition("Failed").filter(|it| text(it, "/status") == "True")?;
    let (reason, message) = (text(failure, "/reason"), text(failure, "/message"));
    Some(Said {
        reason: "JobFailed",
        strength: 0.6,
        what: format!("failed ({reason}): {message}"),
        zh: format!("任务失败（{reason}）：{message}"),
    })
}

/// Returns a CronJob that starts no Job, which may be wanted.
fn suspended(job: &Object) -> Option<Said> {
    (job.at("/spec/suspend").as_bool() == Some(true)).then(|| Said {
        reason: "CronJobSuspended",
        strength: 0.4,
        what: "is suspended: it starts no Job".to_owned(),
        zh: "已被挂起，不会启动任何任务".to_owned(),
    })
}
