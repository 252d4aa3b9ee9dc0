use proptest::prelude::*;
use serde_json::json;

use crate::extract;

const FILES: [&[u8]; 7] = [
    include_bytes!("pages/adoption01.dat"),
    include_bytes!("pages/domjs-unsafe.dat"),
    include_bytes!("pages/plain-text-unsafe.dat"),
    include_bytes!("pages/tables01.dat"),
    include_bytes!("pages/template.dat"),
    include_bytes!("pages/tests1.dat"),
    include_bytes!("pages/tricky01.dat"),
];

/// The pages of a file: what stands after each `#data`, up to its `#errors`.
fn pages(file: &[u8]) -> Vec<Vec<u8>> {
    let file = String::from_utf8_lossy(file);
    let tests = file.split("#data\n").skip(1);
    let pages = tests.filter_map(|test| test.split_once("\n#errors"));
    pages.map(|(page, _)| page.as_bytes().to_vec()).collect()
}

fn fields() -> serde_json::Value {
    json!({
        "body": { "css": "body" },
        "all": { "css": "*", "all": true },
        "links": { "css": "a[href]", "attribute": "href", "all": true, "type": "url" },
        "number": { "css": "p:nth-child(2) ~ b, :has(i)", "type": "number" },
        "date": { "css": "td", "type": "date" },
    })
}

#[test]
fn the_worst_pages_are_read() {
    let pages: Vec<_> = FILES.iter().flat_map(|file| pages(file)).collect();
    assert!(pages.len() > 300, "{}", pages.len());
    for page in pages {
        let results = extract(&fields(), &page, "text/html").expect("a small page");
        assert_eq!(results.len(), 5);
        assert!(
            results["all"].value().is_some(),
            "{}",
            String::from_utf8_lossy(&page)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_it_panic(
        tags in prop::collection::vec(prop::sample::select(&[
            "<p>", "</p>", "<b>", "</b>", "<table>", "<td>", "</table>", "<select>", "<svg>", "<template>", "<a href=x>", "text",
            "<!--", "-->", "<script>", "</script>", "&#x110000;", "\0", "<frameset>", "<math><mi>", "<plaintext>", "\u{feff}",
        ]), 0..60),
        noise in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let mut page = tags.concat().into_bytes();
        page.extend(noise);
        prop_assert!(extract(&fields(), &page, "text/html").is_ok());
        let _ = extract(&json!({ "f": { "feed": "title" } }), &page, "text/xml");
        let _ = extract(&json!({ "f": { "pointer": "" } }), &page, "application/json");
    }
}
