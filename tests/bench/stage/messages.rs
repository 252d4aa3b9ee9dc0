//! Secret messages: readers with a key, and messages dropped for them beforehand.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::Random;
use domain::message::Address;
use fixtures::TestRequest;
use serde_json::json;
use tokio::sync::Mutex;

use super::{PASSPHRASE, Stage, answer};
use crate::Failure;
use crate::operations::{Message, Size};

/// How many messages a page has unless more are asked for.
const PAGE: usize = 20;
/// Drops of one sender, of the 300 that one may make in an hour.
const OF_ONE_SENDER: u32 = 250;

/// Those who read, each for one operation.
#[derive(Debug, Default)]
pub struct Readers {
    known: Mutex<BTreeMap<Message, Arc<Reader>>>,
    drops: AtomicU32,
}

/// Somebody with a key, and with messages that stay.
#[derive(Debug)]
struct Reader {
    email: String,
    address: String,
    recipient: age::x25519::Recipient,
    kept: Vec<String>,
}

impl Stage {
    /// A request of an operation that was never sent before.
    pub(super) async fn message(&self, message: Message) -> Result<TestRequest, Failure> {
        let password = json!({ "password": PASSPHRASE });
        match message {
            Message::Drop(size) => return self.drop_request(size),
            Message::CreateKey => {
                let request = self.signed_in("POST /messages/key").await?;
                return Ok(request.json(&password));
            }
            _ => {}
        }
        let reader = self.reader(message).await?;
        let session = self.session_of(&reader.email).await?;
        let id = match message {
            Message::Burn(size) => Some(self.leave(&reader, size, true).await?),
            _ => reader.kept.first().cloned(),
        };
        let to = |route: &str| TestRequest::to(route).bearer(&session.access_token);
        let about = |route: &str| to(route).path_parameter("id", &id.unwrap_or_default());
        Ok(match message {
            Message::GetKey => to("GET /messages/key"),
            Message::Ciphertext(_) => about("POST /messages/{id}/ciphertext"),
            Message::Read(_) | Message::Burn(_) => {
                about("POST /messages/{id}/read").json(&password)
            }
            _ => to("GET /messages"),
        })
    }

    /// A message to an address that nobody has: it is taken like any other, and none gets too many.
    fn drop_request(&self, size: Size) -> Result<TestRequest, Failure> {
        let number = self.readers.drops.fetch_add(1, Ordering::Relaxed);
        let seed = number.to_be_bytes();
        let random = Random::new(move |bytes| {
            let (number, _) = bytes.split_at_mut(seed.len());
            number.copy_from_slice(&seed);
        });
        let recipient = age::x25519::Identity::generate().to_public();
        let file = file(&recipient, size)?;
        let sender =
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).to_bits() + (u128::from(number) << 64);
        Ok(TestRequest::to("POST /drop/{address}")
            .path_parameter("address", Address::random(&random).as_str())
            .body("application/age", &file)
            .sent_from(&Ipv6Addr::from(sender).to_string()))
    }

    async fn reader(&self, message: Message) -> Result<Arc<Reader>, Failure> {
        let mut known = self.readers.known.lock().await;
        if let Some(reader) = known.get(&message) {
            return Ok(Arc::clone(reader));
        }
        let mut reader = self.new_reader().await?;
        let (count, size) = match message {
            Message::List => (PAGE, Size::Small),
            Message::Read(size) | Message::Ciphertext(size) => (1, size),
            _ => (0, Size::Small),
        };
        for _ in 0..count {
            let id = self.leave(&reader, size, false).await?;
            reader.kept.push(id);
        }
        let reader = Arc::new(reader);
        known.insert(message, Arc::clone(&reader));
        Ok(reader)
    }

    async fn new_reader(&self) -> Result<Reader, Failure> {
        let email = self.account().await?;
        let session = self.session_of(&email).await?;
        let path = "/messages/key";
        let request = self.client.post(self.url(path));
        let request = request.bearer_auth(session.access_token);
        let key = answer(path, request.json(&json!({ "password": PASSPHRASE }))).await?;
        let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let recipient = text("recipient").parse();
        Ok(Reader {
            email,
            address: text("address"),
            recipient: recipient.map_err(|error: &str| Failure::Stage(error.to_owned()))?,
            kept: Vec::new(),
        })
    }

    /// Leaves a message for a reader, and tells its id.
    async fn leave(&self, reader: &Reader, size: Size, burn: bool) -> Result<String, Failure> {
        let number = self.readers.drops.fetch_add(1, Ordering::Relaxed);
        // Any address of the loopback network can be a sender's.
        let sender = Ipv4Addr::from(Ipv4Addr::LOCALHOST.to_bits() + number / OF_ONE_SENDER);
        let client = reqwest::Client::builder()
            .local_address(IpAddr::V4(sender))
            .build()?;
        let path = format!("/drop/{}?burn={burn}", reader.address);
        let request = client.post(self.url(&path));
        let request = request.header("content-type", "application/age");
        let left = answer(&path, request.body(file(&reader.recipient, size)?)).await?;
        Ok(left["message_id"].as_str().unwrap_or_default().to_owned())
    }
}

fn file(recipient: &age::x25519::Recipient, size: Size) -> Result<Vec<u8>, Failure> {
    let plaintext = vec![b'a'; size.bytes()];
    age::encrypt(recipient, &plaintext).map_err(|error| Failure::Stage(error.to_string()))
}
