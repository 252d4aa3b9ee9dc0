//! GitHub Apps: who proves to be one gets a token.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::openapi::Values;
use crate::rest::Answered;
use crate::world::World;

#[derive(Deserialize)]
struct Claims {
    iss: Value,
    iat: i64,
    exp: i64,
}

/// The longest that such a JWT may last, in seconds
/// (<https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>).
const LONGEST: i64 = 600;

fn refuse(status: u16, message: &str) -> Answered {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
    (status, body)
}

/// Whether a token is the App's own, signed with its key.
fn is_app(world: &World, token: &str) -> Result<(), &'static str> {
    let app = world.app.as_ref().ok_or("Integration not found")?;
    let key = DecodingKey::from_rsa_pem(app.public_key.as_bytes());
    let key = key.map_err(|_| "the stand-in was given no public key")?;
    let mut validation = Validation::new(Algorithm::RS256);
    // The issuer may be a number, which the specification of JWT does not know; it is looked at below.
    validation.set_required_spec_claims(&["exp"]);
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation);
    let claims = claims
        .map_err(|_| "A JSON web token could not be decoded")?
        .claims;
    let issuer = claims
        .iss
        .as_u64()
        .or_else(|| claims.iss.as_str()?.parse().ok());
    if issuer != Some(app.id) {
        return Err("Integration not found");
    }
    if claims.exp - claims.iat > LONGEST + 60 {
        return Err("'Expiration time' claim ('exp') is too far in the future");
    }
    Ok(())
}

/// Answers a request that only an App may make.
pub(crate) fn answer(
    world: &mut World,
    path: &str,
    values: &Values,
    body: &Value,
    token: &str,
) -> Answered {
    if let Err(why) = is_app(world, token) {
        return refuse(401, why);
    }
    let Some(app) = world.app.clone() else {
        return refuse(401, "Integration not found");
    };
    let value = |name: &str| values.get(name).map(String::as_str).unwrap_or_default();
    if path.ends_with("/installation") {
        let name = format!("{}/{}", value("owner"), value("repo"));
        return match world.named(&name) {
            Some(_) => (
                200,
                installation(&app.id.into(), app.installation, value("owner")),
            ),
            None => refuse(404, "Not Found"),
        };
    }
    if value("installation_id") != app.installation.to_string() {
        return refuse(404, "Not Found");
    }
    let names = body["repositories"].as_array().map(|names| {
        let names = names.iter().filter_map(Value::as_str);
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    let selection = if names.is_some() { "selected" } else { "all" };
    let token = world.issue(names);
    let said = json!({
        "token": token,
        "expires_at": "2099-01-01T00:00:00Z",
        "permissions": { "contents": "write", "metadata": "read" },
        "repository_selection": selection,
    });
    (201, said)
}

fn installation(app: &Value, id: u64, owner: &str) -> Value {
    let url = |rest: &str| format!("https://api.github.com/{rest}");
    json!({
        "id": id,
        "account": {
            "login": owner, "id": 1, "node_id": "U_1", "avatar_url": url("x"), "gravatar_id": "", "url": url("x"),
            "html_url": url("x"), "followers_url": url("x"), "following_url": url("x"), "gists_url": url("x"),
            "starred_url": url("x"), "subscriptions_url": url("x"), "organizations_url": url("x"), "repos_url": url("x"),
            "events_url": url("x"), "received_events_url": url("x"), "type": "Organization", "site_admin": false
        },
        "repository_selection": "selected",
        "access_tokens_url": url(&format!("app/installations/{id}/access_tokens")),
        "repositories_url": url("installation/repositories"),
        "html_url": url("x"),
        "app_id": app,
        "app_slug": "cloud-voyages",
        "target_id": 1,
        "target_type": "Organization",
        "permissions": { "contents": "write", "metadata": "read" },
        "events": [],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "single_file_name": null,
        "suspended_by": null,
        "suspended_at": null,
    })
}
