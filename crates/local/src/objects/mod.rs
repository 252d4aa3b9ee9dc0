//! S3: an embedded server that keeps buckets as folders and objects as files.

mod files;
mod folder;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use template::Bucket;
use tokio::net::TcpListener;

use files::Files;

use crate::data_dir::{self, DataDir};
use crate::service::{Service, Stopped, bind_loopback};
use crate::{Error, platform};

/// A running object store.
#[derive(Debug)]
pub struct Objects {
    url: String,
    server: Service,
}

impl Objects {
    /// Makes the buckets that are missing and serves them on a free loopback port.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub async fn start(data: &DataDir, buckets: &[Bucket]) -> Result<Self, Error> {
        let root = data.file(data_dir::OBJECTS);
        for bucket in buckets {
            let path = root.join(&bucket.name);
            std::fs::create_dir_all(&path).map_err(Error::file("make the folder", path))?;
        }
        std::fs::create_dir_all(&root).map_err(Error::file("make the folder", &root))?;

        let files = FileSystem::new(&root).map_err(|error| Error::Objects(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(Files::new(root, files));
        // A page in a browser can reach a loopback port, but it cannot sign.
        service.set_auth(SimpleAuth::from_single(
            platform::ACCESS_KEY_ID,
            platform::SECRET_ACCESS_KEY,
        ));
        let service = service.build();

        let (listener, url) = bind_loopback().await?;
        let server = Service::spawn(|stopped| serve(listener, service, stopped));
        Ok(Self { url, server })
    }

    /// The endpoint for an SDK.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Finishes what it is doing.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

async fn serve(listener: TcpListener, service: S3Service, stopped: Stopped) {
    let http = Builder::new(TokioExecutor::new());
    let connections = GracefulShutdown::new();
    let mut stopped = std::pin::pin!(stopped.wait());
    loop {
        let socket = tokio::select! {
            () = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Out of file handles, most likely: without a pause this would spin.
                    tracing::warn!(%error, "S3 can't take a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let connection = http.serve_connection(TokioIo::new(socket), service.clone());
        let connection = connections.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "an S3 connection broke");
            }
        });
    }
    connections.shutdown().await;
}
