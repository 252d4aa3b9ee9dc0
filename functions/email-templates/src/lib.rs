//! `/emails/templates/{template}`: an admin reads what a mail of the tenant says, writes it anew, or takes that back.
//!
//! A signed-in admin alone: a key that was meant for sending mail must not decide what the mail about a password says.

use domain::Clock;
use domain::audit::Event;
use domain::mail::{Template, TemplateSource};
use gateway::{Callers, Field, Input, Problem, Request, Response, SignedIn};
use repository::{AuditLog, EmailTemplates};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

gateway::deps! {
    callers: Callers,
    templates: EmailTemplates,
    audit: AuditLog,
    clock: Clock,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /emails/templates/{template}" => show(deps, &request).await,
        "PUT /emails/templates/{template}" => write(deps, &request).await,
        "DELETE /emails/templates/{template}" => take_back(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

/// What a mail is made from.
#[derive(Serialize, ToSchema)]
pub struct SourceView {
    /// Its name.
    template: &'static str,
    /// Whether the tenant has written it; otherwise it is the platform's.
    is_own: bool,
    subject: String,
    preheader: String,
    mjml: String,
    text: String,
}

impl SourceView {
    fn new(template: Template, is_own: bool, source: TemplateSource) -> Self {
        Self {
            template: template.as_str(),
            is_own,
            subject: source.subject,
            preheader: source.preheader,
            mjml: source.mjml,
            text: source.text,
        }
    }
}

/// What a mail shall be made from. Placeholders are written `{{ name }}`, conditions `{% if name %}` … `{% endif %}`, the
/// lines of a text `{% for line in body|lines %}` … `{% endfor %}`.
#[derive(Default, Deserialize, ToSchema)]
pub struct SourceInput {
    /// One line.
    #[schema(value_type = String, required, min_length = 1, max_length = 200, example = "Welcome to {{ site_name }}")]
    #[serde(default)]
    subject: Field<String>,
    /// What a list of mails shows after the subject: one line, which may be empty.
    #[schema(value_type = String, required, max_length = 200)]
    #[serde(default)]
    preheader: Field<String>,
    /// The HTML part, in [MJML](https://documentation.mjml.io): at most 32 KiB, without `mj-include`.
    #[schema(value_type = String, required, min_length = 1)]
    #[serde(default)]
    mjml: Field<String>,
    /// The plain-text part: at most 32 KiB.
    #[schema(value_type = String, required, min_length = 1)]
    #[serde(default)]
    text: Field<String>,
}

#[utoipa::path(get, path = "/emails/templates/{template}", tag = "emails", summary = "Read what a mail is made from",
    params(("template" = String, Path, description = "Its name, such as `welcome`")),
    responses((status = 200, description = "The tenant's own, or the platform's", body = SourceView)))]
async fn show(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let (caller, template) = addressed(deps, request).await?;
    let tenant = caller.user.user_id.tenant();
    let own = deps.templates.get(tenant, template).await?;
    let is_own = own.is_some();
    let source = own.unwrap_or_else(|| email::builtin(template));
    Ok(Response::ok(&SourceView::new(template, is_own, source)))
}

#[utoipa::path(put, path = "/emails/templates/{template}", tag = "emails", summary = "Write what a mail is made from",
    description = "The template is tried before it is kept; what is refused is told with its line.",
    params(("template" = String, Path, description = "Its name, such as `welcome`")),
    request_body = SourceInput,
    responses((status = 200, description = "Within a minute all mails are made from it", body = SourceView)))]
async fn write(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let (caller, template) = addressed(deps, request).await?;
    let source = read(template, request)?;
    let tenant = caller.user.user_id.tenant();
    let event = event(deps, request, &caller);
    // Written down first, so that no mail says something that nobody is known to have written.
    deps.audit.record(&event).await?;
    deps.templates.put(tenant, template, source.clone()).await?;
    Ok(Response::ok(&SourceView::new(template, true, source)))
}

fn read(template: Template, request: &Request) -> Result<TemplateSource, Problem> {
    let body: SourceInput = request.json()?;
    let mut input = Input::new();
    let subject = input.required("subject", body.subject);
    let preheader = input.required("preheader", body.preheader);
    let mjml = input.required("mjml", body.mjml);
    let text = input.required("text", body.text);
    let ((subject, preheader), (mjml, text)) =
        input.finish((subject.zip(preheader), mjml.zip(text)))?;
    let source = TemplateSource {
        subject,
        preheader,
        mjml,
        text,
    };
    let mut input = Input::new();
    for (field, error) in email::check(template, &source).err().into_iter().flatten() {
        input.refuse(field, error);
    }
    input.finish(Some(source))
}

#[utoipa::path(delete, path = "/emails/templates/{template}", tag = "emails", summary = "Go back to the platform's template",
    params(("template" = String, Path, description = "Its name, such as `welcome`")),
    responses((status = 204, description = "Within a minute all mails are made from the platform's")))]
async fn take_back(deps: &Deps, request: &Request) -> Result<Response, Problem> {
    let (caller, template) = addressed(deps, request).await?;
    let event = event(deps, request, &caller);
    let (recorded, deleted) = futures::join!(
        deps.audit.record(&event),
        deps.templates
            .delete(caller.user.user_id.tenant(), template)
    );
    recorded?;
    deleted?;
    Ok(Response::no_content())
}

/// Who asks, and for which template.
async fn addressed(deps: &Deps, request: &Request) -> Result<(SignedIn, Template), Problem> {
    let caller = deps.callers.signed_in(request).await?;
    caller.require_admin()?;
    let name = request.path_parameter("template").unwrap_or_default();
    let template = Template::parse(name);
    let template = template.map_err(|_| Problem::not_found("there is no template of this name"))?;
    Ok((caller, template))
}

fn event(deps: &Deps, request: &Request, caller: &SignedIn) -> domain::audit::AuditEvent {
    let now = deps.clock.now();
    request.audit(Event::EmailTemplateWritten, &caller.user.user_id, now)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(show, write, take_back))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;
    use gateway::openapi::{BODY, COOKIE, USER, document};

    let known: &[_] = &[Code::Forbidden, Code::NotFound];
    document::<Api>(&[
        ("GET /emails/templates/{template}", &[USER, known] as &[_]),
        (
            "PUT /emails/templates/{template}",
            &[BODY, USER, COOKIE, known] as &[_],
        ),
        (
            "DELETE /emails/templates/{template}",
            &[USER, COOKIE, known] as &[_],
        ),
    ])
}
