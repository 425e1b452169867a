"""Access tokens under RFC 8725's attacks: each is 401, none makes anybody fetch anything."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.problems import Unauthorized, Unavailable
from shared.tokens import AccessVerifier, KeyDirectory

KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwk(kid: str, public: bytes = PUBLIC) -> dict[str, Any]:
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": b64(public)}


class Auth:
    """Stands for auth: gives its keys and counts how often it is asked."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys, self.asked, self.away = list(keys), 0, False

    async def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.away:
            raise Unavailable
        return {"keys": self.keys}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": "parley", "aud": "parley", "sub": "u1", "sid": "s1", "jti": "t1", "role": "user"}
    return {
        name: value for name, value in (whole | {"iat": now, "exp": now + 900} | changes).items() if value is not ...
    }


def signed(key: Ed25519PrivateKey = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
    payload = json.dumps(claims(**changes)).encode()
    return assembled(json.dumps(header or HEADER).encode(), payload, key)


def assembled(header: bytes, payload: bytes, key: Ed25519PrivateKey = KEY) -> str:
    signing_input = f"{b64(header)}.{b64(payload)}"
    return f"{signing_input}.{b64(key.sign(signing_input.encode()))}"


HEADER = {"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"}


def verifier(auth: Auth | None = None) -> AccessVerifier:
    return AccessVerifier(KeyDirectory((auth or Auth(jwk("k1"))).fetch))


async def test_a_good_token_says_who_it_is() -> None:
    read = await verifier().verify(signed())
    assert (read.sub, read.sid, read.role, read.jti) == ("u1", "s1", "user", "t1")
    assert read.exp - read.iat == 900


async def test_what_pyjwt_signs_is_good() -> None:
    token = jwt.encode(claims(), KEY, algorithm="EdDSA", headers={"kid": "k1", "typ": "at+jwt"})
    assert (await verifier().verify(token)).sub == "u1"


def hs256(secret: bytes, **header: Any) -> str:
    import hmac

    signing_input = (
        f"{b64(json.dumps(HEADER | {'alg': 'HS256'} | header).encode())}.{b64(json.dumps(claims()).encode())}"
    )
    return f"{signing_input}.{b64(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def unsigned(alg: str) -> str:
    return f"{b64(json.dumps(HEADER | {'alg': alg}).encode())}.{b64(json.dumps(claims()).encode())}."


LISTENER = "http://127.0.0.1:9/keys"
ATTACKS: dict[str, Callable[[], str]] = {
    "S020 alg none": lambda: unsigned("none"),
    "S020 alg None": lambda: unsigned("None"),
    "S020 alg nOnE": lambda: unsigned("nOnE"),
    "S020 none with the signature": lambda: unsigned("none") + signed().rpartition(".")[2],
    "S021 HMAC with the public key": lambda: hs256(PUBLIC),
    "S021 HMAC with the PEM": lambda: hs256(PEM),
    "S021 HMAC with the JWK": lambda: hs256(json.dumps(jwk("k1")).encode()),
    "S022 other key": lambda: signed(OTHER_KEY),
    "S022 kid unknown": lambda: signed(header=HEADER | {"kid": "k2"}),
    "S022 kid a path": lambda: signed(header=HEADER | {"kid": "../../dev/null"}),
    "S022 kid SQL": lambda: signed(header=HEADER | {"kid": "k1' OR '1'='1"}),
    "S022 kid long": lambda: signed(header=HEADER | {"kid": "k" * 3_500}),
    "S022 kid a number": lambda: signed(header=HEADER | {"kid": 1}),
    "S022 kid null": lambda: signed(header=HEADER | {"kid": None}),
    "S022 no kid": lambda: signed(header={"alg": "EdDSA", "typ": "at+jwt"}),
    "S023 jku": lambda: signed(OTHER_KEY, header=HEADER | {"jku": LISTENER}),
    "S023 x5u": lambda: signed(OTHER_KEY, header=HEADER | {"x5u": LISTENER}),
    "S023 jwk": lambda: signed(
        OTHER_KEY, header=HEADER | {"jwk": jwk("k1", OTHER_KEY.public_key().public_bytes_raw())}
    ),
    "S023 jku, rightly signed": lambda: signed(header=HEADER | {"jku": LISTENER}),
    "S024 no exp": lambda: signed(exp=...),
    "S024 exp text": lambda: signed(exp=str(int(time.time()) + 900)),
    "S024 exp NaN": lambda: signed(exp=float("nan")),
    "S024 exp infinite": lambda: signed(exp=float("inf")),
    "S024 exp 1e308": lambda: signed(exp=1e308),
    "S024 exp true": lambda: signed(exp=True),
    "S024 exp in 100 years": lambda: signed(exp=int(time.time()) + 100 * 365 * 86_400),
    "S024 expired": lambda: signed(iat=int(time.time()) - 900, exp=int(time.time())),
    "S025 nbf in the future": lambda: signed(nbf=int(time.time()) + 120),
    "S025 nbf text": lambda: signed(nbf="0"),
    "S025 iat in the future": lambda: signed(iat=int(time.time()) + 120),
    "S025 no iat": lambda: signed(iat=...),
    "S026 other aud": lambda: signed(aud="other"),
    "S026 aud list": lambda: signed(aud=["parley", "other"]),
    "S026 no aud": lambda: signed(aud=...),
    "S026 other iss": lambda: signed(iss="evil"),
    "S026 no iss": lambda: signed(iss=...),
    "S027 another kind of token": lambda: signed(header=HEADER | {"typ": "rt+jwt"}),
    "S027 typ JWT": lambda: signed(header=HEADER | {"typ": "JWT"}),
    "S027 no typ": lambda: signed(header={"alg": "EdDSA", "kid": "k1"}),
    "S028 crit": lambda: signed(header=HEADER | {"crit": ["exp"]}),
    "S028 b64 false": lambda: signed(header=HEADER | {"b64": False, "crit": ["b64"]}),
    "S029 sub twice": lambda: assembled(json.dumps(HEADER).encode(), _twice("sub")),
    "S029 alg twice": lambda: assembled(
        b'{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"k1"}', json.dumps(claims()).encode()
    ),
    "S032 4,097 bytes": lambda: signed(x="x" * 4_097),
    "S032 a megabyte": lambda: "e" * 1_000_000,
    "S033 padded": lambda: signed() + "=",
    "S033 space behind": lambda: signed() + " ",
    "S033 space before": lambda: " " + signed(),
    "S033 newline behind": lambda: signed() + "\n",
    "S033 NUL behind": lambda: signed() + "%00",
    "S033 a dot behind": lambda: signed() + ".",
    "S033 spare bits": lambda: _other_spelling(signed()),
    "S033 standard base64": lambda: signed().replace("-", "+").replace("_", "/") + "+",
    "no sub": lambda: signed(sub=...),
    "sub empty": lambda: signed(sub=""),
    "sub a number": lambda: signed(sub=1),
    "sub long": lambda: signed(sub="u" * 129),
    "no sid": lambda: signed(sid=...),
    "no jti": lambda: signed(jti=...),
    "no role": lambda: signed(role=...),
    "role a list": lambda: signed(role=["admin"]),
    "payload a list": lambda: assembled(json.dumps(HEADER).encode(), b"[]"),
    "payload not JSON": lambda: assembled(json.dumps(HEADER).encode(), b"{"),
    "payload with a lone surrogate": lambda: assembled(json.dumps(HEADER).encode(), b'{"sub": "\\ud800"}'),
    "header a list": lambda: assembled(b"[]", json.dumps(claims()).encode()),
    "header deep": lambda: assembled(b"[" * 2_000, b"{}"),
    "two parts": lambda: signed().rpartition(".")[0],
    "empty": lambda: "",
    "beyond ASCII": lambda: "é" + signed(),
}


@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_is_401_and_has_nothing_fetched(name: str) -> None:
    auth = Auth(jwk("k1"))
    checks = verifier(auth)
    await checks.verify(signed())
    with pytest.raises(Unauthorized):
        await checks.verify(ATTACKS[name]())
    assert auth.asked == 1, "by the good one"


async def test_a_token_too_long_costs_nothing() -> None:
    good, auth = signed(), Auth(jwk("k1"))
    longest, too_long = (signed(pad="x" * (length * 3 // 4)) for length in (4_096 - len(good) - 20, 4_096))
    assert len(longest) <= 4_096 < len(too_long)
    with pytest.raises(Unauthorized):
        await verifier(auth).verify(too_long)
    assert auth.asked == 0, "it is not even read"
    assert (await verifier(auth).verify(longest)).sub == "u1"


async def test_a_cached_token_still_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    checks, token = verifier(), signed()
    await checks.verify(token)
    late = time.time() + 901
    monkeypatch.setattr(time, "time", lambda: late)
    with pytest.raises(Unauthorized, match="expired"):
        await checks.verify(token)


async def test_keys_are_asked_for_once_and_an_invented_kid_does_not_flood_auth() -> None:
    auth = Auth(jwk("k1"))
    checks = verifier(auth)
    for number in range(50):
        await checks.verify(signed(jti=f"t{number}"))
        with pytest.raises(Unauthorized):
            await checks.verify(signed(header=HEADER | {"kid": f"invented-{number}"}))
    assert auth.asked == 1


async def test_a_new_key_is_found_and_an_old_one_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeyDirectory, "PAUSE_SECONDS", 0.0)
    auth = Auth(jwk("k1"))
    keys = KeyDirectory(auth.fetch)
    assert await keys.key_for("k1") is not None
    auth.keys = [jwk("k2")]
    assert await keys.key_for("k2") is not None
    assert await keys.key_for("k1") is None


async def test_auth_being_away_logs_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeyDirectory, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(KeyDirectory, "FRESH_SECONDS", 0.0)
    auth = Auth(jwk("k1"))
    checks = verifier(auth)
    await checks.verify(signed())
    auth.away = True
    assert (await checks.verify(signed(jti="t2"))).jti == "t2"


async def test_auth_being_slow_holds_up_only_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeyDirectory, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(KeyDirectory, "FRESH_SECONDS", 0.0)
    auth, answer = Auth(jwk("k1")), asyncio.Event()

    async def slow() -> dict[str, Any]:
        await answer.wait()
        return await auth.fetch()

    keys = KeyDirectory(slow)
    first = [asyncio.create_task(keys.key_for("k1")) for _ in range(10)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in first)
    answer.set()
    assert None not in await asyncio.gather(*first)
    answer.clear()
    async with asyncio.timeout(1):
        assert await keys.key_for("k1") is not None
    waiting = asyncio.create_task(keys.key_for("k2"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    auth.keys.append(jwk("k2"))
    answer.set()
    assert await waiting is not None
    assert auth.asked == 2


async def test_without_any_key_it_is_unavailable_and_then_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeyDirectory, "PAUSE_SECONDS", 0.0)
    auth = Auth(jwk("k1"))
    auth.away = True
    checks = verifier(auth)
    with pytest.raises(Unavailable):
        await checks.verify(signed())
    auth.away = False
    assert (await checks.verify(signed())).sub == "u1"


async def test_keys_of_another_kind_are_passed_over() -> None:
    auth = Auth({"kty": "RSA", "kid": "k0", "n": "x", "e": "AQAB"}, {"kty": "oct", "kid": "k1", "k": "x"}, jwk("k1"))
    assert (await verifier(auth).verify(signed())).sub == "u1"


def _twice(name: str) -> bytes:
    text = json.dumps(claims())
    return (text[:-1] + f', "{name}": "admin"}}').encode()


def _other_spelling(token: str) -> str:
    # The last of 86 characters carries four bits of no meaning.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
