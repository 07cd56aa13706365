//! The REST adapter: an axum router.
