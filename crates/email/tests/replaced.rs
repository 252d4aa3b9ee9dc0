//! Templates that a tenant has written.

use domain::mail::{Template, TemplateSource};
use email::{Renderer, builtin, check};

use crate::fixtures::{bare, params, way_out};

/// The platform's notification with `inner` in place of its body.
fn notification(inner: &str) -> TemplateSource {
    let mjml = format!(
        "<mjml><mj-body><mj-section><mj-column>\n<mj-text>{inner} {{{{ unsubscribe_url }}}}</mj-text></mj-column></mj-section></mj-body></mjml>"
    );
    TemplateSource {
        mjml,
        ..builtin(Template::Notification)
    }
}

/// What is said of the MJML.
#[track_caller]
fn refusal(source: &TemplateSource) -> String {
    let refused = check(Template::Notification, source).expect_err(&source.mjml);
    let [(field, error)] = &*refused else {
        panic!("one part should be refused: {refused:?}");
    };
    assert_eq!(*field, "mjml");
    error.message.clone()
}

#[test]
fn a_source_that_can_not_be_read_is_refused_with_its_line() {
    for (inner, reason) in [
        (
            "{{ nmae }}",
            "line 2: there is no `nmae`; there are name title",
        ),
        ("<p>\n{{ title }</p>", "line 3: unexpected `}`"),
        ("{{ title + }}", "line 2: unexpected"),
        ("{% if title %}", "unexpected end of input"),
        ("{% set a = title %}", "line 2: there is no such statement"),
        ("{% include 'x' %}", "line 2: there is no such statement"),
        (
            "{% raw %}{% endraw %}",
            "line 2: there is no such statement",
        ),
        (
            "{% autoescape false %}",
            "line 2: there is no such statement",
        ),
        (
            "{% macro a() %}{% endmacro %}",
            "line 2: there is no such statement",
        ),
        ("{# x #}", "line 2: {#"),
        (
            "{{ title|safe }}",
            "line 2: the filters are lower, trim, upper",
        ),
        (
            "{{ title ~ title }}",
            "line 2: this expression is not allowed",
        ),
        (
            "{{ title * 1000 }}",
            "line 2: this expression is not allowed",
        ),
        ("{{ [title] }}", "line 2: this list"),
        ("{{ range(9) }}", "line 2: this call"),
        ("{{ title.x }}", "line 2: this expression"),
        (
            "{{ body|lines }}",
            "line 2: the filters are lower, trim, upper",
        ),
        ("{{ 'x'|upper }}", "line 2: a filter must follow a name"),
        ("{% if title in body %}{% endif %}", "line 2: this"),
        (
            "{% for c in title %}{% endfor %}",
            "line 2: a loop must be written",
        ),
        ("{{ \"}}\" and title }}", "line 2: a placeholder has quotes"),
        ("<mj-include path=\"x\" />", "line 2: mj-include"),
        ("<b>", "line 2: <b> must be closed"),
        (
            "</mj-text><mj-nothing></mj-nothing><mj-text>",
            "line 2: this element is not allowed",
        ),
        ("<p onclick=\"x\">a</p>", "line 2: this attribute"),
    ] {
        let message = refusal(&notification(inner));
        assert!(message.contains(reason), "{inner}: {message}");
    }
}

#[test]
fn what_mjml_does_not_allow_is_refused_with_its_line() {
    for (mjml, reason) in [
        (
            "<mjml>\n<mj-head><mj-button /></mj-head></mjml>",
            "line 2: this element can't stand here",
        ),
        ("<mj-body></mj-body>", "line 1: this can't stand here"),
        (
            "<mjml><mj-head>\n<mj-style inline=\"inline\">a{}</mj-style></mj-head></mjml>",
            "line 2: mj-style can't be inline",
        ),
    ] {
        let source = TemplateSource {
            mjml: mjml.to_owned(),
            ..builtin(Template::Notification)
        };
        let message = refusal(&source);
        assert!(message.contains(reason), "{mjml}: {message}");
    }
}

