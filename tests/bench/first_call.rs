//! The first TLS call of a cold function.

use serde::Serialize;
use tests::{Lambda, Launch};

use crate::Failure;
use crate::operations::{Floor, Operation};
use crate::stage::{Primed as _, Stage};
use crate::stats::{Samples, Spread};

/// The first call of a cold function whose database is behind TLS, in microseconds.
#[derive(Debug, Serialize)]
pub struct FirstTlsCall {
    pub name: String,
    /// From handing the event out to the database's first answer, without the database's own time.
    pub wall: Spread,
    /// CPU time of the whole first call.
    pub cpu: Spread,
}

#[derive(Debug, Default)]
struct Taken {
    cpu: Samples,
    wall: Samples,
}

/// Measures the first TLS call of the floor, unprimed and primed, and of functions as they are shipped.
pub async fn measure(
    stage: &Stage,
    subjects: &[Operation],
    runs: usize,
) -> Result<Vec<FirstTlsCall>, Failure> {
    let floor = Floor::DynamoDb.binary();
    let mut starts = vec![
        (stage.launch_with_tls(floor, "me"), Operation::Health),
        (
            stage.launch_with_tls(floor, "me").primed(),
            Operation::Health,
        ),
    ];
    let functions = subjects
        .iter()
        .filter(|subject| subject.is_first_of_function() && subject.floor() == Floor::DynamoDb);
    starts.extend(functions.map(|operation| {
        let function = operation.function();
        (stage.launch_with_tls(function, function), *operation)
    }));
    let mut taken: Vec<_> = starts.iter().map(|_| Taken::default()).collect();
    for _ in 0..runs {
        for ((launch, operation), taken) in starts.iter().zip(&mut taken) {
            let event = stage.event(*operation).await?;
            first_call(stage, launch, event, taken).await?;
        }
    }
    let described = starts.into_iter().zip(&taken);
    Ok(described
        .map(|((launch, _), taken)| FirstTlsCall {
            name: launch.name,
            wall: taken.wall.spread(),
            cpu: taken.cpu.spread(),
        })
        .collect())
}

async fn first_call(
    stage: &Stage,
    launch: &Launch,
    event: String,
    taken: &mut Taken,
) -> Result<(), Failure> {
    let mut lambda = Lambda::start(launch).await?;
    lambda.ready().await?;
    let before = lambda.cpu_at_rest().await?;
    stage.recorder.take();
    let answer = lambda.invoke(event).await?;
    crate::check(launch, &answer)?;
    lambda.ready().await?;
    taken
        .cpu
        .push_micros(lambda.cpu_at_rest().await?.saturating_sub(before));
    let first = stage.recorder.take().first();
    let missing = || Failure::Stage(format!("{} called nothing", launch.name));
    let first = first.ok_or_else(missing)?;
    // Both clocks are this process's; the function's own wait is what is between them.
    taken.wall.push_micros(first.began - answer.began);
    lambda.stop().await;
    Ok(())
}
