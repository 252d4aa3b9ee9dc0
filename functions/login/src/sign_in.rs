//! Telling a user of a login from where nobody has logged in before.

use domain::clock::SignedDuration;
use domain::mail::{EmailJob, Template};
use domain::session::Session;
use domain::user::{KNOWN_SIGN_INS, SignIn};
use domain::{Timestamp, User};
use gateway::Request;

use crate::Deps;

/// How many places an account may be entered from for the first time within an hour, each with a notice.
const MOST_NOTICES: usize = 3;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// How much of what a client calls itself is told, in characters.
const DEVICE_LENGTH: usize = 150;

/// A login from a device and a network that the account has not seen.
pub(crate) struct NewSignIn {
    /// What the account has seen from now on.
    pub(crate) known: Vec<SignIn>,
    /// What tells the user. None at the first login of an account, which is nothing to warn of; none where nobody has proven
    /// the address, which may be a stranger's; and none beyond [`MOST_NOTICES`].
    notice: Option<EmailJob>,
}

impl NewSignIn {
    /// What is new about a login, if anything.
    pub(crate) fn of(
        request: &Request,
        user: &User,
        session: &Session,
        now: Timestamp,
    ) -> Option<Self> {
        let place = token::hash(format!("{}\n{}", request.network(), request.user_agent()));
        let before = &user.known_sign_ins;
        if before.iter().any(|known| known.place == place) {
            return None;
        }
        let of_late = before.iter().filter(|known| known.since > now - HOUR);
        let tells = !before.is_empty()
            && user.email_verified_at.is_some()
            && of_late.count() < MOST_NOTICES;
        let notice = tells.then(|| notice(request, user, session, now));
        let new = SignIn { place, since: now };
        let known = std::iter::once(new).chain(before.iter().cloned());
        Some(Self {
            known: known.take(KNOWN_SIGN_INS).collect(),
            notice,
        })
    }

    /// Queues the mail; false where that failed.
    pub(crate) async fn tell(&self, deps: &Deps, request: &Request) -> bool {
        let Some(notice) = &self.notice else {
            return true;
        };
        let told = deps.emails.send(notice).await;
        if let Err(error) = &told {
            tracing::error!(%error, request_id = request.id(), "a user could not be told of a new sign-in");
        }
        told.is_ok()
    }
}

fn notice(request: &Request, user: &User, session: &Session, now: Timestamp) -> EmailJob {
    let device: String = request.user_agent().chars().take(DEVICE_LENGTH).collect();
    let device = if device.is_empty() {
        "one that does not say what it is".to_owned()
    } else {
        device.replace(char::is_control, " ")
    };
    EmailJob::new(
        user.email.clone(),
        Some(Template::NewSignIn),
        [
            ("name", user.name.as_str().to_owned()),
            ("time", now.strftime("%Y-%m-%d %H:%M UTC").to_string()),
            ("ip", request.ip()),
            ("device", device),
        ],
        user.user_id.tenant().clone(),
        &format!("new-sign-in:{}", session.session_id),
    )
}