#[test]
fn what_is_allowed_is_taken() {
    for inner in [
        "{% for line in body|lines %}{{ loop.index }} {{ line|upper|trim }}{% if not loop.last %}<br />{% endif %}{% endfor %}",
        "{% if name and title != 'x' %}<b>{{ name }}</b>{% elif link %}<a href=\"{{ link }}\">x</a>{% else %}-{% endif %}",
        "<table><tr><td style=\"color:{{ brand_color }}\">{{ site_name }}</td></tr></table>",
    ] {
        assert_eq!(
            check(Template::Notification, &notification(inner)),
            Ok(()),
            "{inner}"
        );
    }
}

#[test]
fn all_bad_parts_are_told_at_once() {
    let source = TemplateSource {
        subject: "{{ x }}".to_owned(),
        preheader: "a\nb".to_owned(),
        mjml: "<p>".to_owned(),
        text: "x".repeat(32 * 1024 + 1),
    };
    let refused = check(Template::Notification, &source).unwrap_err();
    let refused: Vec<_> = refused
        .iter()
        .map(|(field, error)| (*field, error.code))
        .collect();
    assert_eq!(
        refused,
        [
            ("subject", "invalid"),
            ("preheader", "invalid"),
            ("mjml", "invalid"),
            ("text", "too_long")
        ]
    );
}

#[test]
fn a_mail_without_what_it_is_for_is_refused() {
    for (template, name) in [
        (Template::Welcome, "link"),
        (Template::PasswordReset, "link"),
        (Template::Notification, "unsubscribe_url"),
    ] {
        let source = TemplateSource {
            mjml: "<mjml><mj-body><mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section></mj-body></mjml>".to_owned(),
            text: "Hi {% if name %}{{ link }}{{ unsubscribe_url }}{% endif %}".to_owned(),
            ..builtin(template)
        };
        let refused = check(template, &source).unwrap_err();
        let fields: Vec<_> = refused
            .iter()
            .map(|(field, error)| (*field, error.code))
            .collect();
        assert_eq!(
            fields,
            [("mjml", "required"), ("text", "required")],
            "{template:?}"
        );
        assert!(refused[0].1.message.contains(name));
    }
}

#[test]
fn no_source_can_use_up_the_stack() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("{}{}", open.repeat(times), close.repeat(times))
    };
    for inner in [
        nested("<b>", "</b>", 4_000),
        "<b>".repeat(10_000),
        nested("<div><br></br>", "</div>", 1_400),
        nested("<mj-raw>", "</mj-raw>", 1_700),
        nested("{% if title %}", "{% endif %}", 1_200),
        format!(
            "{{% if title %}}{}{{% endif %}}",
            "{% elif title %}".repeat(1_800)
        ),
        format!("{{{{ {}title }}}}", "not ".repeat(7_000)),
        format!("{{{{ {} }}}}", "(".repeat(30_000)),
        format!("{{{{ title{} }}}}", " and title".repeat(3_000)),
        format!("{{{{ title{} }}}}", "|trim".repeat(6_000)),
        format!("{{{{ {}title }}}}", "-".repeat(290)),
    ] {
        let source = notification(&inner);
        assert!(
            check(Template::Notification, &source).is_err(),
            "{}",
            &inner[..40]
        );
        let text = TemplateSource {
            text: inner.clone(),
            ..builtin(Template::Notification)
        };
        assert!(
            check(Template::Notification, &text).is_err(),
            "{}",
            &inner[..40]
        );
    }
}

