# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service is declared as."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, Service

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
SERVICES = st.builds(
    Service,
    name=TEXT,
    argv=st.lists(TEXT, min_size=1, max_size=3).map(tuple),
    env=st.dictionaries(st.sampled_from(["A", "B", "TOKEN"]), TEXT, max_size=2),
    cwd=st.none() | TEXT.map("/".__add__),
    listen=st.builds(
        Listen,
        host=st.sampled_from(["127.0.0.1", "::1", "localhost"]),
        port=st.integers(1, 3),
        exposed=st.booleans(),
    ),
)


@given(SERVICES, SERVICES)
def test_digests_are_equal_exactly_when_declarations_are(one, other):
    assert (one.digest == other.digest) == (one == other)


@given(SERVICES)
def test_the_order_of_variables_is_no_part_of_a_declaration(one):
    assert replace(one, env=dict(reversed(one.env.items()))).digest == one.digest


def test_no_value_of_a_variable_is_shown():
    service = Service("files", ("serve",), {"TOKEN": "s3cr3t-value"}, None, Listen("127.0.0.1", 8811))
    assert "s3cr3t" not in repr(service) + service.digest


@pytest.mark.parametrize(
    ("argv", "env", "why"),
    [
        ((), {}, "its command line is empty"),
        (("a\0b",), {}, "NUL"),
        (("a",), {"A-B": "x"}, "'A-B' is no name of an environment variable"),
        (("a",), {"A": "secret\0"}, "A has a NUL"),
    ],
)
def test_what_no_process_can_be_given_is_refused_without_showing_a_value(argv, env, why):
    with pytest.raises(FactoryError, match=why) as caught:
        Service("files", argv, env, None, Listen("127.0.0.1", 8811))
    assert "secret" not in str(caught.value)


def test_a_folder_that_depends_on_where_ansible_runs_is_refused():
    with pytest.raises(FactoryError, match="cwd is 'srv'; expected an absolute path"):
        Service("files", ("a",), {}, "srv", Listen("127.0.0.1", 8811))


@pytest.mark.parametrize(("host", "port"), [("", 8811), ("127.0.0.1", 0), ("127.0.0.1", 65536)])
def test_nothing_listens_at_no_host_or_an_impossible_port(host, port):
    with pytest.raises(FactoryError, match="listen"):
        Listen(host, port)
