//! The logs of containers in what `kubectl cluster-info dump` prints: the lines between two marks, which name the
//! container. Must not know how a line is read.

use crate::text::kubectl::command::canonical;

const START: &str = "==== START logs for container ";
const END: &str = "==== END logs for container ";
/// Bytes of the longest mark: names of Kubernetes are shorter, and each line repeats them.
const MAX_BYTES: usize = 500;

/// What a line is to the logs of containers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PodLine {
    /// A mark, which is not a record.
    Mark,
    /// A line of a container, below the command that prints it.
    Output(String),
    /// A line outside all logs.
    Other,
}

/// The container whose log is open.
#[derive(Default)]
pub(crate) struct PodLogs {
    /// The heading of each of its lines.
    head: Option<String>,
}

impl PodLogs {
    /// Takes the next line.
    pub(crate) fn line(&mut self, line: &str) -> PodLine {
        if let Some(command) = command_of(line) {
            self.head = Some(canonical(&command, None));
            return PodLine::Mark;
        }
        match &self.head {
            Some(_) if line.starts_with(END) => {
                self.head = None;
                PodLine::Mark
            }
            Some(head) => PodLine::Output(format!("{head}{line}")),
            None => PodLine::Other,
        }
    }

    /// Returns true between two marks.
    pub(crate) fn is_open(&self) -> bool {
        self.head.is_some()
    }
}

/// Returns the command that prints the log below `==== START logs for container app of pod shop/pay-0 ====`.
pub(crate) fn command_of(line: &str) -> Option<String> {
    let place = line.strip_prefix(START).filter(|_| line.len() <= MAX_BYTES)?.trim_end_matches(['=', ' ']);
    let (container, pod) = place.split_once(" of pod ")?;
    let (namespace, pod) = pod.split_once('/')?;
    let is_name = |name: &str| !name.is_empty() && !name.contains([' ', '#']);
    [container, namespace, pod]
        .into_iter()
        .all(is_name)
        .then(|| format!("kubectl logs pod/{pod} -n {namespace} -c {container}"))
}
