"""The same scores in Python: python score.py DIR THREADS OUT (needs numpy, onnxruntime, pillow). Batches of 16, as sluice score."""
import csv, glob, json, sys, time
import numpy as np
import onnxruntime as ort
from PIL import Image

folder, threads, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
options = ort.SessionOptions()
options.intra_op_num_threads = threads
session = ort.InferenceSession(folder + "/model/vision.onnx", options, providers=["CPUExecutionProvider"])
raw = open(folder + "/model/head.safetensors", "rb").read()
at = 8 + int.from_bytes(raw[:8], "little")
head = np.frombuffer(raw[at:], np.float32)
mean = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
std = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def pixels(file, size=224):
    image = Image.open(file).convert("RGB")
    w, h = image.size
    new = (size, size * h // w) if w <= h else (size * w // h, size)
    image = image.resize(new, Image.BICUBIC)
    left, top = (new[0] - size) // 2, (new[1] - size) // 2
    a = np.asarray(image.crop((left, top, left + size, top + size)), np.float32) / 255
    return ((a - mean) / std).transpose(2, 0, 1)


files = sorted(glob.glob(folder + "/images/*.jpg"))
start, cpu = time.perf_counter(), time.process_time()
with open(out, "w", newline="") as f:
    table = csv.writer(f)
    table.writerow(["file", "aesthetic"])
    for i in range(0, len(files), 16):
        some = files[i : i + 16]
        e = session.run(None, {"pixel_values": np.stack([pixels(file) for file in some])})[0]
        for file, score in zip(some, e @ head[:-1] + head[-1]):
            table.writerow([file, float(score)])
seconds, used = time.perf_counter() - start, time.process_time() - cpu
print(json.dumps({"images": len(files), "images_per_second": round(len(files) / seconds, 2),
                  "cpu_ms_per_image": round(1000 * used / len(files), 2)}))
