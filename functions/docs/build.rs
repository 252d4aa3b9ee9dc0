//! Compresses what the page is made of, Swagger UI's files and our own, and lists it for `src/asset.rs`.

use std::error::Error;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
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
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=assets");
    let out_dir = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let mut list = String::new();

    let mut release = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for (name, path) in SWAGGER_UI {
        let content = unzip(&mut release, path)?;
        list.push_str(&embed(&out_dir, name, &content)?);
    }
    for name in OURS {
        let content = fs::read(Path::new("assets").join(name))?;
        list.push_str(&embed(&out_dir, name, &content)?);
    }
    fs::write(out_dir.join("assets.rs"), format!("[{list}]"))?;
    Ok(())
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

/// Writes the compressed file, and gives its line of the list.
fn embed(out_dir: &Path, name: &str, content: &[u8]) -> Result<String, Box<dyn Error>> {
    let file = format!("{name}.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    fs::write(out_dir.join(&file), encoder.finish()?)?;

    let content_type = content_type(name)?;
    Ok(format!(
        "Asset {{ name: {name:?}, content_type: {content_type:?}, gzip: include_bytes!({file:?}) }},\n"
    ))
}

fn content_type(name: &str) -> Result<&'static str, String> {
    match name.rsplit_once('.') {
        Some((_, "css")) => Ok("text/css; charset=utf-8"),
        Some((_, "js")) => Ok("text/javascript; charset=utf-8"),
        Some((_, "svg")) => Ok("image/svg+xml"),
        Some((_, "txt")) => Ok("text/plain; charset=utf-8"),
        _ => Err(format!("the type of {name} is not known")),
    }
}
