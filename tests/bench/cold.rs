//! Cold starts: from `exec` to asking for work, and to the first answer.

use serde::Serialize;
use tests::{Lambda, Launch};

use crate::Failure;
use crate::operations::{Floor, Operation};
use crate::stage::{Primed as _, Stage};
use crate::stats::{Samples, Spread};

/// The cold start of one binary, in microseconds where no unit is named.
#[derive(Debug, Serialize)]
pub struct Cold {
    pub name: String,
    /// What it is held against; a floor against itself.
    pub floor: &'static str,
    pub next_cpu: Spread,
    pub next_wall: Spread,
    pub answer_cpu: Spread,
    pub answer_wall: Spread,
    pub peak_kib: Spread,
    pub size_bytes: u64,
}

/// What is started, and the operation that it is asked for.
struct Start {
    launch: Launch,
    floor: Floor,
    operation: Operation,
}

#[derive(Debug, Default)]
struct Taken {
    next_cpu: Samples,
    next_wall: Samples,
    answer_cpu: Samples,
    answer_wall: Samples,
    peak_kib: Samples,
}

/// Starts every binary `runs` times, all of them in turn, so that noise hits all alike.
pub async fn measure(
    stage: &Stage,
    subjects: &[Operation],
    runs: usize,
) -> Result<Vec<Cold>, Failure> {
    let starts = starts(stage, subjects);
    let mut taken: Vec<_> = starts.iter().map(|_| Taken::default()).collect();
    for _ in 0..runs {
        for (start, taken) in starts.iter().zip(&mut taken) {
            let event = stage.event(start.operation).await?;
            measure_one(&start.launch, event, taken).await?;
        }
    }
    let described = starts.into_iter().zip(&taken);
    described
        .map(|(start, taken)| {
            Ok(Cold {
                name: start.launch.name,
                floor: start.floor.binary(),
                next_cpu: taken.next_cpu.spread(),
                next_wall: taken.next_wall.spread(),
                answer_cpu: taken.answer_cpu.spread(),
                answer_wall: taken.answer_wall.spread(),
                peak_kib: taken.peak_kib.spread(),
                size_bytes: std::fs::metadata(start.launch.binary)?.len(),
            })
        })
        .collect()
}

fn starts(stage: &Stage, subjects: &[Operation]) -> Vec<Start> {
    let floor = |floor: Floor, launch: Launch| Start {
        launch,
        floor,
        operation: Operation::Health,
    };
    let mut starts = vec![
        floor(Floor::Http, stage.launch(Floor::Http.binary(), "health")),
        floor(
            Floor::DynamoDb,
            stage.launch(Floor::DynamoDb.binary(), "me"),
        ),
        floor(
            Floor::DynamoDb,
            stage.launch(Floor::DynamoDb.binary(), "me").primed(),
        ),
    ];
    let functions = subjects
        .iter()
        .filter(|subject| subject.is_first_of_function());
    starts.extend(functions.map(|operation| Start {
        launch: stage.launch(operation.function(), operation.function()),
        floor: operation.floor(),
        operation: *operation,
    }));
    starts
}

async fn measure_one(launch: &Launch, event: String, taken: &mut Taken) -> Result<(), Failure> {
    let mut lambda = Lambda::start(launch).await?;
    let asked = lambda.ready().await?;
    taken.next_wall.push_micros(asked - lambda.began());
    taken.next_cpu.push_micros(lambda.cpu_at_rest().await?);
    let answer = lambda.invoke(event).await?;
    crate::check(launch, &answer)?;
    lambda.ready().await?;
    taken.answer_cpu.push_micros(lambda.cpu_at_rest().await?);
    // The time in which it was only looked at does not count.
    let starting = asked - lambda.began();
    taken.answer_wall.push_micros(starting + answer.took);
    #[expect(clippy::cast_precision_loss, reason = "kibibytes of a small process")]
    taken.peak_kib.push(lambda.peak_memory_kib()? as f64);
    lambda.stop().await;
    Ok(())
}
