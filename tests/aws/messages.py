"""An address that is full: what waits there is counted again before a message is refused."""

import base64
import secrets
import time
import urllib.error
import urllib.request

from triggers import check

HEADER = b"""age-encryption.org/v1
-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc
hjabGXwSLQ9c3S6Lw2i6+SrTPWs/q9PIsGxPxRCOaAE
--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA
"""


def address():
    """One that nobody has: 15 random bytes and their CRC-8, in base32."""
    data, crc = secrets.token_bytes(15), 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return base64.b32encode(data + bytes([crc])).decode().rstrip("=").lower()


def run(session, base_url, resources):
    dynamodb, full = session.client("dynamodb"), address()

    def drop():
        headers = {"content-type": "application/age"}
        request = urllib.request.Request(f"{base_url}/drop/{full}", HEADER + bytes(100), headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def set_count(**more):
        row = {"drop_key": {"S": f"waiting#{full}"}, "count": {"N": "1000"}, **more}
        dynamodb.put_item(TableName=resources["DropsTable"], Item=row)

    set_count(counted_at={"N": str(int(time.time() * 1000))})
    check("an address where 1,000 messages wait takes no more", drop() == 429)
    set_count()
    check("what waits at a full address is counted again, and what has gone makes room", drop() == 202)
