"""What callers and proxies say in headers: believed only of those who are trusted, and never repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from lapor import settings
from lapor.access import limits
from lapor.access.secrets import REPORTER_PREFIX, new_secret
from lapor.errors import SettingsFaulty
from lapor.records import LimitCount
from tests.integration.town import Town
from tests.integration.web import BARE, V1, Answer, Web, problem

EVIL = "evil.example"
MISDIRECTED = (421, "misdirected", None)


@pytest.fixture
def town(shared_town: Town) -> Town:
    """Nobody here looks at cases of others."""
    return shared_town


def served(town: Town, public_url: str = "https://lapor.example", **server: Any) -> Web:
    """The API of a town behind a public address, with these settings of the server."""
    read = town.site.settings
    names = tuple(server.pop("hosts", ("lapor.example", "127.0.0.1", "localhost", "::1")))
    chosen = replace(read, public_url=public_url, server=replace(read.server, hosts=names, **server))
    return Web(replace(town, site=replace(town.site, settings=chosen)))


def asked(web: Web, path: str, host: str | None, method: str = "GET", **headers: str) -> Answer:
    environ = {"HTTP_HOST": host} if host is not None else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: Answer = web.client.open(path, method=method, headers=named, environ_overrides=environ)
    return answer


def everything(answer: Answer) -> str:
    return f"{answer.status}{answer.headers}{answer.get_data(as_text=True)}"


KNOWN = [
    "lapor.example",
    "LAPOR.example",
    "lapor.example:8443",
    "lapor.example.",
    "localhost:1",
    "127.0.0.1",
    "[::1]:8080",
]
UNKNOWN = [
    EVIL,
    "",
    "lapor.example.evil.example",
    "evil.example:80",
    "lapor.example@evil.example",
    "lapor.example:x",
    "lapor.example, evil.example",
    "127.0.0.2",
    "[::2]",
    "::1",
    "[::1",
    "lapor.example/..",
    " lapor.example",
    "l\xe4por.example",
]


@pytest.mark.parametrize("host", KNOWN)
def test_who_asks_for_a_name_of_the_server_is_served(town: Town, host: str) -> None:
    assert asked(served(town), f"{V1}/units", host).status_code == 200


@pytest.mark.parametrize("host", UNKNOWN)
def test_who_asks_for_another_host_is_told_so_before_anything_else(town: Town, host: str) -> None:
    web = served(town)
    with web.statements() as ran:
        told = [
            asked(web, path, host, method)
            for method in ("GET", "POST", "OPTIONS")
            for path in (
                f"{V1}/units",
                f"{V1}/complaints",
                "/",
                "/nowhere",
                f"{V1}/docs",
                "/problems/stale",
                "/healthy",
            )
        ]
    assert [problem(answer) for answer in told] == [MISDIRECTED] * 21
    assert ran == []


def test_a_wrong_token_for_another_host_is_not_even_counted(town: Town) -> None:
    web = served(town)
    before = town.dump()
    answer = asked(web, f"{V1}/units", EVIL, Authorization=f"Bearer {new_secret(REPORTER_PREFIX)}")
    assert (problem(answer), town.dump()) == (MISDIRECTED, before)


def test_it_is_told_in_both_languages(town: Town) -> None:
    web = served(town)
    said = {each: asked(web, "/", EVIL, Accept_Language=each).json["detail"] for each in ("id", "en")}
    assert said == {
        "id": "Server ini tidak bernama seperti yang diminta.",
        "en": "This server does not go by the name that was asked for.",
    }


@pytest.mark.parametrize("host", [EVIL, "10.1.2.3:8080", "", "a b"])
@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_load_balancers_ask_by_any_name(town: Town, path: str, host: str) -> None:
    assert asked(served(town), path, host).status_code == 200


@pytest.mark.parametrize(
    "path", ["/health/../api/v1/units", "/health", "/metrics/", "/metricsx", "/api/v1/health/live"]
)
def test_nothing_else_passes_for_what_load_balancers_ask(town: Town, path: str) -> None:
    assert asked(served(town), path, EVIL).status_code in (404, 421)


PATHS = [
    "/",
    f"{V1}/units",
    f"{V1}/docs",
    f"{V1}/openapi.json",
    "/nowhere",
    "/health/live",
    "/health/ready",
    "/health/x",
]
FORWARDED = {
    "X_Forwarded_Host": EVIL,
    "X_Forwarded_Proto": "gopher",
    "X_Forwarded_Port": "666",
    "X_Forwarded_Prefix": "/evil.example",
    "Forwarded": f"host={EVIL};proto=gopher",
    "X_Original_Url": f"//{EVIL}/",
}


@pytest.mark.parametrize("path", [*PATHS, f"//{V1}/units", "/metrics"])
@pytest.mark.parametrize("host", [EVIL, "lapor.example", None])
def test_no_answer_repeats_a_host_that_somebody_named(town: Town, path: str, host: str | None) -> None:
    web = served(town, trusted_proxies=(ip_network("127.0.0.0/8"),))
    for method in ("GET", "POST"):
        answer = asked(web, path, host, method, **FORWARDED)
        found = [word for word in (EVIL, "gopher", "666") if word in everything(answer)]
        assert found == [], (method, everything(answer))


def test_links_have_the_public_address_whatever_was_asked_for(town: Town) -> None:
    web = served(town)
    for host in ("lapor.example", "localhost:5000"):
        document = asked(web, f"{V1}/openapi.json", host, **FORWARDED).json
        assert document["servers"][0]["url"] == "https://lapor.example"


def counted(web: Web, peer: str | None, **headers: str) -> set[str]:
    """The blocks under which a submission from a peer is counted, of those that might be."""
    might = ("198.51.100.0/24", "192.0.2.0/24", "10.0.0.0/24", "203.0.113.0/24", "2001:db8::/56", "local")
    keys = {limits.key(web.site.pepper, "submissions", block): block for block in might}
    with web.site.writing() as session:
        session.query(LimitCount).delete()
    web.client.environ_base.pop("REMOTE_ADDR", None)
    environ = {} if peer is None else {"REMOTE_ADDR": peer}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = web.client.post(f"{V1}/complaints", json=BARE, headers=named, environ_overrides=environ)
    assert answer.status_code == 201
    with web.site.reading() as session:
        return {keys[row.key] for row in session.query(LimitCount)}


SPOOFED: list[Mapping[str, str]] = [
    {"X_Forwarded_For": "192.0.2.1"},
    {"X_Forwarded_For": "192.0.2.1, 10.0.0.1"},
    {"X_Real_IP": "192.0.2.1", "Forwarded": "for=192.0.2.1", "Client_IP": "192.0.2.1", "CF_Connecting_IP": "192.0.2.1"},
]


@pytest.mark.parametrize("headers", SPOOFED)
@pytest.mark.parametrize("proxies", [(), (ip_network("10.0.0.0/8"),)])
def test_what_somebody_says_who_is_no_trusted_proxy_changes_nothing(
    town: Town, headers: Mapping[str, str], proxies: tuple[Any, ...]
) -> None:
    assert counted(served(town, trusted_proxies=proxies), "198.51.100.7", **headers) == {"198.51.100.0/24"}


def test_of_a_trusted_proxy_the_caller_is_believed_and_not_what_the_caller_says(town: Town) -> None:
    web = served(town, trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("203.0.113.9")))
    said = {
        "198.51.100.7": "198.51.100.0/24",
        "192.0.2.1, 198.51.100.7": "198.51.100.0/24",
        "192.0.2.1, 198.51.100.7, 203.0.113.9": "198.51.100.0/24",
        "192.0.2.1, 203.0.113.8": "203.0.113.0/24",
        "2001:db8::7": "2001:db8::/56",
        "nonsense": "10.0.0.0/24",
        "": "10.0.0.0/24",
    }
    assert {each: counted(web, "10.0.0.1", X_Forwarded_For=each) for each in said} == {
        each: {block} for each, block in said.items()
    }
    # no other header is read of a proxy either
    assert counted(web, "10.0.0.1", X_Real_IP="192.0.2.1", Forwarded="for=192.0.2.1") == {"10.0.0.0/24"}


@pytest.mark.parametrize("peer", [None, ""])
def test_all_who_come_through_a_socket_without_addresses_are_one_block(town: Town, peer: str | None) -> None:
    web = served(town, trusted_proxies=(ip_network("0.0.0.0/0"),))
    assert counted(web, peer, X_Forwarded_For="192.0.2.1") == {"local"}


def loaded(folder: Path, text: str) -> settings.Server:
    (folder / "config.yaml").write_text(text)
    return settings.load({}, folder).server


def test_without_a_setting_the_server_goes_by_its_public_name_and_its_own_addresses(tmp_path: Path) -> None:
    told = loaded(tmp_path, "public_url: https://Lapor.example:8443/x\nserver: {host: 10.0.0.5}")
    assert told.hosts == ("lapor.example", "10.0.0.5", "localhost", "127.0.0.1")
    assert loaded(tmp_path, "").hosts == ("127.0.0.1", "localhost")
    assert loaded(tmp_path, "server: {host: '::'}").hosts == ("::", "localhost", "127.0.0.1")


def test_names_that_are_set_stand_alone(tmp_path: Path) -> None:
    told = loaded(tmp_path, "public_url: https://lapor.example\nserver: {hosts: [Pengaduan.example., '[::1]']}")
    assert told.hosts == ("pengaduan.example", "::1")


def test_proxies_are_networks_or_single_addresses(tmp_path: Path) -> None:
    told = loaded(tmp_path, "server: {trusted_proxies: [10.0.0.0/8, 203.0.113.9, '2001:db8::/32']}")
    assert told.trusted_proxies == tuple(map(ip_network, ("10.0.0.0/8", "203.0.113.9/32", "2001:db8::/32")))
    with pytest.raises(SettingsFaulty) as caught:
        loaded(tmp_path, "server: {trusted_proxies: [10.0.0.1/8, proxy.example, 7], hosts: ['a b', 'https://x', '*']}")
    assert caught.value.faults == (
        "server.hosts[0]: must be as in lapor.example",
        "server.hosts[1]: must be as in lapor.example",
        "server.hosts[2]: must be as in lapor.example",
        "server.trusted_proxies[0]: 10.0.0.1/8 must be as in 10.0.0.0/8",
        "server.trusted_proxies[1]: proxy.example must be as in 10.0.0.0/8",
        "server.trusted_proxies[2]: 7 must be as in 10.0.0.0/8",
    )
