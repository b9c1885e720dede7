"""Makes and reads bundles with pyd3tn, a Bundle Protocol implementation of its own.

One JSON object a line on standard input, one answer a line on standard output, bytes in hex:
{"make": {"source", "destination", "payload", "pieces": [[offset, length], ...]}} -> {"bundles": [...]}
{"read": bundle} -> {"source", "destination", "payload", "same"}: whether pyd3tn writes the same bytes,
CRCs computed anew, from what it read.
"""

import json
import sys
import time

from pyd3tn.bundle7 import Bundle, BundleProcFlag, CRCType, serialize_bundle7


def make(order):
    payload = bytes.fromhex(order["payload"])
    now = int(time.time())
    bundles = []
    for offset, length in order["pieces"]:
        whole = (offset, length) == (0, len(payload))
        bundles.append(serialize_bundle7(
            order["source"], order["destination"], payload[offset:offset + length],
            creation_timestamp=now, sequence_number=7, lifetime=300,
            flags=BundleProcFlag.NONE if whole else BundleProcFlag.IS_FRAGMENT,
            fragment_offset=None if whole else offset,
            total_adu_length=None if whole else len(payload),
            hop_limit=16,
            crc_type_canonical=CRCType.CRC16 if offset % 2 else CRCType.CRC32,
        ).hex())
    return {"bundles": bundles}


def read(text):
    data = bytes.fromhex(text)
    bundle = Bundle.parse(data)
    return {
        "source": str(bundle.primary_block.source),
        "destination": str(bundle.primary_block.destination),
        "payload": bytes(bundle.payload_block.data).hex(),
        "same": bytes(bundle) == data,
    }


for line in sys.stdin:
    asked = json.loads(line)
    answer = make(asked["make"]) if "make" in asked else read(asked["read"])
    print(json.dumps(answer), flush=True)
