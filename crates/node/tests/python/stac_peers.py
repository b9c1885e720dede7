"""pystac-client reads and searches a node.

usage: stac_peers.py http://127.0.0.1:8080
Needs `pystac-client` (PyPI). Makes no assumption on what the node holds but that it holds at least
one item; exits with 1 and a sentence at the first thing that is wrong.
"""

import sys
import urllib.error
import urllib.request

from pystac_client import Client


def check(holds, text):
    if not holds:
        sys.exit(f"failed: {text}")


def status(address, headers=None):
    request = urllib.request.Request(address, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def main():
    node = sys.argv[1].rstrip("/")
    client = Client.open(f"{node}/stac")
    for part in ("CORE", "COLLECTIONS", "FEATURES", "ITEM_SEARCH", "SORT", "FIELDS"):
        check(client.conforms_to(part), f"the node does not say that it conforms to {part}")

    collections = list(client.get_collections())
    check(collections, "the node has no collections")
    everything = list(client.search(limit=3).items())
    check(everything, "the node has no items")
    keys = [(item.collection_id, item.id) for item in everything]
    check(len(keys) == len(set(keys)), "an item came twice over the pages")
    matched = client.search().matched()
    check(matched == len(keys), f"{matched} matched, {len(keys)} came")

    by_collection = 0
    for collection in collections:
        listed = [item.id for item in collection.get_items()]
        searched = [i.id for i in client.search(collections=[collection.id], limit=2).items()]
        check(listed == searched, f"items and search differ in {collection.id}: {listed} {searched}")
        by_collection += len(listed)
        again = client.get_collection(collection.id)
        check(again.to_dict()["extent"] == collection.to_dict()["extent"], "extents differ")
    check(by_collection == len(keys), "the collections together are not everything")

    for item in everything[:20]:
        one = client.get_collection(item.collection_id).get_item(item.id)
        check(one is not None, f"{item.id} cannot be read alone")
        for member in ("id", "geometry", "bbox", "properties", "assets", "collection"):
            same = one.to_dict()[member] == item.to_dict()[member]
            check(same, f"{member} of {item.id} differs when read alone")
        for method in ("GET", "POST"):
            found = client.search(
                method=method, ids=[item.id], collections=[item.collection_id]
            )
            check([i.id for i in found.items()] == [item.id], f"{method} ids={item.id}")
            here = client.search(method=method, bbox=item.bbox, max_items=1000)
            check(item.id in {i.id for i in here.items()}, f"{method} bbox of {item.id}")
            instant = item.datetime or item.common_metadata.start_datetime
            then = client.search(method=method, datetime=instant, max_items=1000)
            check(item.id in {i.id for i in then.items()}, f"{method} datetime of {item.id}")
        inside = client.search(method="POST", intersects=item.geometry, max_items=1000)
        check(item.id in {i.id for i in inside.items()}, f"intersects of {item.id}")

    in_order = [i.id for i in client.search(sortby="+id", limit=5).items()]
    check(in_order == sorted(in_order), "sortby=+id is not in order")
    few = next(client.search(fields=["id", "properties.datetime"], max_items=1).items_as_dicts())
    check("assets" not in few and few["id"], f"fields brought {sorted(few)}")

    files = 0
    for item in everything:
        for asset in item.assets.values():
            if not asset.href.startswith(node):
                continue
            code, headers, body = status(asset.href, {"Range": "bytes=0-15"})
            check(code == 206 and len(body) == 16, f"{asset.href}: {code}, {len(body)} bytes")
            check(headers["Content-Range"].startswith("bytes 0-15/"), asset.href)
            files += 1
    code, headers, _ = status(f"{node}/stac/search?limit=0")
    check(code == 400 and headers["Content-Type"] == "application/problem+json", "limit=0")
    print(f"{len(collections)} collections, {len(keys)} items, {files} files read")


if __name__ == "__main__":
    main()
