//! Which function a request is for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use http::Method;
use template::Function;

/// The routes of a template, the most specific first.
#[derive(Debug)]
pub(super) struct Routes {
    routes: Vec<Route>,
    default: Option<String>,
}

#[derive(Debug)]
struct Route {
    method: String,
    segments: Vec<Segment>,
    key: String,
    function: String,
}

/// A part of a path, in the order in which API Gateway prefers them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Fixed(String),
    Parameter(String),
    /// `{name+}`: everything that follows.
    Rest(String),
}

/// The function that a request is for, and by which route.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) function: &'a str,
    pub(super) route_key: &'a str,
    pub(super) path_parameters: BTreeMap<String, String>,
}

impl Routes {
    pub(super) fn new(functions: &[Function]) -> Self {
        let mut routes: Vec<_> = functions
            .iter()
            .flat_map(|function| {
                function.routes.iter().map(|route| Route {
                    method: route.method.clone(),
                    segments: route.path.split('/').skip(1).map(segment).collect(),
                    key: route.key(),
                    function: function.name.clone(),
                })
            })
            .collect();
        routes.sort_by_key(|route| (kinds(&route.segments), Reverse(route.method != "ANY")));
        let default = functions.iter().find(|function| function.default_route);
        Self {
            routes,
            default: default.map(|function| function.name.clone()),
        }
    }

    /// The most specific route, else the default one.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<Target<'_>> {
        let path: Vec<_> = path.split('/').skip(1).collect();
        self.routes
            .iter()
            .filter(|route| route.method == "ANY" || route.method == method.as_str())
            .find_map(|route| {
                Some(Target {
                    function: &route.function,
                    route_key: &route.key,
                    path_parameters: parameters(&route.segments, &path)?,
                })
            })
            .or_else(|| {
                Some(Target {
                    function: self.default.as_deref()?,
                    route_key: "$default",
                    path_parameters: BTreeMap::new(),
                })
            })
    }
}

fn segment(text: &str) -> Segment {
    match text
        .strip_prefix('{')
        .and_then(|name| name.strip_suffix('}'))
    {
        Some(name) => match name.strip_suffix('+') {
            Some(name) => Segment::Rest(name.to_owned()),
            None => Segment::Parameter(name.to_owned()),
        },
        None => Segment::Fixed(text.to_owned()),
    }
}

/// How specific each part of a path is, for sorting.
fn kinds(segments: &[Segment]) -> Vec<u8> {
    let kind = |segment: &Segment| match segment {
        Segment::Fixed(_) => 0,
        Segment::Parameter(_) => 1,
        Segment::Rest(_) => 2,
    };
    segments.iter().map(kind).collect()
}

/// The parameters of a path, when it is one of the route's.
fn parameters(segments: &[Segment], path: &[&str]) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    for (index, segment) in segments.iter().enumerate() {
        let part = *path.get(index)?;
        match segment {
            Segment::Fixed(text) if text == part => {}
            Segment::Fixed(_) => return None,
            Segment::Parameter(_) if part.is_empty() => return None,
            Segment::Parameter(name) => {
                parameters.insert(name.clone(), decode(part));
            }
            Segment::Rest(name) => {
                parameters.insert(name.clone(), decode(&path[index..].join("/")));
                return Some(parameters);
            }
        }
    }
    (segments.len() == path.len()).then_some(parameters)
}

/// API Gateway hands parameters over without their percent signs.
fn decode(text: &str) -> String {
    // In a form a plus is a space; in a path it is a plus.
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let function = |name: &str, default_route, routes: &[(&str, &str)]| Function {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            routes: routes
                .iter()
                .map(|(method, path)| template::Route {
                    method: (*method).to_owned(),
                    path: (*path).to_owned(),
                })
                .collect(),
            default_route,
        };
        Routes::new(&[
            function("health", true, &[("GET", "/")]),
            function(
                "any",
                false,
                &[("ANY", "/users/{id}"), ("GET", "/files/{path+}")],
            ),
            function(
                "one",
                false,
                &[("GET", "/users/{user_id}"), ("GET", "/users/{id}/keys")],
            ),
            function("me", false, &[("GET", "/users/me")]),
        ])
    }

    fn check(method: &str, path: &str, function: &str, parameters: &[(&str, &str)]) {
        let routes = routes();
        let target = routes.find(&method.parse().unwrap(), path).unwrap();
        let found: Vec<_> = target
            .path_parameters
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            (target.function, found.as_slice()),
            (function, parameters),
            "{method} {path}"
        );
    }

    #[test]
    fn the_most_specific_route_wins() {
        check("GET", "/", "health", &[]);
        check("GET", "/users/me", "me", &[]);
        check("DELETE", "/users/me", "any", &[("id", "me")]);
        check("GET", "/users/7", "one", &[("user_id", "7")]);
        check(
            "PUT",
            "/users/a%20b+c%26d%2Fe",
            "any",
            &[("id", "a b+c&d/e")],
        );
        check("GET", "/users/7/keys", "one", &[("id", "7")]);
        check("GET", "/files/a/b", "any", &[("path", "a/b")]);
    }

    #[test]
    fn the_rest_is_the_default_routes() {
        for path in ["/users", "/users/", "/users/7/keys/", "/nothing", "//"] {
            check("GET", path, "health", &[]);
        }
        check("POST", "/", "health", &[]);
        assert_eq!(
            routes().find(&Method::HEAD, "/").unwrap().route_key,
            "$default"
        );
    }
}
