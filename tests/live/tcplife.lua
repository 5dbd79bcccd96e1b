-- SPDX-License-Identifier: Apache-2.0
-- The truth: the ports and the bytes of a connection, by the program that makes it.
local bee = require "moonbee"
local check = require "check"
local tool = require "tool"

local CONNECT = [[python3 - <<'PY'
import os, socket, time
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
peer, address = server.accept()
client.sendall(b"x" * 1000)
got = 0
while got < 1000:
    got += len(peer.recv(2000))
peer.sendall(b"y" * 300)
got = 0
while got < 300:
    got += len(client.recv(2000))
time.sleep(0.2)
client.close()
peer.close()
print(os.getpid(), server.getsockname()[1], address[1])
PY]]

check.test("tcplife tells the ports, the bytes and the time of a connection", function()
  local mod <close> = tool.load("tcplife", "")
  local events = tool.collect(mod.maps.ipv4_events)
  local pid, server, client = tool.run(CONNECT):match("(%d+) (%d+) (%d+)")
  server, client = tonumber(server), tonumber(client)
  -- The two ends of the connection are two sockets.
  local active = tool.find(events, function(e) return e.ports == client << 32 | server end)
  local passive = tool.find(events, function(e) return e.ports == server << 32 | client end)
  assert(active and passive, "one of the two ends is missing")
  check.equal(active.pid, tonumber(pid))
  check.contains(active.task, "python3")
  check.equal(bee.ip(active.saddr), "127.0.0.1")
  tool.between("bytes that are acknowledged", active.tx_b, 1000, 1002)	-- start and end of the stream count as a byte
  tool.between("bytes that the client received", active.rx_b, 300, 301)
  tool.between("bytes that the server received", passive.rx_b, 1000, 1001)
  tool.between("microseconds", active.span_us, 200000, 20000000)
end)
