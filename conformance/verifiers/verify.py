"""Verifies one JWT with a library of Python, for the tests beside this file.

Usage: verify.py pyjwt|authlib, with {"jwt", "jwks", "issuer", "audience"} on standard input.
Prints the claims as JSON and ends with 0, or prints why not and ends with 1.
"""
import json
import sys


def by_pyjwt(asked):
    import jwt

    keys = {key["kid"]: jwt.PyJWK(key) for key in asked["jwks"]["keys"]}
    key = keys[jwt.get_unverified_header(asked["jwt"])["kid"]]
    return jwt.decode(
        asked["jwt"],
        key.key,
        algorithms=["ES256", "RS256"],
        issuer=asked["issuer"],
        audience=asked["audience"],
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )


def by_authlib(asked):
    from authlib.jose import JsonWebKey, JsonWebToken

    wanted = {name: {"essential": True} for name in ("exp", "iat", "sub")}
    wanted["iss"] = {"essential": True, "value": asked["issuer"]}
    wanted["aud"] = {"essential": True, "value": asked["audience"]}
    keys = JsonWebKey.import_key_set(asked["jwks"])
    claims = JsonWebToken(["ES256", "RS256"]).decode(asked["jwt"], keys, claims_options=wanted)
    claims.validate()
    return claims


try:
    print(json.dumps({"pyjwt": by_pyjwt, "authlib": by_authlib}[sys.argv[1]](json.load(sys.stdin))))
except Exception as error:  # Whatever it is: the JWT was not accepted.
    print(f"{type(error).__name__}: {error}")
    sys.exit(1)
