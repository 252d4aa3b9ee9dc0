//! The HTTP edge: request to types, caller, problem documents, cookies.
