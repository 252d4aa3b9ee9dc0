//! Embeds the files of the drop page.

use assets::build::{Embed, Error};

fn main() -> Result<(), Error> {
    let files = ["page.js", "page.css", "favicon.svg", "licences.txt"];
    files
        .into_iter()
        .try_fold(Embed::new()?, Embed::file)?
        .finish()
}
