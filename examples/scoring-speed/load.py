"""Loads a scoring service: python load.py URL FOLDER SECONDS CLIENTS [PID] (needs nothing but Python).

Each client sends a JPEG file of FOLDER as soon as it has an answer, 50 ms after a 429. PID is the service's process, whose resident
memory is told every minute (Linux). Ends with 1 if there was any answer but 200 and 429, or none.
"""
import collections, glob, http.client, json, sys, threading, time, urllib.parse

url, folder, seconds, clients = urllib.parse.urlparse(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
pid = sys.argv[5] if len(sys.argv) > 5 else None
bodies = [open(file, "rb").read() for file in sorted(glob.glob(folder + "/*.jpg"))[:64]]
answers, waits, lock = collections.Counter(), [], threading.Lock()
end = time.monotonic() + seconds


def resident():
    lines = open(f"/proc/{pid}/status").read().splitlines() if pid else []
    return next((round(int(line.split()[1]) / 1024, 1) for line in lines if line.startswith("VmRSS")), None)


def client(number):
    link, turn = None, number
    while time.monotonic() < end:
        start, status = time.monotonic(), "none"
        try:
            link = link or http.client.HTTPConnection(url.hostname, url.port, timeout=60)
            link.request("POST", "/v1/score", bodies[turn % len(bodies)], {"Content-Type": "image/jpeg"})
            answer = link.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            link = None
        with lock:
            answers[status] += 1
            if status == 200:
                waits.append(time.monotonic() - start)
        turn += clients
        if status != 200:
            time.sleep(0.05)


threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
for thread in threads:
    thread.start()
while time.monotonic() < end:
    time.sleep(max(0, min(60, end - time.monotonic())))
    print(json.dumps({"seconds_left": round(end - time.monotonic()), "answers": dict(answers), "resident_mb": resident()}),
          flush=True)
for thread in threads:
    thread.join()
waits.sort()
print(json.dumps({"accepted_a_second": round(len(waits) / seconds, 1), "answers": dict(answers),
                  "median_s": round(waits[len(waits) // 2], 3) if waits else None,
                  "p99_s": round(waits[int(0.99 * (len(waits) - 1))], 3) if waits else None,
                  "longest_s": round(waits[-1], 3) if waits else None, "resident_mb": resident()}))
sys.exit(0 if waits and set(answers) <= {200, 429} else 1)
