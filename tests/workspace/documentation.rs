//! The committed `OpenAPI` document is what the code gives, and has every route of the template.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    let text = local::operator::openapi::document().expect("the code gives a document");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn the_committed_document_is_what_the_code_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/docs/openapi.json");
    let committed = std::fs::read_to_string(&path).expect("functions/docs/openapi.json is there");
    let committed: Value = serde_json::from_str(&committed).expect("it is JSON");
    assert!(
        committed == document(),
        "functions/docs/openapi.json is not up to date: cargo run -p local -- openapi > functions/docs/openapi.json"
    );
}

#[test]
fn the_document_has_the_routes_of_the_template_and_no_others() {
    let template =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml"));
    let template =
        template::Template::parse(&template.expect("there is a template")).expect("it is good");
    let wired: BTreeSet<String> = template
        .functions()
        .iter()
        .flat_map(|f| &f.routes)
        .map(template::Route::key)
        .collect();
    let document = document();
    let documented: BTreeSet<String> = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(documented, wired);
}

#[test]
fn every_operation_documents_its_problems() {
    let document = document();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let responses = operation["responses"]
                .as_object()
                .expect("it has responses");
            assert!(
                responses.contains_key("500") && responses.contains_key("503"),
                "{method} {path} lacks problems"
            );
            for (status, response) in responses {
                assert!(
                    response["headers"]["x-request-id"].is_object(),
                    "{method} {path} {status} lacks a header"
                );
            }
        }
    }
}
