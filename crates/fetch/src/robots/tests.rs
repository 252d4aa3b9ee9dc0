//! The cases of Google's parser (<https://github.com/google/robotstxt>, `robots_test.cc`), but those that it calls its own
//! (`GoogleOnly_…`) and that RFC 9309 does not have: `index.html` for `/`, lines that are cut at 16 KiB.

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Whether `FooBot` may fetch each page of `http://foo.bar`.
#[track_caller]
fn check(text: &str, allowed: &[&str], disallowed: &[&str]) {
    check_for("FooBot", text, allowed, disallowed);
}

#[track_caller]
fn check_for(token: &str, text: &str, allowed: &[&str], disallowed: &[&str]) {
    let rules = rules(text.as_bytes(), token);
    let may = |path: &&str| {
        let url = Url::parse("http://foo.bar").unwrap().join(path).unwrap();
        rules.is_url_allowed(&url)
    };
    let wrong: Vec<_> = allowed.iter().filter(|path| !may(path)).collect();
    assert!(wrong.is_empty(), "not allowed to {token}: {wrong:?}");
    let wrong: Vec<_> = disallowed.iter().filter(|path| may(path)).collect();
    assert!(wrong.is_empty(), "allowed to {token}: {wrong:?}");
}

#[test]
fn lines_are_names_and_values() {
    check("user-agent: FooBot\ndisallow: /\n", &[], &["/x/y"]);
    check("foo: FooBot\nbar: /\n", &["/x/y"], &[]);
    check("user-agent FooBot\ndisallow /\n", &[], &["/x/y"]);
}

#[test]
fn groups_end_at_the_next_agent_and_are_joined() {
    let text = "allow: /foo/bar/\n\nuser-agent: FooBot\ndisallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\n\
                allow: /y/\n\n\nallow: /w/\nuser-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\ndisallow: /\n";
    check_for("FooBot", text, &["/x/b", "/z/d"], &["/y/c", "/foo/bar/"]);
    check_for("BarBot", text, &["/y/c", "/w/a"], &["/z/d", "/foo/bar/"]);
    check_for("BazBot", text, &["/z/d"], &["/foo/bar/"]);
}

#[test]
fn names_are_in_any_case() {
    for text in [
        "USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /\n",
        "user-agent: FooBot\nallow: /x/\ndisallow: /\n",
        "uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /\n",
    ] {
        check(text, &["/x/y"], &["/a/b"]);
    }
}

#[test]
fn agents_are_in_any_case_and_end_where_the_token_ends() {
    for agent in [
        "FOO BAR",
        "foo bar",
        "FoO bAr",
        "Foo/1.0",
        "foo # comment",
        "Foo*",
    ] {
        let text = format!("User-Agent: {agent}\nAllow: /x/\nDisallow: /\n");
        check_for("Foo", &text, &["/x/y"], &["/a/b"]);
        check_for("foo", &text, &["/x/y"], &["/a/b"]);
    }
    let text = "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n";
    check_for("Foo", text, &["/x/y"], &[]);
    check_for("Foo Bar", text, &[], &["/x/y"]);
}

#[test]
fn the_group_for_all_counts_when_there_is_no_other() {
    check("", &["/x/y"], &[]);
    let global = "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n";
    check(global, &[], &["/x/y"]);
    check_for("BarBot", global, &["/x/y"], &[]);
    let specific = "user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /\nuser-agent: BazBot\ndisallow: /\n";
    check_for("QuxBot", specific, &["/x/y"], &[]);
    let both = "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n";
    check(both, &["/x/page"], &["/y/page"]);
}

#[test]
fn paths_are_as_they_are_written() {
    check("user-agent: FooBot\ndisallow: /x/\n", &[], &["/x/y"]);
    check("user-agent: FooBot\ndisallow: /X/\n", &["/x/y"], &[]);
}

