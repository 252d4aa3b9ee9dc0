//! What goes wrong at GitHub, one thing each: nothing is half committed, and the error says what to do.

use super::*;

/// A site that is there, and one with a change.
async fn place() -> AtGithub {
    let place = AtGithub::new(Some("docs")).await;
    published(&place, &small()).await;
    place
}

fn changed() -> Site {
    site(&[("index.html", "<p>2"), ("new.html", "<p>new")])
}

/// A change that can't be a mutation.
fn folded() -> Site {
    site(&[("index.html", "<p>Hello"), ("a", "a file now")])
}

/// What becomes of publishing, where the branch stays as it was.
async fn refusal(place: &AtGithub, site: &Site) -> Error {
    let before = place.commit();
    let target = place.open().await.unwrap();
    let error = publish(&target, site).await.unwrap_err();
    assert_eq!(place.commit(), before);
    error
}

/// And afterwards, when it is well again, all is published.
async fn recovers(place: &AtGithub, site: &Site) {
    let target = place.open().await.unwrap();
    publish(&target, site).await.unwrap();
    let branch = place.branch();
    for (path, bytes) in site {
        assert_eq!(branch.get(&format!("docs/{path}")), Some(bytes));
    }
}

fn code(error: &Error) -> &str {
    match error {
        Error::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken() {
    let place = place().await;
    place.stand_in.world().revoke(TOKEN);
    assert_eq!(code(&refusal(&place, &changed()).await), "token_refused");
    place.stand_in.world().let_in(TOKEN, None);
    recovers(&place, &changed()).await;
}

#[tokio::test]
async fn a_token_that_was_replaced_is_read_again_at_once() {
    let place = place().await;
    let github = place.github();
    let target = place.open_by(&github).await.unwrap();
    target.head().await.unwrap();
    place.stand_in.world().revoke(TOKEN);
    place.stand_in.world().let_in("github_pat_new", None);
    assert_eq!(code(&target.head().await.unwrap_err()), "token_refused");
    place.secret.set(&Secret::token("github_pat_new"));
    publish(&target, &changed()).await.unwrap();
}

#[tokio::test]
async fn a_repository_that_the_token_may_not_see() {
    let place = place().await;
    place
        .stand_in
        .world()
        .let_in(TOKEN, Some(vec!["acme/other".into()]));
    assert_eq!(
        code(&refusal(&place, &changed()).await),
        "repository_missing"
    );
}

#[tokio::test]
async fn a_repository_that_another_tenant_has() {
    let place = place().await;
    let github = place.github();
    let other = TenantId::parse("acme#shop").unwrap();
    let repository = Repository::parse(REPOSITORY).unwrap();
    let branch = Branch::parse("main").unwrap();
    let refused = github
        .open(&other, &repository, &branch, None, Duration::from_mins(1))
        .await;
    assert_eq!(code(&refused.unwrap_err()), "credential_missing");
}

#[tokio::test]
async fn no_credentials_or_unreadable_ones() {
    let place = place().await;
    *place.secret.0.lock().unwrap() = None;
    assert_eq!(code(&place.open().await.unwrap_err()), "credential_missing");
    place.secret.set(&Secret::new("{"));
    assert_eq!(
        code(&place.open().await.unwrap_err()),
        "credential_unreadable"
    );
}

#[tokio::test]
async fn a_token_that_may_only_read() {
    let place = place().await;
    let message = "Resource not accessible by personal access token".to_owned();
    place.fail(
        "createCommitOnBranch",
        What::Graphql {
            kind: "FORBIDDEN".into(),
            message: message.clone(),
        },
    );
    assert_eq!(code(&refusal(&place, &changed()).await), "token_refused");
    place.answer("POST /repos/acme/site/git/trees", 403, &message, &[]);
    assert_eq!(code(&refusal(&place, &folded()).await), "token_refused");
    recovers(&place, &changed()).await;
}

#[tokio::test]
async fn a_protected_branch() {
    let place = place().await;
    for (kind, message) in [
        (
            "BRANCH_PROTECTION_RULE_VIOLATION",
            "At least 1 approving review is required",
        ),
        (
            "UNPROCESSABLE",
            "Repository rule violations found\n\nChanges must be made through a pull request.",
        ),
        (
            "FORBIDDEN",
            "Protected branch update failed for refs/heads/main.",
        ),
    ] {
        let (kind, message) = (kind.into(), message.into());
        place.fail("createCommitOnBranch", What::Graphql { kind, message });
        assert_eq!(code(&refusal(&place, &changed()).await), "branch_protected");
    }
    for (status, message) in [
        (
            422,
            "Repository rule violations found\n\nChanges must be made through a pull request.",
        ),
        (403, "Protected branch update failed for refs/heads/main."),
    ] {
        place.answer("PATCH", status, message, &[]);
        assert_eq!(code(&refusal(&place, &folded()).await), "branch_protected");
    }
    recovers(&place, &folded()).await;
}

#[tokio::test]
async fn a_branch_that_moves_in_between() {
    let place = place().await;
    for (on, site) in [
        ("createCommitOnBranch", changed()),
        ("PATCH", folded()),
        ("GET /repos/acme/site/git/ref/", folded()),
    ] {
        let push = What::Push {
            repository: REPOSITORY.into(),
            branch: "main".into(),
            path: format!("pushed at {}", on.len()),
        };
        place.fail(on, push);
        let target = place.open().await.unwrap();
        let refused = publish(&target, &site).await;
        assert!(matches!(refused, Err(Error::Moved)), "{on}: {refused:?}");
        recovers(&place, &site).await;
        // The other's commit is kept.
        assert!(
            place
                .branch()
                .contains_key(&format!("pushed at {}", on.len()))
        );
        recovers(&place, &small()).await;
    }
}

#[tokio::test]
async fn limits_say_how_long_to_wait() {
    let place = place().await;
    let wait = |error: Error| match error {
        Error::Limited { retry_after } => retry_after.as_secs(),
        other => panic!("{other:?}"),
    };
    // The clock of these tests stands at 1,800,000,000.
    for (status, message, headers, seconds) in [
        (429, "too many", &[("retry-after", "7")][..], 7),
        (
            403,
            "You have exceeded a secondary rate limit.",
            &[("retry-after", "30")],
            30,
        ),
        (403, "You have exceeded a secondary rate limit.", &[], 60),
        (
            403,
            "API rate limit exceeded",
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1800000099"),
            ],
            100,
        ),
        (
            403,
            "API rate limit exceeded",
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1900000000"),
            ],
            3600,
        ),
        (429, "too many", &[("retry-after", "999999999999")], 3600),
        (429, "too many", &[("retry-after", "-5")], 1),
    ] {
        for (on, site) in [
            ("POST /graphql", changed()),
            ("createCommitOnBranch", changed()),
            ("/git/trees/", changed()),
            ("/git/commits", folded()),
        ] {
            place.answer(on, status, message, headers);
            assert_eq!(
                wait(refusal(&place, &site).await),
                seconds,
                "{on} {message}"
            );
        }
    }
    let message = "API rate limit exceeded".to_owned();
    place.fail(
        "POST /graphql",
        What::Graphql {
            kind: "RATE_LIMITED".into(),
            message,
        },
    );
    assert_eq!(wait(refusal(&place, &changed()).await), 60);
    recovers(&place, &changed()).await;
}

