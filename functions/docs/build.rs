//! Embeds what the page is made of: Swagger UI's files and our own.

use std::error::Error;
use std::io::{Cursor, Read};

use assets::build::Embed;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// Name on the page, path within Swagger UI's release.
const SWAGGER_UI: [(&str, &str); 4] = [
    ("swagger-ui-bundle.js", "dist/swagger-ui-bundle.js"),
    ("swagger-ui.css", "dist/swagger-ui.css"),
    ("swagger-ui-license.txt", "LICENSE"),
    ("swagger-ui-notice.txt", "NOTICE"),
];

/// Files of `assets/`.
const OURS: [&str; 3] = ["page.js", "page.css", "favicon.svg"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut embed = Embed::new()?;
    let mut release = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for (name, path) in SWAGGER_UI {
        embed = embed.content(name, &unzip(&mut release, path)?)?;
    }
    for name in OURS {
        embed = embed.file(name)?;
    }
    Ok(embed.finish()?)
}

/// A file of the release, which lies in one folder named after its version.
fn unzip(release: &mut ZipArchive<Cursor<&[u8]>>, path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let index = release
        .file_names()
        .position(|name| {
            name.is_ok_and(|name| name.split_once('/').is_some_and(|(_, rest)| rest == path))
        })
        .ok_or_else(|| format!("Swagger UI has no {path}"))?;
    let mut content = Vec::new();
    release.by_index(index)?.read_to_end(&mut content)?;
    Ok(content)
}
