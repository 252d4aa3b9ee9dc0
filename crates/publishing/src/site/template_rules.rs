//! What a folder's templates may say.

use minijinja::machinery::ast::{BinOpKind, Expr, Stmt};
use minijinja::machinery::parse;
use minijinja::syntax::SyntaxConfig;

/// How long text can be that a template compares or prints by an expression.
const LONGEST_TEXT: usize = 1_000;
/// How many values a list or map that is written down can have.
const LONGEST_LIST: usize = 50;
/// How many statements one template can have: each can be nested in another.
const MOST_STATEMENTS: usize = 2_000;

/// The line and what is wrong with it.
type Refused = (Option<usize>, String);

/// Judges a template.
pub(crate) fn check(source: &str) -> Result<(), Refused> {
    if source.matches("{%").count() > MOST_STATEMENTS {
        return Err((None, format!("has more than {MOST_STATEMENTS} statements")));
    }
    let parsed = parse(source, "template.html", SyntaxConfig::default());
    let parsed = parsed.map_err(|error| {
        let message = error
            .detail()
            .map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
        (error.line(), message)
    })?;
    statement(&parsed)
}

fn statements(all: &[Stmt<'_>]) -> Result<(), Refused> {
    all.iter().try_for_each(statement)
}

fn statement(one: &Stmt<'_>) -> Result<(), Refused> {
    match one {
        Stmt::Template(template) => statements(&template.children),
        Stmt::EmitRaw(_) => Ok(()),
        Stmt::EmitExpr(emit) => expression(&emit.expr),
        Stmt::ForLoop(repeat) => {
            if repeat.recursive {
                return Err(refused(
                    repeat.span().start_line,
                    "a loop that calls itself",
                ));
            }
            expression(&repeat.iter)?;
            repeat.filter_expr.iter().try_for_each(expression)?;
            statements(&repeat.body)?;
            statements(&repeat.else_body)
        }
        Stmt::IfCond(condition) => {
            expression(&condition.expr)?;
            statements(&condition.true_body)?;
            statements(&condition.false_body)
        }
        Stmt::WithBlock(with) => {
            with.assignments
                .iter()
                .try_for_each(|(_, value)| expression(value))?;
            statements(&with.body)
        }
        Stmt::Set(set) => expression(&set.expr),
        Stmt::Block(block) => statements(&block.body),
        Stmt::Extends(extends) => expression(&extends.name),
        Stmt::Include(include) => expression(&include.name),
        Stmt::SetBlock(block) => Err(refused(block.span().start_line, "set with a body")),
        Stmt::FilterBlock(block) => Err(refused(block.span().start_line, "filter")),
        Stmt::AutoEscape(block) => Err(refused(block.span().start_line, "autoescape")),
        Stmt::Import(import) => Err(refused(import.span().start_line, "import")),
        Stmt::FromImport(import) => Err(refused(import.span().start_line, "import")),
        Stmt::Do(call) => Err(refused(call.span().start_line, "do")),
    }
}

fn expression(one: &Expr<'_>) -> Result<(), Refused> {
    let line = one.span().start_line;
    match one {
        Expr::Var(_) => Ok(()),
        Expr::Const(value)
            if value
                .value
                .as_str()
                .is_none_or(|text| text.len() <= LONGEST_TEXT) =>
        {
            Ok(())
        }
        Expr::Const(_) => Err((
            Some(line.into()),
            format!("has a text of more than {LONGEST_TEXT} bytes in an expression"),
        )),
        Expr::Slice(slice) => {
            // A copy of a list is not charged for when it is gone through.
            let is_short = |end: &Option<Expr<'_>>| matches!(end, Some(Expr::Const(end)) if end.value.as_usize().is_some_and(|end| end <= LONGEST_LIST));
            if slice.start.is_some() || slice.step.is_some() || !is_short(&slice.stop) {
                return Err(refused(
                    line,
                    "a part of a list that is not written [:number] with at most 50",
                ));
            }
            expression(&slice.expr)
        }
        Expr::UnaryOp(operation) => expression(&operation.expr),
        Expr::BinOp(operation) => {
            let grows = matches!(
                operation.op,
                BinOpKind::Add | BinOpKind::Concat | BinOpKind::Mul | BinOpKind::Pow
            );
            if grows {
                return Err(refused(
                    line,
                    "an operator that makes text longer (+, ~, * or **; print one part after the other)",
                ));
            }
            expression(&operation.left)?;
            expression(&operation.right)
        }
        Expr::Compare(comparison) => {
            expression(&comparison.expr)?;
            comparison
                .ops
                .iter()
                .try_for_each(|operation| expression(&operation.expr))
        }
        Expr::IfExpr(choice) => {
            expression(&choice.test_expr)?;
            expression(&choice.true_expr)?;
            choice.false_expr.iter().try_for_each(expression)
        }
        Expr::Filter(filter) => {
            filter.expr.iter().try_for_each(expression)?;
            arguments(&filter.args, line)
        }
        Expr::Test(test) => {
            expression(&test.expr)?;
            arguments(&test.args, line)
        }
        Expr::GetAttr(get) => expression(&get.expr),
        Expr::GetItem(get) => {
            expression(&get.expr)?;
            expression(&get.subscript_expr)
        }
        Expr::Call(call) => match &call.expr {
            Expr::Var(name) if name.id == "super" && call.args.is_empty() => Ok(()),
            _ => Err(refused(line, "a call of anything but super()")),
        },
        Expr::List(list) => values(&list.items, line),
        Expr::Tuple(list) => values(&list.items, line),
        Expr::Map(map) => {
            values(&map.keys, line)?;
            values(&map.values, line)
        }
    }
}

fn values(all: &[Expr<'_>], line: u16) -> Result<(), Refused> {
    if all.len() > LONGEST_LIST {
        return Err(refused(line, "a list of more than 50 values"));
    }
    all.iter().try_for_each(expression)
}

fn arguments(all: &[minijinja::machinery::ast::CallArg<'_>], line: u16) -> Result<(), Refused> {
    use minijinja::machinery::ast::CallArg;
    all.iter().try_for_each(|argument| match argument {
        CallArg::Pos(value) | CallArg::Kwarg(_, value) => expression(value),
        CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
            Err(refused(line, "a list of arguments with *"))
        }
    })
}

fn refused(line: impl Into<usize>, what: &str) -> Refused {
    (
        Some(line.into()),
        format!("has {what}, which can't be used here"),
    )
}
