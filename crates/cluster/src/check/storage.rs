//! Claims that are not bound, and why.

use crate::Broken;
use crate::check::{Cluster, Said, is_well};
use crate::object::{Object, is_selected, labels, plain};
use model::json::{list, text};
use model::quantity::quantity;
use serde_json::Value;

/// Free volumes that are compared with a claim.
const VOLUMES: usize = 100;

/// Returns the workloads whose pods wait for a volume that cannot be mounted, as the kubelet says.
fn unmounted(cluster: &Cluster<'_>) -> Vec<Broken> {
    let waiting = cluster.pods.iter().filter_map(|(owner, pods)| {
        let pod = pods.iter().find(|pod| !is_well(pod) && !pod.reported("VolumesMounted").is_empty())?;
        let message = pod.reported("VolumesMounted");
        let said = Said {
            reason: "VolumeNotMounted",
            strength: 0.85,
            what: format!("its pod waits for a volume: {message}"),
            zh: format!("Pod 的卷无法挂载：{message}"),
        };
        Some(said.of_owner(owner, pod))
    });
    waiting.collect()
}

/// Returns such claims, and the workloads that wait for volumes.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let claims = cluster.snapshot.of("PersistentVolumeClaim").filter_map(|claim| {
        let said = match claim.text("/status/phase") {
            "Pending" => unbound(cluster, claim),
            "Lost" => Some(says(1.0, "has lost its volume".to_owned(), "绑定的卷已丢失".to_owned())),
            _ => None,
        };
        Some(said?.of(claim))
    });
    claims.chain(unmounted(cluster)).collect()
}

/// Returns the fault of a claim, which outranks the pods that wait for it.
fn says(strength: f64, what: String, zh: String) -> Said {
    Said { reason: "ClaimNotBound", strength, what, zh }
}

fn unbound(cluster: &Cluster<'_>, claim: &Object) -> Option<Said> {
    let snapshot = cluster.snapshot;
    let class = claim.text("/spec/storageClassName");
    let found_class = snapshot.get("StorageClass", "", class);
    let knows_classes = snapshot.of("StorageClass").next().is_some();
    let volumes: Vec<&Object> = snapshot.of("PersistentVolume").collect();
    let of_class = |volume: &&&Object| volume.text("/spec/storageClassName") == class;
    if !class.is_empty()
        && knows_classes
        && found_class.is_none()
        && !volumes.iter().any(|volume| of_class(&volume))
    {
        return Some(says(
            1.0,
            format!("asks for the StorageClass {class}, which does not exist"),
            format!("所需的 StorageClass {class} 不存在"),
        ));
    }
    let wanted = claim.text("/spec/volumeName");
    if !wanted.is_empty() && !volumes.is_empty() && !volumes.iter().any(|volume| volume.name() == wanted) {
        return Some(says(
            1.0,
            format!("asks for the volume {wanted}, which does not exist"),
            format!("所需的卷 {wanted} 不存在"),
        ));
    }
    let is_free = |volume: &&&Object| volume.text("/status/phase") == "Available" || volume.name() == wanted;
    let free: Vec<&Object> = volumes.iter().filter(of_class).filter(is_free).take(VOLUMES).copied().collect();
    let refusals: Vec<(String, String)> = free.iter().filter_map(|volume| misfit(claim, volume)).collect();
    if let (Some((what, zh)), true) = (refusals.first(), refusals.len() == free.len()) {
        return Some(says(1.0, what.clone(), zh.clone()));
    }
    let waits = found_class.is_some_and(|class| class.text("/volumeBindingMode") == "WaitForFirstConsumer");
    let strength = if waits { 0.4 } else { 0.85 };
    Some(says(
        strength,
        format!("is not bound (Pending), class {}", if class.is_empty() { "none" } else { class }),
        format!("未绑定（Pending），存储类 {}", if class.is_empty() { "无" } else { class }),
    ))
}

/// Returns why a volume does not fit a claim.
fn misfit(claim: &Object, volume: &Object) -> Option<(String, String)> {
    let name = volume.name();
    let has = plain(volume.at("/spec/capacity/storage"));
    let wanted = plain(claim.at("/spec/resources/requests/storage"));
    if quantity(&wanted).zip(quantity(&has)).is_some_and(|(wanted, has)| wanted > has) {
        return Some((
            format!("asks for {wanted}; the volume {name} has {has}"),
            format!("申请 {wanted}，而卷 {name} 只有 {has}"),
        ));
    }
    let modes = |object: &Object| object.list("/spec/accessModes").iter().map(plain).collect::<Vec<_>>();
    let (asked, offered) = (modes(claim), modes(volume));
    if let Some(mode) = asked.iter().find(|mode| !offered.is_empty() && !offered.contains(mode)) {
        return Some((
            format!("asks for {mode}; the volume {name} offers {}", offered.join(", ")),
            format!("要求访问模式 {mode}，而卷 {name} 提供 {}", offered.join("、")),
        ));
    }
    let selector = claim.at("/spec/selector/matchLabels").as_object()?;
    let empty = serde_json::Map::new();
    let own = labels(&volume.value, "/metadata/labels").unwrap_or(&empty);
    (!is_selected(own, selector)).then(|| {
        let selector = crate::object::pairs(selector);
        (
            format!("selects volumes with {selector}; {name} does not have it"),
            format!("要求卷带有标签 {selector}，而 {name} 没有"),
        )
    })
}

/// Returns the claims that a pod mounts.
pub(super) fn claims(pod: &Value) -> impl Iterator<Item = &str> {
    let volumes = list(pod, "/volumes").iter();
    volumes.map(|volume| text(volume, "/persistentVolumeClaim/claimName")).filter(|name| !name.is_empty())
}
