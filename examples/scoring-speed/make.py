"""Makes what the comparison needs: python make.py DIR IMAGES (needs numpy, onnx, pillow).

DIR/model: a reward model's folder with a ViT of random weights (224 pixels, patches of 32, width 384, 6 layers; 0.6 GMAC a
picture). DIR/images: JPEG files of 512x512.
"""
import hashlib, json, os, sys
import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper as nh
from PIL import Image

folder, count = sys.argv[1], int(sys.argv[2])
size, patch, width, layers, heads, dim = 224, 32, 384, 6, 6, 256
rng = np.random.default_rng(1)
nodes, inits = [], []


def const(value, dtype=np.float32):
    inits.append(nh.from_array(np.asarray(value, dtype=dtype), f"c{len(inits)}"))
    return inits[-1].name


def op(kind, *inputs, **attributes):
    nodes.append(h.make_node(kind, list(inputs), [f"v{len(nodes)}"], **attributes))
    return nodes[-1].output[0]


def weight(*shape):
    return const(rng.normal(size=shape) / np.sqrt(shape[0]))


def linear(x, n, m):
    return op("Add", op("MatMul", x, weight(n, m)), const(np.zeros(m)))


def norm(x):
    return op("LayerNormalization", x, const(np.ones(width)), const(np.zeros(width)), axis=-1)


x = op("Conv", "pixel_values", const(rng.normal(size=(width, 3, patch, patch)) / patch), strides=[patch, patch])
x = op("Transpose", op("Reshape", x, const([0, width, -1], np.int64)), perm=[0, 2, 1])
for _ in range(layers):
    y = norm(x)
    q, k, v = (op("Transpose", op("Reshape", linear(y, width, width), const([0, -1, heads, width // heads], np.int64)),
                  perm=[0, 2, 1, 3]) for _ in range(3))
    a = op("Softmax", op("Mul", op("MatMul", q, op("Transpose", k, perm=[0, 1, 3, 2])), const((width // heads) ** -0.5)), axis=-1)
    y = op("Reshape", op("Transpose", op("MatMul", a, v), perm=[0, 2, 1, 3]), const([0, -1, width], np.int64))
    x = op("Add", x, linear(y, width, width))
    y = linear(norm(x), width, 4 * width)
    y = op("Mul", y, op("Sigmoid", op("Mul", y, const(1.702))))
    x = op("Add", x, linear(y, 4 * width, width))
x = op("MatMul", op("ReduceMean", norm(x), axes=[1], keepdims=0), weight(width, dim))
op("Div", x, op("ReduceL2", x, axes=[-1], keepdims=1))
nodes[-1].output[0] = "image_embeds"
graph = h.make_graph(nodes, "vit", [h.make_tensor_value_info("pixel_values", T.FLOAT, ["B", 3, size, size])],
                     [h.make_tensor_value_info("image_embeds", T.FLOAT, ["B", dim])], inits)
os.makedirs(folder + "/model", exist_ok=True)
os.makedirs(folder + "/images", exist_ok=True)
onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8), folder + "/model/vision.onnx")
head = {"weight": rng.normal(size=dim).astype(np.float32), "bias": np.array([5], np.float32)}
text = json.dumps({"weight": {"dtype": "F32", "shape": [dim], "data_offsets": [0, 4 * dim]},
                   "bias": {"dtype": "F32", "shape": [1], "data_offsets": [4 * dim, 4 * dim + 4]}}).encode()
open(folder + "/model/head.safetensors", "wb").write(
    len(text).to_bytes(8, "little") + text + head["weight"].tobytes() + head["bias"].tobytes())
json.dump({"size": {"shortest_edge": size}, "crop_size": {"height": size, "width": size}, "resample": 3},
          open(folder + "/model/preprocessor_config.json", "w"))
files = ["vision.onnx", "head.safetensors", "preprocessor_config.json"]
json.dump({"id": "speed", "sha256": {f: hashlib.sha256(open(folder + "/model/" + f, "rb").read()).hexdigest() for f in files}},
          open(folder + "/model/model.json", "w"))
y, x = np.mgrid[:512, :512]
for i in range(count):
    a, b, c = rng.uniform(5, 40, 3)
    waves = np.stack([128 + 90 * np.sin(x / a + k) * np.cos(y / b + c * k) for k in range(3)], -1)
    Image.fromarray((waves + rng.integers(0, 12, waves.shape)).clip(0, 255).astype(np.uint8)).save(
        f"{folder}/images/{i:05}.jpg", quality=90)
