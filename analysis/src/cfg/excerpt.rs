//! Source text for messages.

use std::fmt::{self, Debug, Display, Formatter};
use std::rc::Rc;

/// Source text for messages.
///
/// An excerpt can only be displayed, so no verdict depends on the formatting of the source.
/// Expressions are compared by their [`super::ExpressionId`].
#[derive(Clone, Default)]
pub struct Excerpt(Rc<str>);

impl From<String> for Excerpt {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Display for Excerpt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Debug for Excerpt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}
