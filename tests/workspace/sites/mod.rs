//! Sites: what is kept of them, who is told, when they are taken, and how they go.

mod farewell;
mod finishing;
mod notices;
mod operating;
mod ticks;

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::clock::SignedDuration;
use domain::site::{Published, Setup, Status};
use domain::{Clock, TenantId, Timestamp};
use fixtures::World;
use repository::{Outcome, SiteRow, Sites};
use serde_json::{Value, json};

/// A world, and its sites.
struct Stage {
    world: World,
    sites: Sites,
    ticker: Arc<site_due::Deps>,
}

impl Stage {
    async fn start() -> Self {
        let world = World::start().await;
        Self {
            sites: world.get(),
            ticker: world.deps(),
            world,
        }
    }

    fn now(&self) -> Timestamp {
        let clock: Clock = self.world.get();
        clock.now()
    }

    fn advance(&self, by: SignedDuration) {
        self.world.clock.advance_seconds(by.as_secs());
    }

    async fn get(&self, tenant: &TenantId) -> SiteRow {
        self.sites.get(tenant).await.expect("a sound row")
    }

    /// Sets a site up, and returns its row.
    async fn set_up(&self, tenant: &TenantId, repository: &str) -> SiteRow {
        let setup = setup(repository);
        let put = self.sites.put_setup(tenant, &setup, None, self.now());
        assert!(put.await.expect("an answer"));
        self.get(tenant).await
    }

    /// Writes down an attempt, with its commit where it has one.
    async fn finish(&self, seen: &SiteRow, outcome: &Outcome) -> bool {
        if let Some(published) = &outcome.status.published {
            let taken = self.sites.committed(seen, published).await;
            taken.expect("an answer");
        }
        let taken = self.sites.finish(seen, outcome).await;
        taken.expect("an answer")
    }

    async fn tick(&self) {
        site_due::handle(&self.ticker).await.expect("it is done");
    }

    /// The sites that wait in the queue, in any order.
    fn queued(&self) -> Vec<Value> {
        let url = self.world.variable("MARKDOWN_QUEUE_URL");
        let name = url.rsplit('/').next().expect("a name");
        let folder = self.world.data().join("queues").join(name);
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let kept = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let bodies = kept.map(|path| {
            let text = std::fs::read(path).expect("readable");
            let message: Value = serde_json::from_slice(&text).expect("JSON");
            let body = message["body"].as_str().expect("a body");
            serde_json::from_str(body).expect("a job")
        });
        bodies.collect()
    }

    /// Writes a part of a row as no code here would.
    async fn damage(&self, tenant: &str, attribute: &str, value: AttributeValue) {
        let config = aws_sdk_dynamodb::config::Builder::new()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_dynamodb::config::Credentials::new(
                "local", "local", None, None, "test",
            ))
            .endpoint_url(self.world.variable("AWS_ENDPOINT_URL_DYNAMODB"))
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
            .update_item()
            .table_name(self.world.variable("SITES_TABLE"))
            .key("tenant_id", AttributeValue::S(tenant.to_owned()))
            .update_expression("SET #attribute = :value")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .expect("it is written");
    }
}

fn tenant(site: &str) -> TenantId {
    TenantId::new("acme", site).expect("a tenant")
}

fn setup(repository: &str) -> Setup {
    let setup = json!({
        "target": {"github": {"repository": repository, "branch": "main"}}, "base_url": "https://acme.example",
        "theme": {"title": "Acme", "posts_per_page": 5}, "notify": "author@acme.example",
    });
    serde_json::from_value(setup).expect("a setup")
}

/// What came of an attempt that looked at the folder `at` then.
fn published(commit: &str, at: Timestamp) -> Outcome {
    Outcome {
        checked_at: at,
        status: Status {
            published: Some(Published {
                commit: commit.to_owned(),
                url: Some(format!("https://github.com/acme/site/commit/{commit}")),
                message: "Add a page".to_owned(),
                at,
            }),
            pages: 3,
            ..Status::default()
        },
        due_at: None,
    }
}

/// The name of the last commit that is known.
fn commit(row: &SiteRow) -> Option<&str> {
    let published = row.status.published.as_ref();
    published.map(|published| published.commit.as_str())
}
