//! The HTTP edge: a request becomes types, a caller is known or refused, and whatever goes wrong becomes one problem
//! document.
//!
//! A function's `handle` takes a [`Request`] and gives a [`Response`] or a [`Problem`]; [`respond`] is all that stands
//! between it and API Gateway, on AWS and on a laptop alike.

mod body;
mod caller;
mod code;
mod cookies;
mod deps;
mod edge;
mod keys;
mod link;
mod paging;
mod problem;
mod request;
mod response;
mod view;

pub mod openapi;
pub mod password;

pub use body::{Field, FromText, Input};
pub use caller::{Callers, Principal, SignedIn};
pub use code::Code;
pub use cookies::AuthCookies;
pub use deps::{FromEnv, MissingVariable, Provide};
pub use edge::{respond, serve};
pub use keys::{Keyed, Keys};
pub use link::LinkMailer;
pub use paging::{Page, Paging};
pub use problem::{FieldError, Problem, ProblemBody};
pub use request::Request;
pub use response::{Message, Response};
pub use view::{
    AgeFileBody, MessageKeyView, MessageView, SessionView, UserBody, UserSummary, UserView,
};
