"""A Modbus TCP proxy on loopback that delays, drops and repeats whole frames and cuts connections.

Standard library only. It reads only the MBAP header of the protocol.
"""

import random
import socket
import struct
import threading
import time


def frame(stream):
    """One complete frame, or None at the end."""
    head = exactly(stream, 6)
    if head is None:
        return None
    body = exactly(stream, struct.unpack(">H", head[4:6])[0])
    return None if body is None else head + body


def exactly(stream, count):
    data = b""
    while len(data) < count:
        try:
            part = stream.recv(count - len(data))
        except OSError:
            return None
        if not part:
            return None
        data += part
    return data


class FaultProxy:
    """Relays between a client and the controller at `target`; listens on `port`."""

    def __init__(self, target, seed=0, delay=(0.0, 0.0), drop=0.0, repeat=0.0):
        self.target = target
        self.random = random.Random(seed)
        self.delay = delay  # probability, seconds
        self.drop = drop
        self.repeat = repeat
        self.is_cut = False
        self.streams = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Breaks every connection and accepts none until `mend`."""
        self.is_cut = True
        for stream in self.streams:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            stream.close()
        self.streams = []

    def mend(self):
        self.is_cut = False

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            if self.is_cut:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                client.close()
                continue
            for stream in (client, server):
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.streams += [client, server]
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client, server):
        """Relays one request after the other, each with its answer."""
        try:
            server.settimeout(5)
            while (request := frame(client)) is not None:
                if self.random.random() < self.delay[0]:
                    time.sleep(self.delay[1])
                if self.random.random() < self.drop:
                    continue
                times = 2 if self.random.random() < self.repeat else 1
                answers = []
                for _ in range(times):
                    server.sendall(request)
                    answers.append(frame(server))
                if answers[0] is None:
                    break
                # A request that was repeated is answered once to the client.
                client.sendall(answers[0])
        except OSError:
            pass
        finally:
            client.close()
            server.close()
