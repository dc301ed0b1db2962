"""A line between the two sides that can be cut: nothing passes, and nobody is told. Healed, what was on its way arrives."""

import contextlib
import socket
import threading

PIECE = 1 << 16


class Line:
    """Listens on `port` of loopback and passes all to `to`."""

    def __init__(self, port, to):
        self.to, self.whole, self.closed = to, threading.Event(), False
        self.whole.set()
        self.sockets, self.lock = set(), threading.Lock()
        self.listener = self._keep(socket.create_server(("127.0.0.1", port), backlog=64))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        self.whole.clear()

    def heal(self):
        self.whole.set()

    def close(self):
        self.closed = True
        self.whole.set()
        with self.lock:
            for one in self.sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def _keep(self, one):
        with self.lock:
            self.sockets.add(one)
        return one

    def _accept(self):
        with contextlib.suppress(OSError):
            while not self.closed:
                agent = self._keep(self.listener.accept()[0])
                threading.Thread(target=self._connect, args=(agent,), daemon=True).start()

    def _connect(self, agent):
        self.whole.wait()
        try:
            coordinator = self._keep(socket.create_connection(("127.0.0.1", self.to)))
        except OSError:
            return agent.close()
        for here, there in ((agent, coordinator), (coordinator, agent)):
            threading.Thread(target=self._pass, args=(here, there), daemon=True).start()

    def _pass(self, here, there):
        with contextlib.suppress(OSError):
            while piece := here.recv(PIECE):
                self.whole.wait()
                there.sendall(piece)
        self.whole.wait()
        with contextlib.suppress(OSError):
            there.shutdown(socket.SHUT_WR)
