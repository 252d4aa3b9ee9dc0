//! What no route matches: API Gateway's `$default`.

use gateway::{Code, Problem, Request, Response};
use lambda_http::http::{HeaderValue, Method, header};

/// Every path of the template with its methods.
const ROUTES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/routes.rs"));

/// # Errors
/// 404, or 405 where the path exists with other methods.
pub(crate) fn handle(request: &Request) -> Result<Response, Problem> {
    let Some(methods) = methods_of(request.path()) else {
        return Err(Problem::not_found("there is nothing at this path"));
    };
    if request.method() == Method::OPTIONS {
        return Ok(
            Response::no_content().with_header(header::ALLOW, HeaderValue::from_static(methods))
        );
    }
    let detail = format!("this path takes {methods}");
    Err(Problem::new(Code::MethodNotAllowed, detail)
        .with_header(header::ALLOW, HeaderValue::from_static(methods)))
}

/// The methods of the route that leads to `path`: a route without variable parts before one with them.
fn methods_of(path: &str) -> Option<&'static str> {
    let matching = ROUTES.iter().filter(|(route, _)| leads_to(route, path));
    matching
        .min_by_key(|(route, _)| route.matches('{').count())
        .map(|(_, methods)| *methods)
}

fn leads_to(route: &str, path: &str) -> bool {
    let (route, path) = (route.split('/'), path.split('/'));
    let same_length = route.clone().count() == path.clone().count();
    same_length
        && route
            .zip(path)
            .all(|(part, given)| part == given || (part.starts_with('{') && !given.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_those_of_the_template() {
        assert_eq!(methods_of("/auth/login"), Some("POST"));
        assert_eq!(methods_of("/user/me"), Some("GET, PATCH, DELETE"));
        assert_eq!(methods_of("/auth/sessions/123"), Some("DELETE"));
        assert_eq!(methods_of("/auth/sessions/"), None);
        assert_eq!(methods_of("/auth"), None);
        assert_eq!(methods_of("/"), Some("GET"));
    }
}
