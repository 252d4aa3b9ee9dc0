//! Secret messages, without HTTP: what each operation waits for, what is limited, what happens at once, and what is left
//! behind.

mod events;
mod farewell;
mod limits;
mod outage;
mod races;
mod waits;

use std::sync::Arc;

use domain::audit::{AuditEvent, Event};
use domain::message::{Address, MessageKey};
use domain::{Random, User, UserId};
use fixtures::{Answer, TestRequest};
use repository::message_keys::NotCreated;
use repository::{AuditLog, MessageKeys, Users};
use serde_json::json;

use crate::site::{Site, call};

const PASSPHRASE: &str = "violet anchor 92 teapot";

/// Whom messages in these tests are encrypted to: an identity that a test need not open.
const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

impl Site {
    /// A user with a key, and the key's address. Nothing opens the key: that would take a third of a second each time.
    async fn owner(&self, email: &str) -> (String, Address) {
        let (token, _) = self.session(email).await;
        let address = Address::random(&random());
        self.give_key(email, &address).await;
        (token, address)
    }

    async fn give_key(&self, email: &str, address: &Address) {
        let users: Users = self.world.get();
        let account = users.get(&user(email)).await.expect("an answer");
        let account = account.expect("there is such a user");
        let made = self.make_key_of(&account, address).await;
        made.expect("no key before");
    }

    async fn make_key_of(&self, account: &User, address: &Address) -> Result<(), NotCreated> {
        let (keys, audit): (MessageKeys, AuditLog) = (self.world.get(), self.world.get());
        let users: Users = self.world.get();
        let now = self.world.clock.clock().now();
        let key = MessageKey {
            drop_address: address.clone(),
            recipient: RECIPIENT.to_owned(),
            encrypted_identity: "sealed".to_owned(),
            version: 1,
            created_at: now,
        };
        let by = Some(account.user_id.clone());
        let event = Event::MessageKeyCreated;
        let event = AuditEvent::new(event, account.user_id.tenant(), by, "test", "given", now);
        let made = keys.create(&users, &audit, account, &key, &event).await;
        made.expect("an answer")
    }

    /// A user whose key the passphrase opens, with its address and its recipient.
    async fn owner_with_passphrase(&self, email: &str) -> (String, Address, String) {
        let (token, _) = self.session(email).await;
        let made = call!(self, message_key, make_key(&token));
        assert_eq!(made.status, 201, "{made:?}");
        let text = |name: &str| made.body[name].as_str().unwrap_or_default().to_owned();
        let address = Address::parse(&text("address")).expect("an address");
        (token, address, text("recipient"))
    }

    async fn drop_by(&self, request: TestRequest) -> Answer {
        call!(self, message_drop, request)
    }

    /// The id of a message that was left by `request`.
    async fn left(&self, request: TestRequest) -> String {
        let answer = self.drop_by(request).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.body["message_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }
}

fn user(email: &str) -> UserId {
    UserId::parse(&format!("demo#site#{email}")).expect("a user")
}

fn make_key(token: &str) -> TestRequest {
    let request = TestRequest::to("POST /messages/key").bearer(token);
    request.json(&json!({ "password": PASSPHRASE }))
}

/// A request that leaves a message at an address.
fn drop_at(address: &Address) -> TestRequest {
    drop_for(RECIPIENT, address)
}

fn drop_for(recipient: &str, address: &Address) -> TestRequest {
    let recipient: age::x25519::Recipient = recipient.parse().expect("a recipient");
    let file = age::encrypt(&recipient, b"at noon").expect("a file");
    let request = TestRequest::to("POST /drop/{address}");
    let request = request.path_parameter("address", address.as_str());
    request.body("application/age", &file)
}

/// A request of an owner about one message.
fn about(route: &str, token: &str, id: &str) -> TestRequest {
    TestRequest::to(route)
        .path_parameter("id", id)
        .bearer(token)
}

fn read(token: &str, id: &str) -> TestRequest {
    let request = about("POST /messages/{id}/read", token, id);
    request.json(&json!({ "password": PASSPHRASE }))
}

fn ciphertext(token: &str, id: &str) -> TestRequest {
    about("POST /messages/{id}/ciphertext", token, id)
}

fn delete(token: &str, id: &str) -> TestRequest {
    about("DELETE /messages/{id}", token, id)
}

/// Bytes that nobody foresees.
fn random() -> Random {
    Random::new(|bytes| {
        for part in bytes.chunks_mut(16) {
            part.copy_from_slice(&uuid::Uuid::new_v4().as_bytes()[..part.len()]);
        }
    })
}
