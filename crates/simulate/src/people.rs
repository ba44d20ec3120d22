//! Who talks to the API server: people, pipelines, controllers and kubelets, and which of them may
//! change which namespace. Must not know their requests.

/// Who makes a request.
#[derive(Clone)]
pub struct User {
    pub name: String,
    pub groups: Vec<String>,
    pub agent: &'static str,
    /// The last of sourceIPs.
    pub ip: String,
    /// authorization.k8s.io/reason.
    pub reason: String,
}

const CONTROLLER: &str =
    "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/a51b3b7/system:serviceaccount:kube-system";

/// People by user name, team and desk; the desk is the end of their address.
const PEOPLE: [(&str, &str, u8); 9] = [
    ("zhang.wei", "dev-shop", 21),
    ("li.na", "dev-shop", 22),
    ("liu.yang", "dev-shop", 25),
    ("wang.fang", "dev-payments", 23),
    ("xu.ting", "dev-payments", 31),
    ("chen.jie", "dev-search", 24),
    ("gao.feng", "dev-search", 32),
    ("huang.lei", "platform", 26),
    ("he.qing", "platform", 33),
];

/// Returns the reason of the authorizer for a request that a binding of a role to a subject allows.
fn allowed(binding: &str, role: &str, subject: &str) -> String {
    format!("RBAC: allowed by {binding} of ClusterRole \"{role}\" to {subject}")
}

/// Returns the groups of a user, who is authenticated.
fn groups(others: &[&str]) -> Vec<String> {
    others.iter().chain(&["system:authenticated"]).map(|group| (*group).to_owned()).collect()
}

impl User {
    /// Returns a person at a terminal.
    fn person((name, team, desk): (&str, &'static str, u8)) -> Self {
        Self {
            name: name.to_owned(),
            groups: groups(&[team]),
            agent: "kubectl/v1.36.2 (darwin/arm64) kubernetes/a51b3b7",
            ip: format!("10.8.0.{desk}"),
            reason: allowed(&format!("RoleBinding \"{team}-edit\""), "edit", &format!("Group \"{team}\"")),
        }
    }

    /// Returns a service account that runs in the cluster.
    pub fn account(namespace: &str, name: &str, agent: &'static str) -> Self {
        let subject = format!("ServiceAccount \"{name}/{namespace}\"");
        Self {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            groups: groups(&["system:serviceaccounts", &format!("system:serviceaccounts:{namespace}")]),
            agent,
            ip: "172.16.0.41".to_owned(),
            reason: allowed(&format!("ClusterRoleBinding \"{name}\""), name, &subject),
        }
    }

    /// Returns a controller of kube-controller-manager.
    pub fn controller(name: &str) -> Self {
        let role = format!("system:controller:{name}");
        let subject = format!("ServiceAccount \"{name}/kube-system\"");
        let reason = allowed(&format!("ClusterRoleBinding \"{role}\""), &role, &subject);
        Self { ip: "10.0.0.2".to_owned(), reason, ..Self::account("kube-system", name, CONTROLLER) }
    }

    /// Returns a component without a service account, such as the scheduler.
    pub fn component(name: &str, agent: &'static str) -> Self {
        let name = format!("system:{name}");
        let binding = format!("ClusterRoleBinding \"{name}\"");
        let reason = allowed(&binding, &name, &format!("User \"{name}\""));
        Self { name, groups: groups(&[]), agent, ip: "10.0.0.2".to_owned(), reason }
    }

    /// Returns the scheduler.
    pub fn scheduler() -> Self {
        Self::component("kube-scheduler", "kube-scheduler/v1.36.2 (linux/amd64) kubernetes/a51b3b7/scheduler")
    }

    /// Returns the kubelet of a node.
    pub fn kubelet(node: &str) -> Self {
        Self {
            name: format!("system:node:{node}"),
            groups: groups(&["system:nodes"]),
            agent: "kubelet/v1.36.2 (linux/amd64) kubernetes/a51b3b7",
            ip: node.to_owned(),
            reason: String::new(),
        }
    }

    /// Returns the pipeline that ships releases.
    pub fn ci() -> Self {
        Self::account("ci", "deployer", "kubectl/v1.36.2 (linux/amd64) kubernetes/a51b3b7")
    }

    /// Returns the controller that applies the manifests in git.
    pub fn gitops() -> Self {
        Self::account("ci", "gitops", "argocd-application-controller/v2.12.3")
    }

    /// Returns the engineer on call, who repairs things after the symptom.
    pub fn on_call() -> Self {
        Self::person(("zhao.min", "sre", 17))
    }

    /// Returns somebody who may change nothing.
    pub fn intern() -> Self {
        Self::person(("sun.hao", "interns", 44))
    }

    /// Returns the API server itself.
    pub fn server() -> Self {
        let agent = "kube-apiserver/v1.36.2 (linux/amd64) kubernetes/a51b3b7";
        Self { groups: groups(&["system:masters"]), ..Self::component("apiserver", agent) }
    }

    /// Returns true if the user writes by applying whole manifests on the server's side.
    pub fn applies(&self) -> bool {
        self.agent.starts_with("argocd")
    }

    /// Returns true if the user works with kubectl.
    pub fn has_kubectl(&self) -> bool {
        self.agent.starts_with("kubectl")
    }
}

/// Returns the people who may change a namespace; for an unknown one, the platform's.
pub fn team(namespace: &str) -> Vec<User> {
    let team = match namespace {
        "shop" => "dev-shop",
        "payments" => "dev-payments",
        "search" => "dev-search",
        _ => "platform",
    };
    PEOPLE.into_iter().filter(|person| person.1 == team).map(User::person).collect()
}

/// Returns who changes the workloads of a namespace: its team and the pipelines.
pub fn owners(namespace: &str) -> Vec<User> {
    let mut all = team(namespace);
    all.extend([User::ci(), User::gitops()]);
    all
}

/// Returns who sets the rules of a namespace: the platform's people, its team and GitOps.
pub fn admins(namespace: &str) -> Vec<User> {
    let mut all = team("platform");
    all.extend(team(namespace));
    all.push(User::gitops());
    all
}
