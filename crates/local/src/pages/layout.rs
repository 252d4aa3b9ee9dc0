//! The frame of every page.

use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

/// A page with a title.
pub(super) fn page(title: &str, content: &Markup) -> Response {
    page_with_status(StatusCode::OK, title, content)
}

/// A page that is the answer to something that may have failed.
pub(super) fn page_with_status(status: StatusCode, title: &str, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Cloud Voyages" }
                link rel="stylesheet" href="/_local/style.css";
                // Browsers ask for an icon otherwise, which the functions would have to refuse.
                link rel="icon" href="data:,";
            }
            body {
                header { nav aria-label="Local platform" { a href="/_local/" { "Cloud Voyages" } a href="/_local/mail" { "Mail" } } }
                main { h1 { (title) } (content) }
            }
        }
    };
    (status, Html(page.into_string())).into_response()
}
