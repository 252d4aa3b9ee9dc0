//! Parts that the documentation of every route shares.
