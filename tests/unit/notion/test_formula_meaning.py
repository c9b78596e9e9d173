"""Formulas compare by meaning: however Notion prints one, and only when they mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.notion.plugins.module_utils.formula_meaning import canonical, syntax_fault

EQUAL = [
    ("1+2", "1 + 2"),
    ("1 + 2", "(1 + 2)"),
    ("1 + 2 * 3", "1 + (2 * 3)"),
    ("(1 + 2) + 3", "1 + 2 + 3"),
    ("1 - 2 - 3", "(1 - 2) - 3"),
    ("2 ^ 3 ^ 2", "2 ^ (3 ^ 2)"),
    ("a and b", "a && b"),
    ("a or b and c", "a || (b && c)"),
    ("not a", "!a"),
    ("not(a)", "! a"),
    ("a == b and c != d", "(a == b) and (c != d)"),
    ("a < b == c", "(a < b) == c"),
    ("a ? b : c", "if(a, b, c)"),
    ("a ? b : c ? d : e", "if(a, b, if(c, d, e))"),
    ("1.0", "1"),
    ("0.50", "0.5"),
    ("1e3", "1000"),
    ("-1", "- 1"),
    ("-(1)", "-1"),
    ('prop("A").length()', ' prop( "A" ) . length( )'),
    ('round(prop("A")*10)/10', 'round((prop("A") * 10)) / 10'),
    ("[1,2]", "[ 1, 2 ]"),
    ("{{notion:block_property:abc:d:e}}*2", "{{notion:block_property:abc:d:e}} * 2"),
    ('if(\n  prop("A"),\n  1,\n  2\n)', 'if(prop("A"), 1, 2)'),
    ("1 @ 2", " 1  @\n2 "),
    ('prop("A").length()', 'length(prop("A"))'),
    ('prop("A").dateAdd(1, "days").year()', 'year(dateAdd(prop("A"), 1, "days"))'),
    ("prop('A')", 'prop("A")'),
    ("1 + /* of course */ 1", "1 + 1"),
    ("f(1, 2,)", "f(1, 2)"),
    (".5", "0.5"),
]

UNEQUAL = [
    ("1 + 2", "2 + 1"),
    ("(1 + 2) * 3", "1 + 2 * 3"),
    ("1 - (2 - 3)", "1 - 2 - 3"),
    ("(2 ^ 3) ^ 2", "2 ^ 3 ^ 2"),
    ("not (a and b)", "not a and b"),
    ("(a or b) and c", "a or b and c"),
    ("a == b", "a != b"),
    ("a < b", "a <= b"),
    ('"a b"', '"a  b"'),
    ('"a"', '"A"'),
    ('prop("A")', 'prop("B")'),
    ("if(a, b, c)", "if(a, c, b)"),
    ("1", '"1"'),
    ("2", "2.5"),
    ("prop(a) * 100000", "prop(a) * 1000000"),
    ("prop(a) * 1234567", "prop(a) * 1234568"),
    ("prop(a) * 0.1234567", "prop(a) * 0.1234568"),
    ("prop(a) > 20261121", "prop(a) > 20261122"),
    ("dateAdd(a, 1, days)", "dateAdd(a, 1, weeks)"),
    ("[1, 2]", "[2, 1]"),
    ("[1, 2]", "[1, [2]]"),
    ('1 @ "a  b"', '1 @ "a b"'),
    ("a.b", "a.b()"),
    ("f(1, 2)", "f(1)"),
    ("a.f(b)", "b.f(a)"),
    ("a.f", "a.f()"),
    ('"/* a */"', '"/* b */"'),
]

NO_FORMULAS = {
    "1 +": "it ends too early, after '1 +'",
    "(1": "')' is expected",
    "1)": "nothing is expected before ')'",
    "f(1,, 2)": "a value is expected, not ','",
    "1 2": "nothing is expected before '2'",
    '"abc': "the text that begins at character 1 does not end",
    "1 @ 2": "'@' at character 3 is no part of a formula",
    'prop("A") = 1': "'=' at character 11",
    "a ? b": "':' is expected",
    "a and": "it ends too early",
    "and b": "a value is expected, not 'and'",
    "a.(b)": "a name is expected after '.'",
    "  ": "it ends too early, at its beginning",
}

FORMULAS_OF_ALL_KINDS = [
    'let(x, prop("A"), x * 2)',
    'prop("Tasks").filter(current.prop("Done")).map(current.prop("Hours")).sum()',
    'and(prop("A"), or(true, false), not(prop("B")))',
    'ifs(prop("A") > 1, "x", prop("A") < -1e3, "y", "z")',
    'if(empty(prop("Due")), "", formatDate(prop("Due"), "YYYY-MM-DD"))',
    '{{notion:block_property:a%3Bb:6d2f:77aa}} == "it\'s"',
    "[1, [2, 3]].flat().at(0) ^ 2 % 3",
    'style("a", "b", "red") + link("x", "https://example.com")',
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_two_ways_to_write_a_formula_are_one(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), UNEQUAL)
def test_two_formulas_that_mean_something_else_differ(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("formula", NO_FORMULAS)
def test_what_is_no_formula_is_told_why(formula: str) -> None:
    assert NO_FORMULAS[formula] in (syntax_fault(formula) or "")


@pytest.mark.parametrize(
    "formula", [*FORMULAS_OF_ALL_KINDS, *(one for pair in EQUAL for one in pair if "@" not in one)]
)
def test_what_is_a_formula_has_no_fault(formula: str) -> None:
    assert syntax_fault(formula) is None


LEAVES = st.sampled_from(["a", "1", "2.50", '"t e"', 'prop("A")', "true", "{{notion:block_property:x:y:z}}", "now()"])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "and", "or", "&&", "||"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {} {}".format, inner, OPERATORS, inner),
        st.builds("({})".format, inner),
        st.builds("not {}".format, inner),
        st.builds("-{}".format, inner),
        st.builds("if({}, {}, {})".format, inner, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("({}).f({})".format, inner, inner),
        st.builds("[{},{}]".format, inner, inner),
    )


FORMULAS = st.recursive(LEAVES, grown, max_leaves=8)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(formula=FORMULAS)
def test_the_canonical_form_of_a_canonical_form_is_itself(formula: str) -> None:
    assert canonical(canonical(formula)) == canonical(formula)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(formula=FORMULAS)
def test_spaces_and_parentheses_around_the_whole_mean_nothing(formula: str) -> None:
    assert canonical(f"\n ( {formula} )\t") == canonical(formula)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(anything=st.text(alphabet='ab1 ."\\()[]{}+-*/^?:,!=<>&|\n', max_size=20))
def test_anything_has_one_form(anything: str) -> None:
    assert canonical(canonical(anything)) == canonical(anything)
