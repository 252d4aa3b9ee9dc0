//! `ScrapeQueue`.
use trigger::Message;
trigger::deps! { clock: domain::Clock, }
/// x
///
/// # Errors
/// x
pub async fn handle(_deps: &Deps, _message: Message) -> Result<(), repository::Error> {
    Ok(())
}