#[test]
fn work_and_output_are_bounded() {
    // Behind a condition that no sample meets, work for each line of a parameter must not be found by trying.
    for (inner, reason) in [
        (
            "{% for b in body|lines %}{% endfor %}",
            "a loop can't be in a loop",
        ),
        ("{% if body|lines %}{% endif %}", "the filters are"),
        ("{{ body|upper }}", "only its line can have a filter"),
    ] {
        let inner = format!(
            "{{% if title == 'zz' %}}{{% for a in body|lines %}}{inner}{{% endfor %}}{{% endif %}}"
        );
        let told = refusal(&notification(&inner));
        assert!(told.contains(reason), "{inner}: {told}");
    }
    let line = "{% for a in body|lines %}{{ a|upper }}{% endfor %}";
    assert_eq!(check(Template::Notification, &notification(line)), Ok(()));
    let long = "{{ body }}".repeat(8);
    assert!(refusal(&notification(&long)).contains("gives more than 262144 bytes"));
    let sections =
        "</mj-text></mj-column></mj-section><mj-section><mj-column><mj-text>".repeat(400);
    assert!(refusal(&notification(&sections)).contains("gives more than 262144 bytes"));
}

#[test]
fn a_tenants_own_template_is_used_and_its_change_is_seen() {
    let renderer = Renderer::default();
    let template = Template::Notification;
    let params = params(template, [("title", "T"), ("body", "B")]);
    for (subject, expected) in [
        ("A {{ title }}", "A T"),
        ("B {{ title }}", "B T"),
        ("{{ name }}", "Acme"),
    ] {
        let source = TemplateSource {
            subject: subject.to_owned(),
            ..builtin(template)
        };
        let mail = renderer.render(&bare(), Some(&source), template, &params, Some(&way_out()));
        assert_eq!(mail.unwrap().subject, expected);
    }
    let mail = renderer.render(&bare(), None, template, &params, Some(&way_out()));
    assert_eq!(mail.unwrap().subject, "T");
}

#[test]
fn many_templates_of_tenants_are_kept_and_dropped() {
    let renderer = Renderer::default();
    let template = Template::AccountDeleted;
    let params = params(template, []);
    for round in 0..2 {
        for number in 0..40 {
            let mut tenant = bare();
            tenant.tenant_id = domain::TenantId::new("acme", &number.to_string()).unwrap();
            let source = TemplateSource {
                subject: format!("Bye {number}"),
                ..builtin(template)
            };
            let mail = renderer.render(&tenant, Some(&source), template, &params, None);
            assert_eq!(
                mail.unwrap().subject,
                format!("Bye {number}"),
                "round {round}"
            );
        }
    }
}

#[test]
fn a_source_that_was_never_checked_is_an_error() {
    let source = notification("{{ nmae }}");
    let template = Template::Notification;
    let params = params(template, [("title", "s3cret"), ("body", "s3cret")]);
    let error = Renderer::default()
        .render(&bare(), Some(&source), template, &params, Some(&way_out()))
        .unwrap_err();
    let words = error.to_string();
    let start = "the mjml of template notification: line 2: there is no `nmae`";
    assert!(
        words.starts_with(start) && !words.contains("s3cret"),
        "{words}"
    );
}

#[test]
fn a_tenants_own_report_carries_the_chart_only_where_it_shows_it() {
    let template = Template::ScrapeReport;
    let source = |inner: &str| TemplateSource {
        subject: "{{ chart_summary }}".to_owned(),
        mjml: format!(
            "<mjml><mj-body><mj-section><mj-column>{inner}<mj-text>{{{{ unsubscribe_url }}}}</mj-text></mj-column></mj-section></mj-body></mjml>"
        ),
        ..builtin(template)
    };
    let render = |inner: &str| {
        let source = source(inner);
        assert_eq!(check(template, &source), Ok(()));
        let params = email::sample::params(template, false);
        Renderer::default()
            .render(&bare(), Some(&source), template, &params, Some(&way_out()))
            .unwrap()
    };
    let shown = render("<mj-image src=\"{{ chart }}\" alt=\"{{ chart_title }}\" />");
    assert!(shown.chart.is_some_and(|svg| svg.starts_with("<svg")));
    assert!(
        shown
            .subject
            .starts_with("Price in EUR: 14.9 on 2026-05-01,"),
        "{}",
        shown.subject
    );
    let inside = render("<mj-text><img src='{{ chart }}' alt='' /></mj-text>");
    assert!(inside.chart.is_some());
    let hidden = render("<mj-text>{{ chart_summary }}</mj-text>");
    assert_eq!(hidden.chart, None);
}
