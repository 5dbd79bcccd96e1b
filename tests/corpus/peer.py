# SPDX-License-Identifier: Apache-2.0
"""BCC's own tools, as extract.py writes them, and BCC itself as their compiler: for what compares the two.

BCC needs kernel headers. Without those of the running kernel, others serve: their directories, or links to
them, as /lib/modules/$(uname -r)/build and .../source, and BCC_LINUX_VERSION_CODE set to their version.
"""
import ctypes
import os
import re
import signal
import subprocess

CORPUS = os.path.dirname(os.path.abspath(__file__))
SECONDS = 120


def read_programs(names):
    """The records of extract.py: name, record (as it was written), defines, wishes and text."""
    command = ["/usr/bin/python3", CORPUS + "/extract.py", CORPUS + "/runs"] + names
    with subprocess.Popen(command, stdout=subprocess.PIPE) as pipe:
        program = None
        for line in pipe.stdout:
            word, _, rest = line.decode().rstrip("\n").partition(" ")
            if word == "program":
                program = {"name": rest, "defines": [], "wishes": [], "record": b""}
            program["record"] += line
            if word == "define":
                program["defines"].append(rest)
            elif word == "wish":
                program["wishes"].append(rest.split(" ", 1))
            elif word == "text":
                program["text"] = pipe.stdout.read(int(rest))
                program["record"] += program["text"] + pipe.stdout.read(1)
                yield program


def usdt_contexts(bcc, program):
    """BCC's own readers of arguments, for those probes that can be found."""
    contexts = {}
    for fn_name, target in program["wishes"]:
        if target.startswith("usdt:"):
            path, probe = re.match(r"usdt:(.*?):(.*)$", target).groups()
            if path not in contexts:
                contexts[path] = bcc.USDT(path=path)
            contexts[path].enable_probe(probe.split(":")[-1], fn_name)
    return list(contexts.values())


def build(program):
    """A BPF object of BCC's, of which nothing is loaded or attached."""
    import bcc

    bcc.BPF._trace_autoload = lambda self: None
    bcc.USDT.attach_uprobes = lambda self, *_: None
    return bcc.BPF(text=program["text"], cflags=["-D" + define for define in program["defines"]],
                   usdt_contexts=usdt_contexts(bcc, program))


def functions(bpf):
    """Names and bytecode."""
    from bcc.libbcc import lib

    for i in range(lib.bpf_num_functions(bpf.module)):
        name = lib.bpf_function_name(bpf.module, i)
        # Later versions of BCC put the module's name into these; moonbee does as they do.
        yield re.sub(r"^(k(?:ret)?func|kmod_ret)__(?!vmlinux__)", r"\1__vmlinux__", name.decode()), bpf.dump_func(name)


def tables(bpf):
    """Descriptors, names and sizes."""
    from bcc.libbcc import lib

    lib.bpf_table_name.restype = ctypes.c_char_p
    lib.bpf_table_name.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    fields = [lib.bpf_table_type_id, lib.bpf_table_key_size_id, lib.bpf_table_leaf_size_id,
              lib.bpf_table_max_entries_id]
    for field in fields:
        field.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    for i in range(lib.bpf_num_tables(bpf.module)):
        name = lib.bpf_table_name(bpf.module, i)
        yield lib.bpf_table_fd(bpf.module, name), name.decode(), [field(bpf.module, i) for field in fields]


def in_child(work):
    """Run work() in a process of its own, for BCC may crash, and never gives its memory back. Gives the first
    error that it prints, or None, and the processor time in ms."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(write_fd, 2)
        os.dup2(write_fd, 1)
        signal.alarm(SECONDS)
        try:
            work()
        except BaseException as err:
            os.write(2, ("\n%r\n" % err).encode())
            os._exit(1)
        os._exit(0)
    os.close(write_fd)
    with os.fdopen(read_fd, errors="replace") as pipe:
        text = pipe.read()
    _, status, usage = os.wait4(pid, 0)
    errors = [line for line in text.splitlines() if "error" in line.lower()]
    refusal = (errors or text.strip().splitlines() or ["it died"])[0] if status else None
    return refusal, (usage.ru_utime + usage.ru_stime) * 1000
