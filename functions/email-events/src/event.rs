//! The events of SES, as far as they matter here
//! (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>).

use std::collections::HashMap;

use domain::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// What happened to a mail.
#[derive(Deserialize)]
pub(crate) struct Event {
    pub(crate) mail: Mail,
    #[serde(flatten)]
    pub(crate) kind: Kind,
}

/// The mail as SES has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mail {
    pub(crate) message_id: String,
    pub(crate) timestamp: Timestamp,
    #[serde(default)]
    tags: HashMap<String, Vec<String>>,
}

/// Which event it is. Those that were not asked for are no mistake.
#[derive(Deserialize)]
#[serde(tag = "eventType")]
pub(crate) enum Kind {
    Send,
    Delivery,
    Bounce {
        bounce: Bounce,
    },
    Complaint {
        complaint: Complaint,
    },
    Reject {
        reject: Reject,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub(crate) struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(rename = "bounceSubType")]
    why: String,
    #[serde(rename = "bouncedRecipients", default)]
    recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    diagnostic_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Complaint {
    complaint_feedback_type: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Reject {
    pub(crate) reason: String,
}

impl Event {
    /// The platform's own name of the mail.
    pub(crate) fn email_id(&self) -> Option<Uuid> {
        self.mail.tags.get("email_id")?.first()?.parse().ok()
    }
}

impl Bounce {
    /// Whether the mailbox will never take a mail; a full one may again.
    pub(crate) fn is_permanent(&self) -> bool {
        self.kind == "Permanent"
    }

    pub(crate) fn reason(&self) -> String {
        let mut recipients = self.recipients.iter();
        let said = recipients.find_map(|recipient| recipient.diagnostic_code.clone());
        said.unwrap_or_else(|| self.why.clone())
    }
}

impl Complaint {
    pub(crate) fn reason(&self) -> Option<String> {
        self.complaint_feedback_type.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(event: &serde_json::Value) -> Event {
        let mut event = event.clone();
        event["mail"] = json!({
            "timestamp": "2026-01-02T03:04:05.678Z", "messageId": "0100", "source": "a@b.de",
            "destination": ["ada@example.com"],
            "tags": {"ses:operation": ["SendEmail"], "email_id": ["0198c0de-0000-7000-8000-000000000001"]},
        });
        serde_json::from_str(&event.to_string()).unwrap()
    }

    #[test]
    fn a_bounce_says_why() {
        let recipient = json!({"emailAddress": "ada@example.com", "action": "failed", "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown"});
        let bounce = |kind: &str| {
            read(&json!({"eventType": "Bounce", "bounce": {
                "bounceType": kind, "bounceSubType": "General", "bouncedRecipients": [recipient],
                "timestamp": "2026-01-02T03:04:06.000Z", "feedbackId": "f"}}))
        };
        let event = bounce("Permanent");
        assert!(event.email_id().is_some());
        let Kind::Bounce { bounce: said } = event.kind else {
            panic!("not a bounce")
        };
        assert!(said.is_permanent());
        assert_eq!(said.reason(), "smtp; 550 5.1.1 user unknown");
        let Kind::Bounce { bounce: said } = bounce("Transient").kind else {
            panic!("not a bounce")
        };
        assert!(!said.is_permanent());
    }

    #[test]
    fn other_events_are_no_mistake() {
        for kind in ["Send", "Delivery", "Open", "DeliveryDelay", "Subscription"] {
            let event = read(&json!({"eventType": kind, "delivery": {}}));
            let is_other = matches!(event.kind, Kind::Other);
            assert_eq!(is_other, !matches!(kind, "Send" | "Delivery"), "{kind}");
        }
    }
}
