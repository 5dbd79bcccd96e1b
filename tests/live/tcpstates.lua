-- SPDX-License-Identifier: Apache-2.0
-- The truth: RFC 9293, of connections that the workload counts and closes from one side.
local check = require "check"
local tool = require "tool"

local CONNECTIONS = 5

local CONNECT = ([[python3 - <<'PY'
import socket
server = socket.create_server(("127.0.0.1", 0))
for _ in range(%d):
    client = socket.create_connection(server.getsockname())
    peer, _ = server.accept()
    client.close()
    peer.recv(1)
    peer.close()
print(server.getsockname()[1])
PY]]):format(CONNECTIONS)

local ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE, CLOSE_WAIT, LAST_ACK = 1, 2, 3, 4, 5, 7, 8, 9

-- What the side that closes first goes through, and the other one.
local WAYS = {
  { CLOSE, SYN_SENT }, { SYN_SENT, ESTABLISHED }, { ESTABLISHED, FIN_WAIT1 }, { FIN_WAIT1, FIN_WAIT2 },
  { SYN_RECV, ESTABLISHED }, { ESTABLISHED, CLOSE_WAIT }, { CLOSE_WAIT, LAST_ACK }, { LAST_ACK, CLOSE },
}

check.test("tcpstates tells each state that a connection goes through", function()
  local mod <close> = tool.load("tcpstates", "")
  local events = tool.collect(mod.maps.ipv4_events)
  local port = tonumber(tool.run(CONNECT))
  local counts = {}
  for _, event in ipairs(events) do
    if event.ports >> 16 == port or event.ports & 0xffff == port then
      local way = event.oldstate .. " " .. event.newstate
      counts[way] = (counts[way] or 0) + 1
    end
  end
  for _, way in ipairs(WAYS) do
    check.equal(counts[way[1] .. " " .. way[2]], CONNECTIONS)
  end
end)
