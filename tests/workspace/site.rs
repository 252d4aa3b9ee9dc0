//! A site of a world without HTTP, and how its functions are called.

use std::sync::Arc;

use fixtures::{Answer, TestRequest, World};
use serde_json::{Value, json};

/// A password that is good enough.
pub(crate) const PASSWORD: &str = "S3cur3Pass!";

/// Calls a function by its package.
macro_rules! call {
    ($site:expr, $package:ident, $request:expr) => {{
        let deps: Arc<$package::Deps> = $site.world.deps();
        let request: fixtures::TestRequest = $request;
        $site
            .world
            .call(
                &deps,
                |deps, request| async move { $package::handle(&deps, request).await },
                request,
            )
            .await
    }};
}

/// A site whose key every function has seen, so that calls are warm.
pub(crate) struct Site {
    pub(crate) world: World,
    key: String,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let world = World::start().await;
        let key = world.credentials.publishable_key.clone();
        let site = Self { world, key };
        // A cold function reads the tenant's key first; that is not what is counted here.
        site.register("warm@example.com").await;
        site.login("warm@example.com", PASSWORD).await;
        site
    }

    /// A request with the site's key.
    pub(crate) fn keyed(&self, route: &str, body: &Value) -> TestRequest {
        TestRequest::to(route)
            .header("x-api-key", &self.key)
            .json(body)
    }

    pub(crate) async fn register(&self, email: &str) -> Answer {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = call!(self, register, self.keyed("POST /auth/register", &body));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        call!(
            self,
            login,
            self.keyed(
                "POST /auth/login",
                &json!({ "email": email, "password": password })
            )
        )
    }

    /// The access and the refresh token of a new user.
    pub(crate) async fn session(&self, email: &str) -> (String, String) {
        self.register(email).await;
        let answer = self.login(email, PASSWORD).await;
        let text = |name: &str| {
            answer.body[name]
                .as_str()
                .expect("a login gives tokens")
                .to_owned()
        };
        (text("token"), text("refresh_token"))
    }

    /// A reset link that was just made, as the mail has it.
    pub(crate) fn newest_link(&self) -> String {
        let jobs = self.world.jobs();
        let mut resets = jobs
            .iter()
            .filter(|job| job["template"] == "password-reset");
        let link = resets
            .next()
            .and_then(|job| job["params"]["link"].as_str())
            .expect("a link was queued");
        link.split_once("token=")
            .expect("the link has a token")
            .1
            .to_owned()
    }
}

pub(crate) use call;
