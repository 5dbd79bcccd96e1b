#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each of BCC's own tools against a BPF class that only notes what it is asked for, up to the
tool's first wait, and writes the programs' C, exactly as BCC would get it, to standard output:

    program NAME          as in the file `runs`, plus .kfunc where the tool would use fentry
    define X=Y            of its cflags
    wish FUNCTION TARGET  what the tool attaches, as moonbee's targets
    text BYTES            and the text itself, behind the end of this line

usage: unshare --mount extract.py RUNS [NAME]...       (it mounts tracefs where there is none)
Needs Debian's packages bpfcc-tools and python3-bpfcc, and Debian's python3.
"""
import builtins
import ctypes
import io
import json
import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import time

import argparse  # noqa: F401  what most tools import is there when they are forked
import curses
import bcc
import bcc.containers  # noqa: F401
import bcc.syscall  # noqa: F401
import bcc.tcp  # noqa: F401
from bcc import utils  # noqa: F401

TOOLS = "/usr/sbin/%s-bpfcc"
EXAMPLES = "/usr/share/doc/bpfcc-tools/%s.py"
SECONDS = 300  # of a tool that hangs; emulated machines are slow
WISHES_MAX = 400

# The kernel's names, read once for all tools.
with open("/proc/kallsyms") as kallsyms:
    lines = [line.split() for line in kallsyms]
symbols = {words[2] for words in lines}
functions = {words[2] for words in lines if words[1] in "tTwW"}

# How the child that runs a tool answers it.
sure = False  # yes to whatever it asks of the kernel, so that it gives its program
kfunc = False  # fentry is there
out_fd = -1
programs = []


def text_of(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def finish(*_, complaint=""):
    """The tool waits for events, so that all is said."""
    with os.fdopen(out_fd, "w") as out:
        said = [program.said() for program in programs if program.source.strip()]
        json.dump((said, "" if said else complaint), out)
    os._exit(0)


class Anything:
    """Stands for whatever a tool gets from tables and events: it can be all, and holds nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *args, **kwargs):
        return Anything()

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 1

    def __getitem__(self, key):
        return Anything()

    def __setitem__(self, key, value):
        pass

    __delitem__ = __enter__ = __exit__ = lambda self, *args: None
    __int__ = __index__ = lambda self: 0
    __float__ = lambda self: 0.0
    __contains__ = lambda self, key: False
    __lt__ = __gt__ = lambda self, other: False
    __add__ = __sub__ = __truediv__ = __mul__ = lambda self, other: Anything()


class USDT:
    def __init__(self, pid=None, path=None):
        path = path or "/proc/%s/exe" % pid
        self.path = re.sub(r"^b'(.*)'$", r"\1", text_of(path))  # funccount gives the text of bytes
        self.probes = []

    def enable_probe(self, probe, fn_name):
        self.probes.append((text_of(probe), text_of(fn_name)))

    enable_probe_or_bail = enable_probe

    def get_text(self):
        return ""

    def get_probe_arg_ctype(self, probe_name, arg_index):
        return "uint64_t"

    def get_context(self):
        return self

    def enumerate_probes(self):
        """Of the C library's threads, which the runs name."""
        for name in (b"pthread_start", b"pthread_create"):
            probe = Anything()
            probe.provider, probe.name, probe.bin_path = b"libpthread", name, self.path.encode()
            probe.num_locations = 1
            probe.short_name = lambda name=name: "libpthread:" + name.decode()
            yield probe

    def enumerate_active_probes(self):
        return [(self.path, fn_name, 0, -1) for _, fn_name in self.probes]


real = bcc.BPF

# A program's type alone, in moonbee's words; a kprobe may become anything that has registers.
HOOKS = {
    real.SOCKET_FILTER: "socket", real.KPROBE: "kprobe", real.SCHED_CLS: "tc", real.XDP: "xdp",
    real.TRACEPOINT: "tracepoint", real.SOCK_OPS: "sockops", real.SK_MSG: "sk_msg",
}


