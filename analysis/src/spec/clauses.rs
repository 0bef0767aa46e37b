//! The macro of the table of clauses, and the parts of a row.
//!
//! A row of `spec/table.rs` generates a variant of `ClauseName`, a field of `Spec`, the parser arm that fills it, the
//! example in messages, the rule of the value, other frameworks' names for the clause, and a line of the attribute's
//! documentation. A row without a meaning, a default or an example does not compile, nor does a row with a type
//! that does not implement `Read`.

use std::fmt::Write as _;

use super::read::Form;
use super::table::ClauseName;
use crate::rules::Rule;

/// A row of the table: the data of one clause.
pub(crate) struct Row {
    /// The name of the clause.
    pub(crate) name: &'static str,
    /// The meaning of the clause, as lines of documentation.
    pub(super) meaning: &'static [&'static str],
    /// The documentation of the default for an absent clause.
    pub(super) default: &'static str,
    /// An example of the clause.
    pub(crate) example: &'static str,
    /// The rule for the clause's value, if the value is a number.
    pub(crate) rule: Option<Rule>,
    /// The unit that may follow the number, as singular and plural: `epoch` and `epochs`.
    pub(crate) units: &'static [&'static str],
    /// Other frameworks' names for the clause.
    pub(crate) foreign: &'static [&'static str],
    /// The end of the help in an error about a name in `foreign`.
    pub(crate) foreign_note: &'static str,
    /// Parameter names that suggest the clause.
    pub(crate) parameters: &'static [&'static str],
}

impl ClauseName {
    /// The name of the clause.
    pub(crate) fn text(self) -> &'static str {
        self.row().name
    }

    /// An example of the clause.
    pub(crate) fn example(self) -> &'static str {
        self.row().example
    }

    /// The rule for the clause's value, if the value is a number.
    pub(crate) fn rule(self) -> Option<&'static Rule> {
        self.row().rule.as_ref()
    }

    /// The clause with this name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|clause| clause.text() == name)
    }

    /// The names of all clauses.
    pub(crate) fn texts() -> Vec<&'static str> {
        Self::ALL.iter().map(|clause| clause.text()).collect()
    }
}

/// All clauses as a Markdown table, for the documentation of the attribute.
pub(crate) fn document() -> String {
    let mut table = String::from("| clause | meaning | default | parameter |\n|---|---|---|---|\n");
    for clause in ClauseName::ALL {
        let row = clause.row();
        let parts = if matches!(clause.form(), Form::Group | Form::Flag) { "(..)" } else { "" };
        let meaning = row.meaning.concat().trim().replace('|', "\\|");
        let parameter = match (clause.takes_parameter(), &row.rule) {
            (false, _) => String::new(),
            (true, None) => format!("`{}`", row.name),
            (true, Some(rule)) => format!("`{}: {}`", row.name, rule.type_name()),
        };
        let _ = writeln!(table, "| `{}{parts}` | {meaning} | {} | {parameter} |", row.name, row.default);
    }
    table
}

