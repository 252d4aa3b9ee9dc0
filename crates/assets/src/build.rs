//! What a build script does.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Why a file can't be embedded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cargo did not say where files that are made go.
    #[error("OUT_DIR is not set: only a build script can embed files")]
    NoOutDir,
    /// A file can't be read or written.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The name's extension is none that a page has.
    #[error("the type of {0} is not known")]
    UnknownType(String),
}

/// A list of files under way, which becomes `assets.rs` among what the build script makes.
#[derive(Debug)]
pub struct Embed {
    out_dir: PathBuf,
    list: Vec<String>,
}

impl Embed {
    /// An empty list. Cargo is told to run the build script again when it or `assets/` changes.
    ///
    /// # Errors
    /// [`Error::NoOutDir`] outside a build script.
    #[expect(
        clippy::print_stdout,
        reason = "this is how a build script speaks to Cargo"
    )]
    pub fn new() -> Result<Self, Error> {
        println!("cargo::rerun-if-changed=build.rs");
        println!("cargo::rerun-if-changed=assets");
        let out_dir = std::env::var_os("OUT_DIR").ok_or(Error::NoOutDir)?;
        Ok(Self::into_folder(out_dir.into()))
    }

    fn into_folder(out_dir: PathBuf) -> Self {
        Self {
            out_dir,
            list: Vec::new(),
        }
    }

    /// With a file of the package's folder `assets/`.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::UnknownType`].
    pub fn file(self, name: &str) -> Result<Self, Error> {
        let path = Path::new("assets").join(name);
        let content = fs::read(&path).map_err(|source| Error::File { path, source })?;
        self.content(name, &content)
    }

    /// With a file that has this content.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::UnknownType`].
    pub fn content(mut self, name: &str, content: &[u8]) -> Result<Self, Error> {
        let content_type = content_type(name).ok_or_else(|| Error::UnknownType(name.to_owned()))?;
        let file = format!("{name}.gz");
        let path = self.out_dir.join(&file);
        compress(content)
            .and_then(|gzip| fs::write(&path, gzip))
            .map_err(|source| Error::File { path, source })?;
        self.list.push(format!(
            "::assets::Asset::embedded({name:?}, {content_type:?}, include_bytes!({file:?})),\n"
        ));
        Ok(self)
    }

    /// Writes `assets.rs`: an array of `assets::Asset`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn finish(self) -> Result<(), Error> {
        let path = self.out_dir.join("assets.rs");
        fs::write(&path, format!("[{}]", self.list.concat()))
            .map_err(|source| Error::File { path, source })
    }
}

fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_each_file_with_its_type() {
        let folder = tempfile::tempdir().unwrap();
        Embed::into_folder(folder.path().into())
            .content("page.css", b"a{}")
            .and_then(|embed| embed.content("licences.txt", b"words"))
            .and_then(Embed::finish)
            .unwrap();
        let list = fs::read_to_string(folder.path().join("assets.rs")).unwrap();
        assert_eq!(
            list,
            "[::assets::Asset::embedded(\"page.css\", \"text/css; charset=utf-8\", include_bytes!(\"page.css.gz\")),\n\
             ::assets::Asset::embedded(\"licences.txt\", \"text/plain; charset=utf-8\", include_bytes!(\"licences.txt.gz\")),\n]"
        );
    }

    #[test]
    fn a_file_of_no_known_type_is_refused() {
        for name in ["page", "page.exe", "css"] {
            let folder = tempfile::tempdir().unwrap();
            let refused = Embed::into_folder(folder.path().into()).content(name, b"");
            assert!(matches!(refused, Err(Error::UnknownType(_))), "{name}");
        }
    }
}
