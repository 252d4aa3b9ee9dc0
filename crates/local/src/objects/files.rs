//! S3's operations on objects.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    ETag, ETagCondition, EncodingType, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListObjectsV2Input, ListObjectsV2Output, Object, PutObjectInput, PutObjectOutput,
    StreamingBlob, Timestamp, UploadPartInput, UploadPartOutput,
};
use s3s::{Body, S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::sync::RwLock;
use url::form_urlencoded::byte_serialize;

use super::folder::{Attributes, Folder, Found};

/// How many objects a listing has at most.
const PAGE: i32 = 1000;

/// The buckets. Uploads in parts, which only people's tools make, are left to `s3s-fs`, whose objects are the same files.
pub(super) struct Files {
    folder: Arc<Folder>,
    parts: FileSystem,
    /// Writers of objects come one after another, so that a condition still holds when it is acted on.
    turn: RwLock<()>,
}

impl Files {
    pub(super) fn new(root: PathBuf, parts: FileSystem) -> Self {
        Self {
            folder: Arc::new(Folder::new(root)),
            parts,
            turn: RwLock::default(),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let folder = Arc::clone(&self.folder);
        let done = tokio::task::spawn_blocking(move || work(&folder)).await;
        let done = done.map_err(|error| s3_error!(error, InternalError))?;
        done.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidFilename => {
                s3_error!(error, InvalidArgument, "a folder can't have this key")
            }
            io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::AlreadyExists => {
                s3_error!(
                    error,
                    InvalidArgument,
                    "a file and a folder can't have the same name"
                )
            }
            _ => s3_error!(error, InternalError),
        })
    }

    async fn read(&self, bucket: &str, key: &str) -> S3Result<(Bytes, Found, Attributes)> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let _turn = self.turn.read().await;
        let read = self.run(move |folder| {
            if !folder.has_bucket(&bucket) {
                return Ok(Err(s3_error!(NoSuchBucket)));
            }
            let Some((bytes, found)) = folder.read(&bucket, &key)? else {
                return Ok(Err(s3_error!(NoSuchKey)));
            };
            let attributes = folder.attributes(&bucket, &key, &found.hash);
            Ok(Ok((bytes.into(), found, attributes)))
        });
        read.await?
    }
}

/// Whether an object may be written over what is there.
fn check(input: &PutObjectInput, there: Option<&Found>) -> Result<(), S3Error> {
    let failed = || Err(s3_error!(PreconditionFailed));
    let has = |condition: &ETagCondition| match (condition, there) {
        (_, None) => false,
        (ETagCondition::Any, Some(_)) => true,
        (ETagCondition::ETag(etag), Some(there)) => etag.value() == there.hash,
    };
    match (&input.if_match, &input.if_none_match) {
        (Some(_), _) if there.is_none() => Err(s3_error!(NoSuchKey)),
        (Some(condition), _) if !has(condition) => failed(),
        (_, Some(condition)) if has(condition) => failed(),
        _ => Ok(()),
    }
}

