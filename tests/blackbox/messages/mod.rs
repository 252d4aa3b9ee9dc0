//! Secret messages: somebody has a key, and somebody else leaves what only the first can read.
//!
//! Opening a key takes a third of a second and 128 MiB, on purpose; so tests that need no passphrase take the ciphertext.

mod burn;
mod farewell;
mod key;
mod leave;
mod list;
mod passphrase;
mod read;
mod recipient;
mod refused;

use std::io::Read as _;
use std::iter;

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use domain::Random;
use domain::message::Address;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Account, Call, Session, Site, text};

/// The passphrase of every new key: not the account's password.
const PASSPHRASE: &str = "violet anchor 92 teapot";

/// Somebody with a message key.
struct Owner {
    site: Site,
    account: Account,
    session: Session,
    address: String,
    recipient: String,
}

impl Owner {
    async fn new(site: &Site) -> Self {
        let (account, session) = site.signed_in().await;
        let call = site.client.post("/messages/key").bearer(&session.token);
        let made = call.json(&json!({ "password": PASSPHRASE })).await;
        let made = made.expect(201);
        Self {
            site: site.clone(),
            account,
            session,
            address: text(&made["address"]),
            recipient: text(&made["recipient"]),
        }
    }

    /// A request of the owner.
    fn call(&self, method: Method, path: &str) -> Call {
        self.site
            .client
            .call(method, path)
            .bearer(&self.session.token)
    }

    /// The key, as any device of the owner gets it.
    async fn key(&self) -> Value {
        self.call(Method::GET, "/messages/key").await.expect(200)
    }

    /// What decrypts, opened as a device of the owner does it.
    async fn identity(&self) -> age::x25519::Identity {
        let sealed = text(&self.key().await["encrypted_identity"]);
        let line = unsealed(&sealed, PASSPHRASE);
        line.trim_end().parse().expect("the line of an identity")
    }

    /// An age file for the owner.
    fn encrypted(&self, plaintext: &[u8]) -> Vec<u8> {
        encrypted(&self.recipient, plaintext)
    }

    /// A request that leaves a file for the owner.
    fn drop(&self, file: Vec<u8>) -> Call {
        drop_at(&self.site, &self.address, file)
    }

    /// Leaves a message; its id.
    async fn leave(&self, plaintext: &[u8]) -> String {
        let left = self.drop(self.encrypted(plaintext)).await.expect(202);
        text(&left["message_id"])
    }

    /// Leaves a message that burns; its id.
    async fn leave_burning(&self, plaintext: &[u8]) -> String {
        let call = self.drop(self.encrypted(plaintext)).query("burn", "true");
        text(&call.await.expect(202)["message_id"])
    }

    /// Asks for what a message says.
    fn read(&self, id: &str) -> Call {
        self.read_with(id, PASSPHRASE)
    }

    fn read_with(&self, id: &str, passphrase: &str) -> Call {
        self.call(Method::POST, &format!("/messages/{id}/read"))
            .json(&json!({ "password": passphrase }))
    }

    /// Asks for a message as it was left.
    fn ciphertext(&self, id: &str) -> Call {
        self.call(Method::POST, &format!("/messages/{id}/ciphertext"))
    }

    fn delete(&self, id: &str) -> Call {
        self.call(Method::DELETE, &format!("/messages/{id}"))
    }

    /// Sets another passphrase.
    fn reseal(&self, password: &str, new_password: &str) -> Call {
        let body = json!({ "password": password, "new_password": new_password });
        self.call(Method::PUT, "/messages/key/password").json(&body)
    }

    /// The messages that wait, all of them on one page.
    async fn list(&self) -> Vec<Value> {
        let list = self.call(Method::GET, "/messages").query("limit", "100");
        let list = list.await.expect(200);
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Whether a message waits to be read.
    async fn has_unread(&self, id: &str) -> bool {
        let list = self.list().await;
        list.iter()
            .any(|message| message["id"] == id && message["read_at"].is_null())
    }
}

/// What a sender's age makes.
fn encrypted(recipient: &str, plaintext: &[u8]) -> Vec<u8> {
    let recipient: age::x25519::Recipient = recipient.parse().expect("a recipient of age");
    age::encrypt(&recipient, plaintext).expect("a file")
}

/// A request that leaves a file at an address.
fn drop_at(site: &Site, address: &str, file: Vec<u8>) -> Call {
    let call = site.client.post(&format!("/drop/{address}"));
    call.body("application/age", file)
}

/// What is in an armored age file under a passphrase.
fn unsealed(sealed: &str, passphrase: &str) -> String {
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(sealed.as_bytes()));
    let key = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    let reader = decryptor
        .expect("an age file")
        .decrypt(iter::once(&key as &dyn age::Identity));
    let mut content = String::new();
    let read = reader
        .expect("the passphrase opens it")
        .read_to_string(&mut content);
    read.expect("its content is text");
    content
}

/// The armored form of a file.
fn armored(file: &[u8]) -> String {
    use age::armor::{ArmoredWriter, Format};
    use std::io::Write as _;
    let mut writer = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).expect("a writer");
    writer.write_all(file).expect("written");
    String::from_utf8(writer.finish().expect("finished")).expect("text")
}

/// A stanza that some identity opens.
const X25519: &str = "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n\
                      hjabGXwSLQ9c3S6Lw2i6+SrTPWs/q9PIsGxPxRCOaAE\n";

/// A file with these stanzas, of this size: its form is right, though no key opens it.
fn of_size(stanzas: &str, size: usize) -> Vec<u8> {
    let mac = "fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA";
    let mut file = format!("age-encryption.org/v1\n{stanzas}--- {mac}\n").into_bytes();
    file.resize(size, 9);
    file
}

/// An address that nobody has.
fn unknown_address() -> String {
    let random = Random::new(|bytes| {
        let random = uuid::Uuid::new_v4().into_bytes();
        bytes.copy_from_slice(&random[..bytes.len()]);
    });
    Address::random(&random).to_string()
}
