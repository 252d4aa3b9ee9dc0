//! From a body to a definition that may be kept.

use domain::{Invalid, Timestamp};
use fetch::{Fetcher, Url};
use gateway::{Input, Problem};
use scraping::Definition;
use serde_json::{Map, Value};

/// The most bytes of a definition: what a body has.
const MAX_DEFINITION: usize = 64 * 1024;

/// A definition whose addresses may be asked.
#[derive(Debug)]
pub(crate) struct Checked {
    /// What is looked for.
    pub definition: Definition,
    /// The host of its page.
    pub host: String,
}

/// Reads a definition.
///
/// # Errors
/// 400 with every bad field by its path.
pub(crate) fn read(fetcher: &Fetcher, value: &Value, now: Timestamp) -> Result<Checked, Problem> {
    let (definition, mut faults) = match Definition::parse(value) {
        Ok(definition) => (Some(definition), Vec::new()),
        Err(faults) => (None, faults),
    };
    let mut address = |field: &str, value: &Value, check: &dyn Fn(&str) -> _| {
        // What is wrong already is told once.
        let text = value
            .as_str()
            .filter(|_| faults.iter().all(|(faulty, _)| faulty != field))?;
        match check(text) {
            Ok(url) => Some(url),
            Err(error) => {
                faults.push((field.to_owned(), refused(error)));
                None
            }
        }
    };
    let page = address("url", &value["url"], &|url| fetcher.check(url));
    let webhook = address("notify.webhook", &value["notify"]["webhook"], &|url| {
        fetcher.check_delivery(url)
    });

    if let Some(definition) = &definition
        && definition.schedule.next(None, now).is_none()
    {
        let over = Invalid::new("never", "must have a time that is to come");
        faults.push(("schedule".to_owned(), over));
    }

    // What is merged grows, however small each patch is.
    if value.to_string().len() > MAX_DEFINITION {
        let message = format!("must have at most {} KiB as JSON", MAX_DEFINITION / 1024);
        faults.push(("fields".to_owned(), Invalid::new("too_long", message)));
    }

    let mut input = Input::new();
    for (field, invalid) in faults {
        input.refuse(&field, invalid);
    }
    let (mut definition, page) = input.finish((definition, page))?;
    if let Some(notify) = &mut definition.notify {
        // As it is asked: the secret is made of it.
        notify.webhook = webhook;
    }
    Ok(Checked {
        definition,
        host: host(&page),
    })
}

fn host(page: &Url) -> String {
    page.host_str().unwrap_or_default().to_owned()
}

fn refused(error: fetch::Error) -> Invalid {
    let message = error.to_string();
    Invalid::new(visit::Error::from(error).code(), message)
}

/// Applies a JSON merge patch ([RFC 7396 §2](https://www.rfc-editor.org/rfc/rfc7396#section-2)).
pub(crate) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Clock, Timestamp};
    use fetch::Options;
    use serde_json::json;

    use super::*;

    /// The examples of RFC 7396, appendix A: the original, the patch and the result.
    #[test]
    fn patches_are_merged_as_the_rfc_has_it() {
        for (mut target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": "b"}),
                json!({"b": "c"}),
                json!({"a": "b", "b": "c"}),
            ),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (
                json!({"a": "b", "b": "c"}),
                json!({"a": null}),
                json!({"b": "c"}),
            ),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({"a": [{"b": "c"}]}),
                json!({"a": [1]}),
                json!({"a": [1]}),
            ),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (
                json!({"e": null}),
                json!({"a": 1}),
                json!({"e": null, "a": 1}),
            ),
            (
                json!([1, 2]),
                json!({"a": "b", "c": null}),
                json!({"a": "b"}),
            ),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ] {
            let shown = format!("{target} with {patch}");
            merge(&mut target, patch);
            assert_eq!(target, result, "{shown}");
        }
    }

    fn fetcher() -> Fetcher {
        let contact = Url::parse("https://voyages.example").unwrap();
        let clock = Clock::new(|| Timestamp::UNIX_EPOCH);
        Fetcher::new(&contact, clock, Options::default()).unwrap()
    }

    fn written(url: &str, webhook: &str) -> Value {
        json!({
            "name": "Prices", "url": url, "schedule": "rate(1 hour)", "fields": {"price": {"css": ".price"}},
            "notify": {"on": ["change"], "webhook": webhook},
        })
    }

    #[test]
    fn addresses_that_are_never_asked_are_refused_with_all_else() {
        let mut value = written("http://[::ffff:127.0.0.1]/", "https://hooks.example:8443/");
        value["schedule"] = json!("rate(1 second)");
        let told = read(&fetcher(), &value, Timestamp::UNIX_EPOCH)
            .unwrap_err()
            .to_string();
        for part in [
            "schedule at character",
            "url [::ffff:7f00:1] is not asked",
            "notify.webhook https://hooks.example:8443/ is not",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }

    #[test]
    fn a_schedule_that_is_over_is_refused() {
        let mut value = written("https://example.com/", "https://hooks.example/");
        value["schedule"] = json!("cron(0 0 1 1 ? 2020)");
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let told = read(&fetcher(), &value, now).unwrap_err().to_string();
        assert!(told.contains("schedule must have a time"), "{told}");
    }

    #[test]
    fn an_address_with_two_mistakes_is_refused_once() {
        let value = written("ftp://127.0.0.1/", "https://hooks.example/");
        let told = read(&fetcher(), &value, Timestamp::UNIX_EPOCH)
            .unwrap_err()
            .to_string();
        assert_eq!(told.matches("url ").count(), 1, "{told}");
    }

    #[test]
    fn a_webhook_is_kept_as_it_is_asked() {
        let value = written("https://Example.com./#top", "https://Hooks.example./a?b#c");
        let checked = read(&fetcher(), &value, Timestamp::UNIX_EPOCH).unwrap();
        let webhook = checked.definition.notify.unwrap().webhook.unwrap();
        assert_eq!(webhook.as_str(), "https://hooks.example/a?b");
        assert_eq!(checked.host, "example.com");
    }
}
