//! Targets that fail: what was written is kept, tried again, and told.

use std::time::Duration;

use domain::Email;
use domain::clock::SignedDuration;
use site_target::Error;

use super::place::Then;
use super::{Stage, job};

fn refused() -> Error {
    Error::Refused {
        code: "branch_protected",
        message: "The branch main takes no commits from this app.".to_owned(),
    }
}

fn unavailable() -> Error {
    Error::Unavailable("no route".into())
}

#[tokio::test]
async fn what_is_refused_is_kept_reported_mailed_and_tried_again() {
    let stage = Stage::start().await;
    stage
        .set_up(|setup| setup.notify = Email::parse("author@example.com").ok())
        .await;
    stage.put("a.md", "# One\n").await;
    stage
        .place
        .at_commit(&Stage::tenant(), Then::Fails(refused()));
    let row = stage.publish().await;
    let trouble = row.status.trouble.expect("it is told");
    assert_eq!(
        (trouble.code.as_str(), trouble.attempts),
        ("branch_protected", 1)
    );
    assert_eq!(row.due_at, Some(trouble.retry_at));
    assert!(stage.page("a/index.html").await.is_none());
    let mails = stage.mails();
    assert_eq!(mails.len(), 1);
    let words = mails[0]["params"].to_string();
    assert!(words.contains("takes no commits"), "{words}");

    // The same again is not mailed again, and then it heals.
    stage
        .place
        .at_commit(&Stage::tenant(), Then::Fails(refused()));
    let again = stage.publish().await.status.trouble.expect("it is told");
    assert_eq!((again.attempts, again.since), (2, trouble.since));
    assert!(again.retry_at.duration_since(again.since) > SignedDuration::from_mins(2));
    assert_eq!(stage.mails().len(), 1);
    let healed = stage.publish().await;
    assert_eq!((healed.status.trouble, healed.due_at), (None, None));
    assert!(stage.page("a/index.html").await.is_some());
    let mails = stage.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["to"], "author@example.com");
    let summary = mails[0]["params"]["summary"].as_str().expect("a summary");
    assert!(summary.starts_with("Publish a.md"), "{summary}");
    stage.world.stop().await;
}

#[tokio::test]
async fn a_file_that_is_left_out_is_mailed_once_though_nothing_is_committed() {
    let stage = Stage::start().await;
    stage
        .set_up(|setup| setup.notify = Email::parse("author@example.com").ok())
        .await;
    stage.put("a.md", "# One\n").await;
    stage.publish().await;
    assert_eq!(stage.mails().len(), 1);
    stage.put("b.md", "---\ntitle: [\n---\n# Two\n").await;
    for _ in 0..2 {
        let row = stage.publish().await;
        assert_eq!(row.status.reports.len(), 1);
    }
    let mails = stage.mails();
    assert_eq!(mails.len(), 2);
    let problems = mails[0]["params"]["problems"].as_str().expect("problems");
    assert!(problems.starts_with("b.md:"), "{problems}");
    stage.world.stop().await;
}

#[tokio::test]
async fn the_end_of_a_trouble_is_mailed_though_a_file_is_left_out_as_before() {
    let stage = Stage::start().await;
    stage
        .set_up(|setup| setup.notify = Email::parse("author@example.com").ok())
        .await;
    stage.put("a.md", "# One\n").await;
    stage.put("b.html", "<p>Two</p>").await;
    stage.publish().await;
    stage.put("a.md", "# Two\n").await;
    stage.place.at_commit(
        &Stage::tenant(),
        Then::Fails(Error::Refused {
            code: "token_refused",
            message: "The token is refused.".to_owned(),
        }),
    );
    stage.publish().await;
    assert_eq!(stage.mails().len(), 2);
    stage.put("a.md", "# One\n").await;
    stage.publish().await;
    let mails = stage.mails();
    assert_eq!(mails.len(), 3);
    let summary = mails[0]["params"]["summary"].as_str().expect("a summary");
    assert!(
        summary.starts_with("The site is as its folder says"),
        "{summary}"
    );
    stage.world.stop().await;
}

#[tokio::test]
async fn what_asks_to_be_left_alone_is_left_alone() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n").await;
    let retry_after = Duration::from_mins(20);
    stage.place.at_commit(
        &Stage::tenant(),
        Then::Fails(Error::Limited { retry_after }),
    );
    let limited = stage.publish().await;
    let retry_at = limited.status.trouble.expect("it is told").retry_at;
    assert_eq!(retry_at, stage.now() + SignedDuration::from_mins(20));

    stage.put("b.md", "# Two\n").await;
    let left = stage.publish().await;
    assert_eq!(left.due_at, Some(retry_at));
    assert!(left.status.checked_at > limited.status.checked_at);
    assert!(stage.place.commits().is_empty());
    stage.world.clock.advance_seconds(20 * 60);
    assert_eq!(stage.publish().await.status.trouble, None);
    assert_eq!(stage.place.commits().len(), 1);
    stage.world.stop().await;
}

