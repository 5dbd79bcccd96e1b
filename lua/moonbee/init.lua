-- SPDX-License-Identifier: Apache-2.0
-- require "moonbee": C source for the kernel in, maps and events out.
--
-- What the world can cause (bad C, a refused program, no privilege) is returned as nil, err, where err
-- prints as text and has the fields stage, errno, code, message, file, line, column, hint, log and
-- diagnostics. What is wrong whatever the world is like (a wrong type, a name that there is not, what maps of
-- a kind cannot do, a closed module) is raised.

local core = require "moonbee.core"
local doctor = require "moonbee.doctor"
local list = require "moonbee.list"
local load = require "moonbee.load"
local loop = require "moonbee.loop"
local text = require "moonbee.text"
require "moonbee.map"
require "moonbee.stream"

-- An error is placed in the script that called, not in the files beside this one.
core.own(debug.getinfo(1, "S").source:match "^(.*)init%.lua$" or "")

local bee = {
  version = core.version,

  load = load.load,                 -- load(source [, options]): a module
  load_object = load.load_object,   -- load_object(elf [, options]): the same of what compile() gave
  compile = load.compile,           -- compile(source [, options]): ELF bytes, or a stage's text; and warnings
  verify = load.verify,             -- verify(elf [, options]): what the verifier says to each program
  disasm = load.disasm,             -- disasm(elf), disasm{ program = "id:12", jited = true }: instructions
  list = list.list,                 -- list(pattern [, options]): what there is to attach to, an iterator
  hooks = list.hooks,               -- hooks(): all hooks, and whether this kernel has them
  open_link = core.open_link,       -- open_link(path): a link that was pinned
  open_map = core.open_map,         -- open_map("/sys/fs/bpf/x" or "id:12"): a map of others; and warnings
  close_links = core.close_links,   -- close_links{ link, ... }: much faster than one after the other
  features = doctor.features,       -- features(): what this kernel and this user can do
  leftovers = doctor.leftovers,     -- leftovers{ remove }: what killed tools left behind
  cache = load.cache,               -- cache{ clear }: what is kept of what was compiled, and where
  setup = load.setup,               -- setup{ compiler, btf, cache }: before all else

  run = loop.run,                   -- run(), run(seconds), run{ seconds, command }: serve events
  stop = loop.stop,                 -- end bee.run from a callback
  every = loop.every,               -- every(seconds, fn), after(seconds, fn): timers
  after = loop.after,
  watch = core.watch,               -- watch(fd or file, fn): call fn() whenever it can be read
  trace = loop.trace,               -- trace([fn]): lines of bpf_trace_printk
  fd = core.fd,                     -- for a loop of one's own: a descriptor to poll,
  dispatch = core.dispatch,         -- and dispatch(timeout_ms [, budget]) when it is readable

  table = core.table,               -- table(event): a plain table
  bytes = core.bytes,               -- bytes(event): the record as it came
  ktime = core.ktime,               -- ktime(): the clock of bpf_ktime_get_ns(), nanoseconds
  u64 = core.u64,                   -- u64(integer or text): an unsigned number
  ip = text.ip,                     -- ip(value), mac(value): addresses as text
  mac = text.mac,
}

-- What is asked for by a name of BCC's is told; else a field that is not there is nil, as in any table.
return setmetatable(bee, {
  __index = function(_, name)
    local way = type(name) == "string" and core.habit("bee", name)
    if way then
      error(("no bee.%s: the way is %s"):format(name, way), 2)
    end
  end,
})
