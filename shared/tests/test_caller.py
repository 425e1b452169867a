"""The gateway's word: whoever forges, replays or stretches it is nobody."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from shared.caller import Anonymous, Caller, CallerSigner, CallerVerifier
from shared.problems import Unauthorized

SECRET = "the secret of rooms, 0123456789abcdef"
OTHER = "the secret of files, 0123456789abcdef"
SOMEONE = Caller(user_id="u1", session_id="s1", role="user", ip="192.0.2.1")


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": "gateway", "aud": "rooms", "sub": "u1", "sid": "s1", "role": "user", "ip": "192.0.2.1"}
    return {
        name: value for name, value in (whole | {"iat": now, "exp": now + 60} | changes).items() if value is not ...
    }


def signed(
    secret: str = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any
) -> str:
    return jwt.encode(claims(**changes), secret, algorithm=algorithm, headers=headers)


def verifier() -> CallerVerifier:
    return CallerVerifier("rooms", SECRET)


def test_what_the_gateway_signs_a_service_reads() -> None:
    signer = CallerSigner({"rooms": SECRET, "files": OTHER})
    for caller in (SOMEONE, Anonymous(ip="2001:db8::1")):
        assert verifier().verify(signer.sign("rooms", caller)) == caller
        with pytest.raises(Unauthorized):
            verifier().verify(signer.sign("files", caller))


def test_it_is_a_jwt_that_any_library_reads() -> None:
    token = CallerSigner({"rooms": SECRET}).sign("rooms", SOMEONE)
    read = jwt.decode(token, SECRET, algorithms=["HS256"], audience="rooms", issuer="gateway")
    assert read["exp"] - read["iat"] == 60
    assert verifier().verify(signed()) == SOMEONE


FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "not a token": lambda: "a.b.c",
    "no signature": lambda: signed().rpartition(".")[0] + ".",
    "two parts": lambda: signed().rpartition(".")[0],
    "four parts": lambda: signed() + ".x",
    "padded": lambda: signed() + "=",
    "with a space": lambda: signed() + " ",
    "beyond ASCII": lambda: signed() + "é",
    "alg none": lambda: jwt.encode(claims(), "", algorithm="none"),
    "alg nOnE": lambda: _with_header(b'{"alg":"nOnE","typ":"JWT"}'),
    "alg HS512": lambda: signed(SECRET * 2, "HS512"),
    "other secret": lambda: signed(OTHER),
    "empty secret": lambda: _resigned(b""),
    "with kid": lambda: signed(headers={"kid": "../../dev/null"}),
    "with jku": lambda: signed(headers={"jku": "http://127.0.0.1:1/"}),
    "with crit": lambda: signed(headers={"crit": ["exp"], "exp": 1}),
    "other audience": lambda: signed(aud="files"),
    "audience list": lambda: signed(aud=["rooms"]),
    "no audience": lambda: signed(aud=...),
    "other issuer": lambda: signed(iss="auth"),
    "no issuer": lambda: signed(iss=...),
    "expired": lambda: signed(iat=int(time.time()) - 61, exp=int(time.time()) - 1),
    "no expiry": lambda: signed(exp=...),
    "no time of issue": lambda: signed(iat=...),
    "expiry as text": lambda: signed(exp=str(int(time.time()) + 60)),
    "expiry as a fraction": lambda: signed(exp=time.time() + 30.5),
    "expiry true": lambda: signed(exp=True),
    "lives too long": lambda: signed(exp=int(time.time()) + 3_600),
    "of the future": lambda: signed(iat=int(time.time()) + 600, exp=int(time.time()) + 660),
    "expires before it begins": lambda: signed(iat=int(time.time()) + 30, exp=int(time.time()) + 20),
    "no role": lambda: signed(role=...),
    "no session": lambda: signed(sid=...),
    "no address": lambda: signed(ip=...),
    "empty user": lambda: signed(sub=""),
    "user null": lambda: signed(sub=None),
    "user a number": lambda: signed(sub=7),
    "role a list": lambda: signed(role=["admin"]),
    "too long": lambda: signed(sub="u" * 4_096),
    "payload a list": lambda: _with_payload(b"[]"),
    "payload not JSON": lambda: _with_payload(b"{"),
    "payload with sub twice": lambda: _with_payload(b'{"sub":"a","sub":"b"}'),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_nobodys(name: str) -> None:
    with pytest.raises(Unauthorized):
        verifier().verify(FORGED[name]())


def test_a_good_token_does_not_outlive_its_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    checks, token = verifier(), signed()
    checks.verify(token)
    late = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: late)
    with pytest.raises(Unauthorized):
        checks.verify(token)


def test_the_gateway_signs_anew_before_a_token_gets_old(monkeypatch: pytest.MonkeyPatch) -> None:
    signer, now = CallerSigner({"rooms": SECRET}), time.time()
    first = signer.sign("rooms", SOMEONE)
    assert signer.sign("rooms", SOMEONE) == first
    for moment in (now + 31, now - 86_400):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        token = signer.sign("rooms", SOMEONE)
        assert token != first
        assert verifier().verify(token) == SOMEONE


def test_caches_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.caller._MOST_CACHED", 10)
    signer, checks = CallerSigner({"rooms": SECRET}), verifier()
    for number in range(100):
        checks.verify(signer.sign("rooms", Anonymous(ip=str(number))))
    assert len(signer._cached) <= 10
    assert len(checks._cached) <= 10


def _with_header(header: bytes) -> str:
    return jwt.utils.base64url_encode(header).decode() + "." + signed().split(".")[1] + "."


def _with_payload(payload: bytes) -> str:
    return jwt.api_jws.PyJWS().encode(payload, SECRET, algorithm="HS256", headers={"typ": "JWT"})


def _resigned(secret: bytes) -> str:
    import hmac

    signing_input = signed().rpartition(".")[0]
    mac = hmac.digest(secret, signing_input.encode(), "sha256")
    return f"{signing_input}.{jwt.utils.base64url_encode(mac).decode()}"