#[test]
fn the_longest_match_counts_and_allow_at_the_same_length() {
    let group = |rules: &str| format!("user-agent: FooBot\n{rules}");
    let check = |rules: &str, allowed: &[&str], not: &[&str]| check(&group(rules), allowed, not);
    check(
        "disallow: /x/page.html\nallow: /x/\n",
        &[],
        &["/x/page.html"],
    );
    check(
        "allow: /x/page.html\ndisallow: /x/\n",
        &["/x/page.html"],
        &["/x/"],
    );
    check("disallow: \nallow: \n", &["/x/page.html"], &[]);
    check("disallow: /\nallow: /\n", &["/x/page.html"], &[]);
    check("disallow: /x\nallow: /x/\n", &["/x/"], &["/x"]);
    check(
        "disallow: /x/page.html\nallow: /x/page.html\n",
        &["/x/page.html"],
        &[],
    );
    check(
        "allow: /page\ndisallow: /*.html\n",
        &["/page"],
        &["/page.html"],
    );
    check(
        "allow: /x/page.\ndisallow: /*.html\n",
        &["/x/page.html"],
        &["/x/y.html"],
    );
    check("allow: /p\ndisallow: /\n", &["/page"], &[]);
    check(
        "allow: /folder\ndisallow: /folder\n",
        &["/folder/page"],
        &[],
    );
    check("allow: /page\ndisallow: /*.htm\n", &[], &["/page.htm"]);
    check("allow: /$\ndisallow: /\n", &["/"], &["/page.html"]);
}

#[test]
fn octets_are_compared_percent_encoded() {
    let only = |rule: &str, page: &str| {
        check(
            &format!("User-agent: FooBot\nDisallow: /\nAllow: {rule}\n"),
            &[page],
            &["/other"],
        );
    };
    let query = "/foo/bar?qux=taz&baz=http://foo.bar?tar&par";
    only(query, query);
    only("/foo/bar/ツ", "/foo/bar/%E3%83%84");
    only("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84");
    only("/foo/bar/%e3%83%84", "/foo/bar/ツ");
    // Google compares these as they are and says that nobody should rely on it; RFC 9309 §2.2.2 compares what they mean.
    only("/foo/bar/%62%61%7A", "/foo/bar/baz");
}

#[test]
fn special_characters_are_special() {
    let foobot = |rules: &str| format!("User-agent: FooBot\n{rules}");
    check(
        &foobot("Disallow: /foo/bar/quz\nAllow: /foo/*/qux\n"),
        &["/foo/quz", "/foo//quz", "/foo/bax/quz"],
        &["/foo/bar/quz"],
    );
    check(
        &foobot("Disallow: /foo/bar$\nAllow: /foo/bar/qux\n"),
        &["/foo/bar/qux", "/foo/bar/", "/foo/bar/baz"],
        &["/foo/bar"],
    );
    check(
        &foobot("# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n"),
        &["/foo/bar"],
        &["/foo/quz"],
    );
}

#[test]
fn patterns_match_as_documented() {
    let only = |rule: &str, allowed: &[&str], not: &[&str]| {
        let text = format!("user-agent: FooBot\ndisallow: /\nallow: {rule}\n");
        check(&text, allowed, not);
    };
    let fish = [
        "/fish",
        "/fish.html",
        "/fish/salmon.html",
        "/fishheads",
        "/fishheads/yummy.html",
        "/fish.html?id=anything",
    ];
    only(
        "/fish",
        &fish,
        &["/bar", "/Fish.asp", "/catfish", "/?id=fish"],
    );
    only(
        "/fish*",
        &fish,
        &["/bar", "/Fish.bar", "/catfish", "/?id=fish"],
    );
    only(
        "/fish/",
        &[
            "/fish/",
            "/fish/salmon",
            "/fish/?salmon",
            "/fish/salmon.html",
            "/fish/?id=anything",
        ],
        &["/bar", "/fish", "/fish.html", "/Fish/Salmon.html"],
    );
    only(
        "/*.php",
        &[
            "/filename.php",
            "/folder/filename.php",
            "/folder/filename.php?parameters",
            "http://foo.bar//folder/any.php.file.html",
            "/filename.php/",
            "/index?f=filename.php/",
        ],
        &["/bar", "/php/", "/index?php", "/windows.PHP"],
    );
    only(
        "/*.php$",
        &["/filename.php", "/folder/filename.php"],
        &[
            "/bar",
            "/filename.php?parameters",
            "/filename.php/",
            "/filename.php5",
            "/php/",
            "/filename?php",
            "/aaaphpaaa",
            "http://foo.bar//windows.PHP",
        ],
    );
    only(
        "/fish*.php",
        &["/fish.php", "/fishheads/catfish.php?parameters"],
        &["/bar", "/Fish.PHP"],
    );
}

