//! Queueing a mail.

use std::collections::BTreeMap;

use domain::clock::SignedDuration;
use domain::mail::{EmailJob, EmailRecord, KEPT, MAX_AHEAD, Params, Status, Template};
use domain::{Email, IdempotencyKey, Invalid, Tenant, Timestamp};
use gateway::{Code, Field, Input, Problem, Request, Response};
use lambda_http::http::StatusCode;
use repository::Idempotency;
use repository::emails::NotAccepted;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;

/// The largest body that is read, in bytes: enough to say which parameter is too long.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// When a mail that no worker has taken by then is due again: ten minutes later than `email-due` looks ahead.
const GRACE: SignedDuration = SignedDuration::from_mins(25);

/// A mail to be sent.
#[derive(Default, Deserialize, ToSchema)]
pub struct SendBody {
    /// The recipient; a mail to several is several mails.
    #[schema(value_type = String, format = "email", required, example = "user@example.com")]
    #[serde(default)]
    to: Field<Email>,
    /// Which mail: see `GET /emails/templates`.
    #[schema(value_type = String, required, example = "notification")]
    #[serde(default)]
    template: Field<Template>,
    /// What it is filled with: text, or whole numbers.
    #[schema(value_type = Object, example = json!({"title": "Your order is on its way", "body": "It will be with you tomorrow."}))]
    #[serde(default)]
    params: Value,
    /// When to send it: now where there is none, and at most 7 days ahead.
    #[schema(value_type = Option<String>, format = "date-time")]
    #[serde(default)]
    send_at: Field<Timestamp>,
    #[schema(ignore)]
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// The mail is stored and will be sent.
#[derive(Serialize, ToSchema)]
pub struct SendAnswer {
    /// What `GET /emails/{id}` asks for.
    email_id: Uuid,
}

#[utoipa::path(post, path = "/emails", tag = "emails", summary = "Queue a mail",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body are the same mail for 24 hours")),
    request_body = SendBody, responses((status = 202, description = "The mail is stored and will be sent, or accounted for", body = SendAnswer)))]
pub async fn handle(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let tenant = crate::show::sender(deps, request).await?;
    let now = deps.clock.now();
    let (mail, key) = read(deps, request, &tenant, now)?;
    let fingerprint = token::hash(fingerprint(&mail));
    let idempotency = key.as_ref().map(|key| Idempotency {
        key,
        fingerprint: &fingerprint,
    });

    // What should have been sent before is sent at once.
    let delay = mail
        .send_at
        .map_or(SignedDuration::ZERO, |at| at.duration_since(now));
    let delay = delay.max(SignedDuration::ZERO);
    // Longer than the queue keeps a message back: it is put there when the time comes.
    let waits = delay > queue::MAX_DELAY;
    let due_at = now + delay + if waits { SignedDuration::ZERO } else { GRACE };
    let accepted = deps
        .emails
        .accept(
            &deps.budgets,
            &mail,
            idempotency,
            due_at,
            tenant.email_budget(),
        )
        .await?;
    let email_id = match accepted {
        Ok(()) => mail.email_id,
        Err(NotAccepted::Repeated(email_id)) => return Ok(answer(email_id)),
        Err(NotAccepted::KeyTaken) => {
            return Err(Problem::new(
                Code::IdempotencyConflict,
                "the idempotency key was used for another mail",
            ));
        }
        Err(NotAccepted::OverBudget) => return Err(over_budget(&tenant, now)),
    };
    if !waits && let Err(error) = deps.queue.send_in(delay, &EmailJob::of(mail)).await {
        // The mail is stored, and due soon: it is late, not lost.
        tracing::warn!(%error, %email_id, request_id = request.id(), "a mail waits for the queue");
    }
    Ok(answer(email_id))
}

fn answer(email_id: Uuid) -> Response {
    Response::json(StatusCode::ACCEPTED, &SendAnswer { email_id })
}

fn read(
    deps: &Deps,
    request: &Request,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<(EmailRecord, Option<IdempotencyKey>), Problem> {
    let body: SendBody = request.json_within(MAX_BODY)?;
    let mut input = Input::new();
    let to = input.required("to", body.to);
    let template = input.required("template", body.template);
    let send_at = input.optional("send_at", body.send_at);
    if send_at.is_some_and(|at| at > now + MAX_AHEAD) {
        input.refuse(
            "send_at",
            Invalid::new("out_of_range", "must be at most 7 days ahead"),
        );
    }
    // A name that is written wrong, such as `sendAt`, would have the mail sent otherwise than it was meant.
    for name in body.other.keys() {
        let fields = "the fields are to, template, params and send_at";
        input.refuse(
            name,
            Invalid::new("unknown", format!("is unknown; {fields}")),
        );
    }
    let params = texts(&mut input, body.params);
    let params = template.and_then(|template| checked(&mut input, template, params));
    let key = request.idempotency_key(&mut input);
    let ((to, template), params) = input.finish((to.zip(template), params))?;
    let mail = EmailRecord {
        email_id: deps.random.uuid(now),
        tenant_id: tenant.tenant_id.clone(),
        to,
        template,
        params: params.values().clone(),
        status: Status::Queued,
        created_at: now,
        send_at,
        sent_at: None,
        provider_id: None,
        error: None,
        claimed_until: None,
        ttl: (now + KEPT).as_second(),
    };
    Ok((mail, key))
}

/// The parameters as text.
fn texts(input: &mut Input, params: Value) -> BTreeMap<String, String> {
    let given = match params {
        Value::Null => serde_json::Map::new(),
        Value::Object(given) => given,
        _ => {
            input.refuse("params", Invalid::new("wrong_type", "must be an object"));
            serde_json::Map::new()
        }
    };
    let mut texts = BTreeMap::new();
    for (name, value) in given {
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => {
                let error = Invalid::new("wrong_type", "must be text or a number");
                input.refuse(&format!("params.{name}"), error);
                // Something that is there, so that it is not missed as well.
                "0".to_owned()
            }
        };
        texts.insert(name, text);
    }
    texts
}

fn checked(
    input: &mut Input,
    template: Template,
    params: BTreeMap<String, String>,
) -> Option<Params> {
    match Params::check(template, params) {
        Ok(params) => Some(params),
        Err(refused) => {
            for (name, error) in refused {
                input.refuse(&format!("params.{name}"), error);
            }
            None
        }
    }
}

/// What makes two requests the same.
fn fingerprint(mail: &EmailRecord) -> String {
    let EmailRecord {
        to,
        template,
        params,
        send_at,
        ..
    } = mail;
    serde_json::json!([to, template, params, send_at]).to_string()
}

fn over_budget(tenant: &Tenant, now: Timestamp) -> Problem {
    let tomorrow = 86_400 - now.as_second().rem_euclid(86_400);
    let budget = tenant.email_budget();
    Problem::rate_limited(
        tomorrow,
        format!("the {budget} mails of the day (UTC) are used up"),
    )
}
