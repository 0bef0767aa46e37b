//! Shared by the suites in this folder.
