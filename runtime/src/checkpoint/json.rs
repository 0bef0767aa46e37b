//! Values of a checkpoint as JSON. Every number comes back bit for bit, NaN and infinities included.

use serde_json::Value;

/// The result of reading JSON; the error says what is wrong, without the path of the file.
pub(crate) type Read<T> = Result<T, String>;

/// A number as JSON: a text with its shortest decimal, because `serde_json` rounds when it reads a JSON
/// number, and JSON has neither NaN nor infinities.
pub(crate) fn number(value: f64) -> Value {
    let text = if value.is_nan() { format!("NaN {:016x}", value.to_bits()) } else { format!("{value:?}") };
    Value::from(text)
}

/// An optional number as JSON.
pub(crate) fn optional(value: Option<f64>) -> Value {
    value.map_or(Value::Null, number)
}

/// Pairs of names and numbers as JSON.
pub(crate) fn pairs(pairs: &[(String, f64)]) -> Value {
    pairs.iter().map(|(name, value)| Value::Array(vec![Value::from(name.as_str()), number(*value)])).collect()
}

/// The number of a JSON value that [`number`] made.
pub(crate) fn as_number(value: &Value) -> Option<f64> {
    let text = value.as_str()?;
    match text.strip_prefix("NaN ") {
        None => text.parse().ok().filter(|value: &f64| !value.is_nan()),
        Some(bits) => {
            let bits = u64::from_str_radix(bits, 16).ok()?;
            Some(f64::from_bits(bits)).filter(|value| value.is_nan())
        }
    }
}

/// A JSON object that is being read.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    /// The value of a field.
    pub(crate) fn get(self, name: &str) -> Read<&'a Value> {
        self.0.get(name).ok_or_else(|| format!("`{name}` is missing"))
    }

    fn read<T>(self, name: &str, wanted: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Read<T> {
        read(self.get(name)?).ok_or_else(|| format!("`{name}` is not {wanted}"))
    }

    pub(crate) fn inside(self, name: &str) -> Read<Fields<'a>> {
        self.read(name, "an object", |value| value.is_object().then_some(Fields(value)))
    }

    pub(crate) fn list(self, name: &str) -> Read<&'a [Value]> {
        self.read(name, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    pub(crate) fn text(self, name: &str) -> Read<&'a str> {
        self.read(name, "a text", Value::as_str)
    }

    pub(crate) fn flag(self, name: &str) -> Read<bool> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub(crate) fn integer(self, name: &str) -> Read<u64> {
        self.read(name, "a whole number", Value::as_u64)
    }

    pub(crate) fn count(self, name: &str) -> Read<usize> {
        self.read(name, "a whole number", |value| usize::try_from(value.as_u64()?).ok())
    }

    pub(crate) fn number(self, name: &str) -> Read<f64> {
        self.read(name, "a number", as_number)
    }

    /// A value that may be `null`, read by `read`.
    pub(crate) fn optional<T>(self, name: &str, read: impl FnOnce(Self, &str) -> Read<T>) -> Read<Option<T>> {
        if self.get(name)?.is_null() { Ok(None) } else { read(self, name).map(Some) }
    }

    /// Pairs of names and numbers.
    pub(crate) fn pairs(self, name: &str) -> Read<Vec<(String, f64)>> {
        let pair = |value: &Value| Some((value.get(0)?.as_str()?.to_owned(), as_number(value.get(1)?)?));
        let pairs = |value: &Value| value.as_array()?.iter().map(pair).collect();
        self.read(name, "a list of names and numbers", pairs)
    }

    pub(crate) fn texts(self, name: &str) -> Read<Vec<String>> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        self.read(name, "a list of texts", |value| value.as_array()?.iter().map(text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_bit_for_bit() {
        let mut stream = crate::random::Stream::new(1, crate::random::Purpose::Program, 0, 0);
        let random = (0..20_000).map(|_| {
            let [high, low] = [stream.word(), stream.word()];
            f64::from_bits(u64::from(high) << 32 | u64::from(low))
        });
        let special = [
            0.0,
            -0.0,
            f64::NAN,
            -f64::NAN,
            f64::from_bits(0x7ff0_0000_0000_0001),
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            0.1,
            f64::from(0.1_f32),
        ];
        for value in special.into_iter().chain(random) {
            let text = serde_json::to_string(&number(value)).unwrap();
            let read = as_number(&serde_json::from_str(&text).unwrap()).unwrap();
            assert_eq!(read.to_bits(), value.to_bits(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["\"\"", "\"nan\"", "\"NaN 0\"", "\"NaN 7ff0000000000000\"", "null", "[]", "1.5", "\"1,5\""]
        {
            assert_eq!(as_number(&serde_json::from_str(text).unwrap()), None, "{text}");
        }
        let value = serde_json::json!({"a": 1, "b": null, "c": [["x", "2.5"]], "d": -1});
        let fields = Fields(&value);
        assert_eq!(fields.count("a"), Ok(1));
        assert_eq!(fields.optional("b", Fields::number), Ok(None));
        assert_eq!(fields.pairs("c"), Ok(vec![("x".to_owned(), 2.5)]));
        assert_eq!(fields.count("d"), Err("`d` is not a whole number".to_owned()));
        assert_eq!(fields.text("e"), Err("`e` is missing".to_owned()));
    }
}
