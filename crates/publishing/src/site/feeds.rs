//! Feeds, the map of the site, and what is said to robots.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde_json::{Map, Value, json};

use super::model::{Model, Page};
use super::pages::changed;

/// What feeds say of when, where nothing has a date: they must, and there is no clock.
const NEVER: &str = "1970-01-01T00:00:00Z";

type Xml = Writer<Vec<u8>>;

/// The feed as Atom (RFC 4287).
pub(crate) fn atom(model: &Model) -> Vec<u8> {
    document(|xml| {
        let feed = xml.create_element("feed").with_attributes([
            ("xmlns", "http://www.w3.org/2005/Atom"),
            ("xml:lang", model.language()),
        ]);
        feed.write_inner_content(|xml| feed_of(xml, model))?;
        Ok(())
    })
}

fn feed_of(xml: &mut Xml, model: &Model) -> io::Result<()> {
    let theme = &model.settings.setup.theme;
    let newest = model.newest().iter().map(|page| &model.pages[*page]);
    let updated = newest.filter_map(changed).max();
    let home = model.whole("");
    element(xml, "id", &home)?;
    element(xml, "title", model.title())?;
    if let Some(description) = &theme.description {
        element(xml, "subtitle", description)?;
    }
    element(xml, "updated", updated.as_deref().unwrap_or(NEVER))?;
    link(xml, "alternate", "text/html", &home)?;
    link(
        xml,
        "self",
        "application/atom+xml",
        &model.whole("feed.xml"),
    )?;
    let author = theme.author.as_deref().unwrap_or(model.title());
    xml.create_element("author")
        .write_inner_content(|xml| element(xml, "name", author))?;
    for page in model.newest() {
        xml.create_element("entry")
            .write_inner_content(|xml| entry(xml, model, *page))?;
    }
    Ok(())
}

fn entry(xml: &mut Xml, model: &Model, number: usize) -> io::Result<()> {
    let page = &model.pages[number];
    let url = model.whole(&page.url);
    element(xml, "id", &url)?;
    element(xml, "title", &page.title)?;
    link(xml, "alternate", "text/html", &url)?;
    if let Some(date) = page.date {
        element(xml, "published", &super::language::iso(date))?;
    }
    element(xml, "updated", changed(page).as_deref().unwrap_or(NEVER))?;
    for tag in &page.tags {
        let category = xml.create_element("category");
        category
            .with_attribute(("term", clean(&model.tags[*tag].name).as_str()))
            .write_empty()?;
    }
    if !page.doc.summary.is_empty() {
        element(xml, "summary", &page.doc.summary)?;
    }
    let content = clean(&content(model, number));
    let element = xml
        .create_element("content")
        .with_attribute(("type", "html"));
    element.write_text_content(BytesText::new(&content))?;
    Ok(())
}

/// The feed as JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).
pub(crate) fn json(model: &Model) -> Vec<u8> {
    let theme = &model.settings.setup.theme;
    let items: Vec<Value> = model
        .newest()
        .iter()
        .map(|page| item(model, *page))
        .collect();
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": model.title(),
        "home_page_url": model.whole(""),
        "feed_url": model.whole("feed.json"),
        "language": model.language(),
        "items": items,
    });
    if let Some(description) = &theme.description {
        feed["description"] = description.as_str().into();
    }
    if let Some(author) = &theme.author {
        feed["authors"] = json!([{ "name": author }]);
    }
    let mut bytes = serde_json::to_vec(&feed).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn item(model: &Model, number: usize) -> Value {
    let page = &model.pages[number];
    let url = model.whole(&page.url);
    let mut item = Map::new();
    item.insert("id".to_owned(), url.as_str().into());
    item.insert("url".to_owned(), url.into());
    item.insert("title".to_owned(), page.title.as_str().into());
    item.insert("content_html".to_owned(), content(model, number).into());
    if !page.doc.summary.is_empty() {
        item.insert("summary".to_owned(), page.doc.summary.as_str().into());
    }
    for (name, time) in [
        ("date_published", page.date),
        ("date_modified", page.updated),
    ] {
        if let Some(time) = time {
            item.insert(name.to_owned(), super::language::iso(time).into());
        }
    }
    if let Some(image) = &page.image {
        item.insert("image".to_owned(), image.as_str().into());
    }
    let tags: Vec<&str> = page
        .tags
        .iter()
        .map(|tag| model.tags[*tag].name.as_str())
        .collect();
    if !tags.is_empty() {
        item.insert("tags".to_owned(), tags.into());
    }
    Value::Object(item)
}

