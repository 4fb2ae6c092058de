//! JQL: text to tree to text, and a matcher over issues. Pure: no I/O, and the time is handed in.

pub mod ast;
pub mod error;
pub mod eval;
pub mod fields;
pub mod functions;
pub mod highlight;
pub mod lint;
pub mod parser;
pub mod span;
pub mod suggest;
pub mod unchecked;
pub mod unknown;
pub mod value;
pub mod volatility;

mod catalogue;
mod dates;
mod lexer;
mod mention;
mod print;
mod spelling;
mod words;

pub use ast::{Clause, Query, Sort};
pub use error::{EvalError, SyntaxError};
pub use mention::mentioned;
pub use parser::parse;
pub use span::Span;
