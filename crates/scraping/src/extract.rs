//! A page to results.

use scraper::{ElementRef, Html};
use serde_json::Value as Json;
use url::Url;

use crate::convert::{Context, too_long};
use crate::cost::Extent;
use crate::value::{
    Item, MAX_ITEMS, MAX_RESULT_BYTES, MAX_VALUE_BYTES, Missing, Outcome, Results, Value, quoted,
};
use crate::{Css, Definition, Error, Field, Kind, Page, Source, feed, html, text};

/// How often a node of a page is looked at for its text, over all fields.
const MAX_LOOKS: usize = 5_000_000;

/// What all selectors together may cost, in steps from one element to another; it takes a few seconds.
const MAX_STEPS: u64 = 200_000_000;

impl Definition {
    /// What the page says: a value for each field, or the reason why there is none. The page is parsed once.
    ///
    /// # Errors
    /// That the page as a whole can't be read: it isn't what the fields' sources need, or is too large.
    pub fn extract(&self, page: &Page<'_>) -> Result<Results, Error> {
        let mut work = Work {
            context: Context {
                base: page.url().clone(),
                zone: self.schedule.zone().time_zone(),
            },
            looks: MAX_LOOKS,
            depth: None,
            share: MAX_STEPS / (self.fields.len() as u64).max(1),
            steps: MAX_STEPS,
            bytes: MAX_RESULT_BYTES,
        };
        match self.fields.values().next().map(|field| &field.source) {
            Some(Source::Css { .. }) => {
                let html = html::parse(&page.html()?)?;
                if self.fields.values().any(|field| field.kind == Kind::Url) {
                    work.context.base = base(&html, page.url());
                }
                Ok(self.each(|field| work.css(&html, field)))
            }
            Some(Source::Pointer { .. }) => {
                let json = page.json()?;
                Ok(self.each(|field| work.pointer(&json, field)))
            }
            Some(Source::Feed { .. }) => {
                let feed = feed::parse(&page.feed()?, page.url().as_str())?;
                Ok(self.each(|field| work.feed(&feed, field)))
            }
            None => Ok(Results::new()),
        }
    }

    fn each(&self, mut find: impl FnMut(&Field) -> Result<Value, Missing>) -> Results {
        let outcomes = self.fields.iter().map(|(name, field)| {
            let outcome = find(field).map_or_else(Outcome::Missing, Outcome::Value);
            (name.clone(), outcome)
        });
        outcomes.collect()
    }
}

/// What the URLs of a page are relative to: its first `<base href>`, else its own URL.
fn base(html: &Html, url: &Url) -> Url {
    let hrefs = html
        .root_element()
        .descendent_elements()
        .filter(|element| element.value().name() == "base")
        .find_map(|element| element.attr("href"));
    hrefs
        .and_then(|href| url.join(href.trim()).ok())
        .filter(|base| matches!(base.scheme(), "http" | "https"))
        .unwrap_or_else(|| url.clone())
}

/// The work on one page, with what it may still cost.
struct Work<'a> {
    context: Context<'a>,
    looks: usize,
    /// How deep the page is, which is how far a selector looks up from an element; unless nobody had to know.
    depth: Option<u64>,
    /// What each selector may cost without a closer look.
    share: u64,
    steps: u64,
    bytes: usize,
}

