//! Support for the 2015 edition, in which trait methods may omit the names of parameters.
//!
//! `fn scale(&self, f32);` becomes `fn scale(&self, _: f32);`, which is valid in every edition.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

/// The tokens with a name for each nameless parameter in a trait; `None` if there is no such parameter.
pub(crate) fn with_names(tokens: &TokenStream) -> Option<TokenStream> {
    let mut changed = false;
    let named = items(tokens.clone(), &mut changed);
    changed.then_some(named)
}

/// Names the parameters of the traits in `tokens`, and of the traits in nested modules and
/// functions.
fn items(tokens: TokenStream, changed: &mut bool) -> TokenStream {
    let mut in_trait = false;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(word) => {
                in_trait |= word == "trait";
                TokenTree::Ident(word)
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inside =
                    if in_trait { methods(group.stream(), changed) } else { items(group.stream(), changed) };
                in_trait = false;
                with(&group, inside)
            }
            other => {
                in_trait &= !matches!(&other, TokenTree::Punct(end) if end.as_char() == ';');
                other
            }
        })
        .collect()
}

/// Names the parameters of the methods of a trait.
fn methods(tokens: TokenStream, changed: &mut bool) -> TokenStream {
    let mut in_head = false;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(word) => {
                in_head |= word == "fn";
                TokenTree::Ident(word)
            }
            TokenTree::Group(group) if in_head && group.delimiter() == Delimiter::Parenthesis => {
                in_head = false;
                let inside = parameters(group.stream(), changed);
                with(&group, inside)
            }
            other => other,
        })
        .collect()
}

/// Names the parameters that have no name.
fn parameters(tokens: TokenStream, changed: &mut bool) -> TokenStream {
    let mut all = TokenStream::new();
    let mut one: Vec<TokenTree> = Vec::new();
    let mut angles = 0_usize;
    let mut before = None;
    for token in tokens {
        let sign = match &token {
            TokenTree::Punct(sign) => Some(sign.as_char()),
            _ => None,
        };
        match sign {
            Some('<') => angles += 1,
            Some('>') if before != Some('-') => angles = angles.saturating_sub(1),
            _ => {}
        }
        let ends = sign == Some(',') && angles == 0;
        before = sign;
        one.push(token);
        if ends {
            all.extend(named(std::mem::take(&mut one), changed));
        }
    }
    all.extend(named(one, changed));
    all
}

/// One parameter with a name.
fn named(parameter: Vec<TokenTree>, changed: &mut bool) -> Vec<TokenTree> {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
    let mut words = parameter.iter().filter(|token| !is_comma(token)).peekable();
    let Some(first) = words.peek() else { return parameter };
    let span = first.span();
    let mut has_name = false;
    let mut joint = false;
    for token in words {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == ':' => {
                has_name |= !joint && sign.spacing() == Spacing::Alone;
                joint = sign.spacing() == Spacing::Joint;
            }
            TokenTree::Ident(word) => {
                has_name |= word == "self";
                joint = false;
            }
            _ => joint = false,
        }
    }
    if has_name {
        return parameter;
    }
    *changed = true;
    let mut colon = Punct::new(':', Spacing::Alone);
    colon.set_span(span);
    let name = Ident::new("_", Span::call_site().located_at(span));
    [TokenTree::Ident(name), TokenTree::Punct(colon)].into_iter().chain(parameter).collect()
}

/// A copy of `group` in which the tokens are replaced by `inside`. The copy has the same span.
fn with(group: &Group, inside: TokenStream) -> TokenTree {
    let mut whole = Group::new(group.delimiter(), inside);
    whole.set_span(group.span());
    TokenTree::Group(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> Option<String> {
        let tokens: TokenStream = source.parse().expect("the test's source lexes");
        with_names(&tokens).map(|tokens| tokens.to_string().replace(' ', ""))
    }

    #[test]
    fn only_parameters_without_a_name_get_one() {
        let old = "trait T { fn f(usize, &HashMap<u8, a::B>) -> u8; fn g(&self, fn(u8) -> u8, x: u8) {} }";
        let new = "traitT{fnf(_:usize,_:&HashMap<u8,a::B>)->u8;fng(&self,_:fn(u8)->u8,x:u8){}}";
        assert_eq!(text(old).as_deref(), Some(new));
        assert_eq!(text(&format!("mod m {{ {old} }}")), Some(format!("modm{{{new}}}")));
        for modern in ["trait T { fn f(&self, x: a::B); fn g(self: Box<Self>, _: u8); }", "fn f(x: u8) {}"] {
            assert_eq!(text(modern), None, "{modern}");
        }
    }
}
