//! What a process said last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::task::JoinHandle;

/// The last line that a process wrote, for whoever wonders why it ended.
#[derive(Debug, Default, Clone)]
pub(crate) struct LastWords {
    line: Arc<Mutex<String>>,
    listeners: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl LastWords {
    pub fn listen(&self, pipe: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let Some(pipe) = pipe else { return };
        let line = self.line.clone();
        let listener = tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(text)) = lines.next_line().await {
                if !text.trim().is_empty() {
                    *lock(&line) = text;
                }
            }
        });
        lock(&self.listeners).push(listener);
    }

    /// Waits for the ends of the pipes.
    pub async fn heard(&self) {
        let listeners = std::mem::take(&mut *lock(&self.listeners));
        for listener in listeners {
            let _ = listener.await;
        }
    }

    pub fn get(&self) -> String {
        let line = lock(&self.line).clone();
        if line.is_empty() {
            "it wrote nothing".into()
        } else {
            line
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
