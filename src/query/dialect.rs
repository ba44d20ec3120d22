//! The SQL dialect of every statement: DataFusion's generic one, in which JSON operators bind as they are read
//! (`attrs->>'k' = 'v' and …`) and our column names need no quotes. Must not know who wrote a statement.

use datafusion::common::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::dialect::{Dialect, GenericDialect};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError};
use std::any::TypeId;
use std::collections::VecDeque;

/// Deepest nesting of parentheses; the parser backtracks over some of them, which doubles the work.
pub const MAX_PARENTHESES: usize = 32;

/// How tightly the JSON operators bind: more than `::` (50), less than `.` (100), so that
/// `attrs->>'n'::int > 3` reads the number in `n`. The generic dialect has them below `=`.
const JSON_PRECEDENCE: u8 = 60;

/// Keywords that people write as names: a column, and the usual guess for `username`.
const NAMES: [Keyword; 2] = [Keyword::CLUSTER, Keyword::USER];

/// The generic dialect with another precedence of JSON operators.
#[derive(Debug)]
struct HeadwaterDialect;

/// Passes features on: a dialect has no parent.
macro_rules! as_in_generic {
    ($($feature:ident)*) => {
        $(fn $feature(&self) -> bool {
            GenericDialect.$feature()
        })*
    };
}

impl Dialect for HeadwaterDialect {
    fn dialect(&self) -> TypeId {
        GenericDialect.dialect()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        GenericDialect.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        GenericDialect.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        GenericDialect.is_identifier_part(ch)
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        match parser.peek_token_ref().token {
            Token::Arrow | Token::LongArrow | Token::HashArrow | Token::HashLongArrow => {
                Some(Ok(JSON_PRECEDENCE))
            }
            _ => None,
        }
    }

    as_in_generic! {
        supports_unicode_string_literal
        supports_partition_by_after_order_by
        supports_array_join_syntax
        supports_group_by_expr
        supports_group_by_with_modifier
        supports_left_associative_joins_without_parens
        supports_connect_by
        supports_match_recognize
        supports_pipe_operator
        supports_start_transaction_modifier
        supports_window_function_null_treatment_arg
        supports_dictionary_syntax
        supports_window_clause_named_window_reference
        supports_parenthesized_set_variables
        supports_select_wildcard_except
        support_map_literal_syntax
        allow_extract_custom
        allow_extract_single_quotes
        supports_extract_comma_syntax
        supports_create_view_comment_syntax
        supports_parens_around_table_factor
        supports_values_as_table_factor
        supports_create_index_with_clause
        supports_explain_with_utility_options
        supports_limit_comma
        supports_update_order_by
        supports_from_first_select
        supports_projection_trailing_commas
        supports_asc_desc_in_column_definition
        supports_try_convert
        supports_bitwise_shift_operators
        supports_comment_on
        supports_load_extension
        supports_named_fn_args_with_assignment_operator
        supports_struct_literal
        supports_empty_projections
        supports_nested_comments
        supports_multiline_comment_hints
        supports_user_host_grantee
        supports_string_escape_constant
        supports_array_typedef_with_brackets
        supports_match_against
        supports_set_names
        supports_comma_separated_set_assignments
        supports_filter_during_aggregation
        supports_select_wildcard_exclude
        supports_data_type_signed_suffix
        supports_interval_options
        supports_quote_delimited_string
        supports_select_wildcard_replace
        supports_select_wildcard_ilike
        supports_select_wildcard_rename
        supports_optimize_table
        supports_install
        supports_detach
        supports_prewhere
        supports_with_fill
        supports_limit_by
        supports_interpolate
        supports_settings
        supports_select_format
        supports_comment_optimizer_hint
        supports_constraint_keyword_without_name
        supports_key_column_option
        supports_comma_separated_trim
        supports_cte_without_as
        supports_select_item_multi_column_alias
        supports_xml_expressions
    }
}

/// Splits a statement into tokens.
pub fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, TokenizerError> {
    let mut tokens = Tokenizer::new(&HeadwaterDialect, sql).tokenize_with_location()?;
    for token in &mut tokens {
        if let Token::Word(word) = &mut token.token
            && NAMES.contains(&word.keyword)
        {
            word.keyword = Keyword::NoKeyword;
        }
    }
    Ok(tokens)
}

/// Parses tokens as statements.
pub fn statements(tokens: Vec<TokenWithSpan>) -> Result<VecDeque<Statement>, DataFusionError> {
    DFParserBuilder::new(tokens).with_dialect(&HeadwaterDialect).build()?.parse_statements()
}

/// Parses a text that is one statement.
pub fn statement(sql: &str) -> Result<Statement, DataFusionError> {
    let tokens = tokens(sql).map_err(|error| DataFusionError::from(ParserError::from(error)))?;
    let mut statements = statements(tokens)?;
    match (statements.pop_front(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        (Some(_), false) => Err(DataFusionError::Plan("expected one statement, found more".into())),
        (None, _) => Err(DataFusionError::Plan("the statement is empty".into())),
    }
}
