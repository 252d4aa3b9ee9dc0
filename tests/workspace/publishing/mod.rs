//! The publisher, from the messages of its queue to the commit.

mod commits;
mod due;
mod failing;
mod folders;
mod github;
mod place;
mod races;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use domain::site::{LocalSites, Setup, SitePath, Status};
use domain::tenant::BaseUrl;
use domain::{Clock, Tenant, TenantId, Timestamp};
use fixtures::World;
use git_target::GitTarget;
use repository::sites::SiteRow;
use repository::{Sites, Tenants};
use serde_json::{Value, json};
use trigger::SqsEvent;

use place::Place;

const SAMPLE: &str = include_str!("../../../events/s3-markdown.json");

/// A world with a publisher, whose target can be told to do what targets do.
struct Stage {
    world: World,
    s3: Client,
    place: Place,
    publisher: Arc<md_publisher::Deps>,
}

impl Stage {
    async fn start() -> Self {
        let world = World::start().await;
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(world.variable("AWS_ENDPOINT_URL_S3"))
            .force_path_style(true);
        let place = Place::new(world.data().join("sites"), world.get());
        let publisher = world.with_git_sites(place.open()).deps();
        Self {
            s3: Client::from_conf(config.build()),
            world,
            place,
            publisher,
        }
    }

    fn now(&self) -> Timestamp {
        let clock: Clock = self.world.get();
        clock.now()
    }

    /// The tenant that every platform begins with.
    fn tenant() -> TenantId {
        TenantId::new("demo", "site").expect("a tenant")
    }

    /// Another tenant.
    async fn other(&self, site: &str) -> TenantId {
        let id = TenantId::new("acme", site).expect("a tenant");
        let link_base = BaseUrl::parse("https://acme.example").expect("a URL");
        let tenant = Tenant::new(id.clone(), "Acme".to_owned(), link_base, self.now());
        let tenants: Tenants = self.world.get();
        tenants.put(&tenant).await.expect("it is kept");
        id
    }

    /// Sets the first tenant's site up, with somebody who is mailed.
    async fn set_up(&self, change: impl FnOnce(&mut Setup)) {
        let local = LocalSites {
            folder: PathBuf::new(),
            public_url: "http://localhost:3000".to_owned(),
        };
        let mut setup = local.setup(&Self::tenant()).expect("a setup");
        change(&mut setup);
        let sites: Sites = self.world.get();
        let tenant = Self::tenant();
        let put = sites.put_setup(&tenant, &setup, None, self.now());
        assert!(put.await.expect("it is kept"));
    }

    async fn put(&self, path: &str, text: &str) {
        self.put_of(&Self::tenant(), path, text).await;
    }

    async fn put_of(&self, tenant: &TenantId, path: &str, text: &str) {
        let key = key(tenant, path);
        let bucket = self.world.variable("MARKDOWN_BUCKET");
        let call = self.s3.put_object().bucket(bucket).key(key);
        let sent = call.body(text.to_owned().into_bytes().into()).send().await;
        sent.expect("the object is taken");
    }

    async fn delete(&self, path: &str) {
        let bucket = self.world.variable("MARKDOWN_BUCKET");
        let key = key(&Self::tenant(), path);
        let sent = self.s3.delete_object().bucket(bucket).key(key).send();
        sent.await.expect("the object is removed");
    }

    /// The file of an object, as a person has it before them.
    fn file(&self, path: &str) -> PathBuf {
        let bucket = self.world.variable("MARKDOWN_BUCKET");
        let bucket = self.world.data().join("s3").join(bucket);
        bucket.join(key(&Self::tenant(), path))
    }

    /// Delivers bodies as one batch, a moment later: the numbers of those that failed.
    async fn deliver(&self, bodies: &[String]) -> Vec<String> {
        self.world.clock.advance_seconds(1);
        deliver(&self.publisher, bodies).await
    }

    /// Has the publisher look at the first tenant's site.
    async fn publish(&self) -> SiteRow {
        assert!(self.deliver(&[job(&Self::tenant())]).await.is_empty());
        self.row(&Self::tenant()).await
    }

    async fn row(&self, tenant: &TenantId) -> SiteRow {
        let sites: Sites = self.world.get();
        sites.get(tenant).await.expect("an answer")
    }

    async fn status(&self) -> Status {
        self.row(&Self::tenant()).await.status
    }

    /// What is published of a site, by path.
    async fn site(&self, tenant: &TenantId) -> BTreeMap<String, String> {
        let target = self.place.repository(tenant);
        let head = site_target::Target::head(&target).await.expect("a head");
        let mut site = BTreeMap::new();
        for path in head.own.into_keys() {
            let text = read(&target, &path).await;
            site.insert(path.to_string(), text);
        }
        site
    }

    /// A page of the first tenant's site.
    async fn page(&self, path: &str) -> Option<String> {
        self.site(&Self::tenant()).await.remove(path)
    }

    /// The mails about sites that were queued, newest first.
    fn mails(&self) -> Vec<Value> {
        let mut jobs = self.world.jobs();
        jobs.retain(|job| job["template"] == "site-published");
        jobs
    }
}

async fn read(target: &GitTarget, path: &SitePath) -> String {
    let bytes = target.file(path).await.expect("readable");
    String::from_utf8_lossy(&bytes.expect("a file")).into_owned()
}

fn key(tenant: &TenantId, path: &str) -> String {
    format!("{}/{}/{path}", tenant.client_id(), tenant.site_id())
}

fn job(tenant: &TenantId) -> String {
    let (client_id, site_id) = (tenant.client_id(), tenant.site_id());
    json!({"site": {"client_id": client_id, "site_id": site_id}}).to_string()
}

/// What S3 says of an object, as the sample has it.
fn changed(event: &str, key: &str) -> String {
    let sample: Value = serde_json::from_str(SAMPLE).expect("JSON");
    let body = sample["Records"][0]["body"].as_str().expect("a body");
    let mut body: Value = serde_json::from_str(body).expect("JSON");
    body["Records"][0]["eventName"] = event.into();
    body["Records"][0]["s3"]["object"]["key"] = key.into();
    body.to_string()
}

async fn deliver(publisher: &Arc<md_publisher::Deps>, bodies: &[String]) -> Vec<String> {
    let records = bodies.iter().enumerate();
    let records =
        records.map(|(number, body)| json!({"messageId": number.to_string(), "body": body}));
    let event = json!({"Records": records.collect::<Vec<_>>()});
    let event: SqsEvent = serde_json::from_value(event).expect("an event");
    let answer = trigger::together(event, |messages| md_publisher::handle(publisher, messages));
    let failures = answer.await.batch_item_failures.into_iter();
    failures.map(|failure| failure.item_identifier).collect()
}
