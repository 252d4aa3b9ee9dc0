//! One request and its answer, within all bounds.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use domain::{Clock, Timestamp};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, StatusCode, Url};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use crate::body::{self, Limit};
use crate::error::{Budget, Error};
use crate::robots::PRODUCT_TOKEN;
use crate::target::{Checked, Reach, System};
use crate::turns::Turns;
use crate::{CONNECT_TIMEOUT, Options};

/// For how long a host is left alone by all at the most, because one of its pages asks for it: who asks may not speak for the
/// others. Whoever wants that page keeps to [`Error::not_before`].
pub const LEFT_ALONE: Duration = Duration::from_hours(1);
/// The longest that a host can ask to be left alone.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);
/// How often the same is tried again, and how long after; the second time twice as long. Up to as much again is added by
/// chance, so that what failed together is not tried again together.
const RETRIES: usize = 2;
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// Asks hosts.
pub(crate) struct Exchange {
    client: reqwest::Client,
    turns: Turns,
    clock: Clock,
}

/// What is asked.
pub(crate) struct Question<'a> {
    /// It has been checked.
    pub(crate) url: &'a Url,
    /// What is asked besides.
    pub(crate) headers: HeaderMap,
    /// How much of the answer is taken.
    pub(crate) limit: Limit,
    /// How long the host is left alone afterwards.
    pub(crate) delay: Duration,
}

/// What was answered: a page, or where to look for it, or that nothing changed.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Empty unless the status is a success.
    pub(crate) body: Vec<u8>,
}

impl Exchange {
    /// # Errors
    /// [`Error::Client`] when `contact` fits in no header, or a root certificate is none.
    pub(crate) fn new(
        contact: &Url,
        clock: Clock,
        reach: Reach,
        options: Options,
    ) -> Result<Self, Error> {
        let agent = format!("{PRODUCT_TOKEN}/{} (+{contact})", env!("CARGO_PKG_VERSION"));
        let roots = TLS_SERVER_ROOT_CERTS.iter();
        let roots = roots.map(|root| Certificate::from_der(root));
        let roots: Result<Vec<_>, _> = roots.chain(options.roots.into_iter().map(Ok)).collect();
        let lookup = options.lookup.unwrap_or_else(|| Arc::new(System));
        let client = reqwest::Client::builder()
            .user_agent(agent)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // Retries are made here, where each waits for its turn.
            .retry(reqwest::retry::never())
            .dns_resolver(Checked { lookup, reach })
            .connect_timeout(CONNECT_TIMEOUT)
            .http1_only()
            .tls_certs_only(roots.map_err(Error::Client)?)
            .build()
            .map_err(Error::Client)?;
        Ok(Self {
            client,
            turns: Turns::default(),
            clock,
        })
    }

    /// Asks a host when it is its turn, and again when it fails for a moment.
    ///
    /// # Errors
    /// All but [`Error::Disallowed`], [`Error::Robots`] and [`Error::TooManyRedirects`].
    pub(crate) async fn ask(
        &self,
        question: &Question<'_>,
        budget: &mut Budget,
    ) -> Result<Answer, Error> {
        let mut delays = ExponentialBuilder::new()
            .with_min_delay(FIRST_RETRY)
            .with_max_times(RETRIES)
            .with_jitter()
            .build();
        loop {
            let answer = self.ask_once(question, budget).await;
            match answer {
                Err(error) if error.is_temporary() => match delays.next() {
                    Some(delay) => tokio::time::sleep(delay).await,
                    None => return Err(error),
                },
                answer => return answer,
            }
        }
    }

    async fn ask_once(
        &self,
        question: &Question<'_>,
        budget: &mut Budget,
    ) -> Result<Answer, Error> {
        let host = question.url.host_str().unwrap_or_default();
        let turn = self.turns.take(host, question.delay, &self.clock).await;
        let turn = turn.map_err(|not_before| Error::NotYet {
            host: host.to_owned(),
            not_before,
        })?;
        let answer = budget.spend(host, self.send(host, question)).await;
        if let Err(error) = &answer
            && let Some(not_before) = error.not_before()
        {
            turn.end_until(not_before.min(self.clock.now() + LEFT_ALONE));
        }
        answer
    }

