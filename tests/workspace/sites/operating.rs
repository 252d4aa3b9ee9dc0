//! What an operator does with sites.

use clap::Parser as _;
use domain::TenantId;
use domain::site::Trouble;
use local::cli::Start;
use local::operator::{self, Where};
use serde_json::{Value, json};

use super::{Stage, published};

/// What an operator types after `cargo run --`.
#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    start: Start,
    #[command(subcommand)]
    command: operator::Command,
}

/// Does it, and says what is printed or why not.
pub(super) async fn operate(stage: &Stage, words: &[&str]) -> Result<String, String> {
    let data = stage.world.data();
    let data = data.to_string_lossy();
    let line = [&["local", "--data", &data], words].concat();
    let line = Line::try_parse_from(line).map_err(|error| error.to_string())?;
    let done = operator::run(line.command, &line.start, &Where { stack: None }).await;
    done.map_err(|error| error.to_string())
}

async fn done(stage: &Stage, words: &[&str]) -> String {
    operate(stage, words).await.expect("it is done")
}

const SITE: &str = "demo#site";

#[tokio::test]
async fn a_site_is_set_up_shown_and_taken_back() {
    let stage = Stage::start().await;
    let theme = stage.world.data().join("queues").join("theme.txt");
    std::fs::write(&theme, r##"{"title": "Acme", "accent": "#1a73e8"}"##).expect("a file");
    let theme = theme.to_string_lossy().into_owned();
    let said = done(
        &stage,
        &[
            "site",
            "set",
            SITE,
            "--github",
            "acme/site",
            "--folder",
            "docs",
            "--base-url",
            "https://acme.example/",
            "--theme",
            &theme,
            "--trusted-authors",
            "--notify",
            "a@acme.example",
        ],
    )
    .await;
    assert!(said.contains("is being published"), "{said}");
    assert_eq!(
        stage.queued(),
        [json!({"site": {"client_id": "demo", "site_id": "site"}})]
    );
    let said = done(&stage, &["site", "show", SITE]).await;
    let (setup, since) = said.split_once("\nsince ").expect("both");
    assert!(since.starts_with("20"), "{since}");
    let setup: Value = serde_json::from_str(setup).expect("JSON");
    let expected = json!({
        "target": {"github": {"repository": "acme/site", "branch": "main", "folder": "docs"}},
        "base_url": "https://acme.example", "theme": {"title": "Acme", "accent": "#1a73e8", "smart_punctuation": false},
        "trusted_authors": true, "notify": "a@acme.example",
    });
    assert_eq!(setup, expected);
    done(&stage, &["site", "publish-again", SITE]).await;
    assert_eq!(stage.queued().len(), 2);
    done(&stage, &["site", "remove", SITE]).await;
    let again = operate(&stage, &["site", "remove", SITE]).await;
    assert!(again.expect_err("it is gone").contains("is not set up"));
    let said = done(&stage, &["site", "show", SITE]).await;
    assert!(said.contains(r#""git": {}"#), "a laptop's own: {said}");
    let today = done(&stage, &["audit", SITE]).await;
    for event in ["SiteWritten", "SiteRemoved"] {
        assert!(today.contains(event), "{event} in {today}");
    }
}

#[tokio::test]
async fn the_status_says_what_became_of_a_site() {
    let stage = Stage::start().await;
    let tenant = TenantId::parse(SITE).expect("a tenant");
    let said = done(&stage, &["site", "status", SITE]).await;
    assert!(said.contains("never published"), "{said}");
    let mut outcome = published("4be1f2a", stage.now());
    outcome.status.trouble = Some(Trouble {
        code: "branch_protected".to_owned(),
        message: "main is protected".to_owned(),
        since: stage.now(),
        attempts: 2,
        retry_at: stage.now(),
    });
    outcome.status.reports = serde_json::from_value(json!([
        {"file": "a.md", "line": 3, "code": "broken_link", "message": "leads nowhere", "left_out": false},
        {"file": "b.md", "code": "too_large", "message": "is too large", "left_out": true},
    ]))
    .expect("reports");
    outcome.status.waiting = serde_json::from_value(
        json!([{"file": "c.md"}, {"file": "d.md", "until": 4_000_000_000_000_i64}]),
    )
    .expect("files");
    assert!(stage.finish(&stage.get(&tenant).await, &outcome).await);
    let said = done(&stage, &["site", "status", SITE]).await;
    for part in [
        "4be1f2a  Add a page",
        "branch_protected: main is protected",
        "a.md:3: leads nowhere\n",
        "b.md: is too large (left out)",
        "c.md  draft",
        "d.md  2096-10-02",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[tokio::test]
async fn what_is_not_right_is_refused_with_its_option() {
    let stage = Stage::start().await;
    let theme = stage.world.data().join("queues").join("theme.txt");
    std::fs::write(&theme, r#"{"title": "", "posts_per_page": 90}"#).expect("a file");
    let theme = theme.to_string_lossy().into_owned();
    let set = ["site", "set", SITE, "--base-url", "https://a.example"];
    for (rest, expected) in [
        (&["--github", "acme"][..], "--github"),
        (&["--github", "a/b", "--branch", "a..b"], "--branch"),
        (&["--github", "a/b", "--folder", "../x"], "--folder"),
        (&["--s3", "--folder", "docs"], "--github"),
        (&["--s3", "--git"], "--git"),
        (&[], "--github"),
        (&["--s3", "--notify", "nobody"], "--notify"),
        (&["--s3", "--theme", "/nowhere.json"], "/nowhere.json"),
        (&["--s3", "--theme", &theme], "posts_per_page must be"),
    ] {
        let refused = operate(&stage, &[&set, rest].concat()).await;
        let refused = refused.expect_err("it is refused");
        assert!(refused.contains(expected), "{expected} in {refused}");
    }
    let nobody = operate(
        &stage,
        &[
            "site",
            "set",
            "acme#none",
            "--s3",
            "--base-url",
            "https://a.example",
        ],
    )
    .await;
    assert!(
        nobody
            .expect_err("it is refused")
            .contains("no tenant acme#none")
    );
    let untouched = done(&stage, &["site", "show", SITE]).await;
    assert!(untouched.contains("not set up"), "{untouched}");
}
