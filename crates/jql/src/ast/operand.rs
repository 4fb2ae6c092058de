//! What a field is compared with.

use crate::span::Place;

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A literal.
    Value(Value),
    /// A call, such as `currentUser()`.
    Function(Function),
    /// Values in parentheses; one or more.
    List(Vec<Operand>, Place),
    /// `EMPTY` or `NULL`.
    Empty(Place),
}

impl Operand {
    /// The operand itself, or the members of a list, however nested.
    pub fn leaves(&self) -> Vec<&Self> {
        match self {
            Self::List(operands, _) => operands.iter().flat_map(Self::leaves).collect(),
            leaf => vec![leaf],
        }
    }

    /// The literal, if it is one.
    pub fn as_value(&self) -> Option<&Value> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }

    /// The call, if it is one.
    pub fn as_function(&self) -> Option<&Function> {
        if let Self::Function(function) = self { Some(function) } else { None }
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Self::Value(value) => value.place,
            Self::Function(function) => function.place,
            Self::List(_, place) | Self::Empty(place) => *place,
        }
    }
}

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Its text, without quotes and escapes.
    pub text: String,
    /// Whether it is an unquoted whole number, which Jira reads as an id first (and as epoch milliseconds on dates).
    pub number: bool,
    /// Where it stands, with its quotes.
    pub place: Place,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name as written; case does not matter to Jira.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<Value>,
    /// From the name to the closing parenthesis.
    pub place: Place,
}
