//! A site in a bucket: what every target does, and what happens when it is broken off.
#![expect(clippy::unwrap_used, reason = "a test that can not go on must stop")]

mod memory;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bucket::SiteBucket;
use bytes::Bytes;
use domain::{Clock, TenantId, Timestamp};
use futures::future::BoxFuture;
use s3s::service::S3ServiceBuilder;
use site_target::{Error, S3Target, Target, difference};
use site_target_contract::{Known, Place, Site, change, contract, publish, site, wanted};

use memory::{Memory, bucket, serve};

struct InBucket {
    memory: Memory,
    bucket: SiteBucket,
    second: Arc<AtomicI64>,
    budget: Duration,
}

async fn in_bucket() -> InBucket {
    let memory = Memory::default();
    memory.left.store(-1, Ordering::SeqCst);
    let address = serve(S3ServiceBuilder::new(memory.clone())).await;
    InBucket {
        memory,
        bucket: bucket(address),
        second: Arc::new(AtomicI64::new(1_700_000_000)),
        budget: Duration::from_mins(1),
    }
}

impl InBucket {
    fn open(&self) -> S3Target {
        let second = self.second.clone();
        let now = move || Timestamp::from_second(second.load(Ordering::SeqCst)).unwrap();
        let tenant = TenantId::parse("acme#blog").unwrap();
        S3Target::new(self.bucket.clone(), &tenant, Clock::new(now), self.budget)
    }

    fn served(&self) -> BTreeMap<String, Bytes> {
        let objects = self.memory.objects();
        let within = objects.iter().filter_map(|(key, kept)| {
            Some((
                key.strip_prefix("acme/blog/")?.to_owned(),
                kept.bytes.clone(),
            ))
        });
        within.collect()
    }
}

impl Place for InBucket {
    fn target(&self) -> BoxFuture<'_, Box<dyn Target>> {
        Box::pin(async { Box::new(self.open()) as Box<dyn Target> })
    }

    fn put<'a>(&'a self, path: &'a str, says: &'a str) -> BoxFuture<'a, ()> {
        let bytes = Bytes::copy_from_slice(says.as_bytes());
        Box::pin(async move {
            self.memory
                .put(&format!("acme/blog/{path}"), bytes, None, None);
        })
    }

    fn files(&self) -> BoxFuture<'_, BTreeMap<String, Bytes>> {
        Box::pin(async { self.served() })
    }

    fn is_atomic(&self) -> bool {
        false
    }
}

contract!(in_bucket);

fn first() -> Site {
    site(&[("index.html", "1"), ("gone.html", "1"), ("style.css", "1")])
}

fn second() -> Site {
    site(&[
        ("index.html", "2"),
        ("new.html", "2"),
        ("style.css", "2"),
        ("x.png", "2"),
    ])
}

fn texts(site: &Site) -> BTreeMap<String, Bytes> {
    site.iter()
        .map(|(path, bytes)| (path.to_string(), bytes.clone()))
        .collect()
}

#[tokio::test]
async fn pages_come_after_what_they_need_and_what_is_gone_goes_last() {
    let place = in_bucket().await;
    publish(&place.open(), &first()).await.unwrap();
    place.memory.log.lock().unwrap().clear();
    publish(&place.open(), &second()).await.unwrap();
    let log = place.memory.log.lock().unwrap().clone();
    let at = |what: &str| log.iter().position(|line| line == what).unwrap();
    let manifest = "put .manifests/acme/blog.json";
    assert_eq!(
        (log[0].as_str(), log[log.len() - 1].as_str()),
        (manifest, manifest)
    );
    for asset in ["put acme/blog/style.css", "put acme/blog/x.png"] {
        for page in ["put acme/blog/index.html", "put acme/blog/new.html"] {
            assert!(at(asset) < at(page), "{log:?}");
            assert!(at(page) < at("delete acme/blog/gone.html"), "{log:?}");
        }
    }
    let kind = place.memory.objects()["acme/blog/index.html"].kind.clone();
    assert_eq!(kind.as_deref(), Some("text/html; charset=utf-8"));
}

/// Wherever it is broken off, for good or with a last word, the next attempt makes it whole.
#[tokio::test]
async fn what_was_broken_off_is_made_whole() {
    for taken in 0..9 {
        let place = in_bucket().await;
        publish(&place.open(), &first()).await.unwrap();
        place.memory.left.store(taken, Ordering::SeqCst);
        let failed = publish(&place.open(), &second()).await;
        place.memory.left.store(-1, Ordering::SeqCst);
        if failed.is_err() {
            // Nothing could be said of it any more, so that others wait until the time of the one before is over.
            if taken > 0 {
                let head = place.open().head().await;
                assert!(
                    matches!(head, Err(Error::Locked { .. })),
                    "{taken}: {head:?}"
                );
            }
            place.second.fetch_add(91, Ordering::SeqCst);
        }
        publish(&place.open(), &second()).await.unwrap();
        assert_eq!(place.served(), texts(&second()), "{taken}");
        assert_eq!(place.open().head().await.unwrap().own, wanted(&second()));
    }
}

