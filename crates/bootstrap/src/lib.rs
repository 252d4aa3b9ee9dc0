//! Environment and AWS clients to the dependencies of a function.
