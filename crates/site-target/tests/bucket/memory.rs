//! A bucket in memory, and how it is served.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region, retry::RetryConfig};
use bucket::SiteBucket;
use bytes::Bytes;
use futures::TryStreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use md5::{Digest as _, Md5};
use s3s::auth::SimpleAuth;
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, ETag, ETagCondition, GetObjectInput, GetObjectOutput,
    HeadObjectInput, HeadObjectOutput, Metadata, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use tokio::net::TcpListener;

/// A bucket in memory, which keeps to its conditions for certain.
#[derive(Clone, Default)]
pub(super) struct Memory {
    objects: Arc<Mutex<BTreeMap<String, Kept>>>,
    /// How many more requests that write are taken; all of them below zero.
    pub(super) left: Arc<AtomicI64>,
    /// What was written and removed, in order.
    pub(super) log: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
pub(super) struct Kept {
    pub(super) bytes: Bytes,
    etag: String,
    metadata: Option<Metadata>,
    pub(super) kind: Option<String>,
}

impl Memory {
    pub(super) fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.objects.lock().unwrap()
    }

    fn write(&self, what: String) -> S3Result<()> {
        if self.left.load(Ordering::SeqCst) >= 0 && self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.left.store(0, Ordering::SeqCst);
            return Err(s3_error!(InternalError));
        }
        self.log.lock().unwrap().push(what);
        Ok(())
    }

    pub(super) fn put(
        &self,
        key: &str,
        bytes: Bytes,
        metadata: Option<Metadata>,
        kind: Option<String>,
    ) -> String {
        let etag =
            format!("{:x?}", Md5::digest(&bytes).as_slice()).replace(['[', ']', ',', ' '], "");
        let kept = Kept {
            bytes,
            etag: etag.clone(),
            metadata,
            kind,
        };
        self.objects().insert(key.into(), kept);
        etag
    }
}

#[async_trait::async_trait]
impl S3 for Memory {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let parts: Vec<Bytes> = match input.body {
            Some(body) => body
                .try_collect()
                .await
                .map_err(|_| s3_error!(IncompleteBody))?,
            None => Vec::new(),
        };
        self.write(format!("put {}", input.key))?;
        let there = self.objects().get(&input.key).map(|kept| kept.etag.clone());
        let is_wanted = match (&input.if_match, &input.if_none_match) {
            (Some(ETagCondition::ETag(etag)), _) => there.as_deref() == Some(etag.value()),
            (_, Some(_)) => there.is_none(),
            _ => true,
        };
        if !is_wanted {
            return Err(s3_error!(PreconditionFailed));
        }
        let kind = input.content_type.clone();
        let put = self.put(&input.key, parts.concat().into(), input.metadata, kind);
        let e_tag = Some(ETag::Strong(put));
        Ok(S3Response::new(PutObjectOutput {
            e_tag,
            ..Default::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let kept = self.objects().get(&request.input.key).cloned();
        let kept = kept.ok_or_else(|| s3_error!(NoSuchKey))?;
        let bytes = kept.bytes.clone();
        let body = futures::stream::once(async { Ok::<_, std::io::Error>(bytes) });
        Ok(S3Response::new(GetObjectOutput {
            content_length: i64::try_from(kept.bytes.len()).ok(),
            body: Some(StreamingBlob::wrap(body)),
            e_tag: Some(ETag::Strong(kept.etag)),
            ..Default::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let kept = self.objects().get(&request.input.key).cloned();
        let kept = kept.ok_or_else(|| s3_error!(NoSuchKey))?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: i64::try_from(kept.bytes.len()).ok(),
            e_tag: Some(ETag::Strong(kept.etag)),
            metadata: kept.metadata,
            ..Default::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.write(format!("delete {}", request.input.key))?;
        self.objects().remove(&request.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }
}

/// Serves a store on a free loopback port until the test ends.
pub(super) async fn serve(mut service: S3ServiceBuilder) -> SocketAddr {
    service.set_auth(SimpleAuth::from_single("x", "x"));
    let service = service.build();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let http = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = http.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    address
}

/// The bucket of sites of a store.
pub(super) fn bucket(address: SocketAddr) -> SiteBucket {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("x", "x", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .http_client(http)
        .build();
    SiteBucket::new(aws_sdk_s3::Client::from_conf(config), "sites".into())
}
