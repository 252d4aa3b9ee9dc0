//! Looking at the tenants' sites: only at public addresses, without following where they lead.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use domain::Origin;
use domain::client::is_public;
use futures::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How many sites are looked at together.
const TOGETHER: usize = 10;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is said of a site that is nobody's but this machine's or this network's.
const NOT_PUBLIC: &str = "not looked at: not a public address";

/// What each site answers, by its origin.
pub(crate) async fn look_at(origins: BTreeSet<Origin>) -> BTreeMap<String, String> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(PublicOnly)
        .user_agent("cloud-voyages-health")
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "no client for looking at sites");
            return origins
                .into_iter()
                .map(|origin| (origin.into(), "not looked at".to_owned()))
                .collect();
        }
    };
    let client = &client;
    futures::stream::iter(origins)
        .map(|origin| async move {
            let state = state(client, origin.as_str()).await;
            (String::from(origin), state)
        })
        .buffer_unordered(TOGETHER)
        .collect()
        .await
}

/// Whether a site's state makes the platform not ready.
pub(crate) fn is_bad(state: &str) -> bool {
    state != "ok" && state != NOT_PUBLIC
}

async fn state(client: &reqwest::Client, origin: &str) -> String {
    let Ok(url) = reqwest::Url::parse(origin) else {
        return "not a URL".into();
    };
    let literal = url
        .host_str()
        .map(|host| host.trim_matches(['[', ']']))
        .and_then(|host| host.parse::<IpAddr>().ok());
    if url.host_str() == Some("localhost") || literal.is_some_and(|address| !is_public(address)) {
        return NOT_PUBLIC.into();
    }
    // Only the status is looked at: the body is never read.
    match client.get(url).send().await {
        Ok(answer) if answer.status().is_server_error() => {
            format!("status {}", answer.status().as_u16())
        }
        Ok(_) => "ok".into(),
        Err(error) if error.is_timeout() => "no answer in time".into(),
        Err(_) => "no answer".into(),
    }
}

/// Resolves names to public addresses alone, so that no answer of a name server leads inside.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sites_of_this_machine_are_not_looked_at() {
        let origins = [
            "http://localhost:5173",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "https://169.254.169.254",
        ];
        let states = look_at(
            origins
                .iter()
                .map(|origin| Origin::parse(origin).unwrap())
                .collect(),
        )
        .await;
        assert_eq!(states.len(), 4);
        for (origin, state) in states {
            assert_eq!(state, NOT_PUBLIC, "{origin}");
            assert!(!is_bad(&state));
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_by_the_resolver() {
        let found = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert!(found.is_err());
    }
}
