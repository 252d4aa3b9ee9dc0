//! `/drop`: where anybody leaves a secret message for whoever has the address.
//!
//! Whether anybody has it is nobody's business: an unknown address has a recipient as well, and takes messages that nobody
//! will ever read.

mod drop;
mod page;

use domain::message::Address;
use domain::{Clock, Random};
use gateway::{Problem, Request, Response};
use repository::{Drops, MessageKeys, Messages};
use token::KeyRing;

gateway::deps! {
    keys: MessageKeys,
    messages: Messages,
    drops: Drops,
    ring: KeyRing,
    clock: Clock,
    random: Random,
}

/// # Errors
/// What the contract says of the route.
pub async fn handle(deps: &Deps, request: Request) -> Result<Response, Problem> {
    match request.route() {
        "GET /drop/{address}" => page::show(deps, &request).await,
        "GET /drop/assets/{asset}" => page::asset(&request),
        "POST /drop/{address}" => drop::handle(deps, &request).await,
        route => Err(Problem::unrouted(route)),
    }
}

/// The address in the path.
fn address(request: &Request) -> Result<Address, Problem> {
    let text = request.path_parameter("address").unwrap_or_default();
    Address::parse(text).map_err(|error| Problem::not_found(format!("this {error}")))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(page::show, page::asset, drop::handle))]
struct Api;

/// The documentation of the function's routes.
#[must_use]
pub fn openapi() -> gateway::openapi::Document {
    use gateway::Code;

    gateway::openapi::document::<Api>(&[
        ("GET /drop/{address}", &[&[Code::NotFound] as &[_]] as &[_]),
        ("GET /drop/assets/{asset}", &[&[Code::NotFound]]),
        (
            "POST /drop/{address}",
            &[&[
                Code::ValidationFailed,
                Code::PayloadTooLarge,
                Code::UnsupportedMediaType,
                Code::NotFound,
                Code::IdempotencyConflict,
                Code::RateLimited,
            ]],
        ),
    ])
}
