//! No scrape, and nothing that it has found, outlives its tenant.

use bucket::ScrapeBucket;
use clap::Parser as _;
use domain::scrape::Scrape;
use domain::{Random, TenantId};
use local::cli::Start;
use local::operator::{self, Where};
use serde_json::{Value, json};

use super::Stage;
use super::web::Page;

/// What an operator types after `cargo run --`.
#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    start: Start,
    #[command(subcommand)]
    command: operator::Command,
}

/// Removes the tenant of the scrapes.
async fn remove(data: &str) -> Result<String, local::Error> {
    let line = ["local", "--data", data, "tenant", "remove", "acme#shop"];
    let line = [&line[..], &["--yes", "acme#shop"]].concat();
    let line = Line::try_parse_from(line).expect("a command");
    operator::run(line.command, &line.start, &Where { stack: None }).await
}

impl Stage {
    /// The same scrape, of another tenant.
    async fn of_another_tenant(&self, scrape: &Scrape) -> Scrape {
        let random: Random = self.world.get();
        let other = Scrape {
            scrape_id: random.uuid(self.now()),
            tenant_id: TenantId::new("acme", "blog").expect("a tenant"),
            ..scrape.clone()
        };
        self.scrapes().create(&other).await.expect("it is kept");
        other
    }

    async fn is_in_bucket(&self, key: &str) -> bool {
        let bucket: ScrapeBucket = self.world.get();
        bucket.get(key).await.expect("an answer").is_some()
    }
}

#[tokio::test]
async fn a_removed_tenant_leaves_no_scrape_and_no_result() {
    let stage = Stage::start().await;
    let items = format!("<li>{}</li>", "x".repeat(400)).repeat(999);
    stage.web.show("/", Page::html(format!("<ul>{items}</ul>")));
    let fields = json!({"items": {"css": "li", "all": true}});
    let id = stage.scrape("/", &fields, Value::Null).await;
    let kept = stage.of_another_tenant(&stage.get(id).await).await;
    stage.run(id).await;
    let (result, _) = stage.newest(id).await;
    let key = visit::key(&result);
    assert!(stage.is_in_bucket(&key).await, "there is much to remove");

    let data = stage.world.data();
    let said = remove(&data.to_string_lossy()).await;
    let said = said.expect("the tenant is removed");
    assert!(said.contains("and 1 scrapes"), "{said}");
    assert_eq!(stage.scrapes().get(id).await.expect("an answer"), None);
    assert_eq!(stage.results(id).await, []);
    assert!(!stage.is_in_bucket(&key).await, "the object is gone");
    assert_eq!(stage.get(kept.scrape_id).await.tenant_id, kept.tenant_id);
    assert!(remove(&data.to_string_lossy()).await.is_err(), "again");
}
