//! What is asked of the publisher.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::TenantId;

/// A site is to be looked at, and published where it is not what its folder says. It says only where to look, so that two of
/// them are as good as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteJob {
    /// Whose site.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub site: TenantId,
}

/// A tenant as a message names it: by its two parts.
#[derive(Serialize, Deserialize)]
struct Parts {
    client_id: String,
    site_id: String,
}

fn write<S: Serializer>(tenant: &TenantId, serializer: S) -> Result<S::Ok, S::Error> {
    let parts = Parts {
        client_id: tenant.client_id().to_owned(),
        site_id: tenant.site_id().to_owned(),
    };
    parts.serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TenantId, D::Error> {
    let parts = Parts::deserialize(deserializer)?;
    TenantId::new(&parts.client_id, &parts.site_id).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_names_both_parts_of_its_site() {
        let job = SiteJob {
            site: TenantId::new("acme", "shop").unwrap(),
        };
        let text = serde_json::to_string(&job).unwrap();
        assert_eq!(text, r#"{"site":{"client_id":"acme","site_id":"shop"}}"#);
        assert_eq!(serde_json::from_str::<SiteJob>(&text).unwrap(), job);
    }

    #[test]
    fn what_names_no_site_is_no_job() {
        for text in [
            r#"{"Records": []}"#,
            r#"{"Service": "Amazon S3", "Event": "s3:TestEvent"}"#,
            r#"{"site": {"client_id": "..", "site_id": "a"}}"#,
            r#"{"site": {"client_id": "a"}}"#,
            r#"{"site": "a#b"}"#,
        ] {
            assert!(serde_json::from_str::<SiteJob>(text).is_err(), "{text}");
        }
    }
}
