//! Volumes: what people do to claims and storage classes, and what the controllers, the scheduler
//! and the kubelet say when a pod's volume is held, lost or never made.

use crate::audit::{Target, User};
use crate::cluster::Pod;
use crate::day::Day;
use crate::event::{Note, Object};
use crate::text::SECOND;
use serde_json::{Value, json};

/// Returns the name of the volume behind a pod's claim.
pub fn volume_name(pod: &Pod) -> String {
    let uid = Object::named("PersistentVolume", "v1", "", &pod.name).uid;
    format!("pvc-{uid}")
}

/// Returns the name of a StatefulSet pod's claim.
pub fn claim_name(pod: &Pod) -> String {
    format!("data-{}", pod.name)
}

impl Day {
    /// Records that a placed pod waits for a volume that its last node still holds, then gets it.
    pub fn volume_is_held(&mut self, at: i64, end: i64, pod: usize) {
        let object = self.pod_object(pod, false);
        let volume = volume_name(&self.cluster.pods[pod]);
        let held = format!(
            "Multi-Attach error for volume \"{volume}\" Volume is already exclusively attached to one node and can't be attached to another"
        );
        let source = ("attachdetach-controller", "");
        let note = Note { reason: "FailedAttachVolume", message: &held, is_warning: true, source };
        self.event(at, &object, &note);
        self.mount_fails(at + 123 * SECOND, end, pod, "timed out waiting for the condition");
        let attached = format!("AttachVolume.Attach succeeded for volume \"{volume}\" ");
        let note = Note { reason: "SuccessfulAttachVolume", message: &attached, is_warning: false, source };
        self.event(end, &object, &note);
    }

    /// Records that the kubelet cannot mount a pod's data, every two minutes until `end`.
    pub fn mount_fails(&mut self, mut at: i64, end: i64, pod: usize, why: &str) {
        let object = self.pod_object(pod, false);
        let node = self.cluster.pods[pod].node;
        let message = format!(
            "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: {why}"
        );
        while at < end {
            let note = Note {
                reason: "FailedMount",
                message: &message,
                is_warning: true,
                source: ("kubelet", node),
            };
            self.event(at, &object, &note);
            at = self.after(at, 122, 136);
        }
    }

    /// Deletes a cluster-wide storage class; returns the audit id.
    pub fn delete_class(&mut self, at: i64, user: &User, name: &str) -> String {
        let target =
            Target { group: "storage.k8s.io", resource: "storageclasses", name, ..Target::default() };
        self.change(at, user, "delete", ("StorageClass", target), (&Value::Null, Value::Null))
    }

    /// Creates a storage class; returns the audit id.
    pub fn create_class(&mut self, at: i64, user: &User, name: &str, provisioner: &str) -> String {
        let target =
            Target { group: "storage.k8s.io", resource: "storageclasses", name, ..Target::default() };
        let whole = json!({"provisioner": provisioner, "reclaimPolicy": "Delete",
            "volumeBindingMode": "Immediate", "parameters": {"diskType": "CLOUD_SSD"}});
        self.change(at, user, "create", ("StorageClass", target), (&Value::Null, whole))
    }

    /// Deletes a claim: it goes once no pod uses it. Returns the audit id.
    pub fn delete_claim(&mut self, at: i64, user: &User, (namespace, name): (&str, &str)) -> String {
        let target = Target { resource: "persistentvolumeclaims", namespace, name, ..Target::default() };
        self.change(at, user, "delete", ("PersistentVolumeClaim", target), (&Value::Null, Value::Null))
    }

    /// Has a controller create a claim for a pod.
    pub fn create_claim(&mut self, at: i64, user: &User, (namespace, name): (&str, &str), class: &str) {
        let target = Target { resource: "persistentvolumeclaims", namespace, name, ..Target::default() };
        let whole = json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": class,
            "resources": {"requests": {"storage": "50Gi"}}}, "status": {"phase": "Pending"}});
        self.change(at, user, "create", ("PersistentVolumeClaim", target), (&Value::Null, whole));
    }

    /// Records that no volume is made for a claim, every few seconds, then minutes, until `end`.
    pub fn provisioning_fails(
        &mut self,
        mut at: i64,
        end: i64,
        (namespace, name): (&str, &str),
        (reason, message): (&str, &str),
    ) {
        let object = Object::named("PersistentVolumeClaim", "v1", namespace, name);
        let mut wait = 15;
        while at < end {
            let note = Note {
                reason,
                message,
                is_warning: reason != "ExternalProvisioning",
                source: ("persistentvolume-controller", ""),
            };
            self.event(at, &object, &note);
            at = self.after(at, wait, wait + 2);
            wait = (wait * 2).min(240);
        }
    }
}
