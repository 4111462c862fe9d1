# A warm interpreter. Runs inside the sandbox: imports what the binding names, then forks for each program, watches it
# and answers for it. A program has neither the pipes of this process nor a right to touch it.
import atexit
import builtins
import fnmatch
import gc
import importlib
import json
import os
import random
import resource
import select
import shutil
import signal
import stat
import sys
import threading
import time
import traceback
import types

TMP = "/tmp"
WORK = "/tmp/work"
CHUNK = 1 << 16
# the name of this file in tracebacks
OWN = "<string>"


def main():
    limits = json.loads(sys.argv[1])
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    # Nobody may look into this process or stop it by a debugger's means, the programs that it forks least of all.
    prctl(PR_SET_DUMPABLE, 0)
    # Modules come from the installation alone here: the working directory belongs to the programs.
    sys.path[:] = [path for path in sys.path if path]
    sys.argv[:] = ["program.py"]
    warm(limits["preload"], answers)
    while True:
        job = receive(asked)
        if job is None:
            return
        head, blobs = run(job, limits)
        try:
            sweep()
        except (OSError, RecursionError):
            # What a program left cannot be removed: nothing else may run here.
            send(answers, dict(head, last=True), blobs)
            return
        send(answers, dict(head, last=False), blobs)


def warm(modules, answers):
    """Imports, and says when it is done."""
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException as error:
            send(answers, {"error": "cannot import `%s`: %s: %s" % (name, type(error).__name__, error)}, [])
            raise SystemExit(1)
    # What earlier imports left in the directory is theirs alone; names that are looked up late are looked up now.
    sweep()
    platform.machine()
    gc.collect()
    gc.freeze()
    send(answers, "ready", [])


def run(job, limits):
    """Runs one program in a fresh process and a fresh directory; the answer and what goes with it."""
    os.mkdir(WORK, 0o700)
    for name, data in job["files"]:
        with open(os.path.join(WORK, name), "xb") as file:
            file.write(data)
    given = os.path.join(TMP, "stdin")
    with open(given, "xb") as file:
        file.write(job["input"])
    stdin = os.open(given, os.O_RDONLY)
    os.unlink(given)
    out, err = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            become(job, limits, (stdin, out[1], err[1]))
        except BaseException:
            traceback.print_exc()
        os._exit(125)
    for end in (stdin, out[1], err[1]):
        os.close(end)
    status, stopped, stdout, stderr = watch(pid, out[0], err[0], time.monotonic() + job["time_s"], limits)
    pictures, notes = collect(job["outputs"], limits)
    head = {"status": status, "stopped": stopped, "notes": notes,
            "lengths": [len(stdout), len(stderr)], "pictures": [[name, len(data)] for name, data in pictures]}
    return head, [stdout, stderr] + [data for _, data in pictures]


def watch(pid, out, err, deadline, limits):
    """Reads what it prints and waits for its end; stops it where it goes too far."""
    taken = {out: bytearray(), err: bytearray()}
    read, stopped = 0, None
    handle = os.pidfd_open(pid)
    poll = select.poll()
    for end in (out, err, handle):
        poll.register(end, select.POLLIN)
    running = True
    while running and stopped is None:
        left = deadline - time.monotonic()
        if left <= 0:
            stopped = "time"
            break
        for end, _ in poll.poll(left * 1000 + 1):
            if end == handle:
                running = False
                continue
            data = os.read(end, CHUNK)
            if not data:
                poll.unregister(end)
            read += len(data)
            taken[end] += data[: max(0, limits["output_bytes"] - len(taken[end]))]
        if read > limits["output_bytes"] * 64:
            stopped = "output"
    if running:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    for end in (out, err):
        # What is left in a pipe is small, and its last writer is gone.
        os.set_blocking(end, False)
        try:
            while len(taken[end]) < limits["output_bytes"]:
                data = os.read(end, CHUNK)
                if not data:
                    break
                taken[end] += data[: limits["output_bytes"] - len(taken[end])]
        except BlockingIOError:
            pass
        os.close(end)
    os.close(handle)
    return os.waitstatus_to_exitcode(status), stopped, bytes(taken[out]), bytes(taken[err])


def become(job, limits, streams):
    """Turns this process into the program's."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 1 << 16)
    os.chdir(WORK)
    os.umask(0o077)
    sys.path.insert(0, WORK)
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    main.__file__ = "program.py"
    sys.modules["__main__"] = main
    bound(job, limits)
    give_up_rights(os.getpid())
    status = 0
    try:
        exec(compile(job["program"], "program.py", "exec"), main.__dict__)
    except SystemExit as end:
        status = exit_status(end.code)
    except BaseException as error:
        tell(error)
        status = 1
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        tell(error)
        status = status or 120
    os._exit(status & 0xFF)


def bound(job, limits):
    """Limits that the kernel keeps."""
    seconds = int(job["time_s"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    for limit, value in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["disk_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_NPROC, limits["threads"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(limit, (value, value))


def exit_status(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    sys.stderr.write("%s\n" % (code,))
    return 1


def tell(error):
    """The traceback as the interpreter would print it, without the frames of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == OWN:
        trace = trace.tb_next
    try:
        traceback.print_exception(type(error), error, trace)
    except BaseException:
        os.write(2, type(error).__name__.encode() + b"\n")


def collect(patterns, limits):
    """The files that were asked for: regular, not too many, not too large. Links are not followed."""
    pictures, notes, left = [], [], limits["picture_bytes"]
    try:
        names = sorted(name for name in os.listdir(WORK) if any(fnmatch.fnmatchcase(name, p) for p in patterns))
    except OSError as error:
        return [], ["its directory cannot be read: %s" % error.strerror]
    for name in names:
        shown = ascii(name[:80])
        if len(pictures) == limits["pictures"]:
            notes.append("%d pictures at most are kept; the others are left out" % limits["pictures"])
            break
        try:
            name.encode()
            file = os.open(os.path.join(WORK, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (OSError, UnicodeError) as error:
            notes.append("%s is left out: %s" % (shown, getattr(error, "strerror", None) or "its name is no text"))
            continue
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            notes.append("%s is left out: it is no file" % shown)
        elif facts.st_size > left:
            notes.append("%s is left out: %d bytes are too many" % (shown, facts.st_size))
        else:
            data = read_exactly(file, facts.st_size)
            left -= len(data)
            pictures.append((name, data))
        os.close(file)
    return pictures, notes


def sweep():
    """Nothing that a program wrote is there for the next."""
    for entry in os.scandir(TMP):
        if entry.is_dir(follow_symlinks=False):
            open_up(entry.path)
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def open_up(path):
    """A program may have taken away its own rights to a directory."""
    for folder, _, _ in os.walk(path, topdown=True, onerror=lambda error: os.chmod(error.filename, 0o700)):
        os.chmod(folder, 0o700)


def receive(pipe):
    """One job, or None when there are no more."""
    size = read_exactly(pipe, 4)
    if size is None:
        return None
    job = json.loads(read_exactly(pipe, int.from_bytes(size, "big")))
    job["input"] = read_exactly(pipe, job["input"])
    job["files"] = [(name, read_exactly(pipe, length)) for name, length in job["files"]]
    return job


def read_exactly(pipe, count):
    data = bytearray()
    while len(data) < count:
        more = os.read(pipe, min(count - len(data), 1 << 20))
        if not more:
            return None
        data += more
    return bytes(data)


def send(pipe, head, blobs):
    text = json.dumps(head).encode()
    for data in (len(text).to_bytes(4, "big"), text, *blobs):
        view = memoryview(data)
        while view:
            view = view[os.write(pipe, view):]


main()
