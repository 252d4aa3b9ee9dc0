//! Every change as objects, as if it was large.

use super::*;

struct Unsized(AtGithub);

/// Hands a change on without saying how large it is.
struct Opened(GithubTarget);

struct Quiet<'a>(&'a dyn Contents);

impl Contents for Quiet<'_> {
    fn bytes<'a>(
        &'a self,
        path: &'a domain::site::SitePath,
    ) -> BoxFuture<'a, Result<Bytes, Error>> {
        self.0.bytes(path)
    }

    fn size(&self, _: &domain::site::SitePath) -> Option<u64> {
        None
    }
}

impl Target for Opened {
    fn head(&self) -> BoxFuture<'_, Result<Head, Error>> {
        self.0.head()
    }

    fn commit<'a>(
        &'a self,
        head: &'a Head,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Committed, Error>> {
        Box::pin(async move {
            let quiet = Quiet(change.contents);
            let change = Change {
                contents: &quiet,
                ..change
            };
            self.0.commit(head, change).await
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.0.clear()
    }
}

impl Place for Unsized {
    fn target(&self) -> BoxFuture<'_, Box<dyn Target>> {
        Box::pin(async { Box::new(Opened(self.0.open().await.unwrap())) as Box<dyn Target> })
    }

    fn put<'a>(&'a self, path: &'a str, says: &'a str) -> BoxFuture<'a, ()> {
        self.0.put(path, says)
    }

    fn files(&self) -> BoxFuture<'_, BTreeMap<String, Bytes>> {
        self.0.files()
    }

    fn is_atomic(&self) -> bool {
        true
    }
}

async fn place() -> Unsized {
    Unsized(AtGithub::new(Some("docs/site")).await)
}

contract!(place);
