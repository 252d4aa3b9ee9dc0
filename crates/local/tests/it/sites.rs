//! Sites of Markdown, as a person makes them on a laptop.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

use crate::binary::{Running, command, running};

struct Laptop {
    data: tempfile::TempDir,
    notes: tempfile::TempDir,
    running: Running,
    client: Client,
}

impl Laptop {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let running = running(&mut command(data.path()), data.path());
        let client = Client::builder().redirect(Policy::none());
        Self {
            running,
            data,
            notes: tempfile::tempdir().unwrap(),
            client: client.build().unwrap(),
        }
    }

    fn note(&self, name: &str, text: &str) {
        let path = self.notes.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn publish(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        command.arg("--data").arg(self.data.path());
        command.arg("publish").arg(self.notes.path()).args(more);
        command.output().unwrap()
    }

    /// What a command that must succeed says.
    fn published(&self, more: &[&str]) -> String {
        let output = self.publish(more);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}/_local/sites/{path}", self.running.info.base_url);
        self.client.get(url).send().await.unwrap()
    }

    /// Asks until a page says something.
    async fn until(&self, path: &str, words: &str) {
        for _ in 0..300 {
            let answer = self.get(path).await;
            if answer.text().await.unwrap().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} never said {words}");
    }

    fn bucket(&self) -> std::path::PathBuf {
        let buckets = self.data.path().join("s3");
        buckets.join("local-markdown-000000000000")
    }
}

#[tokio::test]
async fn a_folder_is_published_by_a_command_as_one_commit_each() {
    let laptop = Laptop::start();
    laptop.note("hello.md", "# Hello\n\n[broken](nowhere.md)\n");
    laptop.note("posts/a b.md", "# A\n");
    laptop.note(".hidden", "x");
    let said = laptop.published(&["--dry-run"]);
    assert!(
        said.contains("+ hello.md\n+ posts/a b.md\n2 to upload"),
        "{said}"
    );
    let said = laptop.published(&[]);
    assert!(
        said.starts_with("2 uploaded, 0 removed, 0 as before\n"),
        "{said}"
    );
    assert!(said.contains("Publish 2 files"), "{said}");
    assert!(said.contains("/_local/sites/demo/site/  2 pages"), "{said}");
    assert!(said.contains("hello.md:3: "), "{said}");

    std::fs::rename(
        laptop.notes.path().join("hello.md"),
        laptop.notes.path().join("moved.md"),
    )
    .unwrap();
    let said = laptop.published(&[]);
    assert!(
        said.starts_with("1 uploaded, 1 removed, 1 as before\n"),
        "{said}"
    );
    assert!(said.contains("Rename hello.md to moved.md"), "{said}");
    assert_eq!(
        laptop.get("demo/site/hello/").await.status(),
        StatusCode::NOT_FOUND
    );

    let again = laptop.published(&[]);
    assert!(
        again.contains("Rename hello.md to moved.md"),
        "no new commit: {again}"
    );
}

#[tokio::test]
async fn what_would_empty_a_folder_or_is_nobodys_is_refused() {
    let laptop = Laptop::start();
    laptop.note("hello.md", "# Hello\n");
    laptop.published(&[]);
    std::fs::remove_file(laptop.notes.path().join("hello.md")).unwrap();
    let refused = |more: &[&str], words: &str| {
        let output = laptop.publish(more);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words), "{said}");
    };
    refused(&[], "--delete-all");
    refused(&["--tenant", "no#body"], "there is no tenant no#body");
    refused(&["http://localhost:1"], "answers on");
    let said = laptop.published(&["--delete-all"]);
    assert!(said.starts_with("0 uploaded, 1 removed"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_put_into_the_bucket_by_hand_is_a_page_a_moment_later() {
    let laptop = Laptop::start();
    let folder = laptop.bucket().join("demo/site");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("hello.md");
    std::fs::write(&file, "# Hello\n\nfirst\n").unwrap();
    laptop.until("demo/site/hello/", "first").await;
    std::fs::write(&file, "# Hello\n\nsecond\n").unwrap();
    laptop.until("demo/site/hello/", "second").await;
    std::fs::remove_dir_all(&folder).unwrap();
    laptop
        .until("demo/site/hello/", "no page at this address")
        .await;
}

#[tokio::test]
async fn a_site_is_served_in_a_sandbox_as_a_server_of_files_does() {
    let laptop = Laptop::start();
    laptop.note("hello.md", "# Hello\n");
    laptop.published(&[]);
    let page = laptop.get("demo/site/hello/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("sandbox ") && !policy.contains("same-origin"),
        "{policy}"
    );
    for path in ["demo/site", "demo/site/hello"] {
        let answer = laptop.get(path).await;
        assert!(answer.status().is_redirection(), "{path}");
        let to = answer.headers()["location"].to_str().unwrap();
        assert_eq!(to, format!("/_local/sites/{path}/"));
    }
    let style = laptop.get("demo/site/style.css").await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    for path in [
        "demo/site/none",
        "demo/site/none/",
        "demo/site/..%2f..%2fkeys",
        "no/body/",
    ] {
        assert_eq!(
            laptop.get(path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let overview = format!("{}/_local/", laptop.running.info.base_url);
    let overview = laptop
        .client
        .get(overview)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(overview.contains("/_local/sites/demo/site/"), "{overview}");
    assert!(
        overview.contains(
            Path::new("s3")
                .join("local-markdown-000000000000")
                .to_str()
                .unwrap()
        )
    );
}