/// Generates `ClauseName` and `Spec` from the rows; see the module documentation.
macro_rules! clauses {
    (@rule $name:literal) => { None };
    (@rule $name:literal $kind:ident $text:literal $help:literal) => {
        Some($crate::rules::Rule {
            name: $name,
            kind: $crate::rules::Kind::$kind,
            text: $text,
            help: $help,
        })
    };
    (
        $(
            $(#[doc = $meaning:literal])+
            $clause:ident $name:literal => $field:ident: $value:ty {
                default: $default:literal,
                example: $example:literal,
                $(rule: $kind:ident, $text:literal, $help:literal,)?
                $(units: [$($unit:literal),+],)?
                $(foreign: [$($foreign:literal),+ $(,)?],)?
                $(foreign_note: $note:literal,)?
                $(parameters: [$($parameter:literal),+ $(,)?],)?
            }
        )+
        levels {
            $(
                $(#[doc = $level_meaning:literal])+
                $level:ident $level_name:literal { default: $level_default:literal, example: $level_example:literal }
            )+
        }
    ) => {
        /// The name of a clause.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum ClauseName {
            $($(#[doc = $meaning])+ $clause,)+
            $($(#[doc = $level_meaning])+ $level,)+
        }

        /// The clauses of one `#[training_loop(...)]`, each with its value.
        #[derive(Default)]
        pub(crate) struct Spec {
            $($(#[doc = $meaning])+ pub(crate) $field: Option<Clause<$value>>,)+
            /// `allow(..)`, `warn(..)` and `deny(..)` in source order.
            pub(crate) levels: Vec<Levels>,
            /// The keys of orders with an unreadable entry. The missing stages of such an order are unknown.
            pub(crate) broken_orders: Vec<Ident>,
            /// The clauses that the help for an unknown clause name suggests. These clauses count as present.
            pub(crate) meant: Vec<ClauseName>,
            /// The keys of all clauses in source order, including unknown and unreadable clauses.
            /// After these keys come the parameters that replace absent clauses.
            pub(crate) keys: Vec<Ident>,
            /// The function's parameters that replace absent clauses.
            pub(crate) taken: Vec<Ident>,
            /// Unused parameters whose names suggest a clause.
            pub(crate) unused: Vec<Unused>,
            /// Whether the function only evaluates the model, judging by its return type `Result<Row>`.
            pub(crate) evaluates: bool,
        }

        impl ClauseName {
            /// All clauses, in the order of the table.
            pub(crate) const ALL: &[Self] = &[$(Self::$clause,)+ $(Self::$level,)+];

            /// The row of this clause in the table.
            pub(crate) fn row(self) -> &'static Row {
                match self {
                    $(Self::$clause => &Row {
                        name: $name,
                        meaning: &[$($meaning),+],
                        default: $default,
                        example: $example,
                        rule: clauses!(@rule $name $($kind $text $help)?),
                        units: &[$($($unit),+)?],
                        foreign: &[$($($foreign),+)?],
                        foreign_note: concat!($($note)?),
                        parameters: &[$($($parameter),+)?],
                    },)+
                    $(Self::$level => &Row {
                        name: $level_name,
                        meaning: &[$($level_meaning),+],
                        default: $level_default,
                        example: $level_example,
                        rule: None,
                        units: &[],
                        foreign: &[],
                        foreign_note: "",
                        parameters: &[],
                    },)+
                }
            }

            /// The syntax after the clause's name.
            pub(crate) fn form(self) -> Form {
                match self {
                    $(Self::$clause => <$value as Read>::FORM,)+
                    $(Self::$level => Form::Group,)+
                }
            }

            /// The lint level that the clause sets. Only clauses that set a level may be repeated.
            pub(crate) fn level(self) -> Option<Setting> {
                match self {
                    $(Self::$clause => None,)+
                    $(Self::$level => Some(Setting::$level),)+
                }
            }

            /// Whether the function's parameter with the clause's name can replace the clause, if
            /// the clause is absent.
            pub(crate) fn takes_parameter(self) -> bool {
                match self {
                    $(Self::$clause => <$value as Read>::FROM_PARAMETER.is_some(),)+
                    $(Self::$level => false,)+
                }
            }
        }

        impl Spec {
            /// Parses the clause's value into its field. If the clause is repeated, the first value is kept.
            pub(super) fn read(
                &mut self,
                bag: &Bag,
                name: ClauseName,
                key: Ident,
                input: ParseStream,
            ) -> Result<(), Diagnostic> {
                let mut reading = Reading { bag, name, key: &key, broken_orders: &mut self.broken_orders };
                match name {
                    $(ClauseName::$clause => {
                        let value = <$value as Read>::read(&mut reading, input)?;
                        self.$field.get_or_insert(Clause { key, value });
                    })+
                    $(ClauseName::$level => {
                        let lints = lints(&reading, input)?;
                        self.levels.push(Levels { setting: Setting::$level, lints });
                    })+
                }
                Ok(())
            }

            /// Sets the clause to the parameter with the clause's name. Returns whether a parameter
            /// may replace the clause.
            pub(super) fn take(&mut self, name: ClauseName, parameter: &Ident) -> bool {
                match name {
                    $(ClauseName::$clause => take(&mut self.$field, parameter),)+
                    $(ClauseName::$level => false,)+
                }
            }

            /// The key and the value of the clause with this name, if the value is one expression.
            pub(crate) fn expression(&self, name: ClauseName) -> Option<(&Ident, &Expr)> {
                match name {
                    $(ClauseName::$clause => expression(self.$field.as_ref()),)+
                    $(ClauseName::$level => None,)+
                }
            }
        }
    };
}

pub(super) use clauses;
