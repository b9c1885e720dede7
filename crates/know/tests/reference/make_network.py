"""A small network and what onnxruntime makes of a picture with it: `network.onnx`, `network.json`.

Usage: python make_network.py
Needs onnx 1.23.2, onnxruntime 1.32.0 and numpy from PyPI.

The weights are drawn once from numpy's generator and mean nothing: a convolution, pooling, enlargement and
a skip, as networks that segment pictures have them. The picture is cut into tiles as the description
says, mirrored at its edges by numpy.pad.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
TILE, MARGIN, HEIGHT, WIDTH, BANDS, CLASSES = 32, 6, 45, 70, 3, 3
MEAN, DEVIATION = [0.3, 0.4, 0.5], [0.2, 0.25, 0.3]
draw = np.random.default_rng(21)


def weights(name, *shape):
    values = draw.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)
    return numpy_helper.from_array(values, name)


initialisers = [
    weights("w1", 8, BANDS, 3, 3),
    weights("b1", 8),
    weights("w2", 8, 8, 3, 3),
    weights("w3", CLASSES, 16, 1, 1),
    numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice"),
]
nodes = [
    helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1], strides=[1, 1], dilations=[1, 1]),
    helper.make_node("Relu", ["c1"], ["r1"]),
    helper.make_node("MaxPool", ["r1"], ["p1"], kernel_shape=[2, 2], pads=[0, 0, 0, 0], strides=[2, 2]),
    helper.make_node("Conv", ["p1", "w2"], ["c2"], pads=[1, 1, 1, 1], strides=[1, 1], dilations=[1, 1]),
    helper.make_node("Sigmoid", ["c2"], ["s2"]),
    helper.make_node("Resize", ["s2", "", "twice"], ["u2"], mode="nearest"),
    helper.make_node("Concat", ["r1", "u2"], ["joined"], axis=1),
    helper.make_node("Conv", ["joined", "w3"], ["scores"], pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1]),
]
size = ["n", BANDS, "height", "width"]
graph = helper.make_graph(
    nodes,
    "segments",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, size)],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", CLASSES, "height", "width"])],
    initialisers,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, HERE / "network.onnx")

band, row, col = np.mgrid[:BANDS, :HEIGHT, :WIDTH]
picture = (((row * 7 + col * 13 + band * 29 + row * col // 5) % 101) / 100).astype(np.float32)
seen = (picture - np.float32(MEAN)[:, None, None]) / np.float32(DEVIATION)[:, None, None]
step = TILE - 2 * MARGIN
wide = np.pad(seen, [(0, 0), (MARGIN, TILE), (MARGIN, TILE)], mode="symmetric")
session = onnxruntime.InferenceSession(HERE / "network.onnx", providers=["CPUExecutionProvider"])
scores = np.zeros((CLASSES, HEIGHT + TILE, WIDTH + TILE), np.float32)
for top in range(0, HEIGHT, step):
    for left in range(0, WIDTH, step):
        tile = np.ascontiguousarray(wide[None, :, top : top + TILE, left : left + TILE])
        out = session.run(None, {"image": tile})[0][0]
        scores[:, top : top + step, left : left + step] = out[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
scores = scores[:, :HEIGHT, :WIDTH].astype(np.float64)
probabilities = np.exp(scores) / np.exp(scores).sum(axis=0)
found = {
    "onnxruntime": onnxruntime.__version__,
    "class": ["".join(map(str, line)) for line in scores.argmax(axis=0)],
    "confidence_sum": float(probabilities.max(axis=0).sum()),
    "confidence_first_row": [round(float(p), 6) for p in probabilities.max(axis=0)[0]],
}
(HERE / "network.json").write_text(json.dumps(found, indent=1) + "\n")
