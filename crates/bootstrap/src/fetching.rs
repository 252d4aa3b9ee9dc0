//! Pages of the open web.

use std::any::Any;
use std::sync::Arc;

use fetch::{Fetcher, Options, Url};
use gateway::{MissingVariable, Provide};

use crate::Env;

const CONTACT: MissingVariable = MissingVariable("PUBLIC_URL, as a URL,");

/// One for an environment: it knows when it has last asked a host.
impl Provide<Arc<Fetcher>> for Env {
    fn provide(&self) -> Result<Arc<Fetcher>, MissingVariable> {
        let kept = self.fetcher.get().cloned();
        if let Some(fetcher) = kept.and_then(|fetcher| fetcher.downcast().ok()) {
            return Ok(fetcher);
        }
        let new = Arc::new(fetcher(self)?);
        let erased = || Arc::clone(&new) as Arc<dyn Any + Send + Sync>;
        let kept = Arc::clone(self.fetcher.get_or_init(erased));
        Ok(kept.downcast().unwrap_or(new))
    }
}

fn fetcher(env: &Env) -> Result<Fetcher, MissingVariable> {
    let contact = Url::parse(&env.variable("PUBLIC_URL")?).map_err(|_| CONTACT)?;
    let options = Options {
        allow_loopback: env.optional("FETCH_LOOPBACK").as_deref() == Some("true"),
        ..Options::default()
    };
    // All else that a client is made of is part of the program.
    Fetcher::new(&contact, env.clock(), options).map_err(|_| CONTACT)
}

#[cfg(test)]
mod tests {
    use domain::{Clock, Random, Timestamp};

    use super::*;

    fn env(variables: &[(&str, &str)]) -> Env {
        let variables = variables.iter();
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let clock = Clock::new(|| Timestamp::UNIX_EPOCH);
        Env::new(variables.collect(), clock, Random::new(|_| {}))
    }

    const PUBLIC_URL: (&str, &str) = ("PUBLIC_URL", "https://voyages.example");

    #[test]
    fn an_environment_has_one_fetcher() {
        let env = env(&[PUBLIC_URL]);
        let [first, second]: [Arc<Fetcher>; 2] = [env.provide().unwrap(), env.provide().unwrap()];
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn this_machine_is_fetched_from_only_where_the_environment_says_exactly_so() {
        #[track_caller]
        fn check(variables: &[(&str, &str)], allowed: bool) {
            let fetcher: Arc<Fetcher> = env(variables).provide().unwrap();
            let checked = fetcher.check("http://127.0.0.1:8000/");
            assert_eq!(checked.is_ok(), allowed, "{variables:?}");
            assert!(fetcher.check("http://10.0.0.1/").is_err());
        }
        check(&[PUBLIC_URL], false);
        check(&[PUBLIC_URL, ("FETCH_LOOPBACK", "true")], true);
        for other in ["", "false", "1", "TRUE", "true ", "yes"] {
            check(&[PUBLIC_URL, ("FETCH_LOOPBACK", other)], false);
        }
    }

    #[test]
    fn who_fetches_says_where_to_complain() {
        for variables in [&[][..], &[("PUBLIC_URL", "voyages")]] {
            let refused: Result<Arc<Fetcher>, _> = env(variables).provide();
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("PUBLIC_URL"), "{told}");
        }
    }
}