#[tokio::test]
async fn what_is_unfinished_goes_on_at_once() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n").await;
    stage
        .place
        .at_commit(&Stage::tenant(), Then::Fails(Error::Unfinished));
    let row = stage.publish().await;
    assert_eq!(row.due_at, Some(stage.now()));
    assert_eq!(row.status.trouble.expect("it is told").code, "unfinished");
    assert_eq!(stage.publish().await.status.trouble, None);
    stage.world.stop().await;
}

#[tokio::test]
async fn one_that_panics_keeps_no_other_from_being_published() {
    let stage = Stage::start().await;
    let (bad, good) = (stage.other("bad").await, stage.other("good").await);
    for tenant in [&bad, &good] {
        stage.put_of(tenant, "a.md", "# One\n").await;
    }
    stage.place.at_commit(&bad, Then::Panics);
    let failed = stage.deliver(&[job(&bad), job(&good)]).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!(stage.site(&good).await.contains_key("a/index.html"));
    let row = stage.row(&bad).await;
    assert_eq!(
        row.status.trouble.expect("it is told").code,
        "internal_error"
    );
    assert!(row.due_at.is_some());
    stage.world.stop().await;
}

#[tokio::test]
async fn one_that_hangs_keeps_no_other_from_being_published() {
    let stage = Stage::start().await;
    let (bad, good) = (stage.other("bad").await, stage.other("good").await);
    for tenant in [&bad, &good] {
        stage.put_of(tenant, "a.md", "# One\n").await;
    }
    let other = good.clone();
    let sites: repository::Sites = stage.world.get();
    let forever = async move {
        while sites
            .get(&other)
            .await
            .expect("an answer")
            .status
            .checked_at
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The time that a batch has is over, and nothing else is under way that would notice.
        tokio::time::pause();
        tokio::time::advance(Duration::from_mins(2)).await;
        tokio::time::resume();
        std::future::pending::<()>().await;
    };
    stage.place.at_commit(&bad, Then::After(Box::pin(forever)));
    let failed = stage.deliver(&[job(&bad), job(&good)]).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!(stage.site(&good).await.contains_key("a/index.html"));
    let row = stage.row(&bad).await;
    assert_eq!(row.status.trouble.expect("it is told").code, "too_slow");
    stage.world.stop().await;
}

#[tokio::test]
async fn one_that_does_not_answer_is_told_when_it_lasts() {
    let stage = Stage::start().await;
    stage
        .set_up(|setup| setup.notify = Email::parse("author@example.com").ok())
        .await;
    stage.put("a.md", "# One\n").await;
    for attempt in 1..=3 {
        stage
            .place
            .at_commit(&Stage::tenant(), Then::Fails(unavailable()));
        let trouble = stage.publish().await.status.trouble.expect("it is told");
        assert_eq!(trouble.attempts, attempt);
        assert_eq!(stage.mails().len(), usize::from(attempt == 3), "{attempt}");
    }
    stage.world.stop().await;
}

#[tokio::test]
async fn a_message_whose_outcome_can_not_be_written_comes_again() {
    let stage = Stage::start().await;
    stage.put("a.md", "# One\n").await;
    let nowhere = stage.world.without("DYNAMODB").deps();
    assert_eq!(
        super::deliver(&nowhere, &[job(&Stage::tenant())]).await,
        ["0"]
    );
    let nowhere = stage.world.without("S3").deps();
    assert_eq!(
        super::deliver(&nowhere, &[job(&Stage::tenant())]).await,
        ["0"]
    );
    assert_eq!(stage.status().await.trouble, None);
    stage.world.stop().await;
}

#[tokio::test]
async fn what_was_published_is_mailed_with_its_commit_and_problems() {
    let stage = Stage::start().await;
    stage
        .set_up(|setup| setup.notify = Email::parse("author@example.com").ok())
        .await;
    stage.put("a.md", "# One\n\n[gone](gone.md)\n").await;
    let status = stage.publish().await.status;
    let mails = stage.mails();
    assert_eq!(mails.len(), 1);
    let params = &mails[0]["params"];
    let commit = status.published.expect("it is published").commit;
    assert_eq!(params["commit"], commit.as_str());
    assert!(
        params["problems"]
            .as_str()
            .expect("problems")
            .starts_with("a.md:3: "),
        "{params}"
    );
    // Somebody who saves often is not mailed each time.
    stage.put("a.md", "# Other\n").await;
    stage.publish().await;
    assert_eq!(stage.mails().len(), 1);
    stage.world.stop().await;
}
