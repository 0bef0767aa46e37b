//! Types of the Rust language and of its standard library.

/// The way in which a generic type of the standard library contains values of its type parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeShape {
    /// At most one value, accessible by methods: `Option`, `Box`, `Mutex`.
    Wrapper,
    /// Any number of values. The last type parameter is the type of the values.
    Collection,
}

/// The shape of a type. `name` is the last segment of the type's path.
pub fn type_shape(name: &str) -> Option<TypeShape> {
    match name {
        "Option" | "Result" | "Box" | "Rc" | "Arc" | "Cell" | "RefCell" | "Ref" | "RefMut" | "Mutex"
        | "MutexGuard" | "RwLock" | "Pin" => Some(TypeShape::Wrapper),
        "Vec" | "VecDeque" | "HashMap" | "BTreeMap" => Some(TypeShape::Collection),
        _ => None,
    }
}

/// Whether a type is a pointer whose copies share one value.
pub fn is_pointer(name: &str) -> bool {
    matches!(name, "Rc" | "Arc")
}

/// Whether a type is a plain number.
pub fn is_number(name: &str) -> bool {
    matches!(
        name,
        "f32"
            | "f64"
            | "usize"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "isize"
            | "bool"
    )
}

/// Whether a type is `Option`.
pub fn is_option(name: &str) -> bool {
    name == "Option"
}

/// Whether a type is `Result`.
pub fn is_result(name: &str) -> bool {
    name == "Result"
}