#[test]
fn lines_end_in_all_three_ways() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = [
            "User-Agent: foo",
            "Allow: /some/path",
            "User-Agent: bar",
            "",
            "",
            "Disallow: /",
        ];
        for text in [lines.join(end), lines.join(end) + end] {
            check_for("foo", &text, &["/some/path", "/other"], &[]);
            check_for("bar", &text, &[], &["/some/path"]);
        }
    }
}

#[test]
fn a_byte_order_mark_is_skipped_at_the_start_alone() {
    check("\u{feff}User-Agent: FooBot\nDisallow: /\n", &[], &["/x"]);
    check("User-Agent: FooBot\n\u{feff}Disallow: /\n", &["/x"], &[]);
}

#[test]
fn a_sitemap_ends_no_group() {
    let text = "User-Agent: FooBot\nSitemap: http://foo.bar/sitemap.xml\nDisallow: /\n";
    check(text, &[], &["/x"]);
}

#[test]
fn a_rule_that_is_cut_does_not_count() {
    let start = "User-agent: *\nDisallow: /\n";
    let rule = "Allow: /";
    let filler = "#".repeat(robotxt::BYTE_LIMIT - start.len() - rule.len() - 1) + "\n";
    let url = Url::parse("http://foo.bar/private").unwrap();
    let whole = format!("{start}{filler}{rule}");
    assert_eq!(whole.len(), robotxt::BYTE_LIMIT);
    assert!(Robots::parse(whole.as_bytes(), NOW).check(&url).is_ok());
    let cut = format!("{whole}public-only\n");
    let refused = Robots::parse(cut.as_bytes(), NOW).check(&url);
    assert!(
        matches!(refused, Err(Error::Disallowed { .. })),
        "{refused:?}"
    );
}

#[test]
fn the_own_token_is_the_one_that_counts() {
    let text =
        "User-agent: *\nDisallow: /\nUser-agent: cloudvoyages\nDisallow: /no\nCrawl-delay: 4\n";
    let robots = Robots::parse(text.as_bytes(), NOW);
    let check = |url| robots.check(&Url::parse(url).unwrap());
    assert!(check("https://foo.bar/yes").is_ok());
    assert_eq!(
        check("https://foo.bar/no?q=1").unwrap_err().to_string(),
        "the site's robots.txt does not allow https://foo.bar/no?q=1"
    );
    assert_eq!(robots.crawl_delay(), Duration::from_secs(4));
}

#[test]
fn a_crawl_delay_is_bounded() {
    for (value, expected) in [
        ("0.5", 500),
        ("86400", 10_000),
        ("-1", 0),
        ("inf", 0),
        ("nan", 0),
    ] {
        let text = format!("User-agent: *\nCrawl-delay: {value}\n");
        let delay = Robots::parse(text.as_bytes(), NOW).crawl_delay();
        assert_eq!(delay, Duration::from_millis(expected), "{value}");
    }
}

#[test]
fn what_is_kept_comes_back_the_same() {
    let text = b"User-agent: *\nDisallow: /a*b$\nAllow: /%C3%A4\nCrawl-delay: 2\n";
    for robots in [Robots::parse(text, NOW), Robots::failing(503, None, NOW)] {
        let stored = serde_json::to_string(&robots).unwrap();
        assert_eq!(serde_json::from_str::<Robots>(&stored).unwrap(), robots);
    }
}

#[tokio::test]
async fn what_must_be_asked_for_next_is_forgotten_first() {
    let memory = RobotsInMemory::default();
    memory.put("old", Robots::missing(NOW)).await;
    for number in 1..=REMEMBERED {
        let later = NOW + Duration::from_secs(1);
        memory
            .put(&number.to_string(), Robots::missing(later))
            .await;
    }
    assert!(memory.get("old").await.is_none());
    assert!(memory.get("1").await.is_some());
    assert_eq!(memory.0.lock().unwrap().len(), REMEMBERED);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(text: Vec<u8>) {
        let _ = Robots::parse(&text, NOW).check(&Url::parse("http://foo.bar/").unwrap());
    }

    #[test]
    fn any_lines_are_read(lines in "((User-agent|Allow|Disallow|Crawl-delay)? ?:? ?(/|\\*|\\$|a|é|#|%2|\r)*\n){0,20}", path in "[/a*$é%]{0,20}") {
        let url = Url::parse(&format!("http://foo.bar/{path}")).unwrap();
        let _ = Robots::parse(lines.as_bytes(), NOW).check(&url);
    }
}
