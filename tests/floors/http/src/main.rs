//! The floor of a function that calls nothing: it answers every request with an empty 200.

use std::convert::Infallible;

use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_: Request| async {
        Ok::<_, Infallible>(Response::new(Body::Empty))
    }))
    .await
}
