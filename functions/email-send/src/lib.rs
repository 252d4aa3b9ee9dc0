//! `POST /emails` queues a mail for a tenant's own back end, `GET /emails/{id}` says what became of it, `GET /emails/templates`
//! what there is to send; `/emails/unsubscribe` is where the links in mails lead.

mod send;
mod show;
mod unsubscribe;

use domain::{Clock, Random};
use gateway::{Callers, Problem, Request, Response};
use queue::EmailQueue;
use repository::{EmailBudgets, Emails, Suppressions};
use token::KeyRing;

gateway::deps! {
    callers: Callers,
    emails: Emails,
    budgets: EmailBudgets,
    suppressions: Suppressions,
    queue: EmailQueue,
    ring: KeyRing,
    clock: Clock,
    random: Random,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "POST /emails" => send::handle(deps, &request).await,
        "GET /emails/{id}" => show::mail(deps, &request).await,
        "GET /emails/templates" => show::templates(deps, &request).await,
        "GET /emails/unsubscribe" => unsubscribe::ask(deps, &request).await,
        "POST /emails/unsubscribe" => unsubscribe::act(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    send::handle,
    show::mail,
    show::templates,
    unsubscribe::ask,
    unsubscribe::act
))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, KEY, USER};

    gateway::openapi::document::<Api>(&[
        (
            "POST /emails",
            &[
                BODY,
                KEY,
                USER,
                COOKIE,
                &[
                    Code::Forbidden,
                    Code::IdempotencyConflict,
                    Code::RateLimited,
                ],
            ] as &[_],
        ),
        (
            "GET /emails/{id}",
            &[KEY, USER, &[Code::Forbidden, Code::NotFound]] as &[_],
        ),
        (
            "GET /emails/templates",
            &[KEY, USER, &[Code::Forbidden]] as &[_],
        ),
        ("GET /emails/unsubscribe", &[]),
        (
            "POST /emails/unsubscribe",
            &[&[Code::TokenInvalid] as &[_]] as &[_],
        ),
    ])
}
