//! Shared by the examples in this folder.
