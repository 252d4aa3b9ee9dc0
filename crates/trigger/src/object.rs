//! What a bucket tells a queue.

use aws_lambda_events::s3::S3EventRecord;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::{BadMessage, Message};

/// A notification, or the one that S3 sends to try a new wiring, which has no records.
#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records", default)]
    records: Vec<S3EventRecord>,
    #[serde(rename = "Event")]
    event: Option<String>,
}

impl Message {
    /// The keys of the objects that a notification of S3 says were created or removed; none for S3's test event. Which of the
    /// two it was is not told: notifications come late and out of order, so that the bucket has to be asked.
    ///
    /// # Errors
    /// Where it is no such notification.
    pub fn changed_objects(&self) -> Result<Vec<String>, BadMessage> {
        let notification: Notification = self.json()?;
        if notification.records.is_empty() && notification.event.as_deref() != Some("s3:TestEvent")
        {
            return Err(BadMessage::NotFromS3);
        }
        let records = notification.records.into_iter();
        let keys = records.map(|record| record.s3.object.key.ok_or(BadMessage::NotFromS3));
        keys.map(|key| decode(&key?)).collect()
    }
}

/// Keys are encoded as in a form: `+` is a space
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
fn decode(key: &str) -> Result<String, BadMessage> {
    let key = key.replace('+', " ");
    let decoded = percent_decode_str(&key).decode_utf8();
    decoded.map(Into::into).map_err(|_| BadMessage::BadKey)
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::sqs::SqsMessage;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn keys(body: &str) -> Result<Vec<String>, BadMessage> {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        Message::from(message).changed_objects()
    }

    fn notification(key: &str) -> String {
        let record = serde_json::json!({
            "eventTime": "2026-01-02T03:04:05.678Z", "userIdentity": {}, "requestParameters": {},
            "s3": {"bucket": {}, "object": {"key": key}},
        });
        serde_json::json!({ "Records": [record] }).to_string()
    }

    #[test]
    fn keys_are_decoded() {
        for (encoded, key) in [
            ("posts/hello.md", "posts/hello.md"),
            ("my+notes%2B1.md", "my notes+1.md"),
            ("%C3%BCber.md", "über.md"),
            ("100%25.md", "100%.md"),
        ] {
            assert_eq!(keys(&notification(encoded)).unwrap(), [key]);
        }
        assert!(matches!(
            keys(&notification("%ff.md")),
            Err(BadMessage::BadKey)
        ));
    }

    #[test]
    fn the_test_event_names_nothing_and_anything_else_is_refused() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-02T03:04:05.678Z","Bucket":"b"}"#;
        assert!(keys(test).unwrap().is_empty());
        for body in ["{}", r#"{"Records":[]}"#, r#"{"Event":"other"}"#] {
            assert!(matches!(keys(body), Err(BadMessage::NotFromS3)), "{body}");
        }
        for body in ["", "poison", r#"{"Records":[{}]}"#] {
            assert!(
                matches!(keys(body), Err(BadMessage::NotJson { .. })),
                "{body}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_key_survives_its_encoding(key in ".{0,40}") {
            let encoded = utf8_percent_encode(&key, NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(decode(&encoded.replace("%20", "+")).unwrap(), key);
        }
    }
}