    /// Waits until a host may be asked again.
    pub(crate) async fn rest(&self, host: &str) {
        // A host that wants no request at all has none coming.
        drop(self.turns.take(host, Duration::ZERO, &self.clock).await);
    }

    async fn send(&self, host: &str, question: &Question<'_>) -> Result<Answer, Error> {
        let response = self
            .client
            .get(question.url.clone())
            .header(ACCEPT, HeaderValue::from_static("*/*"))
            .header(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPTED))
            .headers(question.headers.clone())
            .send()
            .await
            .map_err(|error| Error::of_client(host, error))?;
        let status = response.status();
        let headers = response.headers().clone();
        if status.is_success() {
            let body = body::read(host, response, question.limit).await?;
            return Ok(Answer {
                status,
                headers,
                body,
            });
        }
        let answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        // Nothing can be unchanged for who has not said what is known.
        let unchanged = status == StatusCode::NOT_MODIFIED && !question.headers.is_empty();
        if unchanged || answer.location().is_some() {
            return Ok(answer);
        }
        Err(self.refusal(host, status, &answer.headers))
    }

    /// Posts something, once and without waiting for a turn. Of the answer only the status is read.
    ///
    /// # Errors
    /// [`Error::Redirected`], [`Error::Status`], and those of the connection.
    pub(crate) async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<(), Error> {
        let host = url.host_str().unwrap_or_default();
        let request = self.client.post(url.clone()).headers(headers).body(body);
        let response = request.send().await;
        let response = response.map_err(|error| Error::of_client(host, error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        if status.is_redirection() {
            return Err(Error::Redirected {
                host: host.to_owned(),
                status: status.as_u16(),
            });
        }
        Err(self.refusal(host, status, response.headers()))
    }

    fn refusal(&self, host: &str, status: StatusCode, headers: &HeaderMap) -> Error {
        Error::Status {
            host: host.to_owned(),
            status: status.as_u16(),
            // Only these say it of the host (RFC 9110 §10.2.3, RFC 6585 §4).
            not_before: retry_after(headers, self.clock.now())
                .filter(|_| matches!(status.as_u16(), 429 | 503)),
        }
    }
}

impl Answer {
    /// Where a redirect leads, as it is written.
    pub(crate) fn location(&self) -> Option<String> {
        let redirects = matches!(self.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = self.headers.get(LOCATION).filter(|_| redirects)?;
        // Servers write bytes there that are not ASCII; browsers read them as UTF-8.
        Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
    }
}

/// The time before which a host wants no request, given as seconds or as a date
/// ([RFC 9110 §10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)); none that has passed.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let latest = now + MAX_RETRY_AFTER;
    let time = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more than is kept to.
        let seconds = text.parse().map(Duration::from_secs);
        now + seconds.unwrap_or(MAX_RETRY_AFTER).min(MAX_RETRY_AFTER)
    } else {
        let date = httpdate::parse_http_date(text).ok()?;
        Timestamp::try_from(date).unwrap_or(latest)
    };
    Some(time.min(latest)).filter(|time| *time > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<&str>) {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        let expected = expected.map(|time| time.parse().unwrap());
        assert_eq!(retry_after(&headers, now), expected, "{value:?}");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        check("120", Some("1994-11-06T08:51:00Z"));
        check(" 120 ", Some("1994-11-06T08:51:00Z"));
        check(
            "Sun, 06 Nov 1994 08:49:37 GMT",
            Some("1994-11-06T08:49:37Z"),
        );
        check(
            "Sunday, 06-Nov-94 08:49:37 GMT",
            Some("1994-11-06T08:49:37Z"),
        );
        check("Sun Nov  6 08:49:37 1994", Some("1994-11-06T08:49:37Z"));
    }

    #[test]
    fn retry_after_is_bounded() {
        let latest = Some("1994-11-07T08:49:00Z");
        check("86401", latest);
        check("99999999999999999999999999", latest);
        check("Sat, 06 Nov 2094 08:49:37 GMT", latest);
        check("Fri, 31 Dec 9999 23:59:59 GMT", latest);
    }

    #[test]
    fn retry_after_that_says_nothing_says_nothing() {
        for value in [
            "",
            "0",
            "-1",
            "1.5",
            "soon",
            "Sun, 06 Nov 1994 08:49:00 GMT",
        ] {
            check(value, None);
        }
    }
}
