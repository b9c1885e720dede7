"""schemathesis asks a node whatever its description allows, and what it does not allow.

usage: schemathesis_peers.py served http://127.0.0.1:8080
       schemathesis_peers.py published http://127.0.0.1:8080 stapi-openapi-0.1.0.yaml

`served` takes the description that the node serves, of all its routes. `published` takes the OpenAPI
document of the Sensor Tasking API, which cannot be tested as it stands: it does not declare the
parameters of most of its paths, nor says what becomes of an id that is not there. Those parameters are
added, with ids that the node has, and the 404 response of the paths that have one; nothing else is
changed. Both runs are configured by `dev/schemathesis.toml`. A watch, an order and a search are made
first, so that there is one of each.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request
from datetime import datetime, timedelta

import yaml

CONFIGURATION = pathlib.Path(__file__).parents[4] / "dev" / "schemathesis.toml"
# Cases of each operation, so that a run stays near a minute.
EXAMPLES = os.environ.get("CORRIDOR_SCHEMATHESIS_EXAMPLES", "10")


def made(address, body, method="POST"):
    """Makes something of openEO, which says in a header what it is called."""
    request = urllib.request.Request(
        address,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers.get("OpenEO-Identifier")


def ask(address, body=None, **headers):
    request = urllib.request.Request(
        address, headers={"Content-Type": "application/json", **headers}
    )
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data=data, timeout=60) as answer:
        return json.load(answer)


def with_pixels(node):
    """A collection, item, asset and file that can be drawn."""
    for item in ask(f"{node}/stac/search?limit=200")["features"]:
        for key, asset in item["assets"].items():
            if "geotiff" in asset.get("type", "") and "/assets/" in asset["href"]:
                return item["collection"], item["id"], key, asset["href"].split("/assets/")[1]
    sys.exit("no item of the node has pixels")


def newest_answer(node):
    """An answer of any watch; a node without one has no trace to show."""
    for watch in ask(f"{node}/api/watches"):
        for answer in ask(f"{node}/api/watches/{watch['id']}/answers"):
            return answer
    return {"collection": "none", "item_id": "none"}


def ids(node):
    """What the node has, made where it has none, as the variables of the configuration."""
    epoch = datetime.fromisoformat(ask(f"{node}/api/status")["forecast_epoch"].replace("Z", "+00:00"))
    product = ask(f"{node}/stapi/products?limit=1")["products"][0]["id"]
    wanted = {
        "datetime": f"{epoch.isoformat()}/{(epoch + timedelta(days=3)).isoformat()}",
        "geometry": {"type": "Point", "coordinates": [13.4, 52.5]},
        "order_parameters": {},
    }
    order = ask(f"{node}/stapi/products/{product}/orders", wanted)
    search = ask(
        f"{node}/stapi/products/{product}/opportunities", wanted, Prefer="respond-async"
    )
    watch = ask(
        f"{node}/api/watches",
        {
            "name": "schemathesis",
            "product": ask(f"{node}/api/products")[0]["id"],
            "bbox": [-34.92, -8.04, -34.83, -7.95],
        },
    )
    collection, item, asset, key = with_pixels(node)
    answer = newest_answer(node)
    openeo = f"{node}/openeo/1.2"
    process = {"process_graph": {"pi": {"process_id": "pi", "arguments": {}, "result": True}}}
    made(f"{openeo}/process_graphs/my_pi", process, "PUT")
    return {
        "JOB": made(f"{openeo}/jobs", {"process": process}),
        "SERVICE": made(f"{openeo}/services", {"type": "XYZ", "process": process}),
        "PROCESS": "my_pi",
        "PRODUCT": product,
        "ORDER": order["id"],
        "SEARCH": search["id"],
        "WATCH": watch["id"],
        "COLLECTION": collection,
        "ITEM": item,
        "ASSET": asset,
        "KEY": key,
        "ANSWERS": answer["collection"],
        "ANSWER": answer["item_id"],
    }


def completed(published, known):
    """The published document with what it leaves out."""
    document = yaml.safe_load(pathlib.Path(published).read_text(encoding="utf-8"))
    values = {"productId": known["PRODUCT"], "orderId": known["ORDER"]}
    for path, operations in document["paths"].items():
        for name in re.findall(r"{(\w+)}", path):
            for operation in operations.values():
                declared = [
                    parameter
                    for parameter in operation.get("parameters", [])
                    if (parameter["in"], parameter["name"]) != ("path", name)
                ]
                schema = {"type": "string", "enum": [values[name]]}
                declared.append({"name": name, "in": "path", "required": True, "schema": schema})
                operation["parameters"] = declared
                operation["responses"].setdefault("404", {"description": "It is not there."})
    return yaml.safe_dump(document, sort_keys=False)


def main():
    which, node, *published = sys.argv[1:]
    known = ids(node)
    with tempfile.TemporaryDirectory() as folder:
        if which == "served":
            document = [f"{node}/api/openapi.json"]
        else:
            path = pathlib.Path(folder) / "stapi.yaml"
            path.write_text(completed(published[0], known), encoding="utf-8")
            document = [str(path), "--url", f"{node}/stapi"]
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)]
        command += ["run", *document, "--max-examples", EXAMPLES, "--seed", "1", "--no-color"]
        sys.exit(subprocess.run(command, cwd=folder, env={**os.environ, **known}).returncode)


if __name__ == "__main__":
    main()
