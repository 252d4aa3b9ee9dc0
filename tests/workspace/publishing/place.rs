//! A target that does what it is told.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::site::LocalSites;
use domain::{Clock, TenantId};
use futures::future::BoxFuture;
use git_target::GitTarget;
use site_target::{Change, Committed, Error, Head, OpenGit, Target};

/// What happens instead of a commit, or before it.
pub(super) enum Then {
    /// The target refuses, is away, …
    Fails(Error),
    /// Something is done first, and then the commit is tried.
    After(BoxFuture<'static, ()>),
    /// The code panics.
    Panics,
}

/// Where sites go, and what is committed there.
#[derive(Clone)]
pub(super) struct Place {
    sites: LocalSites,
    clock: Clock,
    story: Arc<Mutex<Story>>,
}

#[derive(Default)]
struct Story {
    next: VecDeque<(String, Then)>,
    messages: Vec<String>,
}

impl Place {
    pub(super) fn new(folder: PathBuf, clock: Clock) -> Self {
        let sites = LocalSites {
            folder,
            public_url: String::new(),
        };
        Self {
            sites,
            clock,
            story: Arc::default(),
        }
    }

    pub(super) fn repository(&self, tenant: &TenantId) -> GitTarget {
        GitTarget::new(self.sites.repository(tenant), self.clock.clone())
    }

    /// What happens at the next commit of a tenant for which nothing happened yet.
    pub(super) fn at_commit(&self, tenant: &TenantId, then: Then) {
        let mut story = self.story.lock().expect("nobody panics with it");
        story.next.push_back((tenant.to_string(), then));
    }

    /// The messages of all commits since this was last asked.
    pub(super) fn commits(&self) -> Vec<String> {
        let mut story = self.story.lock().expect("nobody panics with it");
        std::mem::take(&mut story.messages)
    }

    pub(super) fn open(&self) -> OpenGit {
        let place = self.clone();
        Arc::new(move |tenant| {
            Ok(Box::new(Watched {
                target: place.repository(tenant),
                tenant: tenant.to_string(),
                place: place.clone(),
            }))
        })
    }
}

struct Watched {
    target: GitTarget,
    tenant: String,
    place: Place,
}

impl Watched {
    fn next(&self) -> Option<Then> {
        let mut story = self.place.story.lock().expect("nobody panics with it");
        let place = story
            .next
            .iter()
            .position(|(tenant, _)| *tenant == self.tenant);
        place
            .and_then(|place| story.next.remove(place))
            .map(|(_, then)| then)
    }
}

impl Target for Watched {
    fn head(&self) -> BoxFuture<'_, Result<Head, Error>> {
        self.target.head()
    }

    fn commit<'a>(
        &'a self,
        head: &'a Head,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Committed, Error>> {
        Box::pin(async move {
            match self.next() {
                None => {}
                Some(Then::Fails(error)) => return Err(error),
                Some(Then::After(first)) => first.await,
                Some(Then::Panics) => std::panic::panic_any("as the test wants it"),
            }
            let message = change.message.clone();
            let committed = self.target.commit(head, change).await?;
            let mut story = self.place.story.lock().expect("nobody panics with it");
            story.messages.push(message);
            Ok(committed)
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.target.clear()
    }
}
