//! Charts of a user's own table.
