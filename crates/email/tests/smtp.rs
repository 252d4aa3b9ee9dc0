//! Sending to a mail server that is a few lines long.

use domain::{Email, TenantId};
use email::{Mailer, NotSent, Outgoing, Smtp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Answers one connection: `answer` says what to each command, `None` hangs up. Returns the port, and everything that the
/// client said.
async fn server(
    answer: fn(&str) -> Option<&'static str>,
) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let (reading, mut writing) = socket.into_split();
        let mut lines = BufReader::new(reading).lines();
        writing.write_all(b"220 here\r\n").await.unwrap();
        let (mut said, mut in_data) = (Vec::new(), false);
        while let Ok(Some(line)) = lines.next_line().await {
            said.push(line.clone());
            let command = if in_data && line != "." {
                continue;
            } else {
                line
            };
            in_data = command == "DATA";
            let Some(answer) = answer(&command) else {
                break;
            };
            if writing
                .write_all(format!("{answer}\r\n").as_bytes())
                .await
                .is_err()
            {
                break;
            }
            if !answer.starts_with('3') {
                in_data = false;
            }
        }
        said
    });
    (port, task)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all answers")]
fn accepts(command: &str) -> Option<&'static str> {
    Some(match command.split(' ').next().unwrap_or_default() {
        "EHLO" => "250-here\r\n250 AUTH PLAIN",
        "AUTH" => "235 yes",
        "DATA" => "354 go on",
        "." => "250 queued as 17",
        "QUIT" => "221 bye",
        _ => "250 ok",
    })
}

async fn send(port: u16) -> Result<String, NotSent> {
    let smtp = Smtp::from_url(&format!("smtp://us%40er:p%3Ass@127.0.0.1:{port}")).unwrap();
    let mail = Outgoing {
        email_id: Uuid::from_u128(7),
        tenant: TenantId::new("acme", "shop").unwrap(),
        from: Email::parse("a@acme.example").unwrap(),
        to: Email::parse("b@example.com").unwrap(),
        raw: b"Subject: Hi\r\n\r\n.dotted\r\n".to_vec(),
    };
    Mailer::Smtp(smtp).send(&mail).await
}

#[tokio::test]
async fn a_mail_goes_over_as_it_is() {
    let (port, said) = server(accepts).await;
    assert_eq!(send(port).await.as_deref(), Ok("queued as 17"));
    let said = said.await.unwrap();
    // user and password of the URL, decoded: RFC 4616
    assert!(
        said.contains(&"AUTH PLAIN AHVzQGVyAHA6c3M=".to_owned()),
        "{said:?}"
    );
    let from = said
        .iter()
        .position(|line| line.starts_with("MAIL FROM:<a@acme.example>"));
    let data = said.iter().position(|line| line == "DATA").unwrap();
    assert!(from.is_some_and(|from| from < data));
    assert!(said.contains(&"RCPT TO:<b@example.com>".to_owned()));
    assert_eq!(said[data + 1..data + 4], ["Subject: Hi", "", "..dotted"]);
}

#[tokio::test]
async fn what_the_server_says_decides() {
    let later: fn(&str) -> Option<&'static str> = |command| match command {
        "." => Some("451 too busy"),
        other => accepts(other),
    };
    let (port, _said) = server(later).await;
    assert!(matches!(send(port).await, Err(NotSent::Later(reason)) if reason.contains("busy")));
    let (port, _said) = server(|command| match command {
        c if c.starts_with("RCPT") => Some("550 no such user"),
        other => accepts(other),
    })
    .await;
    assert!(
        matches!(send(port).await, Err(NotSent::Refused(reason)) if reason.contains("no such user"))
    );
    let (port, _said) = server(|command| match command {
        c if c.starts_with("AUTH") => Some("535 wrong password"),
        other => accepts(other),
    })
    .await;
    assert!(matches!(send(port).await, Err(NotSent::Later(_))));
    let (port, _said) = server(|command| match command {
        "." => None,
        other => accepts(other),
    })
    .await;
    assert!(matches!(send(port).await, Err(NotSent::Unanswered(_))));
}

#[tokio::test]
async fn where_no_server_is_the_mail_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert!(matches!(send(port).await, Err(NotSent::Later(_))));
}

#[test]
fn nothing_goes_unencrypted_to_another_machine() {
    for url in [
        "smtp://mail.example.com",
        "smtp://mail.example.com:587?tls=required",
        "smtps://u:p@mail.example.com",
        "smtp://localhost:1025",
        "smtp://[::1]:1025",
    ] {
        assert!(Smtp::from_url(url).is_ok(), "{url}");
    }
    for url in [
        "smtp://mail.example.com?tls=opportunistic",
        "smtp://mail.example.com?tls=none",
        "smtp://mail.example.com?tls=required&tls=opportunistic",
        "http://localhost",
        "smtp:",
        "mail.example.com:25",
    ] {
        assert!(Smtp::from_url(url).is_err(), "{url} was taken");
    }
}

#[test]
fn the_password_is_not_printed() {
    let smtp = Smtp::from_url("smtp://user:s3cret@localhost").unwrap();
    assert!(!format!("{smtp:?}").contains("s3cret"));
    let wrong = Smtp::from_url("http://user:s3cret@localhost").unwrap_err();
    assert!(!format!("{wrong} {wrong:?}").contains("s3cret"));
}
