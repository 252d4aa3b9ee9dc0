//! Nothing of a site outlives its tenant.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use domain::site::LocalSites;

use super::{Stage, operating::operate, tenant};

const BUCKETS: [&str; 3] = ["MARKDOWN_BUCKET", "BUILD_BUCKET", "SITE_BUCKET"];

impl Stage {
    fn objects(&self) -> Client {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(self.world.variable("AWS_ENDPOINT_URL_S3"))
            .force_path_style(true);
        Client::from_conf(config.build())
    }

    async fn write(&self, bucket: &str, key: &str) {
        let bucket = self.world.variable(bucket);
        let call = self.objects().put_object().bucket(bucket).key(key);
        let sent = call.body(b"x".to_vec().into()).send().await;
        sent.expect("the object is taken");
    }

    async fn keys(&self, bucket: &str) -> Vec<String> {
        let bucket = self.world.variable(bucket);
        let listed = self.objects().list_objects_v2().bucket(bucket).send();
        let listed = listed.await.expect("a list");
        let keys = listed.contents().iter();
        let mut keys: Vec<_> = keys
            .filter_map(|object| object.key().map(str::to_owned))
            .collect();
        keys.sort();
        keys
    }
}

#[tokio::test]
async fn the_next_tenant_of_a_name_finds_nothing() {
    let stage = Stage::start().await;
    for name in ["acme#shop", "acme#shop.json", "acme#shopping"] {
        operate(
            &stage,
            &["tenant", "create", name, "--origin", "https://a.example"],
        )
        .await
        .expect("a tenant");
    }
    let (shop, kept) = (tenant("shop"), tenant("shopping"));
    stage.set_up(&shop, "acme/site").await;
    stage.set_up(&kept, "acme/site").await;
    for bucket in BUCKETS {
        for key in [
            "acme/shop/a.md",
            "acme/shop/b/c.md",
            "acme/shopping/a.md",
            "acme/shop.json/a.md",
        ] {
            stage.write(bucket, key).await;
        }
    }
    for key in [
        ".manifests/acme/shop.json",
        ".manifests/acme/shop.json.json",
    ] {
        stage.write("SITE_BUCKET", key).await;
    }
    let local: Option<LocalSites> = stage.world.get();
    let local = local.expect("it is a laptop");
    for tenant in [&shop, &kept] {
        let objects = local.repository(tenant).join("objects");
        std::fs::create_dir_all(objects).expect("a folder");
    }

    let remove = ["tenant", "remove", "acme#shop", "--yes", "acme#shop"];
    operate(&stage, &remove).await.expect("it is removed");

    let left = ["acme/shop.json/a.md", "acme/shopping/a.md"];
    assert_eq!(stage.keys("MARKDOWN_BUCKET").await, left);
    assert_eq!(stage.keys("BUILD_BUCKET").await, left);
    let left = [&[".manifests/acme/shop.json.json"], &left[..]].concat();
    assert_eq!(stage.keys("SITE_BUCKET").await, left);
    assert_eq!(stage.get(&shop).await.setup, None);
    assert!(stage.get(&kept).await.setup.is_some());
    assert!(!local.repository(&shop).exists());
    assert!(local.repository(&kept).exists());
    assert!(operate(&stage, &remove).await.is_err(), "again");
}
