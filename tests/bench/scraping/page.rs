//! A page as shops have them: 100 KiB of blocks in one another, lists, a table, texts and attributes.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// How large a page is at least.
const BYTES: usize = 100 * 1024;

/// What is looked for in it: text, numbers, a date, URLs, attributes, and all of a kind.
pub fn fields() -> Value {
    json!({
        "title": {"css": "h1.product-title"},
        "price": {"css": "#offer .price", "type": "number"},
        "rating": {"css": "[itemprop=ratingValue]", "type": "number"},
        "released": {"css": "main time.released", "attribute": "datetime", "type": "date"},
        "canonical": {"css": "link[rel=canonical]", "attribute": "href", "type": "url"},
        "image": {"css": "figure > img", "attribute": "src", "type": "url"},
        "sku": {"css": "[data-sku]", "attribute": "data-sku"},
        "description": {"css": "article.description > p:first-of-type"},
        "features": {"css": "#features > li", "all": true},
        "shops": {"css": "table.offers tbody td.shop > a", "attribute": "href", "type": "url", "all": true},
    })
}

/// The page of a number; its price changes with each version.
pub fn page(number: usize, version: usize) -> String {
    let mut page = String::with_capacity(BYTES + 2048);
    head(&mut page, number);
    product(&mut page, number, version);
    offers(&mut page);
    let mut other = 0;
    while page.len() < BYTES {
        review(&mut page, other);
        card(&mut page, other);
        other += 1;
    }
    page.push_str(
        "</section></main>\n<footer class=\"site-footer\"><p>&copy; Shop &middot; <a href=\"/terms\">Terms</a></p></footer>\n</body>\n</html>\n",
    );
    page
}

fn head(page: &mut String, number: usize) {
    // Writing to a string does not fail.
    let _ = write!(
        page,
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Lamp {number} &ndash; Shop</title>
<link rel="stylesheet" href="/assets/site.css">
<link rel="canonical" href="/products/{number}">
<style>.price {{ font-weight: bold }} .card > a {{ color: inherit }}</style>
<script>window.dataLayer = window.dataLayer || []; if (1 < 2) {{ dataLayer.push({{"page": {number}}}); }}</script>
</head>
<body class="page page--product" data-page="{number}">
<header class="site-header"><nav aria-label="Main"><ul class="menu">
"#
    );
    for item in 0..12 {
        let _ = writeln!(
            page,
            r#"<li class="menu-item"><a href="/category/{item}">Category {item}</a><ul><li><a href="/category/{item}/new">New</a></li><li><a href="/category/{item}/sale">Sale</a></li></ul></li>"#
        );
    }
    page.push_str("</ul></nav></header>\n<main id=\"content\">\n");
}

fn product(page: &mut String, number: usize, version: usize) {
    let (euros, cents) = (100 + number % 900, version % 100);
    let _ = write!(
        page,
        r#"<div class="product" data-sku="LAMP-{number:05}"><div class="row"><div class="column">
<figure class="gallery"><img src="/images/{number}/large.jpg" alt="A lamp" width="800" height="600"><figcaption>The lamp</figcaption></figure>
</div><div class="column">
<h1 class="product-title">Lamp <em>No. {number}</em></h1>
<p class="rating">Rated <span itemprop="ratingValue">4.6</span> of 5 by <span itemprop="reviewCount">217</span> people</p>
<div id="offer" itemscope itemtype="https://schema.org/Offer"><span class="price">&euro; {euros}.{cents:02}</span> <small>with tax</small></div>
<p>In the shop since <time class="released" datetime="2026-05-01">1 May 2026</time>.</p>
<article class="description"><p>A lamp of <b>brass</b> and glass that gives a warm light, with a cord of two metres &amp; a switch in it.</p>
<p>It comes with a bulb.</p></article>
<ul id="features">
"#
    );
    for feature in 0..12 {
        let _ = writeln!(
            page,
            r#"<li class="feature">Feature {feature}: <strong>made</strong> to last</li>"#
        );
    }
    page.push_str("</ul></div></div></div>\n");
}

fn offers(page: &mut String) {
    page.push_str(
        "<table class=\"offers\"><thead><tr><th>Shop</th><th>Price</th><th>Delivery</th></tr></thead><tbody>\n",
    );
    for shop in 0..40 {
        let _ = writeln!(
            page,
            r#"<tr class="offer" data-shop="{shop}"><td class="shop"><a href="/shops/{shop}?from=lamp&amp;rank={shop}">Shop {shop}</a></td><td class="price">&euro; {}.90</td><td>in {} days</td></tr>"#,
            100 + shop,
            1 + shop % 7
        );
    }
    page.push_str("</tbody></table>\n<section class=\"more\">\n");
}

fn review(page: &mut String, number: usize) {
    let _ = write!(
        page,
        r#"<!-- review {number} -->
<div class="review" id="review-{number}"><div class="review-head"><span class="author">Reader {number}</span> <time datetime="2026-10-{:02}">in October</time></div>
<div class="review-body"><p>It stands in the <i>hall</i> and lights the stairs as well; the switch is where one looks for it. The glass is thinner
than it seems, so that one has to be careful with it when the bulb is changed.</p><p>All in all <a href="/readers/{number}">we</a> would buy it again.</p></div></div>
"#,
        1 + number % 28
    );
}

fn card(page: &mut String, number: usize) {
    let _ = writeln!(
        page,
        r#"<div class="card" data-index="{number}"><a class="card-link" href="/products/{number}?ref=related"><div class="card-media"><img src="/images/{number}/small.jpg" alt="" loading="lazy" width="200" height="150"></div><div class="card-body"><h3 class="card-title">Product {number}</h3><p class="card-text">From <span class="amount">{}.00</span> &euro;</p></div></a></div>"#,
        10 + number
    );
}
