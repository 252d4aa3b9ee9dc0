//! Access tokens: JWT with ES256 (RFC 9068, RFC 8725).

use domain::clock::SignedDuration;
use domain::user::Role;
use domain::{Random, TenantId, Timestamp, User, UserId};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, KeySet};

/// How long an access token lives.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// How far two clocks may be apart.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// The longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 4096;
/// Tells an access token from any other JWT (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// The user.
    pub sub: UserId,
    /// The tenant: nobody else should take it.
    pub aud: TenantId,
    /// The tenant's client.
    pub client_id: String,
    /// The session that it belongs to, and dies with.
    pub sid: Uuid,
    /// The account's session generation: under another one the token is dead.
    #[serde(rename = "gen")]
    pub generation: i64,
    /// Its own name.
    pub jti: Uuid,
    /// When it was issued, in epoch seconds.
    pub iat: i64,
    /// When it expires, in epoch seconds.
    pub exp: i64,
    /// What the user may do.
    pub roles: Vec<Role>,
}

/// Signs and verifies the access tokens of one platform.
#[derive(Debug, Clone)]
pub struct AccessTokens {
    issuer: String,
}

impl AccessTokens {
    /// Tokens issued by `issuer`.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
        }
    }

    /// A token for `user` in the session `sid`.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`], or [`Error::KeySet`] when the key can't sign.
    pub fn sign(
        &self,
        keys: &KeySet,
        user: &User,
        sid: Uuid,
        random: &Random,
        now: Timestamp,
    ) -> Result<String, Error> {
        let key = keys.signing(now)?;
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: user.user_id.clone(),
            aud: user.user_id.tenant().clone(),
            client_id: user.client_id.clone(),
            sid,
            generation: user.session_generation,
            jti: random.uuid(now),
            iat: now.as_second(),
            exp: (now + LIFETIME).as_second(),
            roles: user.roles.iter().copied().collect(),
        };
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.into());
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, &claims, &key.encoding)
            .map_err(|e| Error::KeySet(e.to_string()))
    }

    /// What `token` says, if it was signed here, is an access token, and has not expired.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify(&self, keys: &KeySet, token: &str, now: Timestamp) -> Result<Claims, Error> {
        if token.len() > MAX_LENGTH {
            return Err(Error::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Error::Invalid)?;
        if header.typ.as_deref() != Some(TYPE) {
            return Err(Error::Invalid);
        }
        let key = header
            .kid
            .and_then(|kid| keys.named(&kid, now))
            .ok_or(Error::Invalid)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[&self.issuer]);
        // The library compares with the system's clock and with one audience; both are decided below, with the
        // platform's clock and the tenant that the subject belongs to.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation)
            .map_err(|_| Error::Invalid)?
            .claims;
        let is_current =
            claims.exp > (now - SKEW).as_second() && claims.iat <= (now + SKEW).as_second();
        if is_current && claims.aud == *claims.sub.tenant() {
            Ok(claims)
        } else {
            Err(Error::Invalid)
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::user::Name;
    use proptest::prelude::*;

    use super::*;
    use crate::key_set::tests::{at, keys, random};

    fn user() -> User {
        User::new(
            UserId::parse("acme#shop#user@example.com").unwrap(),
            Name::default(),
            None,
            at(0),
        )
    }

    fn tokens() -> AccessTokens {
        AccessTokens::new("cloud-voyages")
    }

    #[test]
    fn a_token_is_valid_for_a_quarter_of_an_hour_and_the_skew() {
        let keys = keys();
        let token = tokens()
            .sign(&keys, &user(), Uuid::nil(), &random(), at(0))
            .unwrap();
        assert!(token.len() < 1024);
        let claims = tokens().verify(&keys, &token, at(900)).unwrap();
        assert_eq!(claims.sub, user().user_id);
        assert!(tokens().verify(&keys, &token, at(959)).is_ok());
        assert!(tokens().verify(&keys, &token, at(960)).is_err());
        assert!(tokens().verify(&keys, &token, at(-61)).is_err());
    }

    #[test]
    fn another_issuer_key_type_or_algorithm_is_refused() {
        let keys = keys();
        let sign = |header: Header, claims: &Claims| {
            jsonwebtoken::encode(&header, claims, &keys.signing(at(0)).unwrap().encoding).unwrap()
        };
        let token = tokens()
            .sign(&keys, &user(), Uuid::nil(), &random(), at(0))
            .unwrap();
        let claims = tokens().verify(&keys, &token, at(0)).unwrap();
        let mut good = Header::new(Algorithm::ES256);
        good.typ = Some(TYPE.into());
        good.kid = Some(keys.signing(at(0)).unwrap().kid.clone());
        assert!(
            tokens()
                .verify(&keys, &sign(good.clone(), &claims), at(0))
                .is_ok()
        );

        let other_type = Header {
            typ: Some("JWT".into()),
            ..good.clone()
        };
        let no_kid = Header {
            kid: None,
            ..good.clone()
        };
        let other_kid = Header {
            kid: Some("0000000000000000".into()),
            ..good.clone()
        };
        for header in [other_type, no_kid, other_kid] {
            assert!(
                tokens()
                    .verify(&keys, &sign(header, &claims), at(0))
                    .is_err()
            );
        }
        let other_tenant = Claims {
            aud: TenantId::parse("acme#blog").unwrap(),
            ..claims.clone()
        };
        assert!(
            tokens()
                .verify(&keys, &sign(good, &other_tenant), at(0))
                .is_err()
        );
        assert!(
            AccessTokens::new("somebody else")
                .verify(&keys, &token, at(0))
                .is_err()
        );
        assert!(
            tokens()
                .verify(&crate::key_set::tests::keys(), &token, at(0))
                .is_err()
        );
        for header in [
            r#"{"typ":"at+jwt","alg":"none"}"#,
            r#"{"typ":"at+jwt","alg":"HS256"}"#,
        ] {
            let header = data_encoding::BASE64URL_NOPAD.encode(header.as_bytes());
            let forged = format!("{header}.{}", token.split_once('.').unwrap().1);
            assert!(tokens().verify(&keys, &forged, at(0)).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_token_that_was_altered_anywhere_is_refused(position in 0usize..600, replacement in "[A-Za-z0-9._-]") {
            let keys = keys();
            let token = tokens().sign(&keys, &user(), Uuid::nil(), &random(), at(0)).unwrap();
            let position = position % token.len();
            let mut altered = token.clone();
            altered.replace_range(position..=position, &replacement);
            prop_assert_eq!(tokens().verify(&keys, &altered, at(0)).is_ok(), altered == token);
        }

        #[test]
        fn any_text_is_refused(text in "\\PC{0,200}") {
            prop_assert!(tokens().verify(&keys(), &text, at(0)).is_err());
        }
    }
}
