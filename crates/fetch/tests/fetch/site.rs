//! A site on this machine that answers as a test wants, and a fetcher that may go there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, Timestamp};
use fetch::{Error, Fetched, Fetcher, Options, Page, RobotsInMemory, Url};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// What is sent for a request; the connection ends with it.
pub enum Reply {
    Bytes(Vec<u8>),
    /// The first once, the second for as long as somebody listens.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, and nothing more until the other side gives up.
    Stuck(Vec<u8>),
}

impl<T: AsRef<[u8]>> From<T> for Reply {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.as_ref().to_vec())
    }
}

/// An answer with a status and a body of the right length.
pub fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let start = format!("HTTP/1.1 {status}");
    let length = format!("Content-Length: {}", body.len());
    let mut lines = vec![start.as_str(), &length, "Connection: close"];
    lines.extend(headers);
    lines.extend(["", ""]);
    [lines.join("\r\n").as_bytes(), body].concat().into()
}

pub fn page(body: &str) -> Reply {
    answer("200 OK", &["Content-Type: text/html"], body)
}

pub fn redirect(location: &str) -> Reply {
    answer("302 Found", &[&format!("Location: {location}")], "")
}

/// A site that is there until it is dropped.
pub struct Site {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    most_together: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Site {
    /// Answers each path; `/robots.txt` is not there unless `respond` has it.
    pub async fn new(respond: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::with_robots(move |path| match respond(path) {
            None if path == "/robots.txt" => answer("404 Not Found", &[], ""),
            reply => reply.unwrap_or_else(|| page("a page")),
        })
        .await
    }

    pub async fn with_robots(respond: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let most_together = Arc::new(AtomicUsize::new(0));
        let (heard, most) = (Arc::clone(&requests), Arc::clone(&most_together));
        let respond = Arc::new(respond);
        let together = Arc::new(AtomicUsize::new(0));
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (heard, most) = (Arc::clone(&heard), Arc::clone(&most));
                let (respond, together) = (Arc::clone(&respond), Arc::clone(&together));
                tokio::spawn(async move {
                    most.fetch_max(
                        together.fetch_add(1, Ordering::SeqCst) + 1,
                        Ordering::SeqCst,
                    );
                    let respond = |request: String| {
                        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                        heard.lock().unwrap().push(request);
                        together.fetch_sub(1, Ordering::SeqCst);
                        respond(&path)
                    };
                    serve(stream, respond).await;
                });
            }
        });
        Self {
            address,
            requests,
            most_together,
            serving,
        }
    }

    /// The address of a path, by the site's IP address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address of a path, by a name.
    pub fn url_of(&self, name: &str, path: &str) -> String {
        format!("http://{name}:{}{path}", self.address.port())
    }

    /// The paths that were asked for, in order.
    pub fn paths(&self) -> Vec<String> {
        let requests = self.requests();
        let path = |request: &String| request.split(' ').nth(1).unwrap().to_owned();
        requests.iter().map(path).collect()
    }

    /// The requests, in order.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How many connections there have been whose request was not yet heard, at the same time.
    pub fn most_together(&self) -> usize {
        self.most_together.load(Ordering::SeqCst)
    }
}

/// Reads one request, with its body if it has one, and answers it. What goes wrong is the other side's doing, which is what the tests are about.
pub async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    respond: impl FnOnce(String) -> Reply,
) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let mut request = String::from_utf8(request).unwrap();
    let length = request.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let is_it = name.eq_ignore_ascii_case("content-length");
        is_it.then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    request.push_str(std::str::from_utf8(&body).unwrap());
    let _ = match respond(request) {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await,
        Reply::Stuck(bytes) => {
            let _ = stream.write_all(&bytes).await;
            stream.read_u8().await.map(drop)
        }
        Reply::Endless(first, more) => {
            let _ = stream.write_all(&first).await;
            while stream.write_all(&more).await.is_ok() {}
            Ok(())
        }
    };
    let _ = stream.shutdown().await;
}

/// A clock that stands until it is advanced.
#[derive(Clone, Default)]
pub struct Time(Arc<Mutex<Timestamp>>);

impl Time {
    pub fn clock(&self) -> Clock {
        let time = Arc::clone(&self.0);
        Clock::new(move || *time.lock().unwrap())
    }

    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

/// A fetcher that may go to this machine, and what it needs.
pub struct World {
    pub fetcher: Fetcher,
    pub robots: RobotsInMemory,
    pub time: Time,
}

/// What a fetcher is made with that may go to this machine.
pub fn options() -> Options {
    Options {
        allow_loopback: true,
        delay: Duration::ZERO,
        lookup: Some(Arc::new(Names(|_: &str| vec![Ipv4Addr::LOCALHOST.into()]))),
        ..Options::default()
    }
}

impl World {
    pub fn new(options: Options) -> Self {
        let contact = Url::parse("https://voyages.example/bot").unwrap();
        let time = Time::default();
        Self {
            fetcher: Fetcher::new(&contact, time.clock(), options).unwrap(),
            robots: RobotsInMemory::default(),
            time,
        }
    }

    pub async fn fetch(&self, url: &str) -> Result<Page, Error> {
        match self.fetcher.fetch(url, None, &self.robots).await? {
            Fetched::Page(page) => Ok(*page),
            Fetched::Unchanged => panic!("unchanged since nothing"),
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new(options())
    }
}

/// A resolver that answers as a test wants.
pub struct Names<F>(pub F);

impl<F: Fn(&str) -> Vec<IpAddr> + Send + Sync> Resolve for Names<F> {
    fn resolve(&self, name: Name) -> Resolving {
        // A port that nobody asked for, which must not be gone to.
        let found = (self.0)(name.as_str())
            .into_iter()
            .map(|address| SocketAddr::new(address, 9));
        let addresses: Addrs = Box::new(found.collect::<Vec<_>>().into_iter());
        Box::pin(async { Ok(addresses) })
    }
}