/// The HTML of a page as it can stand anywhere: with whole URLs.
fn content(model: &Model, number: usize) -> String {
    let html = model.pages[number]
        .doc
        .html(|link| model.whole_link(number, link));
    whole_fragments(&html, &model.whole(&model.pages[number].url))
}

/// Links to a place of the same page (`href="#…"`, as footnotes have them) with the page's URL before it. Only within tags: in
/// text the same letters are just that.
fn whole_fragments(html: &str, url: &str) -> String {
    let mut whole = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        whole.push_str(&rest[..start]);
        let tag = &rest[start..start + tag_bytes(&rest[start..])];
        match tag.split_once(" href=\"#") {
            Some((before, after)) => {
                whole.push_str(before);
                whole.push_str(" href=\"");
                whole.push_str(url);
                whole.push('#');
                whole.push_str(after);
            }
            None => whole.push_str(tag),
        }
        rest = &rest[start + tag.len()..];
    }
    whole.push_str(rest);
    whole
}

/// How long the tag is at the start of `html`: `>` within quotes doesn't end it.
fn tag_bytes(html: &str) -> usize {
    let mut quote = None;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    html.len()
}

/// The map of the site (<https://www.sitemaps.org/protocol.html>).
pub(crate) fn sitemap(model: &Model) -> Vec<u8> {
    document(|xml| {
        let set = xml
            .create_element("urlset")
            .with_attribute(("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9"));
        set.write_inner_content(|xml| {
            if model.home.is_none() {
                place(xml, &model.whole(""), None)?;
            }
            let is_shown = |(number, _): &(usize, &Page)| Some(*number) != model.not_found;
            for (_, page) in model.pages.iter().enumerate().filter(is_shown) {
                place(xml, &model.whole(&page.url), changed(page))?;
            }
            model
                .archive
                .iter()
                .try_for_each(|archive| place(xml, &model.whole(archive), None))
        })?;
        Ok(())
    })
}

fn place(xml: &mut Xml, url: &str, changed: Option<String>) -> io::Result<()> {
    xml.create_element("url").write_inner_content(|xml| {
        element(xml, "loc", url)?;
        changed.map_or(Ok(()), |changed| element(xml, "lastmod", &changed))
    })?;
    Ok(())
}

/// What robots may read: all.
pub(crate) fn robots(model: &Model) -> Vec<u8> {
    format!(
        "User-agent: *\nAllow: /\n\nSitemap: {}\n",
        model.whole("sitemap.xml")
    )
    .into_bytes()
}

fn document(write: impl FnOnce(&mut Xml) -> io::Result<()>) -> Vec<u8> {
    let mut xml = Writer::new(Vec::new());
    // Writing to memory does not fail.
    let _ = xml
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))
        .and_then(|()| xml.write_event(Event::Text(BytesText::new("\n"))))
        .and_then(|()| write(&mut xml));
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    bytes
}

fn element(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name)
        .write_text_content(BytesText::new(&clean(text)))?;
    Ok(())
}

fn link(xml: &mut Xml, rel: &str, media_type: &str, url: &str) -> io::Result<()> {
    let link = xml.create_element("link");
    link.with_attributes([("rel", rel), ("type", media_type), ("href", url)])
        .write_empty()?;
    Ok(())
}

/// Without characters that XML can't hold, not even escaped (XML 1.0 §2.2).
fn clean(text: &str) -> String {
    let fits = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_made_whole_in_tags_only() {
        let html = "<p title=\"a > href=\" class='x'><a class=\"y\" href=\"#fn1\">1</a> <code>a href=\"#x\"</code> <";
        let whole = whole_fragments(html, "https://a.example/p/");
        assert_eq!(
            whole,
            html.replacen("\"#fn1", "\"https://a.example/p/#fn1", 1)
        );
    }

    #[test]
    fn xml_has_no_control_characters() {
        assert_eq!(clean("a\u{8}b\u{ffff}\n🚀"), "ab\n🚀");
    }
}
