use scraping::{Item, Missing, Outcome, Results, Threshold, Value};

fn price(price: f64) -> Results {
    Results::from([(
        "price".to_owned(),
        Outcome::Value(Value::One(Item::Number(price))),
    )])
}

fn missing() -> Results {
    let missing = Missing {
        code: "not_found".into(),
        message: String::new(),
    };
    Results::from([("price".to_owned(), Outcome::Missing(missing))])
}

fn crossed(threshold: &str, before: Option<&Results>, after: &Results) -> bool {
    let threshold = Threshold::parse(threshold).expect("a threshold");
    threshold.is_crossed(before, after)
}

#[test]
fn a_threshold_is_crossed_once() {
    for (threshold, before, after, expected) in [
        ("price < 100", 120.0, 99.0, true),
        ("price < 100", 99.0, 98.0, false),
        ("price < 100", 120.0, 100.0, false),
        ("price <= 100", 120.0, 100.0, true),
        ("price > 100", 99.0, 100.5, true),
        ("price>=100", 99.0, 100.0, true),
        ("price > -5", -6.0, -4.5, true),
    ] {
        assert_eq!(
            crossed(threshold, Some(&price(before)), &price(after)),
            expected,
            "{threshold}: {before}, {after}"
        );
    }
}

#[test]
fn an_unknown_number_before_is_not_past_the_threshold() {
    assert!(crossed("price < 100", None, &price(99.0)), "the first run");
    assert!(
        crossed("price < 100", Some(&missing()), &price(99.0)),
        "missing before"
    );
    assert!(
        !crossed("price < 100", Some(&price(120.0)), &missing()),
        "missing now"
    );
}

#[test]
fn a_bad_threshold_is_refused_with_its_place() {
    for (text, expected) in [
        ("price", "must be a field"),
        ("price = 5", "must be a field"),
        ("< 5", "at character 1: a field's name"),
        ("price < cheap", "at character 9: must be a number"),
        ("price <", "at character 8: must be a number"),
        ("price < 1e5", "at character 9: must be a number"),
        ("price < inf", "at character 9: must be a number"),
        ("price < 1,5", "at character 9: must be a number"),
    ] {
        let refused = Threshold::parse(text).expect_err(text);
        assert!(refused.message.starts_with(expected), "{text}: {refused}");
    }
}

#[test]
fn a_threshold_is_written_as_it_is_read() {
    let threshold = Threshold::parse(" price<=99.50 ").expect("a threshold");
    assert_eq!(threshold.to_string(), "price <= 99.5");
    assert_eq!(
        Threshold::parse(&threshold.to_string()).expect("a threshold"),
        threshold
    );
}