impl Work<'_> {
    fn css(&mut self, html: &Html, field: &Field) -> Result<Value, Missing> {
        let Source::Css { css, attribute } = &field.source else {
            return Err(not_found("the field is not looked for in HTML"));
        };
        self.charge(html, css)?;
        let Self {
            context,
            looks,
            bytes,
            ..
        } = self;
        let root = html.root_element();
        // Selecting begins below an element, and `html[lang]` is asked for as well.
        let itself = std::iter::once(root).filter(|root| css.selector().matches(root));
        let found = itself.chain(root.select(css.selector()));
        let items = found.map(|element| {
            let text = match attribute {
                Some(attribute) => of_attribute(element, attribute)?,
                None => text::of(element, looks)?,
            };
            context.item(field, &text)
        });
        collect(field, items, bytes, || {
            not_found("the selector finds nothing")
        })
    }

    /// Takes what a selector can cost on a page from what all may.
    fn charge(&mut self, html: &Html, css: &Css) -> Result<(), Missing> {
        let nodes = html.tree.values().len() as u64;
        // Nothing stands deeper than there are nodes, so that a small page is not looked through for its depth.
        let depth = self.depth.unwrap_or(nodes);
        let mut steps = css.steps(Extent { nodes, depth });
        if steps > self.share && self.depth.is_none() {
            let depth = html::depth(html) as u64;
            self.depth = Some(depth);
            steps = css.steps(Extent { nodes, depth });
        }
        self.steps = self.steps.checked_sub(steps).ok_or_else(|| {
            Missing::new(
                "too_costly",
                "the page is too large or too deep for this selector, or for so many of them",
            )
        })?;
        Ok(())
    }

    fn pointer(&mut self, document: &Json, field: &Field) -> Result<Value, Missing> {
        let Source::Pointer { pointer } = &field.source else {
            return Err(not_found("the field is not looked for in JSON"));
        };
        let found = pointer
            .find(document)
            .ok_or_else(|| not_found("the pointer leads nowhere"))?;
        let found = match found {
            Json::Array(list) if field.all => list.as_slice(),
            _ if field.all => {
                return Err(Missing::new(
                    "not_a_list",
                    "the pointer doesn't lead to a list",
                ));
            }
            one => std::slice::from_ref(one),
        };
        let items = found
            .iter()
            .map(|value| json_item(&self.context, field, value));
        collect(field, items, &mut self.bytes, || {
            not_found("the list is empty")
        })
    }

    fn feed(&mut self, feed: &feed_rs::model::Feed, field: &Field) -> Result<Value, Missing> {
        let Source::Feed { feed: part } = &field.source else {
            return Err(not_found("the field is not looked for in a feed"));
        };
        let found = part.find(feed);
        let items = found.iter().map(|text| self.context.item(field, text));
        collect(field, items, &mut self.bytes, || {
            not_found(format!("the feed has no {}", part.as_str()))
        })
    }
}

/// The value of a field: its first item, or all; one bad item of all is told, and not left out in silence.
fn collect(
    field: &Field,
    mut items: impl Iterator<Item = Result<Item, Missing>>,
    bytes: &mut usize,
    absent: impl Fn() -> Missing,
) -> Result<Value, Missing> {
    if !field.all {
        let item = items.next().ok_or_else(absent)??;
        charge(&item, bytes)?;
        return Ok(Value::One(item));
    }
    let mut all = Vec::new();
    for (item, number) in items.zip(1..) {
        if all.len() == MAX_ITEMS {
            return Err(Missing::new(
                "too_many",
                format!("there are more than {MAX_ITEMS} values"),
            ));
        }
        let item = item.map_err(|missing| Missing {
            message: format!("value {number}: {}", missing.message),
            ..missing
        })?;
        charge(&item, bytes)?;
        all.push(item);
    }
    if all.is_empty() {
        return Err(absent());
    }
    Ok(Value::All(all))
}

fn charge(item: &Item, bytes: &mut usize) -> Result<(), Missing> {
    let size = match item {
        Item::Number(_) => size_of::<f64>(),
        Item::Text(text) => text.len(),
    };
    *bytes = bytes.checked_sub(size).ok_or_else(|| {
        Missing::new(
            "too_much",
            format!(
                "all values together have more than {} KiB",
                MAX_RESULT_BYTES / 1024
            ),
        )
    })?;
    Ok(())
}

fn of_attribute(element: ElementRef<'_>, attribute: &str) -> Result<String, Missing> {
    let value = element.attr(attribute).ok_or_else(|| {
        Missing::new(
            "attribute_absent",
            format!("the element has no attribute {}", quoted(attribute)),
        )
    })?;
    if value.len() > MAX_VALUE_BYTES {
        return Err(too_long());
    }
    Ok(value.to_owned())
}

/// A number of JSON is one in every locale.
fn json_item(context: &Context<'_>, field: &Field, value: &Json) -> Result<Item, Missing> {
    match value {
        Json::Null => Err(Missing::new("null", "the value is null")),
        Json::Number(number) if field.kind == Kind::Number => {
            let finite = number.as_f64().filter(|number| number.is_finite());
            finite
                .map(Item::Number)
                .ok_or_else(|| Missing::new("not_a_number", "the number is too large"))
        }
        Json::String(text) => context.item(field, text),
        other => context.item(field, &other.to_string()),
    }
}

fn not_found(why: impl Into<String>) -> Missing {
    Missing::new("not_found", why)
}
