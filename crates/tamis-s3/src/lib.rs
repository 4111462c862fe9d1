//! An S3 server.
