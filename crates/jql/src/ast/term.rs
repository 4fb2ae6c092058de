//! One condition: a field, what is asked of it, and when in its history.

use super::Operand;
use crate::span::Place;

/// One condition on one field, such as `status WAS Done AFTER -1w`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The field.
    pub field: Field,
    /// What is asked of it.
    pub condition: Condition,
    /// From the field to the end of the condition.
    pub place: Place,
    /// The operator alone.
    pub operator_place: Place,
}

impl Term {
    /// All that the field is compared with, predicates included; lists by their members.
    pub fn leaves(&self) -> Vec<&Operand> {
        let predicates = self.condition.predicates().iter().map(|predicate| &predicate.operand);
        self.condition.operand().into_iter().chain(predicates).flat_map(Operand::leaves).collect()
    }
}

/// A field as a query names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: FieldName,
    /// Entity properties behind the name, such as `[commits].all`.
    pub properties: Vec<Property>,
    /// The whole of it.
    pub place: Place,
}

impl Field {
    /// The name without the quotes it may need, `cf[10016]`, or the canonical text where properties follow.
    pub fn plain_name(&self) -> String {
        match &self.name {
            FieldName::Named(name) if self.properties.is_empty() => name.clone(),
            _ => self.to_string(),
        }
    }
}

/// The name of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldName {
    /// By name, alias or id.
    Named(String),
    /// `cf[10016]`.
    Custom(u64),
}

/// `[key]` and the path behind it, such as `.all`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Between the brackets.
    pub key: String,
    /// Behind them, with its leading dot; often empty.
    pub path: String,
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `= != < <= > >= ~ !~`.
    Compare(Comparison, Operand),
    /// `IN`, `NOT IN`: a list or a function.
    In {
        /// Whether it is the opposite.
        negated: bool,
        /// A list or a function.
        operand: Operand,
    },
    /// `IS EMPTY`, `IS NOT EMPTY`.
    IsEmpty {
        /// Whether it is the opposite.
        negated: bool,
    },
    /// `WAS`, `WAS NOT`, `WAS IN`, `WAS NOT IN` at some time that the predicates allow.
    Was {
        /// Whether it is the opposite.
        negated: bool,
        /// Whether `IN` was written: then the operand is a list or a function.
        in_list: bool,
        /// The value or values.
        operand: Operand,
        /// When and by whom.
        predicates: Vec<Predicate>,
    },
    /// `CHANGED`.
    Changed(
        /// When, by whom, from and to what.
        Vec<Predicate>,
    ),
}

impl Condition {
    /// The operator in canonical text, without operand and predicates.
    pub fn operator(&self) -> &'static str {
        match self {
            Self::Compare(comparison, _) => comparison.sign(),
            Self::In { negated: false, .. } => "IN",
            Self::In { negated: true, .. } => "NOT IN",
            Self::IsEmpty { negated: false } => "IS",
            Self::IsEmpty { negated: true } => "IS NOT",
            Self::Was { negated: false, in_list: false, .. } => "WAS",
            Self::Was { negated: true, in_list: false, .. } => "WAS NOT",
            Self::Was { negated: false, in_list: true, .. } => "WAS IN",
            Self::Was { negated: true, in_list: true, .. } => "WAS NOT IN",
            Self::Changed(_) => "CHANGED",
        }
    }

    /// What the field is compared with, if anything.
    pub fn operand(&self) -> Option<&Operand> {
        match self {
            Self::Compare(_, operand) | Self::In { operand, .. } | Self::Was { operand, .. } => Some(operand),
            Self::IsEmpty { .. } | Self::Changed(_) => None,
        }
    }

    /// Conditions on history; none without WAS or CHANGED.
    pub fn predicates(&self) -> &[Predicate] {
        match self {
            Self::Was { predicates, .. } | Self::Changed(predicates) => predicates,
            _ => &[],
        }
    }
}

/// An operator between a field and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `~`
    Like,
    /// `!~`
    NotLike,
}

impl Comparison {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Like => "~",
            Self::NotLike => "!~",
        }
    }
}

/// A condition on history: when, by whom, from and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicate {
    /// Which.
    pub kind: PredicateKind,
    /// A value, function, list or EMPTY. DURING means something only with a list of two dates.
    pub operand: Operand,
    /// From the word to the end of the operand.
    pub place: Place,
}

/// The word of a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredicateKind {
    /// Later than.
    After,
    /// Earlier than.
    Before,
    /// On that day.
    On,
    /// Between two dates.
    During,
    /// Changed by one of these people.
    By,
    /// Changed from one of these values; only with CHANGED.
    From,
    /// Changed to one of these values; only with CHANGED.
    To,
}