#[async_trait::async_trait]
impl S3 for Files {
    async fn put_object(
        &self,
        req: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let mut input = req.input;
        let body = input.body.take().ok_or_else(|| s3_error!(IncompleteBody))?;
        // Before it is anybody's turn: a slow sender keeps nobody waiting.
        let chunks: Vec<Bytes> = body
            .try_collect()
            .await
            .map_err(|error| s3_error!(io::Error::other(error), IncompleteBody))?;
        let bytes = chunks.concat();
        let _turn = self.turn.write().await;
        let hash = self.run(move |folder| {
            let (bucket, key) = (&input.bucket, &input.key);
            if !folder.has_bucket(bucket) {
                return Ok(Err(s3_error!(NoSuchBucket)));
            }
            if input.if_match.is_some() || input.if_none_match.is_some() {
                let there = folder.read(bucket, key)?;
                if let Err(refused) = check(&input, there.as_ref().map(|(_, found)| found)) {
                    return Ok(Err(refused));
                }
            }
            let attributes = Attributes {
                content_type: input.content_type.clone(),
                cache_control: input.cache_control.clone(),
                metadata: input
                    .metadata
                    .clone()
                    .unwrap_or_default()
                    .into_iter()
                    .collect(),
                ..Attributes::default()
            };
            folder.write(bucket, key, &bytes, attributes).map(Ok)
        });
        let hash = hash.await??;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(hash)),
            ..PutObjectOutput::default()
        }))
    }

    async fn get_object(
        &self,
        req: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = req.input;
        let (bytes, found, attributes) = self.read(&input.bucket, &input.key).await?;
        let (bytes, content_range) = match input.range {
            None => (bytes, None),
            Some(range) => {
                let part = range.check(found.bytes)?;
                let told = format!("bytes {}-{}/{}", part.start, part.end - 1, found.bytes);
                let place = |at: u64| usize::try_from(at).unwrap_or(bytes.len());
                (bytes.slice(place(part.start)..place(part.end)), Some(told))
            }
        };
        Ok(S3Response::new(GetObjectOutput {
            content_length: bytes.len().try_into().ok(),
            body: Some(StreamingBlob::from(Body::from(bytes))),
            content_range,
            e_tag: Some(ETag::Strong(found.hash)),
            last_modified: Some(Timestamp::from(found.modified)),
            content_type: attributes.content_type,
            cache_control: attributes.cache_control,
            metadata: metadata(attributes.metadata),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(
        &self,
        req: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        let (_, found, attributes) = self.read(&input.bucket, &input.key).await?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: found.bytes.try_into().ok(),
            e_tag: Some(ETag::Strong(found.hash)),
            last_modified: Some(Timestamp::from(found.modified)),
            content_type: attributes.content_type,
            cache_control: attributes.cache_control,
            metadata: metadata(attributes.metadata),
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let DeleteObjectInput { bucket, key, .. } = req.input;
        let _turn = self.turn.write().await;
        self.run(move |folder| folder.remove(&bucket, &key)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = req.input;
        let _turn = self.turn.write().await;
        let deleted = self.run(move |folder| {
            let deleted = delete.objects.into_iter().map(|object| {
                folder.remove(&bucket, &object.key)?;
                Ok(DeletedObject {
                    key: Some(object.key),
                    ..DeletedObject::default()
                })
            });
            deleted.collect::<io::Result<Vec<_>>>()
        });
        let deleted = Some(deleted.await?);
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted,
            ..DeleteObjectsOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = req.input;
        if input.delimiter.is_some() {
            // Folders as such are what people's tools ask for.
            return self.parts.list_objects_v2(S3Request { input, ..req }).await;
        }
        let _turn = self.turn.read().await;
        let (bucket, prefix) = (
            input.bucket.clone(),
            input.prefix.clone().unwrap_or_default(),
        );
        let all = self.run(move |folder| {
            if !folder.has_bucket(&bucket) {
                return Ok(Err(s3_error!(NoSuchBucket)));
            }
            folder.list(&bucket, &prefix).map(Ok)
        });
        let all = all.await??;
        let after = input
            .continuation_token
            .as_ref()
            .max(input.start_after.as_ref());
        let max = input.max_keys.unwrap_or(PAGE).clamp(0, PAGE);
        let left = all
            .into_iter()
            .filter(|(key, _)| after.is_none_or(|after| key > after));
        let mut left: Vec<_> = left.collect();
        let count = usize::try_from(max).unwrap_or_default();
        let is_truncated = left.len() > count;
        left.truncate(count);
        let next = left
            .last()
            .filter(|_| is_truncated)
            .map(|(key, _)| key.clone());
        let is_encoded = input
            .encoding_type
            .as_ref()
            .is_some_and(|kind| kind.as_str() == EncodingType::URL);
        let contents = left.into_iter().map(|(key, found)| Object {
            key: Some(if is_encoded { encoded(&key) } else { key }),
            size: found.bytes.try_into().ok(),
            e_tag: Some(ETag::Strong(found.hash)),
            last_modified: Some(Timestamp::from(found.modified)),
            ..Object::default()
        });
        let contents: Vec<_> = contents.collect();
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: contents.len().try_into().ok(),
            max_keys: Some(max),
            is_truncated: Some(is_truncated),
            contents: Some(contents),
            next_continuation_token: next,
            continuation_token: input.continuation_token,
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        }))
    }

    async fn list_buckets(
        &self,
        req: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        self.parts.list_buckets(req).await
    }

    async fn head_bucket(
        &self,
        req: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.parts.head_bucket(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.parts.create_multipart_upload(req).await
    }

    async fn upload_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        self.parts.upload_part(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let _turn = self.turn.write().await;
        self.parts.complete_multipart_upload(req).await
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.parts.abort_multipart_upload(req).await
    }
}

fn metadata(metadata: std::collections::BTreeMap<String, String>) -> Option<s3s::dto::Metadata> {
    (!metadata.is_empty()).then(|| metadata.into_iter().collect())
}

/// A key as a listing has it where that is asked for: XML has no way to write some characters.
fn encoded(key: &str) -> String {
    let encoded: String = byte_serialize(key.as_bytes()).collect();
    encoded.replace("%2F", "/")
}
