//! The parser's visitors, one per JSON type of the format.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::{
    DeserializeSeed, Deserializer, Error as DeError, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::error::Category;

use super::{Entry, Kind, Limits, Problem, memory, size};
use crate::error::shorten;

/// The maximum number of axes that a tensor can have in PyTorch.
const AXES: usize = 64;
/// The reserved name of the header's metadata.
const METADATA: &str = "__metadata__";

/// The entries read so far, and the position of the parser.
pub(super) struct Reader<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    /// The keys of the metadata, whose values are ignored.
    pub(super) keys: Vec<Cow<'a, str>>,
    has_metadata: bool,
    at: At<'a>,
    /// The cause of an error of the parser. The error itself contains no details.
    problem: Option<Problem>,
    available: u64,
    limits: Limits,
}

/// The part of the header that the parser is reading. If the value of this part has the wrong type,
/// the error names the part.
enum At<'a> {
    Header,
    Metadata,
    Field(Cow<'a, str>, &'static str),
}

impl<'a> Reader<'a> {
    /// Reads a header to its end.
    pub(super) fn read(header: &'a [u8], available: u64, limits: Limits) -> Result<Self, Problem> {
        let mut reader = Self {
            entries: Vec::new(),
            keys: Vec::new(),
            has_metadata: false,
            at: At::Header,
            problem: None,
            available,
            limits,
        };
        let mut json = serde_json::Deserializer::from_slice(header);
        match json.deserialize_map(Header(&mut reader)).and_then(|()| json.end()) {
            Ok(()) => Ok(reader),
            Err(error) => Err(reader.refused(&error)),
        }
    }

    /// Converts an error of the parser to a problem.
    fn refused(self, error: &serde_json::Error) -> Problem {
        match (self.problem, self.at, error.classify()) {
            (Some(problem), ..) => problem,
            (None, At::Metadata, Category::Data) => Problem::Metadata { key: None },
            (None, At::Field(name, field), Category::Data) => Problem::Entry { name: shorten(&name), field },
            _ => Problem::Header { reason: error.to_string() },
        }
    }

    fn fail<T, E: DeError>(&mut self, problem: Problem) -> Result<T, E> {
        self.problem = Some(problem);
        Err(E::custom("see `problem`"))
    }

    /// Counts an entry or a metadata key before it is read. Returns an error if the limit is
    /// exceeded.
    fn count<E: DeError>(&mut self) -> Result<(), E> {
        let limit = self.limits.entries;
        if self.entries.len() + self.keys.len() < limit {
            Ok(())
        } else {
            self.fail(Problem::Entries { limit })
        }
    }

    fn out_of_memory<T, E: DeError>(&mut self) -> Result<T, E> {
        let entries = (self.entries.capacity() * size_of::<Entry>()) as u64;
        let keys = (self.keys.capacity() * size_of::<Cow<str>>()) as u64;
        self.fail(Problem::Memory { needed: 2 * (entries + keys) })
    }

    /// Checks and stores an entry after all its fields were read.
    fn finish<E: DeError>(&mut self, name: Cow<'a, str>, fields: Fields) -> Result<(), E> {
        let Fields { kind, shape, offsets } = fields;
        let missing = |field| Problem::Entry { name: shorten(&name), field };
        let Some(kind) = kind else { return self.fail(missing("dtype")) };
        let Some(shape) = shape else { return self.fail(missing("shape")) };
        let Some([begin, end]) = offsets.as_deref() else { return self.fail(missing("data_offsets")) };
        let (bytes, needed) = (*begin..*end, size(&shape, kind.width()));
        if begin > end || *end as u64 > self.available || needed != Some(bytes.len()) {
            return self.fail(Problem::Range {
                name: shorten(&name),
                begin: *begin as u64,
                end: *end as u64,
                needed: needed.map(|n| n as u64),
                available: self.available,
            });
        }
        match memory::push(&mut self.entries, Entry { name, shape, kind, bytes, is_wanted: true }) {
            Ok(()) => Ok(()),
            Err(_) => self.out_of_memory(),
        }
    }
}

/// Defines the visitor method that refuses a string where the format allows no string. The message
/// does not contain the string, because the string may be as long as the header.
macro_rules! refuse_text {
    () => {
        fn visit_str<E: DeError>(self, _: &str) -> Result<Self::Value, E> {
            Err(E::custom("a text where there should be none"))
        }
    };
}

