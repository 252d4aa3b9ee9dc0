//! Takes the routes of the platform from the template, so that `Allow` says what is wired.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../template.yaml");
    println!("cargo::rerun-if-changed={}", path.display());
    let template = template::Template::parse(&fs::read_to_string(path)?)?;
    let mut routes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in template
        .functions()
        .iter()
        .flat_map(|function| &function.routes)
    {
        routes.entry(&route.path).or_default().push(&route.method);
    }
    let rows: Vec<String> = routes
        .iter()
        .map(|(path, methods)| format!("({path:?}, {:?})", methods.join(", ")))
        .collect();
    let table = format!("&[{}]", rows.join(", "));
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("routes.rs"), table)?;
    Ok(())
}
