//! The sessions that are open: their number, of all and of one caller, and requests to cancel a statement, which come
//! over a connection of their own, with the id and the secret that the session was given.

use crate::server::postgres::error::{PgError, PgResult};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Largest number of sessions: of one caller, and of all.
const MAX_SESSIONS_OF_CALLER: usize = 64;
const MAX_SESSIONS: usize = 96;

/// Sessions by id.
#[derive(Default)]
pub struct OpenSessions {
    sessions: Mutex<HashMap<u32, Open>>,
}

struct Open {
    secret: u32,
    caller: String,
    cancelled: Arc<Notify>,
}

/// A session that can be cancelled until it is dropped.
pub struct CancelKey {
    pub id: u32,
    pub secret: u32,
    /// Wakes the statement that runs.
    pub cancelled: Arc<Notify>,
    open: Arc<OpenSessions>,
}

impl OpenSessions {
    fn sessions(&self) -> MutexGuard<'_, HashMap<u32, Open>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a session of a caller, unless there are too many.
    pub fn add(self: &Arc<Self>, caller: &str) -> PgResult<CancelKey> {
        let mut random = [0; 8];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| PgError::fatal("XX000", "cannot generate random numbers"))?;
        let [a, b, c, d, secret @ ..] = random;
        let (mut id, secret) = (u32::from_be_bytes([a, b, c, d]) >> 1, u32::from_be_bytes(secret));
        let cancelled = Arc::new(Notify::new());
        let mut sessions = self.sessions();
        let own = sessions.values().filter(|open| open.caller == caller).count();
        if own >= MAX_SESSIONS_OF_CALLER || sessions.len() >= MAX_SESSIONS {
            let what = format!("too many sessions are open: {own} of `{caller}`, {} of all", sessions.len());
            let hint = format!(
                "the limits are {MAX_SESSIONS_OF_CALLER} and {MAX_SESSIONS}; limit the pool of the client"
            );
            return Err(PgError::fatal("53300", what).hint(hint));
        }
        while sessions.contains_key(&id) {
            id += 1;
        }
        sessions.insert(id, Open { secret, caller: caller.to_owned(), cancelled: Arc::clone(&cancelled) });
        Ok(CancelKey { id, secret, cancelled, open: Arc::clone(self) })
    }

    /// Cancels the statement that a session runs; nothing happens if the secret is wrong, or none runs.
    pub fn cancel(&self, id: u32, secret: u32) {
        if let Some(open) = self.sessions().get(&id)
            && open.secret == secret
        {
            open.cancelled.notify_waiters();
        }
    }
}

impl Drop for CancelKey {
    fn drop(&mut self) {
        self.open.sessions().remove(&self.id);
    }
}
