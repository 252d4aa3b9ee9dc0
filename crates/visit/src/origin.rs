//! What sites allow, as the table of origins knows it.

use domain::Clock;
use fetch::{Robots, RobotsCache};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use repository::Origins;

/// A row has 400 KB, and what is larger is asked for each time.
const MAX_BYTES: usize = 300 * 1024;

/// A cache for one look, which has read the row of the first origin before. What the table does not tell is asked of the site.
pub(crate) struct KnownRobots<'a> {
    origins: &'a Origins,
    first: (String, Option<Robots>),
    clock: &'a Clock,
}

impl<'a> KnownRobots<'a> {
    /// Knows of the first origin what its row says.
    pub(crate) fn new(
        origins: &'a Origins,
        (origin, robots): (String, Option<String>),
        clock: &'a Clock,
    ) -> Self {
        let robots = robots.and_then(|robots| read(&robots));
        Self {
            origins,
            first: (origin, robots),
            clock,
        }
    }

    async fn look_up(&self, origin: &str) -> Option<Robots> {
        if origin == self.first.0 {
            return self.first.1.clone();
        }
        match self.origins.get(origin).await {
            Ok(known) => read(&known.robots?),
            Err(error) => {
                tracing::warn!(%error, "what a site allows is not known");
                None
            }
        }
    }

    async fn keep(&self, origin: &str, robots: &Robots) {
        let text = serde_json::to_string(robots).unwrap_or_default();
        if text.is_empty() || text.len() > MAX_BYTES {
            return;
        }
        if let Err(error) = self.origins.allow(origin, &text, self.clock.now()).await {
            tracing::warn!(%error, "what a site allows is not kept");
        }
    }
}

/// What another version of the program has written may not be readable.
fn read(robots: &str) -> Option<Robots> {
    serde_json::from_str(robots).ok()
}

impl RobotsCache for KnownRobots<'_> {
    fn get<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, Option<Robots>> {
        self.look_up(origin).boxed()
    }

    fn put<'a>(&'a self, origin: &'a str, robots: Robots) -> BoxFuture<'a, ()> {
        async move { self.keep(origin, &robots).await }.boxed()
    }
}
