//! Long questions: a client that gave a progress token hears how far they are, and that they still
//! run; one that cancels or leaves ends them.

use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long a client may hear nothing; clients give up after 30 to 60 s of silence.
const PULSE: Duration = Duration::from_secs(5);

/// News that come faster are not all on_progress.
const GAP: Duration = Duration::from_millis(200);

/// How far it is.
#[derive(Clone, Debug, Default)]
pub struct News {
    done: f64,
    of: Option<f64>,
    what: String,
}

/// Returns what the one who works calls, and what the one who waits hears.
pub fn line() -> (impl Fn(f64, Option<f64>, &str) + Send + Sync, watch::Receiver<News>) {
    let (teller, news) = watch::channel(News::default());
    let on_progress = move |done, of, what: &str| {
        teller.send_replace(News { done, of, what: what.to_owned() });
    };
    (on_progress, news)
}

/// Waits for the answer, and tells the client what is heard of it meanwhile.
///
/// # Errors
/// The client cancelled, or left.
pub async fn follow<T>(
    context: &RequestContext<RoleServer>,
    mut news: watch::Receiver<News>,
    work: impl Future<Output = T>,
) -> Result<T, ErrorData> {
    let token = context.meta.get_progress_token();
    let mut pulse = tokio::time::interval_at(tokio::time::Instant::now() + PULSE, PULSE);
    let mut sent: Option<(f64, Instant)> = None;
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            () = context.ct.cancelled() => return Err(ErrorData::invalid_request("cancelled", None)),
            Ok(()) = news.changed(), if token.is_some() => {}
            answer = &mut work => return Ok(answer),
            _ = pulse.tick(), if token.is_some() => {}
        }
        let Some(token) = token.clone() else { continue };
        if sent.is_some_and(|(_, at)| at.elapsed() < GAP) {
            continue;
        }
        let News { done, of, what } = news.borrow_and_update().clone();
        // must grow, even when nothing more is done
        let progress = sent.map_or(done, |(last, _)| done.max(last + 0.001));
        let mut param = ProgressNotificationParam::new(token, progress).with_message(what);
        param.total = of;
        sent = Some((progress, Instant::now()));
        // a client that does not read must not hold up the work
        let _ = tokio::time::timeout(PULSE, context.peer.notify_progress(param)).await;
    }
}
