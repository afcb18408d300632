"""A message to an app: signed as Standard Webhooks says, to the address that was judged, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from time import monotonic

import pytest
from standardwebhooks import Webhook

from lapor.directory import webhooks
from lapor.errors import InvalidFields
from lapor.notices.mail import Delayed, Down
from lapor.notices.webhook import Gone, Http, Message
from lapor.settings import Webhooks
from tests.certificates import issue, serving
from tests.hookserver import HookServer, running

NOW = datetime(2026, 7, 6, 9, 0, 30, 500_000, timezone(timedelta(hours=7)))
SECRET = webhooks.secret_of(b"pepper" * 6, "salt")
BODY = '{"data":{"number":"2026-7QK4-M2ZD-5"},"type":"complaint.moved"}'
TRYING_OUT = Webhooks(allow_private=True, timeout_seconds=1, attempts=3)
OPEN = Webhooks(allow_private=False, timeout_seconds=1, attempts=3)


@pytest.fixture
def server() -> Iterator[HookServer]:
    with running() as server:
        yield server


def message(url: str) -> Message:
    return Message("msg_1", url, SECRET, BODY)


class Names:
    """A name server that gives one answer after the other, and remembers what it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, int]]()

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0)


def test_a_message_carries_its_id_its_moment_and_its_signature(server: HookServer) -> None:
    Http(TRYING_OUT).send(message(server.url), now=NOW)
    (taken,) = server.taken
    assert (taken.path, taken.body.decode(), dict(taken.headers)) == (
        "/hooks?of=pu",
        BODY,
        {
            "host": f"127.0.0.1:{server.port}",
            "accept-encoding": "identity",
            "content-length": str(len(BODY)),
            "content-type": "application/json",
            "user-agent": "lapor",
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(NOW.timestamp())),
            "webhook-signature": taken.signed(SECRET),
        },
    )


def test_the_library_of_standard_webhooks_accepts_what_we_sign(server: HookServer) -> None:
    Http(TRYING_OUT).send(message(server.url), now=datetime.now(UTC))
    (taken,) = server.taken
    assert Webhook(SECRET).verify(taken.body, taken.headers) == taken.said


def test_a_secret_is_made_of_pepper_and_salt_and_long_enough() -> None:
    assert webhooks.secret_of(b"pepper" * 6, "salt") == SECRET
    assert len({SECRET, webhooks.secret_of(b"pepper" * 7, "salt"), webhooks.secret_of(b"pepper" * 6, "other")}) == 3
    assert (SECRET[:6], len(SECRET)) == ("whsec_", 6 + 44)


@pytest.mark.parametrize(
    ("mood", "kind", "said"),
    [
        ("304", Delayed, "the app said 304: redirects are not followed"),
        ("400", Delayed, "the app said 400"),
        ("500", Delayed, "the app said 500"),
        ("410", Gone, "the app said 410: it wants to be told nothing more"),
        ("drop", Down, "the app cannot be reached: RemoteDisconnected"),
        ("hang", Down, "the app did not answer within 1 seconds"),
        ("drip", Down, "the app did not answer within 1 seconds"),
        ("drip body", Down, "the app did not answer within 1 seconds"),
    ],
)
def test_any_answer_but_success_is_a_failure(server: HookServer, mood: str, kind: type[Exception], said: str) -> None:
    server.mood = mood
    with pytest.raises(kind) as fault:
        Http(TRYING_OUT).send(message(server.url), now=NOW)
    assert (type(fault.value), str(fault.value), server.tried) == (kind, said, 1)


def test_of_an_endless_answer_only_a_beginning_is_read(server: HookServer) -> None:
    server.mood = "endless"
    begun = monotonic()
    Http(Webhooks(allow_private=True, timeout_seconds=15, attempts=3)).send(message(server.url), now=NOW)
    assert monotonic() - begun < 5


def test_nobody_there_is_down(server: HookServer) -> None:
    server.stop()
    with pytest.raises(Down) as fault:
        Http(TRYING_OUT).send(message(server.url), now=NOW)
    assert str(fault.value) == "the app cannot be reached: ConnectionRefusedError"


INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%lo",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "no address",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_whatever_stands_beside_it(address: str) -> None:
    names = Names(["103.10.62.1", address])
    with pytest.raises(Down) as fault:
        Http(OPEN, names).send(message("https://app.dinas.example/hooks"), now=NOW)
    assert str(fault.value) == "the app's host has an address that is not public"
    assert names.asked == [("app.dinas.example", 443)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_no_way_of_writing_this_machine_leads_to_it(server: HookServer, host: str) -> None:
    with pytest.raises(Down):
        Http(OPEN).send(message(f"https://{host}:{server.port}/"), now=NOW)
    assert server.tried == 0


def test_a_name_is_resolved_once_and_connected_to_what_was_found(server: HookServer) -> None:
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    Http(TRYING_OUT, names).send(message(f"http://app.dinas.example:{server.port}/"), now=NOW)
    assert names.asked == [("app.dinas.example", server.port)]
    assert [taken.headers["host"] for taken in server.taken] == [f"app.dinas.example:{server.port}"]


def test_a_name_that_comes_to_mean_this_machine_is_refused(server: HookServer) -> None:
    names = Names(["127.0.0.1"])
    with pytest.raises(Down):
        Http(OPEN, names).send(message(f"https://app.dinas.example:{server.port}/"), now=NOW)
    assert (server.tried, names.answers) == (0, [])


def test_the_next_address_is_tried_where_the_first_does_not_answer(server: HookServer) -> None:
    names = Names(["127.0.0.2", "127.0.0.1"])
    Http(TRYING_OUT, names).send(message(f"http://app.dinas.example:{server.port}/"), now=NOW)
    assert len(server.taken) == 1


def test_a_name_that_nobody_knows_is_down() -> None:
    with pytest.raises(Down) as fault:
        Http(OPEN).send(message("https://app.invalid/"), now=NOW)
    assert str(fault.value) == "the name of the app's host is not known"


def test_http_is_not_spoken_with_the_open_internet(server: HookServer) -> None:
    with pytest.raises(Down) as fault:
        Http(OPEN).send(message(server.url), now=NOW)
    assert (str(fault.value), server.tried) == ("the address is none that is sent to: https is needed", 0)


@pytest.mark.parametrize("known", [True, False])
def test_the_certificate_must_be_that_of_the_name_not_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    certificate = issue(tmp_path, "app.dinas.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    name = "app.dinas.example" if known else "other.dinas.example"
    with running(serving(certificate)) as server:
        sender = Http(TRYING_OUT, Names(["127.0.0.1"]))
        to_it = message(f"https://{name}:{server.port}/")
        if known:
            sender.send(to_it, now=NOW)
        else:
            with pytest.raises(Down) as fault:
                sender.send(to_it, now=NOW)
            assert str(fault.value) == "the app cannot be reached: SSLCertVerificationError"
        assert (server.names, len(server.taken)) == ([name], int(known))


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with running(serving(issue(tmp_path, "app.dinas.example"))) as server:
        sender = Http(TRYING_OUT, Names(["127.0.0.1"]))
        with pytest.raises(Down) as fault:
            sender.send(message(f"https://app.dinas.example:{server.port}/"), now=NOW)
    assert str(fault.value) == "the app cannot be reached: SSLCertVerificationError"


REFUSED = [
    "http://app.dinas.example/",
    "ftp://app.dinas.example/",
    "https://",
    "https:///path",
    "https://user:word@app.dinas.example/",
    "https://app.dinas.example/#part",
    "https://app.dinas.example:0/",
    "https://app.dinas.example:99999/",
    "https://app.dinas.example/a b",
    "https://app.dinas.example/\r\nX: y",
    "https://dinas\u00e9.example/",
    "https://app.dinas.example\\@127.0.0.1/",
    "https://[::1/",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_is_https_in_plain_letters_and_nothing_more(url: str) -> None:
    with pytest.raises(InvalidFields) as fault:
        webhooks.address(url, allow_private=False)
    assert fault.value.errors == {"url": ["Must be an https address in ASCII, without a user and without a #fragment."]}


def test_http_will_do_for_trying_out() -> None:
    assert webhooks.address("http://127.0.0.1:8000/x", allow_private=True).port == 8000
