//! The client that a customer wrote before this platform was there, run with Node as it stands.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Account, Site, Stage, subject, text};

/// As the customer has it; only what its first two lines configure is filled in.
const CLIENT: &str = include_str!("fixtures/api.ts");
const DRIVER: &str = include_str!("fixtures/drive.mjs");
const STRIPPER: &str = include_str!("fixtures/strip.mjs");
/// What takes the types out where Node can't.
const TYPESCRIPT: &str = "typescript@5.9.3";

/// A folder with the client, ready to run.
struct Api(TempDir);

impl Api {
    /// `None`, said aloud, where there is nothing to run it with.
    fn prepare(site: &Site) -> Option<Self> {
        let version =
            run(Command::new("node").arg("--version")).filter(|output| output.status.success());
        let Some(version) =
            version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        else {
            eprintln!("skipped: there is no Node to run the TypeScript client with");
            return None;
        };
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("typescript-client");
        std::fs::create_dir_all(&home).expect("a folder");
        let folder = tempfile::tempdir_in(&home).expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file");
        };
        write("api.ts", &configured(site));
        write("strip.mjs", STRIPPER);
        if strips_types(&version) {
            write("drive.mjs", &DRIVER.replace("./api.mjs", "./api.ts"));
            return Some(Self(folder));
        }
        write("drive.mjs", DRIVER);
        if !fetch_typescript(&home) {
            eprintln!(
                "skipped: Node {version} can't run TypeScript, and npm can't get {TYPESCRIPT}"
            );
            return None;
        }
        let stripped = run(Command::new("node")
            .arg("strip.mjs")
            .current_dir(folder.path()));
        expect_success(stripped.as_ref(), "strip.mjs");
        Some(Self(folder))
    }

    /// What a function of the client returns; where it throws, what it says.
    fn call(&self, name: &str, arguments: &[&str]) -> Result<Value, String> {
        let mut node = Command::new("node");
        let output = run(node
            .arg("drive.mjs")
            .arg(name)
            .args(arguments)
            .current_dir(self.0.path()));
        let output = output.expect("Node runs");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(serde_json::from_slice(&output.stdout).expect("the driver prints JSON"))
    }
}

fn configured(site: &Site) -> String {
    let base_url = &site.stage.credentials.base_url;
    let configured = CLIENT
        .replace("https://your-api.example.com", base_url)
        .replace("site_a_key_abc123", &site.key);
    assert!(
        configured.contains(base_url) && configured.contains(&site.key),
        "the client has other constants"
    );
    configured
}

/// From 22.18 on Node takes types out unasked.
fn strips_types(version: &str) -> bool {
    let mut parts = version
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    version >= (23, 6) || ((22, 18)..(23, 0)).contains(&version)
}

/// Puts the compiler where every folder within `home` finds it, once; false where npm can't.
fn fetch_typescript(home: &Path) -> bool {
    if home.join("node_modules/typescript/package.json").exists() {
        return true;
    }
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    let quietly = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    let npm = npm
        .arg("install")
        .args(quietly)
        .args(["--fetch-retries=0", "--fetch-timeout=30000"]);
    let done = run(npm.arg("--prefix").arg(home).arg(TYPESCRIPT));
    done.is_some_and(|output| output.status.success())
}

fn run(command: &mut Command) -> Option<Output> {
    command.output().ok()
}

#[track_caller]
fn expect_success(output: Option<&Output>, what: &str) {
    let output = output.unwrap_or_else(|| panic!("{what} does not run"));
    assert!(
        output.status.success(),
        "{what}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn the_customers_client_runs_unchanged() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let Some(api) = Api::prepare(&site) else {
        return;
    };
    let Account { email, password } = Account::new();
    let user = json!({ "user_id": site.user_id(&email), "email": email, "name": "Ada" });
    let registered = api
        .call("registerUser", &[&email, &password, "Ada"])
        .expect("a registration");
    assert_eq!(
        registered,
        json!({ "message": "Registration successful", "user": user })
    );
    let login = api
        .call("loginUser", &[&email, &password])
        .expect("a login");
    assert_eq!(login["user"], user);
    let token = text(&login["token"]);
    let profile = api.call("getProfile", &[&token]).expect("a profile");
    assert_eq!(profile["user"]["email"], email);

    let asked = api
        .call("requestPasswordReset", &[&email])
        .expect("a reset");
    assert_eq!(
        asked,
        json!({ "message": "If account exists, reset email sent" })
    );
    let link = site
        .backstage()
        .newest_mail(&email, subject::RESET)
        .await
        .token();
    let confirmed = api
        .call("confirmPasswordReset", &[&link, "N3wPassw0rd!"])
        .expect("a new password");
    assert_eq!(confirmed, json!({ "message": "Password reset successful" }));
    let refused = api
        .call("getProfile", &[&token])
        .expect_err("the session is over");
    assert!(refused.contains("token_invalid"), "{refused}");
    api.call("loginUser", &[&email, "N3wPassw0rd!"])
        .expect("a login with the new password");
}
