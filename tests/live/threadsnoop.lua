-- SPDX-License-Identifier: Apache-2.0
-- The truth: a program that says which of its functions its threads begin with. The tool's own function
-- returns nothing.
local check = require "check"
local tool = require "tool"

local THREADS = [[
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *often(void *value) { return value; }
static void *seldom(void *value) { return value; }

int main(void)
{
	for (int i = 0; i < 6; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, i % 3 ? often : seldom, NULL))
			return 1;
		pthread_join(thread, NULL);
	}
	printf("%d %p %p\n", getpid(), often, seldom);
}
]]

check.test("threadsnoop tells which function each new thread begins with", function()
  local program = tool.compile("threads", THREADS)
  local mod <close> = tool.load("threadsnoop", "", { do_entry = "uprobe:c:pthread_create" })
  local events = tool.collect(mod.maps.events)
  local pid, often, seldom = tool.run(program):match("(%d+) (%S+) (%S+)")
  local counts = {}
  for _, event in ipairs(events) do
    if event.pid == tonumber(pid) then
      check.equal(event.comm, "threads")
      counts[event.start] = (counts[event.start] or 0) + 1
    end
  end
  check.equal(counts[tonumber(often)], 4)
  check.equal(counts[tonumber(seldom)], 2)
end)
