//! What became of a mail, and what there is to send.

use std::sync::Arc;

use domain::api_key::Scope;
use domain::mail::{Class, EmailRecord, Kind, Status, Template};
use domain::{Tenant, Timestamp};
use gateway::{Page, Problem, Request, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;

/// A mail.
#[derive(Serialize, ToSchema)]
pub struct EmailView {
    email_id: Uuid,
    #[schema(value_type = String, format = "email")]
    to: String,
    #[schema(value_type = String)]
    template: Template,
    /// `queued`, `sending`, `sent`, `delivered`, `failed`, `suppressed`, `bounced` or `complained`.
    #[schema(value_type = String)]
    status: Status,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// When it is to be sent, where that was asked for.
    #[schema(value_type = Option<String>, format = "date-time")]
    send_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = "date-time")]
    sent_at: Option<Timestamp>,
    /// Why it was not sent, or not delivered.
    error: Option<String>,
}

impl From<EmailRecord> for EmailView {
    fn from(mail: EmailRecord) -> Self {
        Self {
            email_id: mail.email_id,
            to: mail.to.into(),
            template: mail.template,
            status: mail.status,
            created_at: mail.created_at,
            send_at: mail.send_at,
            sent_at: mail.sent_at,
            error: mail.error,
        }
    }
}

/// A template.
#[derive(Serialize, ToSchema)]
pub struct TemplateView {
    #[schema(value_type = String, example = "notification")]
    name: Template,
    /// What it is for, which decides what stops it: `requested`, `security`, `onboarding` or `notification`.
    #[schema(value_type = String)]
    class: Class,
    parameters: Vec<ParameterView>,
}

/// A parameter of a template.
#[derive(Serialize, ToSchema)]
pub struct ParameterView {
    name: &'static str,
    /// `line`: 200 characters without a line break; `text`: 10,000 characters; `link`: an http or https address; `number`:
    /// a whole number; `series`: numbers over time, at most 100 lines of `2026-05-01 10 12.5 11 3`: a day, its smallest
    /// number, its largest, their mean and their count.
    #[schema(value_type = String)]
    kind: Kind,
    required: bool,
}

/// The tenant whose back end, or whose admin, is asking.
pub(crate) async fn sender(deps: &Deps, request: &Request) -> Result<Arc<Tenant>, Problem> {
    Ok(deps
        .callers
        .admin_or_key(request, Scope::EmailSend)
        .await?
        .tenant)
}

#[utoipa::path(get, path = "/emails/{id}", tag = "emails", summary = "Say what became of a mail",
    params(("id" = Uuid, Path, description = "What `POST /emails` answered")),
    responses((status = 200, description = "The mail", body = EmailView)))]
pub async fn mail(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let tenant = sender(deps, request).await?;
    let unknown = || Problem::not_found("the tenant has no such mail");
    let id = request
        .path_parameter("id")
        .and_then(|id| Uuid::try_parse(id).ok());
    let mail = deps.emails.get(id.ok_or_else(unknown)?).await?;
    let mail = mail.filter(|mail| mail.tenant_id == tenant.tenant_id);
    Ok(Response::ok(&EmailView::from(mail.ok_or_else(unknown)?)))
}

#[utoipa::path(get, path = "/emails/templates", tag = "emails", summary = "List what there is to send",
    responses((status = 200, description = "All templates with their parameters", body = Page<TemplateView>)))]
pub async fn templates(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    sender(deps, request).await?;
    let items = Template::ALL.into_iter().map(|template| TemplateView {
        name: template,
        class: template.class(),
        parameters: template
            .parameters()
            .iter()
            .map(|parameter| ParameterView {
                name: parameter.name,
                kind: parameter.kind,
                required: parameter.required,
            })
            .collect(),
    });
    Ok(Response::ok(&Page {
        items: items.collect(),
        next_cursor: None,
    }))
}
