//! The cookies of a browser's session.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use crate::{Request, Response};

/// Carries the access token.
pub(crate) const ACCESS_COOKIE: &str = "auth_token";
/// Carries the refresh token, to the routes below `/auth/token` alone.
const REFRESH_COOKIE: &str = "refresh_token";
const REFRESH_PATH: &str = "/auth/token";

/// Sets, reads and clears the cookies.
pub struct AuthCookies;

impl AuthCookies {
    /// The refresh token that a browser sent.
    #[must_use]
    pub fn refresh_token(request: &Request) -> Option<String> {
        request.cookie(REFRESH_COOKIE)
    }

    /// Gives the browser both tokens.
    #[must_use]
    pub fn set(response: Response, access_token: &str, refresh_token: Option<&str>) -> Response {
        let lifetime =
            |duration: domain::clock::SignedDuration| Duration::seconds(duration.as_secs());
        let access = cookie(
            ACCESS_COOKIE,
            access_token,
            "/",
            lifetime(token::access::LIFETIME),
        );
        let response = response.with_cookie(&access);
        match refresh_token {
            Some(text) => {
                let refresh = cookie(
                    REFRESH_COOKIE,
                    text,
                    REFRESH_PATH,
                    lifetime(domain::session::IDLE),
                );
                response.with_cookie(&refresh)
            }
            None => response,
        }
    }

    /// Takes both back.
    #[must_use]
    pub fn clear(response: Response) -> Response {
        response
            .with_cookie(&cookie(ACCESS_COOKIE, "", "/", Duration::ZERO))
            .with_cookie(&cookie(REFRESH_COOKIE, "", REFRESH_PATH, Duration::ZERO))
    }
}

fn cookie<'a>(name: &'a str, value: &'a str, path: &'a str, max_age: Duration) -> Cookie<'a> {
    Cookie::build((name, value))
        .http_only(true)
        .secure(true)
        .same_site(SameSite::None)
        .path(path)
        .max_age(max_age)
        .build()
}
