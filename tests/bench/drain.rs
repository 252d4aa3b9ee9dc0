//! Draining the queue of mails: the real workers, fed as SQS feeds them, and an SES that counts.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::Path;
use std::time::Instant;

use local::{Options, Platform};
use serde::Serialize;
use serde_json::{Value, json};
use tests::ses::{Mail, Ses};
use tests::{Lambda, Launch};
use uuid::Uuid;

use crate::Failure;
use crate::report::{heading, row};

/// How many messages a worker gets at once, as the template says.
const BATCH: usize = 10;
/// How many workers there are at once, as the template says.
const WORKERS: usize = 2;
/// What is drained: as many mails at as many a second as SES allows.
const RUNS: [(usize, f64); 2] = [(10_000, 1_000_000.0), (2_000, 200.0)];

/// One run.
#[derive(Debug, Serialize)]
pub struct Drain {
    mails: usize,
    rate: f64,
    seconds: f64,
    most_in_a_second: usize,
    lost: usize,
    twice: usize,
    cpu_micros: f64,
    peak_mb: f64,
}

/// Drains the queue once for each of [`RUNS`].
pub async fn measure(binaries: &Path) -> Result<Vec<Drain>, Failure> {
    let mut drains = Vec::new();
    for (mails, rate) in RUNS {
        drains.push(drain(binaries, mails, rate).await?);
    }
    Ok(drains)
}

async fn drain(binaries: &Path, mails: usize, rate: f64) -> Result<Drain, Failure> {
    let options = Options {
        consume: false,
        ..Options::in_memory()
    };
    let platform = Platform::start(options).await?;
    let ses = Ses::start(rate).await?;
    let launch = launch(&platform, &ses, binaries);
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        let mut worker = Lambda::start(&launch).await?;
        worker.ready().await?;
        workers.push(worker);
    }
    let queue = tokio::sync::Mutex::new((0..mails).map(job).collect::<VecDeque<_>>());
    let began = Instant::now();
    let working = workers.iter_mut().map(|worker| work(worker, &queue));
    futures::future::try_join_all(working).await?;
    let seconds = began.elapsed().as_secs_f64();

    let (mut cpu_micros, mut peak_mb) = (0.0, 0.0_f64);
    for worker in &workers {
        cpu_micros += worker.cpu_at_rest().await?.as_secs_f64() * 1e6;
        peak_mb = peak_mb.max(kib_to_mb(worker.peak_memory_kib()?));
    }
    for worker in workers {
        worker.stop().await;
    }
    let sent = ses.mails();
    let different: HashSet<_> = sent.iter().map(|mail| &mail.email_id).collect();
    platform.stop().await;
    Ok(Drain {
        mails,
        rate,
        seconds,
        most_in_a_second: most_in_a_second(&sent),
        lost: mails - different.len(),
        twice: sent.len() - different.len(),
        cpu_micros: cpu_micros / number(mails),
        peak_mb,
    })
}

/// How to start a worker that sends to `ses`.
fn launch(platform: &Platform, ses: &Ses, binaries: &Path) -> Launch {
    let known = platform.surroundings().environment.get("email-worker");
    let mut environment: BTreeMap<_, _> = known.cloned().unwrap_or_default();
    for (name, value) in [
        ("AWS_ENDPOINT_URL_SESV2", ses.url().to_owned()),
        ("MAIL_TRANSPORT", "ses".to_owned()),
        ("MAIL_WORKERS", WORKERS.to_string()),
    ] {
        environment.insert(name.to_owned(), value);
    }
    Launch {
        name: "email-worker".to_owned(),
        binary: binaries.join("email-worker"),
        memory_mb: 256,
        environment,
    }
}

/// The job of the mail of a number, as `POST /emails` queues it.
fn job(index: usize) -> Value {
    json!({
        "email_id": Uuid::new_v5(&Uuid::NAMESPACE_OID, &index.to_be_bytes()),
        "to": format!("user{index}@example.com"), "template": "notification", "tenant": "demo#site", "from_tenant": true,
        "params": {"name": "Ada", "title": "Your order is on its way", "body": "It will be with you tomorrow.",
            "link": "https://shop.example/orders/17", "link_text": "See the order"},
    })
}

/// Has a worker take batches until none is left.
async fn work(
    worker: &mut Lambda,
    queue: &tokio::sync::Mutex<VecDeque<Value>>,
) -> Result<(), Failure> {
    loop {
        let batch: Vec<_> = {
            let mut queue = queue.lock().await;
            let count = queue.len().min(BATCH);
            queue.drain(..count).collect()
        };
        if batch.is_empty() {
            return Ok(());
        }
        let records = batch.iter().enumerate().map(|(number, job)| {
            json!({"messageId": number.to_string(), "body": job.to_string(), "attributes": {"ApproximateReceiveCount": "1"}})
        });
        let event = json!({ "Records": records.collect::<Vec<_>>() });
        let answer: Value = serde_json::from_slice(&worker.invoke(event.to_string()).await?.body)?;
        if answer["batchItemFailures"] != json!([]) {
            return Err(Failure::Stage(format!(
                "a mail could not be sent: {answer}"
            )));
        }
    }
}

/// The most mails that SES got within any one second.
fn most_in_a_second(sent: &[Mail]) -> usize {
    let within = |(index, mail): (usize, &Mail)| {
        let rest = sent[index..].iter();
        rest.take_while(|other| (other.at - mail.at).as_secs_f64() < 1.0)
            .count()
    };
    sent.iter()
        .enumerate()
        .map(within)
        .max()
        .unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "there are not that many")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "no process is that large")]
fn kib_to_mb(kib: u64) -> f64 {
    kib as f64 * 1024.0 / 1e6
}

/// The table, in Markdown.
pub fn table(drains: &[Drain]) -> String {
    let mut text = String::new();
    heading(
        &mut text,
        "Draining the queue of mails by two workers",
        &[
            "mails",
            "rate of SES",
            "seconds",
            "mails a second",
            "most within one second",
            "lost",
            "twice",
            "CPU a mail, µs",
            "peak of a worker, MB",
        ],
    );
    for drain in drains {
        row(
            &mut text,
            &[
                drain.mails.to_string(),
                format!("{:.0}", drain.rate),
                format!("{:.1}", drain.seconds),
                format!("{:.0}", number(drain.mails) / drain.seconds),
                drain.most_in_a_second.to_string(),
                drain.lost.to_string(),
                drain.twice.to_string(),
                format!("{:.0}", drain.cpu_micros),
                format!("{:.1}", drain.peak_mb),
            ],
        );
    }
    text
}
