"""One kept connection on which requests are timed: as little between the clock and the socket as Python allows."""

import re
import time

LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


class Line:
    def __init__(self, client):
        self.socket = client.raw()
        self.head = "".join(f"{name}: {value}\r\n" for name, value in client.headers({"Host": "127.0.0.1"}).items())

    def ask(self, path):
        """The body of the answer, which has to be a 200, and its time in milliseconds."""
        request = f"GET {path} HTTP/1.1\r\n{self.head}\r\n".encode()
        begin = time.perf_counter()
        self.socket.sendall(request)
        answer = self.socket.recv(1 << 20)
        while (end := self.length(answer)) is None or len(answer) < end:
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise AssertionError(f"the line was closed in the middle of {path}")
            answer += piece
        took = (time.perf_counter() - begin) * 1000
        if not answer.startswith(b"HTTP/1.1 200"):
            raise AssertionError(f"{path}: {answer[:300]!r}")
        return answer.partition(b"\r\n\r\n")[2], took

    @staticmethod
    def length(answer):
        """Of the whole answer, once its head is there."""
        head = answer.find(b"\r\n\r\n")
        return None if head < 0 else head + 4 + int(LENGTH.search(answer, 0, head + 2)[1])
