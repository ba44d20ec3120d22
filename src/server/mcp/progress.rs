//! Progress of long tool calls: a client that sent a progress token is notified of each step and at
//! intervals. A client that cancels or disconnects cancels the call.

use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Longest time between notifications; clients time out after 30 to 60 s of silence.
const MAX_INTERVAL: Duration = Duration::from_secs(5);

/// Shortest time between notifications; steps in between are not reported.
const MIN_INTERVAL: Duration = Duration::from_millis(200);

/// The progress of a call.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    done: f64,
    total: Option<f64>,
    step: String,
}

/// Returns a callback for the work, and the receiver of its progress.
pub fn channel() -> (impl Fn(f64, Option<f64>, &str) + Send + Sync, watch::Receiver<Progress>) {
    let (sender, receiver) = watch::channel(Progress::default());
    let on_progress = move |done, total, step: &str| {
        sender.send_replace(Progress { done, total, step: step.to_owned() });
    };
    (on_progress, receiver)
}

/// Waits for `work`, and notifies the client of its progress.
///
/// # Errors
/// The client cancelled the call, or disconnected.
pub async fn notify_while<T>(
    context: &RequestContext<RoleServer>,
    mut progress: watch::Receiver<Progress>,
    work: impl Future<Output = T>,
) -> Result<T, ErrorData> {
    let token = context.meta.get_progress_token();
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + MAX_INTERVAL, MAX_INTERVAL);
    let mut sent: Option<(f64, Instant)> = None;
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            () = context.ct.cancelled() => return Err(ErrorData::invalid_request("cancelled", None)),
            Ok(()) = progress.changed(), if token.is_some() => {}
            result = &mut work => return Ok(result),
            _ = tick.tick(), if token.is_some() => {}
        }
        let Some(token) = token.clone() else { continue };
        if sent.is_some_and(|(_, at)| at.elapsed() < MIN_INTERVAL) {
            continue;
        }
        let Progress { done, total, step } = progress.borrow_and_update().clone();
        // MCP requires that the value increases with each notification
        let value = sent.map_or(done, |(last, _)| done.max(last + 0.001));
        let mut param = ProgressNotificationParam::new(token, value).with_message(step);
        param.total = total;
        sent = Some((value, Instant::now()));
        // a client that does not read must not block the work
        let _ = tokio::time::timeout(MAX_INTERVAL, context.peer.notify_progress(param)).await;
    }
}
