//! The stand-in takes what GitHub's schemas allow, and remembers everything else.
#![expect(clippy::unwrap_used, reason = "a test that can not go on must stop")]

use github_stand_in::{Fault, StandIn, What};
use reqwest::{Client, Method};
use serde_json::{Value, json};

const TOKEN: &str = "github_pat_test";

struct Asked {
    stand_in: StandIn,
    client: Client,
}

impl Asked {
    async fn new() -> Self {
        let stand_in = StandIn::start(0).await.unwrap();
        stand_in.world().create("acme/site");
        stand_in.world().let_in(TOKEN, None);
        let file = vec![("a".to_owned(), Some("hello".into()))];
        stand_in.world().push("acme/site", "main", file).unwrap();
        let client = Client::builder().user_agent("test").no_proxy().build();
        Self {
            stand_in,
            client: client.unwrap(),
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", self.stand_in.url());
        let mut request = self.client.request(method, url).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    fn violations(&self) -> Vec<String> {
        std::mem::take(&mut self.stand_in.world().violations)
    }
}

#[tokio::test]
async fn what_the_description_allows_is_done() {
    let github = Asked::new().await;
    let blob = json!({ "content": "aGVsbG8=", "encoding": "base64" });
    let (status, blob) = github
        .ask("POST", "/repos/acme/site/git/blobs", Some(blob))
        .await;
    assert_eq!(status, 201);
    assert_eq!(blob["sha"], "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
    let (status, _) = github
        .ask("GET", "/repos/acme/site/git/ref/heads/main", None)
        .await;
    assert_eq!(status, 200);
    let query = json!({ "query": "{ repository(owner: \"acme\", name: \"site\") { isEmpty } }" });
    let (_, said) = github.ask("POST", "/graphql", Some(query)).await;
    assert_eq!(
        said,
        json!({ "data": { "repository": { "isEmpty": false } } })
    );
    assert_eq!(github.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_description_does_not_allow_is_remembered() {
    let github = Asked::new().await;
    let path = "/repos/acme/site/git";
    for (method, path, body, expected) in [
        (
            "POST",
            format!("{path}/blobs"),
            json!({ "encoding": "base64" }),
            "\"content\" is a required property",
        ),
        (
            "POST",
            format!("{path}/blobs"),
            json!({ "content": "", "mode": "x" }),
            "unknown field mode",
        ),
        (
            "POST",
            format!("{path}/trees"),
            json!({ "tree": [{ "mode": "777" }] }),
            "\"777\" is not one of",
        ),
        (
            "POST",
            format!("{path}/refs"),
            json!({ "ref": "refs/heads/x" }),
            "\"sha\" is a required property",
        ),
        (
            "PATCH",
            format!("{path}/refs/heads/main"),
            json!({ "sha": 1 }),
            "1 is not of type \"string\"",
        ),
        (
            "POST",
            format!("{path}/tags"),
            json!({}),
            "no such operation",
        ),
    ] {
        let (status, _) = github.ask(method, &path, Some(body)).await;
        assert!(matches!(status, 404 | 422), "{path}: {status}");
        let violations = github.violations();
        assert!(violations[0].contains(expected), "{violations:?}");
    }
    let tree = format!("{path}/trees/4b825dc642cb6eb9a060e54bf8d69288fbee4904?depth=1");
    assert_eq!(github.ask("GET", &tree, None).await.0, 422);
    assert!(github.violations()[0].contains("unknown parameter depth"));
}

#[tokio::test]
async fn what_the_graphql_schema_does_not_have_is_remembered() {
    let github = Asked::new().await;
    let mutation = "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }";
    for (body, expected) in [
        (
            json!({ "query": "{ repository(owner: \"acme\", name: \"site\") { isFull } }" }),
            "isFull",
        ),
        (
            json!({ "query": "{ repository(owner: \"acme\") { isEmpty } }" }),
            "name",
        ),
        (json!({ "query": mutation, "variables": {} }), "input"),
        (
            json!({ "query": mutation, "variables": { "input": {
                "branch": { "repositoryNameWithOwner": "acme/site", "branchName": "main" },
                "message": { "headline": "x" }, "files": []
            } } }),
            "input",
        ),
    ] {
        let before = github
            .stand_in
            .world()
            .named("acme/site")
            .unwrap()
            .branches
            .clone();
        let (_, said) = github.ask("POST", "/graphql", Some(body)).await;
        assert!(said["errors"][0]["message"].is_string(), "{said}");
        let violations = github.violations();
        assert!(violations[0].contains(expected), "{violations:?}");
        assert_eq!(
            github.stand_in.world().named("acme/site").unwrap().branches,
            before
        );
    }
}

#[tokio::test]
async fn other_programs_control_it() {
    let github = Asked::new().await;
    let push =
        json!({ "repository": "acme/site", "branch": "main", "files": { "b": "1", "a": null } });
    assert_eq!(
        github.ask("POST", "/_control/pushes", Some(push)).await.0,
        200
    );
    let (_, said) = github
        .ask("GET", "/_control/files/acme/site/main", None)
        .await;
    assert_eq!(said["files"], json!({ "b": "1" }));
    let what = What::Answer {
        status: 503,
        message: "x".into(),
        headers: [].into(),
    };
    let fault = Fault {
        on: "git/ref".into(),
        times: 1,
        what,
    };
    let fault = serde_json::to_value(fault).unwrap();
    assert_eq!(
        github.ask("POST", "/_control/faults", Some(fault)).await.0,
        200
    );
    let path = "/repos/acme/site/git/ref/heads/main";
    assert_eq!(github.ask("GET", path, None).await.0, 503);
    assert_eq!(github.ask("GET", path, None).await.0, 200);
    assert_eq!(
        github.ask("GET", "/_control/violations", None).await.1,
        json!([])
    );
    assert_eq!(github.ask("GET", "/_control/nothing", None).await.0, 400);
    github
        .ask("DELETE", &format!("/_control/tokens/{TOKEN}"), None)
        .await;
    assert_eq!(github.ask("GET", path, None).await.0, 401);
}
