"""Faults to plant: every small change of a source file that a good test would notice.

What is not changed: docstrings, annotations, imports, type aliases, the words of errors and of the
registry, which people read and tests only sample, and names of helper columns ("__rank"), where any
other name would do or fails at once.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATIONS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
NAMES = {
    "min": "max",
    "max": "min",
    "sum": "max",
    "fsum": "max",
    "floor": "ceil",
    "abs": "int",
    "any": "all",
    "all": "any",
    "sorted": "list",
    "cum_count": "cum_sum",
}
WORDS = {"AttributionError", "_unusable", "unknown_name", "TypeVar"}
# Words for people, and zip's guard against lengths that differ.
LEFT_ARGUMENTS = {"label", "definition", "family", "parameters", "scope", "strict"}
UNCHANGED_NAMES = {"__all__"}


@dataclass(frozen=True)
class Mutant:
    """One planted fault. `name` stays the same when lines move."""

    name: str
    line: int
    source: bytes


def mutants(source: bytes) -> list[Mutant]:
    """Return all mutants of a module, in the order of its source."""
    tree = ast.parse(source)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: list[Mutant] = []
    seen: Counter[str] = Counter()
    for where, node, changed in _changes(tree, "module"):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        text = ast.unparse(changed)
        text = text if isinstance(changed, ast.stmt) else f"({text})"
        new = source[:begin] + _indented(text, node.col_offset).encode() + source[end:]
        name = f"{where}: {_short(ast.unparse(node))} -> {_short(ast.unparse(changed))}"
        seen[name] += 1
        if seen[name] > 1:
            name += f" #{seen[name]}"
        found.append(Mutant(name, node.lineno, new))
    return found


def _indented(text: str, columns: int) -> str:
    return text.replace("\n", "\n" + " " * columns)


def _short(text: str) -> str:
    return " ".join(text.split())


def _changes(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """Yield (function, node, what takes its place) for the whole tree."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        where = node.name if where == "module" else f"{where}.{node.name}"
    yield from ((where, node, changed) for changed in _replacements(node))
    for test in _conditions(node):
        yield where, test, ast.UnaryOp(ast.Not(), test)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_alone(node, child):
                yield from _changes(child, where)


def _is_left_alone(parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(child, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True  # a docstring
    if isinstance(child, ast.keyword):
        return child.arg in LEFT_ARGUMENTS
    if isinstance(child, ast.Assign):
        target = child.targets[0]
        is_alias = isinstance(parent, ast.Module) and isinstance(
            child.value, (ast.Subscript, ast.BinOp)
        )
        name = target.id if isinstance(target, ast.Name) else ""
        return name in UNCHANGED_NAMES or (is_alias and name[:1].isupper() and not name.isupper())
    return isinstance(child, ast.Call) and _called(child) in WORDS


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            for i, operator in enumerate(node.ops):
                yield _with(node, ops=_exchanged(node.ops, i, COMPARISONS[type(operator)]()))
        case ast.BinOp(op=operator):
            yield _with(node, op=OPERATIONS[type(operator)]())
        case ast.AugAssign(op=operator):
            yield _with(node, op=OPERATIONS[type(operator)]())
            yield ast.Assign([node.target], node.value, lineno=node.lineno)
        case ast.BoolOp(op=operator):
            yield _with(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield operand
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield operand
        case ast.Constant(value=value):
            yield from _other_constants(value)
        case ast.Return(value=ast.expr()):
            yield ast.Return(None)
        case ast.Continue():
            yield ast.Break()
        case ast.Name(id=name) if name in NAMES and isinstance(node.ctx, ast.Load):
            yield _with(node, id=NAMES[name])
        case ast.Attribute(attr=name) if name in NAMES:
            yield _with(node, attr=NAMES[name])
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()  # a call for its effect, left out


def _conditions(node: ast.AST) -> list[ast.expr]:
    """Conditions to turn round, unless another change does the same."""
    tests: list[ast.expr] = []
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    return [test for test in tests if not _is_turned_anyway(test)]


def _is_turned_anyway(test: ast.expr) -> bool:
    is_exact = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1 and isinstance(test.ops[0], is_exact)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _other_constants(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, float):
        yield ast.Constant(value + 1 if value in (0.0, 1.0) else value * 1.001)
    elif isinstance(value, str) and value and not value.startswith("__"):
        yield ast.Constant(value + "_")


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _exchanged(items: list[ast.cmpop], place: int, item: ast.cmpop) -> list[ast.cmpop]:
    return [*items[:place], item, *items[place + 1 :]]
