//! Events that took place in other programs, as values that `import` makes and `store` writes.

pub mod imported_event;
