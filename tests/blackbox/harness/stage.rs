//! The platform that a test drives.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use local::data_dir::CREDENTIALS;
use local::first_run::Credentials;
use local::{Options, Platform};
use tokio::sync::{OnceCell, oneshot};

use super::document::Document;
use super::{Backstage, Site};

/// A platform, and what is known of it.
pub struct Stage {
    /// What the first run made.
    pub credentials: Credentials,
    /// What a client can't see or do, where the test may.
    pub backstage: Option<Backstage>,
    pub(super) document: Arc<Document>,
    _running: Option<Running>,
}

impl Stage {
    /// A platform that other tests use at the same time: its clock stays, and nobody is locked out but one's own.
    pub async fn shared() -> Site {
        if let Some((base_url, credentials)) = given() {
            return Site::given(Self::elsewhere(&base_url, &credentials).await.into());
        }
        let known = shared().upgrade();
        if let Some(stage) = known {
            return Site::given(stage);
        }
        let stage = Arc::new(Self::start().await);
        *shared() = Arc::downgrade(&stage);
        Site::given(stage)
    }

    /// The same, with what a client can't see or do; `None`, said aloud, where a test can't either.
    pub async fn shared_backstage() -> Option<Site> {
        let site = Self::shared().await;
        if site.stage.backstage.is_none() {
            eprintln!(
                "skipped: {} shows no mail and takes no operator's commands from here",
                site.stage.credentials.base_url
            );
            return None;
        }
        Some(site)
    }

    /// A platform for this test alone; `None`, said aloud, where the suite was given one that others use.
    pub async fn own() -> Option<Site> {
        if let Some((base_url, _)) = given() {
            eprintln!("skipped: the clock of {base_url} is not this test's alone");
            return None;
        }
        Some(Site::given(Self::start().await.into()))
    }

    async fn start() -> Self {
        let (running, data) = Running::start();
        let credentials = read_credentials(&data.join(CREDENTIALS));
        Self {
            document: document(&credentials.base_url).await,
            backstage: Some(Backstage::of_folder(&credentials.base_url, data)),
            credentials,
            _running: Some(running),
        }
    }

    async fn elsewhere(base_url: &str, path: &Path) -> Self {
        let credentials = Credentials {
            base_url: base_url.to_owned(),
            ..read_credentials(path)
        };
        let backstage = match std::env::var("CV_STACK") {
            Ok(name) => Backstage::of_stack(base_url, name),
            Err(_) => Backstage::of_folder(base_url, path.parent().unwrap_or(path).to_owned()),
        };
        Self {
            document: document(base_url).await,
            backstage: backstage.is_there().await.then_some(backstage),
            credentials,
            _running: None,
        }
    }
}

/// The platform that the environment names.
fn given() -> Option<(String, PathBuf)> {
    let base_url = std::env::var("CV_BASE_URL").ok()?;
    let path = std::env::var("CV_CREDENTIALS").expect("CV_BASE_URL needs CV_CREDENTIALS beside it");
    Some((base_url.trim_end_matches('/').to_owned(), path.into()))
}

fn read_credentials(path: &Path) -> Credentials {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Read once: all platforms of a run serve the same.
async fn document(base_url: &str) -> Arc<Document> {
    static DOCUMENT: OnceCell<Arc<Document>> = OnceCell::const_new();
    let read = || async { Arc::new(Document::of(base_url).await) };
    DOCUMENT.get_or_init(read).await.clone()
}

/// Lives as long as some test uses it, so that it ends in order and leaves no folder behind.
fn shared() -> std::sync::MutexGuard<'static, Weak<Stage>> {
    static SHARED: Mutex<Weak<Stage>> = Mutex::new(Weak::new());
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A platform in this process, on a thread and a runtime of its own: a test's runtime ends with the test.
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts one, and says where its data is.
    fn start() -> (Self, PathBuf) {
        let (stop, stopped) = oneshot::channel();
        let (started, data) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build();
            runtime.expect("a runtime starts").block_on(async move {
                let platform = Platform::start(Options::in_memory())
                    .await
                    .expect("the platform starts");
                let _ = started.send(platform.surroundings().data.path().to_owned());
                // An error means that the other end was dropped, which says the same.
                let _ = stopped.await;
                platform.stop().await;
            });
        });
        let running = Self {
            stop: Some(stop),
            thread: Some(thread),
        };
        (running, data.recv().expect("the platform starts"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has said why it failed, if it did.
            let _ = thread.join();
        }
    }
}
