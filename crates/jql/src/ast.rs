//! The tree of a query. Parsed trees are at most [`crate::parser::MAX_DEPTH`] deep, so that walking and dropping them
//! needs little stack.

use crate::span::Place;

/// A whole query: what it matches and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What an issue must satisfy; none for an empty query or a lone ORDER BY.
    pub where_clause: Option<Clause>,
    /// The order asked for; changes no number.
    pub order_by: Vec<Sort>,
}

impl Query {
    /// Whether there is a search restriction at all. Cloud refuses queries without one, and so does okrsync.
    ///
    /// ```
    /// assert!(okrsync_jql::parse("project = AE").unwrap().is_bounded());
    /// assert!(!okrsync_jql::parse("ORDER BY rank").unwrap().is_bounded());
    /// ```
    pub fn is_bounded(&self) -> bool {
        self.where_clause.is_some()
    }

    /// This query's restriction and `extra`, joined on the tree, so that nothing in the text can escape. The order is
    /// cut off.
    ///
    /// ```
    /// let query = okrsync_jql::parse("x = 1 OR y = 2 ORDER BY rank").unwrap();
    /// let extra = okrsync_jql::parse("updated >= -1d").unwrap().where_clause.unwrap();
    /// assert_eq!(query.and(&extra).canonical(), "(x = 1 OR y = 2) AND updated >= -1d");
    /// ```
    #[must_use]
    pub fn and(&self, extra: &Clause) -> Self {
        let clauses = self.where_clause.iter().chain([extra]).cloned().collect();
        Self { where_clause: Clause::all(clauses), order_by: Vec::new() }
    }
}

/// A restriction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// All of two or more; none of them an `And` (see [`Clause::all`]).
    And(Vec<Clause>),
    /// Any of two or more; none of them an `Or` (see [`Clause::any`]).
    Or(Vec<Clause>),
    /// The opposite.
    Not(Box<Clause>),
    /// One condition on one field.
    Term(Term),
}

impl Clause {
    /// All of `clauses`, flattened; none if there is none.
    pub fn all(clauses: Vec<Self>) -> Option<Self> {
        let flat = clauses.into_iter().flat_map(|clause| match clause {
            Self::And(inner) => inner,
            other => vec![other],
        });
        join(flat.collect(), Self::And)
    }

    /// Any of `clauses`, flattened; none if there is none.
    pub fn any(clauses: Vec<Self>) -> Option<Self> {
        let flat = clauses.into_iter().flat_map(|clause| match clause {
            Self::Or(inner) => inner,
            other => vec![other],
        });
        join(flat.collect(), Self::Or)
    }

    /// All conditions, from left to right.
    ///
    /// ```
    /// let clause = okrsync_jql::parse("x = 1 AND NOT (y = 2 OR z = 3)").unwrap().where_clause.unwrap();
    /// let fields: Vec<_> = clause.terms().iter().map(|term| term.field.to_string()).collect();
    /// assert_eq!(fields, ["x", "y", "z"]);
    /// ```
    pub fn terms(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        self.collect_terms(&mut terms);
        terms
    }

    /// The condition, if it is a single one.
    pub fn as_term(&self) -> Option<&Term> {
        if let Self::Term(term) = self { Some(term) } else { None }
    }

    fn collect_terms<'a>(&'a self, into: &mut Vec<&'a Term>) {
        match self {
            Self::And(clauses) | Self::Or(clauses) => clauses.iter().for_each(|clause| clause.collect_terms(into)),
            Self::Not(clause) => clause.collect_terms(into),
            Self::Term(term) => into.push(term),
        }
    }
}

fn join(mut clauses: Vec<Clause>, many: fn(Vec<Clause>) -> Clause) -> Option<Clause> {
    if clauses.len() > 1 { Some(many(clauses)) } else { clauses.pop() }
}

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

/// One part of ORDER BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// What is sorted by.
    pub field: Field,
    /// Which way, if said.
    pub direction: Option<Direction>,
    /// From the field to its direction.
    pub place: Place,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}
