-- SPDX-License-Identifier: Apache-2.0
-- Formatted text: a warning says what the kernel refuses to print, and of nothing else.

local bee = require "moonbee"
local check = require "check"
local test = check.test

-- What is formatted, and with which values. Each stands in a line of its own. What is_newer, kernels before
-- Linux 5.13, or 6.18 where it is not ASCII, refuse to print.
local TEXTS = {
  { "%d %i %u %x", "1, 2, 3, 4" }, { "%ld %lli %lu %llx", "1, 2, 3, 4" }, { "100%%" },
  { "%s", "comm" }, { "%p", "7" }, { "%p, %p)", "7, 8", is_newer = true }, { "a\\ttab\\n" }, { "%d %d", "1, 2, 3" },
  { "%5d %-5u %+d %05x % d", "1, 2, 3, 4, 5", is_newer = true }, { "%X", "1", is_newer = true },
  { "%c", "'a'", is_newer = true }, { "%px %ps %pS %pB", "7, 7, 7, 7", is_newer = true },
  { "%pks %pus", "comm, 8", is_newer = true }, { "%pI4 %pi6", "comm, comm", is_newer = true },
  { "%f", "1" }, { "%0.2f", "1" }, { "%.3d", "1" }, { "%hd", "1" }, { "%hhu", "1" }, { "%zu", "1" }, { "%o", "1" },
  { "%n", "1" }, { "%lld %e", "1, 2" }, { "%llld", "1" }, { "%ls", "1" }, { "%#x", "1" }, { "%", "1" }, { "5 %", "1" },
  { "%*d", "1, 2" }, { "%pZ", "1" }, { "%pI5", "1" }, { "%d", "" }, { "%d %s", "1" }, { "\xc2\xb5s", is_newer = true }, { "\\033[1m" },
}

local function source()
  local lines = {}
  for i, text in ipairs(TEXTS) do
    local values = text[2] and text[2] ~= "" and ", " .. text[2] or ""
    lines[i] = ([[results[%d] = BPF_SEQ_PRINTF(ctx->meta->seq, "%s"%s);]]):format(i - 1, text[1], values)
  end
  return ([[
int results[%d];
SEC("iter/task") int text(struct bpf_iter__task *ctx)
{ char comm[16] = "comm";
%s
return 1 < 0;
}]]):format(#TEXTS, table.concat(lines, "\n")), 3
end

test("there is a warning where the kernel prints nothing", function()
  local text, before = source()
  local mod <close> = assert(bee.load(text))
  local warned = {}
  for _, warning in ipairs(mod.warnings) do
    check.contains(warning.message, "bpf_seq_printf() prints nothing of a text with ")
    warned[warning.line - before] = true
  end
  local link = assert(mod:attach("text"))
  assert(link:read())
  local results = mod.vars.results
  for i, entry in ipairs(TEXTS) do
    local is_refused = results[i - 1] < 0
    if warned[i] then
      assert(is_refused, ("'%s' is printed, against the warning"):format(entry[1]))
    elseif is_refused then
      assert(entry.is_newer, ("'%s' is refused without a warning"):format(entry[1]))
    end
  end
  assert(next(warned))
end)

check.done()