#[tokio::test]
async fn an_outage_is_no_refusal() {
    let place = place().await;
    for (on, site) in [
        ("POST /graphql", changed()),
        ("/git/trees/", changed()),
        ("createCommitOnBranch", changed()),
        ("PATCH", folded()),
    ] {
        for status in [500, 502, 503] {
            place.answer(on, status, "<html>Unicorn!</html>", &[]);
            let error = refusal(&place, &site).await;
            assert!(matches!(error, Error::Unavailable(_)), "{on}: {error:?}");
        }
    }
    let message = "Something went wrong while executing your query.".to_owned();
    place.fail(
        "createCommitOnBranch",
        What::Graphql {
            kind: String::new(),
            message,
        },
    );
    assert!(matches!(
        refusal(&place, &changed()).await,
        Error::Unavailable(_)
    ));
    recovers(&place, &folded()).await;
}

#[tokio::test]
async fn no_answer_is_waited_for_only_so_long() {
    let place = place().await;
    for on in ["POST /graphql", "createCommitOnBranch"] {
        place.fail(on, What::Hang);
        let github = place.github_within(Duration::from_millis(200));
        let target = place.open_by(&github).await.unwrap();
        let error = publish(&target, &changed()).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
    recovers(&place, &changed()).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_commit_is_found_by_the_next_attempt() {
    let place = place().await;
    for (on, site) in [("createCommitOnBranch", changed()), ("PATCH", folded())] {
        recovers(&place, &small()).await;
        let before = place.commit();
        place.fail(on, What::Lose);
        let target = place.open().await.unwrap();
        let error = publish(&target, &site).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert_ne!(place.commit(), before);
        let again = place.open().await.unwrap();
        assert_eq!(publish(&again, &site).await.unwrap().0, None);
    }
}

#[tokio::test]
async fn a_repository_that_is_archived_or_has_moved() {
    let place = place().await;
    place
        .stand_in
        .world()
        .named_mut(REPOSITORY)
        .unwrap()
        .archived = true;
    assert_eq!(
        code(&refusal(&place, &changed()).await),
        "repository_archived"
    );
    place
        .stand_in
        .world()
        .named_mut(REPOSITORY)
        .unwrap()
        .archived = false;
    // Nothing is sent elsewhere, least of all the token.
    place.answer(
        "/git/trees/",
        301,
        "Moved Permanently",
        &[("location", "http://127.0.0.1:1/repositories/1")],
    );
    assert_eq!(code(&refusal(&place, &changed()).await), "repository_moved");
}

#[tokio::test]
async fn an_empty_repository_that_takes_no_first_commit_says_what_to_do() {
    let place = AtGithub::empty(None).await;
    place.answer("PUT", 409, "Git Repository is empty.", &[]);
    let error = refusal(&place, &small()).await;
    assert_eq!(code(&error), "repository_empty");
    assert!(error.to_string().contains("README"), "{error}");
}

#[tokio::test]
async fn what_it_refuses_without_a_known_reason_is_passed_on() {
    let place = place().await;
    place.answer("/git/commits", 422, "Something new", &[]);
    let error = refusal(&place, &folded()).await;
    assert_eq!(code(&error), "refused");
    assert!(error.to_string().contains("Something new"), "{error}");
    let message = "A new kind of no".to_owned();
    place.fail(
        "createCommitOnBranch",
        What::Graphql {
            kind: "NEW".into(),
            message,
        },
    );
    let error = refusal(&place, &changed()).await;
    assert!(error.to_string().contains("A new kind of no"), "{error}");
}

#[tokio::test]
async fn a_secret_is_in_no_error() {
    let place = place().await;
    for on in ["POST /graphql", "createCommitOnBranch"] {
        for status in [401, 403, 404, 500] {
            place.answer(on, status, "no", &[]);
            place.answer(on, status, "no", &[]);
            let error = refusal(&place, &changed()).await;
            assert!(!format!("{error:?} {error}").contains(TOKEN), "{error:?}");
            place.stand_in.world().faults.clear();
        }
    }
    let github = place.github();
    assert!(!format!("{github:?} {:?}", place.open().await.unwrap()).contains(TOKEN));
}

/// Each of two sites in one folder would take the other's files for files of its own that are gone.
#[tokio::test]
async fn a_folder_to_which_another_site_goes() {
    let place = place().await;
    let list = place.branch()[&format!("docs/{LIST_NAME}")].clone();
    let list = String::from_utf8(list.to_vec()).unwrap();
    assert!(list.contains("acme#blog"), "{list}");
    let of_another = list.replace("acme#blog", "acme#shop");
    place.push(&format!("docs/{LIST_NAME}"), Some(&of_another));
    let error = refusal(&place, &changed()).await;
    assert_eq!(code(&error), "folder_taken");
    place.push(&format!("docs/{LIST_NAME}"), Some(&list));
    recovers(&place, &changed()).await;
}