class Meta(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: Anything()


class BPF(real, metaclass=Meta):
    def __init__(self, src_file=b"", hdr_file=b"", text=None, debug=0, cflags=(), usdt_contexts=(), **_):
        if src_file:
            with open(real._find_file(src_file), encoding="utf-8", errors="replace") as file:
                text = file.read()
        self.source = text_of(text or "")
        self.cflags = [text_of(flag) for flag in cflags]
        self.wishes = {}
        for usdt in usdt_contexts:
            for probe, fn_name in usdt.probes:
                self.wish(fn_name, "usdt:%s:%s" % (usdt.path, probe))
        self.module, self.funcs, self.tables, self.debug = 1, {}, Anything(), 0
        programs.append(self)

    def wish(self, fn_name, target):
        if len(self.wishes) < WISHES_MAX:
            self.wishes.setdefault(text_of(fn_name), target)

    def said(self):
        defines = [flag[2:].strip() for flag in self.cflags if flag.startswith("-D")]
        return self.source, defines, list(self.wishes.items())

    # Where the tools put their functions.
    def attach_kprobe(self, event=b"", event_off=0, fn_name=b"", event_re=b""):
        self.wish(fn_name, "kprobe:" + text_of(event or event_re))

    def attach_kretprobe(self, event=b"", fn_name=b"", event_re=b"", maxactive=0):
        self.wish(fn_name, "kretprobe:" + text_of(event or event_re))

    def attach_tracepoint(self, tp=b"", tp_re=b"", fn_name=b""):
        self.wish(fn_name, "tracepoint:" + text_of(tp or tp_re))

    def attach_raw_tracepoint(self, tp=b"", fn_name=b""):
        self.wish(fn_name, "raw_tracepoint:" + text_of(tp))

    def attach_perf_event(self, ev_type=-1, ev_config=-1, fn_name=b"", **_):
        self.wish(fn_name, "profile:hz:99")

    def attach_uprobe(self, name=b"", sym=b"", sym_re=b"", addr=None, fn_name=b"", **_):
        self.wish(fn_name, "uprobe:%s:%s" % (text_of(name), text_of(sym or sym_re or "0")))

    def attach_uretprobe(self, name=b"", sym=b"", sym_re=b"", addr=None, fn_name=b"", **_):
        self.wish(fn_name, "uretprobe:%s:%s" % (text_of(name), text_of(sym or sym_re or "0")))

    attach_raw_socket = staticmethod(lambda function, dev: function.wish("socket"))
    attach_xdp = staticmethod(lambda dev, function, flags=0: function.wish("xdp"))
    attach_func = staticmethod(lambda function, fd, attach_type, flags=0: None)

    def load_func(self, func_name, prog_type, *_, **__):
        """What is loaded is put somewhere later, perhaps by means that are not BCC's."""
        function = Anything()
        function.name = func_name
        function.wish = lambda target: self.wish(func_name, target)
        target = HOOKS.get(prog_type)
        if target:
            self.wish(func_name, target)
        return function

    # What they ask BCC for, where its answer would be about the kprobes that this kernel has.
    @staticmethod
    def get_kprobe_functions(event_re):
        pattern = text_of(event_re)
        found = sorted(name for name in functions if re.match(pattern + r"\Z", name))
        if not found and sure:
            found = [re.sub(r"\W", "", pattern)]
        return [name.encode() for name in found]

    @staticmethod
    def ksymname(name):
        return 1 if sure or text_of(name) in symbols else -1

    @staticmethod
    def tracepoint_exists(category, event):
        return sure or real.tracepoint_exists(category, event)

    support_kfunc = staticmethod(lambda: kfunc)
    support_lsm = support_raw_tracepoint = support_raw_tracepoint_in_module = lambda *_: True
    find_library = staticmethod(lambda name: b"/lib/x86_64-linux-gnu/libc.so.6")
    find_exe = staticmethod(lambda name: b"/bin/bash")
    get_user_functions_and_addresses = staticmethod(lambda name, sym_re: [(b"main", 0x1000)])
    get_probe_limit = staticmethod(lambda: 1000)
    sym = ksym = staticmethod(lambda *_, **__: b"symbol")
    num_open_kprobes = num_open_uprobes = num_open_tracepoints = lambda self: 1
    perf_buffer_poll = ring_buffer_poll = kprobe_poll = perf_buffer_consume = finish
    trace_print = trace_fields = trace_readline = trace_open = finish
    get_table = __getitem__ = lambda self, *_, **__: Anything()
    __iter__ = lambda self: iter(())
    __len__ = lambda self: 1
    __enter__ = lambda self: self
    close = cleanup = free_bcc_memory = lambda self: None
    __exit__ = lambda self, *_: False


class Process:
    """Of a command that a tool would run."""

    returncode, pid = 0, 1

    def __init__(self, *_, **__):
        self.stdin, self.stdout, self.stderr = io.BytesIO(), io.BytesIO(), io.BytesIO()

    communicate = lambda self, *_, **__: (b"", b"")
    wait = poll = kill = terminate = send_signal = lambda self, *_: 0
    __enter__ = lambda self: self
    __exit__ = lambda self, *_: None


def kallsyms_with_modules(path, *args, **kwargs):
    """Filesystems are modules that need not be loaded for their tools' programs to be tested."""
    if path != "/proc/kallsyms" or not sure:
        return real_open(path, *args, **kwargs)
    with real_open(path) as file:
        text = file.read()
    for name in ("btrfs", "ext4", "f2fs", "nfs", "nfs4", "xfs", "zpl"):
        text += "0 d %s_file_operations\t[%s]\n0 d %s_dir_operations\t[%s]\n" % (name, name, name, name)
    return io.StringIO(text + "0 d vm_stat\n")


real_open = builtins.open
real_exists = os.path.exists


def wait(*_):
    if programs:
        finish()


def disarm():
    """Nothing that a tool does but for its program may happen."""
    bcc.BPF, bcc.USDT = BPF, USDT
    bcc.lib.bpf_table_fd = lambda *_: 0
    builtins.open = kallsyms_with_modules
    os.path.exists = lambda path: sure and "/tracing/events/" in text_of(path) or real_exists(path)
    for name in ("dnslib", "cachetools", "pyroute2", "simulation"):
        sys.modules.setdefault(name, Anything())
    time.sleep = wait
    signal.pause = wait
    os.kill = os.system = lambda *_: 0
    os.fork = finish
    subprocess.Popen = Process
    subprocess.call = subprocess.check_call = lambda *_, **__: 0
    subprocess.check_output = lambda *_, **__: b"GenuineIntel"
    curses.wrapper = lambda fn, *args, **kwargs: fn(Anything(), *args, **kwargs)
    for name in ("curs_set", "start_color", "use_default_colors", "init_pair", "color_pair"):
        setattr(curses, name, lambda *_: 0)
    signal.signal(signal.SIGALRM, finish)
    signal.alarm(SECONDS)


def run_tool(script, args):
    """In a child, which ends with it."""
    null = os.open("/dev/null", os.O_RDWR)
    for fd in 0, 1, 2:
        os.dup2(null, fd)
    disarm()
    for word in list(args):
        if word.startswith("comm="):
            args.remove(word)
            with real_open("/proc/self/comm", "w") as file:
                file.write(word[5:])
    os.chdir(os.path.dirname(script))
    sys.path.insert(0, os.getcwd())
    sys.argv = [script] + [str(os.getpid()) if word == "SELF" else word for word in args]
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException as err:  # a tool that gives up behind its program has still given it
        finish(complaint=repr(err))
    finish(complaint="it has none")


def programs_of(script, args, is_sure, is_kfunc):
    """What BPF.said() says of each program of a run, and why there is none."""
    global sure, kfunc, out_fd
    sure, kfunc = is_sure, is_kfunc
    read_fd, out_fd = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(read_fd)
        run_tool(script, list(args))
    os.close(out_fd)
    with os.fdopen(read_fd) as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(data) if data else ([], "it died")


def record(name, source, defines, wishes):
    text = source.encode("utf-8", "replace")
    lines = ["program " + name] + ["define " + define for define in defines]
    lines += ["wish %s %s" % (fn_name, target) for fn_name, target in wishes]
    return ("\n".join(lines) + "\ntext %d\n" % len(text)).encode() + text + b"\n"


def extract(name, args, seen):
    """Write the programs of one run that no run of the same tool gave before."""
    tool = name.split(".")[0]
    script = (EXAMPLES if "/" in tool else TOOLS) % tool
    if "/" in tool and not os.path.exists(script):
        return  # the machine's dpkg leaves documentation out
    with real_open(script) as file:
        kinds = (False, True) if "support_kfunc" in file.read() else (False,)
    for is_kfunc in kinds:
        found, _ = programs_of(script, args, False, is_kfunc)
        if not found:
            found, complaint = programs_of(script, args, True, is_kfunc)
        if not found:
            sys.exit("%s gave no program: %s" % (name, complaint))
        for index, (source, defines, wishes) in enumerate(found):
            key = tool, source, tuple(defines)
            if key not in seen:
                seen.add(key)
                full = name + (".kfunc" if is_kfunc else "") + (".%d" % (index + 1) if index else "")
                sys.stdout.buffer.write(record(full, source, defines, wishes))
                sys.stdout.buffer.flush()


def mount_tracefs():
    """For BCC's own questions; in the mount namespace that unshare(1) gave us."""
    if not os.path.isdir("/sys/kernel/tracing/events"):
        if ctypes.CDLL(None, use_errno=True).mount(b"tracefs", b"/sys/kernel/tracing", b"tracefs", 0, None):
            sys.exit("cannot mount tracefs: " + os.strerror(ctypes.get_errno()))


def main():
    mount_tracefs()
    wanted = sys.argv[2:]
    seen = set()
    with open(sys.argv[1]) as file:
        for line in file:
            words = shlex.split(line, comments=True)
            if words and (not wanted or words[0] in wanted):
                extract(words[0], words[1:], seen)


main()