/// Who comes while another one writes waits for its end, and then sees what it wrote.
#[tokio::test]
async fn who_is_patient_waits_for_whoever_writes() {
    let place = in_bucket().await;
    publish(&place.open(), &first()).await.unwrap();
    place.memory.left.store(1, Ordering::SeqCst);
    publish(&place.open(), &second()).await.unwrap_err();
    place.memory.left.store(-1, Ordering::SeqCst);
    let patient = place.open().waiting(Duration::from_mins(1));
    let (head, ()) = tokio::join!(patient.head(), async {
        // The time of the one that was broken off goes by meanwhile.
        place.second.fetch_add(91, Ordering::SeqCst);
    });
    assert!(head.is_ok(), "{head:?}");
}

#[tokio::test]
async fn what_was_broken_off_can_be_taken_back() {
    for taken in 1..7 {
        let place = in_bucket().await;
        publish(&place.open(), &first()).await.unwrap();
        place.memory.left.store(taken, Ordering::SeqCst);
        publish(&place.open(), &second()).await.unwrap_err();
        place.memory.left.store(-1, Ordering::SeqCst);
        place.second.fetch_add(91, Ordering::SeqCst);
        publish(&place.open(), &first()).await.unwrap();
        assert_eq!(place.served(), texts(&first()), "{taken}");
    }
}

#[tokio::test]
async fn a_file_of_others_is_not_taken_for_one_that_was_broken_off() {
    let place = in_bucket().await;
    publish(&place.open(), &first()).await.unwrap();
    place.put("new.html", "theirs").await;
    // The lock and one asset, and nothing more.
    place.memory.left.store(2, Ordering::SeqCst);
    publish(&place.open(), &second()).await.unwrap_err();
    place.memory.left.store(-1, Ordering::SeqCst);
    place.second.fetch_add(91, Ordering::SeqCst);
    publish(&place.open(), &Site::new()).await.unwrap();
    assert_eq!(place.served(), texts(&site(&[("new.html", "theirs")])));
}

#[tokio::test]
async fn an_attempt_without_time_goes_on_at_once() {
    let mut place = in_bucket().await;
    publish(&place.open(), &first()).await.unwrap();
    place.budget = Duration::ZERO;
    let unfinished = publish(&place.open(), &second()).await;
    assert!(
        matches!(unfinished, Err(Error::Unfinished)),
        "{unfinished:?}"
    );
    place.budget = Duration::from_mins(1);
    publish(&place.open(), &second()).await.unwrap();
    assert_eq!(place.served(), texts(&second()));
}

/// The second one looks while the first one writes.
#[tokio::test]
async fn of_two_at_once_one_writes() {
    let place = in_bucket().await;
    publish(&place.open(), &first()).await.unwrap();
    let (one, other) = (place.open(), place.open());
    let head = one.head().await.unwrap();
    let (a, b) = (second(), site(&[("index.html", "3")]));
    let (known_a, known_b) = (Known(a.clone()), Known(b.clone()));
    let first = one.commit(&head, change(difference(&wanted(&a), &head), &known_a));
    let second = other.commit(&head, change(difference(&wanted(&b), &head), &known_b));
    let (first, second) = tokio::join!(first, second);
    let (won, lost, is) = match first {
        Ok(won) => (won, second, a),
        Err(lost) => (second.unwrap(), Err(lost), b),
    };
    assert!(matches!(lost, Err(Error::Moved)), "{lost:?}");
    assert_eq!(place.served(), texts(&is));
    assert_eq!(place.open().head().await.unwrap().id, Some(won.id));
}

/// The server of the local platform.
#[tokio::test]
async fn files_on_a_disk_do_as_well() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("sites")).unwrap();
    let files = s3s_fs::FileSystem::new(folder.path()).unwrap();
    let mut place = in_bucket().await;
    place.bucket = bucket(serve(S3ServiceBuilder::new(files)).await);
    let (late, head) = (place.open(), place.open().head().await.unwrap());
    publish(&place.open(), &first()).await.unwrap();
    publish(&place.open(), &second()).await.unwrap();
    assert_eq!(publish(&place.open(), &second()).await.unwrap().0, None);
    let page = folder.path().join("sites/acme/blog/index.html");
    assert_eq!(std::fs::read(&page).unwrap(), b"2");

    let contents = Known(first());
    let found = difference(&wanted(&first()), &head);
    let refused = late.commit(&head, change(found, &contents)).await;
    assert!(matches!(refused, Err(Error::Moved)), "{refused:?}");
    place.open().clear().await.unwrap();
    assert!(!page.exists());
}
