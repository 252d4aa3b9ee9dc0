//! Lists in pages.

use domain::{Invalid, Timestamp};
use serde::Serialize;
use token::KeySet;
use utoipa::ToSchema;

use crate::{Input, Problem, Request};

/// The page that a request asks for.
#[derive(Debug)]
pub struct Paging {
    /// How many items, 1 to 100.
    pub limit: usize,
    /// After which position, where it is not the first page.
    pub after: Option<String>,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl Paging {
    /// Reads `?limit=` and `?cursor=` of `list`, which names the list and whose it is.
    ///
    /// # Errors
    /// 400 for a limit that is out of range, and for a cursor that was altered or is of another list.
    pub fn of(
        request: &Request,
        keys: &KeySet,
        list: &str,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let mut input = Input::new();
        let limit = match request.query("limit").map(str::parse::<usize>) {
            None => 20,
            Some(Ok(limit @ 1..=100)) => limit,
            Some(_) => {
                input.refuse(
                    "limit",
                    Invalid::new("out_of_range", "must be a number from 1 to 100"),
                );
                0
            }
        };
        let after = request
            .query("cursor")
            .map(|cursor| token::cursor::open(keys, list, cursor, now));
        let after = after.transpose().unwrap_or_else(|_| {
            input.refuse(
                "cursor",
                Invalid::new("invalid", "is not a cursor of this list; start without one"),
            );
            None
        });
        input.finish(())?;
        Ok(Self { limit, after })
    }
}