/// A visitor for the whole header.
struct Header<'r, 'a>(&'r mut Reader<'a>);

impl<'a> Visitor<'a> for Header<'_, 'a> {
    type Value = ();
    refuse_text!();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of entries")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let reader = self.0;
        while let Some(name) = map.next_key_seed(Text)? {
            if name == METADATA {
                if std::mem::replace(&mut reader.has_metadata, true) {
                    return reader.fail(Problem::Duplicate { name: shorten(&name) });
                }
                reader.at = At::Metadata;
                map.next_value_seed(Object(Metadata(reader)))?;
            } else {
                reader.count()?;
                reader.at = At::Field(name.clone(), "dtype");
                map.next_value_seed(Object(Fielded(reader, name)))?;
            }
            reader.at = At::Header;
        }
        Ok(())
    }
}

/// Reads a value that must be a JSON object. The visitor `V` gets the entries of the object.
struct Object<V>(V);

impl<'a, V: Visitor<'a>> DeserializeSeed<'a> for Object<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_map(self.0)
    }
}

/// A visitor for the metadata, which the format requires to be a map from strings to strings.
struct Metadata<'r, 'a>(&'r mut Reader<'a>);

impl<'a> Visitor<'a> for Metadata<'_, 'a> {
    type Value = ();
    refuse_text!();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let reader = self.0;
        while let Some(key) = map.next_key_seed(Text)? {
            reader.count()?;
            map.next_value_seed(Text)?;
            if memory::push(&mut reader.keys, key).is_err() {
                return reader.out_of_memory();
            }
        }
        Ok(())
    }
}

/// The fields of an entry that were read so far.
#[derive(Default)]
struct Fields {
    kind: Option<Kind>,
    shape: Option<Vec<usize>>,
    offsets: Option<Vec<usize>>,
}

/// A visitor for the object that describes an entry. The second field is the name of the entry.
struct Fielded<'r, 'a>(&'r mut Reader<'a>, Cow<'a, str>);

impl<'a> Visitor<'a> for Fielded<'_, 'a> {
    type Value = ();
    refuse_text!();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an entry")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let Self(reader, name) = self;
        let mut fields = Fields::default();
        while let Some(key) = map.next_key_seed(Text)? {
            let (field, is_repeated) = match &*key {
                "dtype" => ("dtype", fields.kind.is_some()),
                "shape" => ("shape", fields.shape.is_some()),
                "data_offsets" => ("data_offsets", fields.offsets.is_some()),
                // Unknown fields are ignored, because a later version of the format may add fields.
                // The reference implementation ignores them too.
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if is_repeated {
                return reader.fail(Problem::Repeated { name: shorten(&name), field });
            }
            reader.at = At::Field(name.clone(), field);
            match field {
                "dtype" => {
                    let dtype = map.next_value_seed(Text)?;
                    fields.kind = Kind::of(&dtype);
                    if fields.kind.is_none() {
                        return reader.fail(Problem::Kind { name: shorten(&name), found: shorten(&dtype) });
                    }
                }
                "shape" => fields.shape = Some(map.next_value_seed(Numbers { most: AXES })?),
                _ => fields.offsets = Some(map.next_value_seed(Numbers { most: 2 })?),
            }
        }
        reader.finish(name, fields)
    }
}

/// Reads a list of at most `most` integers.
struct Numbers {
    most: usize,
}

impl<'a> DeserializeSeed<'a> for Numbers {
    type Value = Vec<usize>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Vec<usize>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for Numbers {
    type Value = Vec<usize>;
    refuse_text!();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "at most {} whole numbers", self.most)
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<Vec<usize>, S::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = list.next_element_seed(Number)? {
            if numbers.len() == self.most {
                return Err(S::Error::invalid_length(numbers.len() + 1, &self));
            }
            memory::push(&mut numbers, number).map_err(|_| S::Error::custom("out of memory"))?;
        }
        Ok(numbers)
    }
}

struct Number;

impl<'a> DeserializeSeed<'a> for Number {
    type Value = usize;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_u64(self)
    }
}

impl Visitor<'_> for Number {
    type Value = usize;
    refuse_text!();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: DeError>(self, number: u64) -> Result<usize, E> {
        usize::try_from(number).map_err(|_| E::custom("a number too large for memory"))
    }
}

/// Reads a string, which is borrowed from the header unless it has escapes.
struct Text;

impl<'a> DeserializeSeed<'a> for Text {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Text {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: DeError>(self, text: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: DeError>(self, text: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
